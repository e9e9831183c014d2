"""What commands about settings, the knowledge base and files show: golden texts, JSON by its schema.

``UPDATE_GOLDEN=1`` writes the golden files anew; read the difference before it is committed.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from pinwise.cli import main
from pinwise.cli.lines import WIDTH
from pinwise.settings import SETTINGS
from pinwise.settings.indexes import public_index
from support.place import TARGET, Place, failed, write

GOLDEN = Path(__file__).parent / "golden"
DOCS = Path(__file__).parents[2] / "docs"
PIPFILE = '[packages]\nflask = {version = ">=2", extras = ["async"]}\n\n[dev-packages]\npytest = "*"\n'

COMMANDS = {
    "advise_dry": ("advise", "--dry-run"),
    "advise_check": ("advise", "--check"),
    "config_show": ("config", "show", "--goal", "latest", "--kb", "/nowhere/kb.sqlite"),
    "kb_status": ("kb", "status"),
    "kb_forget_dry": ("kb", "forget", "flask", "--dry-run"),
    "kb_export": ("kb", "export", "-o", "team.dump"),
    "kb_import": ("kb", "import", "../kb.sqlite", "--dry-run"),
    "convert_dry": ("convert", "Pipfile", "requirements.in", "--dry-run"),
    "convert_stdout": ("convert", "Pipfile", "-", "--to", "pyproject.toml"),
    "error": ("advise", "--goal", "latst"),
}
"""Golden file -> command, run beside a Pipfile and a knowledge base that knows its projects."""

OVERLAYS = """
[pipenv.pinwise.overlays.old]
python = "3.12"
platform = "manylinux_2_28_x86_64"
requirements = ["click<8"]

[pipenv.pinwise.overlays.windows]
python = "3.12"
platform = "win_amd64"
goal = "latest"

[pipenv.pinwise.overlays.none]
python = "3.12"
platform = "manylinux_2_28_x86_64"
requirements = ["click>9"]
"""

WRITING = {
    "add_to_pipfile": ("add", "click>=7", "pytest", "Flask>2.5"),
    "add_nothing_new": ("add", "--dev", "pytest", "--dry-run"),
    "add_refused": ("add", "click<7"),
    "remove_from_pipfile": ("remove", "flask"),
    "remove_unknown": ("remove", "flsk"),
    "advise_overlay": ("advise", "--overlay", "windows"),
    "advise_overlay_unknown": ("advise", "--overlay", "window"),
    "advise_all_overlays": ("advise", "--all-overlays"),
}
"""Golden file -> command that edits or locks, run beside a Pipfile with overlays and a present lock."""


@pytest.fixture(autouse=True)
def _nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name no certificates, and a folder for the configuration that is nowhere."""
    for variable in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nowhere")


@pytest.fixture
def shop(place: Place) -> Place:
    """Return a folder with a Pipfile whose projects are known."""
    write(place, Pipfile=PIPFILE)
    assert place.advise("--dry-run").exit_code == 0
    return place


@pytest.fixture
def fleet(place: Place) -> Place:
    """Return a folder with a Pipfile with overlays, and a lock; what all of them need is known."""
    write(place, Pipfile=PIPFILE + OVERLAYS)
    assert place.advise().exit_code == 0
    place.advise("--all-overlays", "--dry-run")
    return place


def run(place: Place, *arguments: str, color: str = "always") -> Result:
    """Run a command as in a terminal with colours."""
    asks = arguments[0] in {"advise", "add", "remove"}
    target = () if "overlay" in str(arguments) else TARGET
    asking = ("--index-url", place.index.url, *target) if asks else ()
    return CliRunner().invoke(main, [*arguments, *asking, "--color", color])


def steady(place: Place, text: str) -> str:
    """Return a text without what differs from run to run."""
    root = str(place.folder.parent)
    text = re.sub(rf"{re.escape(root)}(?:/[\w.-]+)*", lambda found: f"/path/{Path(found[0]).name}", text)
    text = text.replace(place.index.url, "https://index.example/simple")
    text = text.replace(public_index().url, "https://public.example/simple")
    text = re.sub(r"\b\d{4}-\d\d-\d\d \d\d:\d\d UTC", "2026-11-21 12:00 UTC", text)
    text = re.sub(r"\b[0-9.]+ KiB", "100.0 KiB", text)
    text = re.sub(r"\d+ days?\b", "100 days", text)
    text = re.sub(r"\d+ kB\b", "100 kB", text)
    return re.sub(r"\b[0-9.]+ s\.", "0.1 s.", text)


def is_golden(place: Place, name: str, result: Result) -> bool:
    """Whether both streams are those of the golden file, which is written where the user asks for it."""
    text = f"{steady(place, result.stdout)}--- stderr\n{steady(place, result.stderr)}".replace("\x1b", "␛")
    file = GOLDEN / f"{name}.ansi.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    return text == file.read_text(encoding="utf-8")


def is_narrow(place: Place, text: str) -> bool:
    """Whether no line is wider than the page."""
    return all(len(line) <= WIDTH for line in steady(place, text).splitlines())


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_say_what_was_read(shop: Place, name: str) -> None:
    """Both streams are the golden ones with colours; without them the words are the same, in 80 columns."""
    coloured = run(shop, *COMMANDS[name])
    assert is_golden(shop, name, coloured)
    plain = run(shop, *COMMANDS[name], color="never")
    assert steady(shop, plain.output) == steady(shop, click.unstyle(coloured.output))
    assert "\x1b" not in plain.output
    assert is_narrow(shop, plain.stdout)


@pytest.mark.parametrize("name", WRITING)
def test_commands_that_write_say_what_they_did(fleet: Place, name: str) -> None:
    """Edits, locks and overlays in colour are the golden ones, in 80 columns."""
    coloured = run(fleet, *WRITING[name])
    assert is_golden(fleet, name, coloured)
    assert is_narrow(fleet, click.unstyle(coloured.stdout))


def test_a_version_that_only_a_build_knows_is_called_dynamic(place: Place) -> None:
    """No report shows a version that the project does not have."""
    (place.folder / "app").mkdir()
    (place.folder / "app" / "pyproject.toml").write_text(
        '[project]\nname = "app"\ndynamic = ["version"]\ndependencies = ["click"]\n', encoding="utf-8"
    )
    write(place, requirements_in="./app\n")
    assert "  app    dynamic  local " in place.advise().stdout
    asking = ("--index-url", place.index.url, *TARGET)
    assert "app dynamic  ./app\n" in place.run("tree", *asking).stdout
    assert "app dynamic requires `click`" in place.run("why", "click", *asking).stdout


def checked(result: Result) -> dict[str, Any]:
    """Return the JSON of a command after a look at its schema."""
    assert result.exit_code == 0, result.output
    schema = json.loads((DOCS / "state.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    content: dict[str, Any] = json.loads(result.stdout)
    Draft202012Validator(schema).validate(content)
    return content


def test_json_keeps_to_its_schema(shop: Place) -> None:
    """Settings, knowledge base and conversion, for programs."""
    assert set(checked(shop.run("config", "show", "--format", "json"))["settings"]) == {
        setting.name for setting in SETTINGS
    }
    (index,) = checked(shop.run("kb", "status", "--format", "json"))["indexes"]
    assert (index["url"], index["projects"]) == (shop.index.url, 3)
    report = checked(shop.run("convert", "Pipfile", "requirements.in", "--dry-run", "--format", "json"))
    assert report["state"] == "not written"


# --- config


def settings(place: Place, *arguments: str) -> dict[str, Any]:
    """Return what `config show` says of each setting."""
    content: dict[str, Any] = checked(place.run("config", "show", "--format", "json", *arguments))["settings"]
    return content


def test_a_setting_names_its_origin(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """An option, a variable, a manifest, the configuration file with its line, pip's configuration."""
    write(
        place,
        pyproject_toml='[project]\nname = "a"\nversion = "1"\n[tool.pinwise]\npredictor = "latest"\n',
        config_toml="\nmax-age = 7\n",
    )
    monkeypatch.setenv("PINWISE_FETCH_LIMIT", "9")
    monkeypatch.setenv("PIP_FIND_LINKS", "/wheels")
    found = settings(place, "--config-file", "config.toml", "--goal", "latest")
    named = {name: (each["value"], each["origin"]) for name, each in found.items() if not each["is_default"]}
    assert named == {
        "find_links": (["/wheels"], "`PIP_FIND_LINKS`"),
        "kb": (os.environ["PINWISE_KB"], "variable `PINWISE_KB`"),
        "goal": ("latest", "declared with `--goal`"),
        "predictor": ("latest", "`predictor` in `[tool.pinwise]` of `pyproject.toml`"),
        "fetch_limit": (9, "variable `PINWISE_FETCH_LIMIT`"),
        "max_age": (7, f"`max_age` in `{place.folder / 'config.toml'}`"),
    }
    assert (found["predictor"]["file"], found["predictor"]["line"]) == ("pyproject.toml", 5)
    assert found["max_age"]["line"] == 2


def test_no_secret_is_shown(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not of an index, not of a proxy, not of a variable, whatever the form."""
    write(
        place,
        Pipfile='[[source]]\nname = "a"\nurl = "https://me:s3cret@a.example/simple"\nverify_ssl = true\n',
    )
    for name, value in {
        "PINWISE_INDEX_URL": "https://me:s3cret@index.example/simple",
        "PIP_EXTRA_INDEX_URL": "https://s3cret@other.example/simple",
        "PINWISE_FIND_LINKS": "https://me:s3cret@files.example/",
        "HTTPS_PROXY": "http://me:s3cret@proxy.example:3128",
        "ALL_PROXY": "me:s3cret@proxy.example:3128",
        "INDEX_PASSWORD": "s3cret",
    }.items():
        monkeypatch.setenv(name, value)
    for form in ("text", "json"):
        result = place.run("config", "show", "--format", form, "-vv")
        assert result.exit_code == 0, result.output
        assert "s3cret" not in result.output
        assert "proxy.example:3128" in result.output


def test_the_configuration_file_has_a_path(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether or not it is there; the option and the variable name another one."""
    usual = place.run("config", "path").stdout.strip()
    assert usual == str(Path(os.environ["XDG_CONFIG_HOME"]) / "pinwise" / "config.toml")
    monkeypatch.setenv("PINWISE_CONFIG_FILE", "mine.toml")
    assert place.run("config", "path").stdout.strip() == str(place.folder / "mine.toml")
    assert place.run("config", "path", "--config-file", "/a.toml").stdout.strip() == "/a.toml"
    assert "there is no configuration file" in failed(place.run("config", "show"), 2)


# --- knowledge base, manifests


def test_what_would_be_forgotten_stays(shop: Place) -> None:
    """`kb forget --dry-run` says what is there and removes nothing."""
    announced = shop.run("kb", "forget", "flask", "--dry-run").stdout
    assert announced.startswith("Would forget `flask` of ")
    assert shop.run("kb", "forget", "flask").stdout == announced.replace("Would forget", "Forgot")
    assert "nothing is known of `flask`" in failed(shop.run("kb", "forget", "flask", "--dry-run"), 2)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("requirements.txt", "add a line such as `flask` or `flask>=3`"),
        ("Pipfile", 'add a line such as `flask = "*"` below `[packages]`'),
    ],
)
def test_an_empty_manifest_gets_a_hint_of_its_kind(place: Place, name: str, hint: str) -> None:
    """The next step is one in that very file."""
    (place.folder / name).write_text("# nothing yet\n", encoding="utf-8")
    assert f"hint: {hint}" in failed(place.advise(), 2)

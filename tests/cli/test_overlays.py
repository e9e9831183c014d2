"""Overlays as users meet them: named environments of a project, each with its own lock and its own report.

``UPDATE_GOLDEN=1`` writes the golden files anew; read the difference before it is committed.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from pinwise.cli.lines import WIDTH
from pinwise.cli.render_overlays import Row, render_overlays
from support.loopback import Answer
from support.place import Place, failed, write

DOCS = Path(__file__).parents[2] / "docs"
GOLDEN = Path(__file__).parent / "golden"

PYPROJECT = """\
[project]
name = "shop"
version = "1"
dependencies = ["flask"]

[dependency-groups]
test = ["pytest"]

[tool.pinwise]
python = "3.11"
platform = "manylinux_2_28_x86_64"
goal = "latest"

[tool.pinwise.overlays.alpine]
platform = "musllinux_1_2_x86_64"

[tool.pinwise.overlays.windows]
python = "3.12"
platform = "win_amd64"
goal = "stable"
groups = ["test"]
constraints = ["click<8"]

[tool.pinwise.overlays.none]
requirements = ["click>9"]
"""

PIPFILE = """\
[packages]
flask = "*"

[pipenv.pinwise.overlays.old]
python = "3.12"
platform = "manylinux_2_17_x86_64"
requirements = ["click<8"]
"""

THOTH = """\
host: thoth.example
runtime_environments:
  - name: ubi8
    operating_system: {name: ubi, version: '8'}
    python_version: '3.8'
    cuda_version: '10.1'
    recommendation_type: security
  - name: alpine
    operating_system: {name: alpine, version: '3.19'}
    python_version: '3.12'
    recommendation_type: latest
"""


def is_golden(name: str, text: str) -> bool:
    """Whether a text is that of the golden file, which is written where the user asks for it."""
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    return path.read_text(encoding="utf-8") == text


@pytest.fixture
def shop(place: Place) -> Place:
    """Return a project with three overlays, one of which nothing satisfies."""
    (place.folder / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    return place


def pinned(place: Place, lock: str) -> dict[str, str]:
    """Return what a pylock pins."""
    text = (place.folder / lock).read_text(encoding="utf-8")
    return dict(re.findall(r'^name = "(.+)"\nversion = "(.+)"$', text, re.MULTILINE))


def contents(place: Place) -> dict[str, bytes]:
    """Return every file below the folder."""
    files = sorted(path for path in place.folder.rglob("*") if path.is_file())
    return {path.relative_to(place.folder).as_posix(): path.read_bytes() for path in files}


def test_each_overlay_has_its_report_its_lock_and_a_line_of_the_summary(shop: Place) -> None:
    """Two have a stack and are locked; the one that has none is refused, and its code is the command's."""
    done = shop.run("advise", "--all-overlays", "--no-hints")
    assert done.exit_code == 1
    assert is_golden("overlays", done.stdout)
    assert max(map(len, done.stdout.splitlines())) <= WIDTH
    assert shop.files() == ["pylock.alpine.toml", "pylock.windows.toml", "pyproject.toml"]
    assert pinned(shop, "pylock.alpine.toml") == {"click": "8.0", "flask": "3.0"}
    assert pinned(shop, "pylock.windows.toml") == {"click": "7.0", "flask": "2.0", "pytest": "8.0"}
    beginnings = [line.partition(":")[0] for line in done.stderr.splitlines()]
    assert beginnings == ["`alpine`", "`windows`", "`none`"]


def test_without_the_option_the_projects_own_lock_is_made(shop: Place) -> None:
    """Overlays change nothing for those who do not ask for them."""
    assert shop.run("advise").exit_code == 0
    assert shop.files() == ["pylock.toml", "pyproject.toml"]


def test_options_outrank_overlays_and_these_the_manifest(
    shop: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first of options, variables, overlay and manifest that names a setting decides."""

    def target(*options: str) -> list[str]:
        said = shop.run("advise", "--dry-run", "--overlay", "windows", *options).stdout
        return [line.strip() for line in said.splitlines()[1:6]]

    own, table = "[tool.pinwise.overlays.windows]", "of `pyproject.toml`"
    assert target() == [
        "The best stack for `pyproject.toml`, goal `stable`",
        "Python    3.12.0",
        f"`python` in `{own}` {table}",
        "platform  win_amd64",
        f"`platform` in `{own}` {table}",
    ]
    monkeypatch.setenv("PINWISE_PLATFORM", "win_arm64")
    monkeypatch.setenv("PINWISE_GOAL", "latest")
    assert target("--python", "3.13") == [
        "The best stack for `pyproject.toml`, goal `latest`",
        "Python    3.13.0",
        "declared with `--python`",
        "platform  win_arm64",
        "variable `PINWISE_PLATFORM`",
    ]
    monkeypatch.undo()


def test_what_an_overlay_does_not_say_the_manifest_says(shop: Place) -> None:
    """Python and goal of `alpine` are those of the manifest's own table."""
    said = shop.run("advise", "--dry-run", "--overlay", "alpine", index_url=shop.index.url).stdout
    assert "goal `latest`" in said
    assert "`python` in `[tool.pinwise]` of `pyproject.toml`" in said
    assert "`platform` in `[tool.pinwise.overlays.alpine]` of `pyproject.toml`" in said


def test_a_target_in_a_file_of_the_project(shop: Place) -> None:
    """`environment` names a file of the project, from wherever the command is run, and none outside."""
    write(shop, target_toml='python = "3.12"\nplatform = "win_arm64"\n')
    manifest = PYPROJECT.split("[tool.pinwise]", maxsplit=1)[0]
    for path, code in (("target.toml", 0), ("../target.toml", 2), ("/target.toml", 2), ("~/t.toml", 2)):
        text = f'{manifest}[tool.pinwise.overlays.arm]\nenvironment = "{path}"\n'
        (shop.folder / "pyproject.toml").write_text(text, encoding="utf-8")
        done = shop.run("advise", str(shop.folder), "--overlay", "arm", "--dry-run")
        assert done.exit_code == code, done.output
        assert ("win_arm64" in done.stdout) == (code == 0)
        if code:
            assert ":10: `environment` must name a file in the manifest's folder" in done.stderr


def test_a_pipfile_has_overlays_whose_locks_pipenv_can_read(place: Place) -> None:
    """The lock is called as pipenv calls that of a Pipfile `Pipfile.NAME`, and has the Pipfile's hash."""
    write(place, Pipfile=PIPFILE)
    done = place.run("advise", "--all-overlays")
    assert done.exit_code == 0
    assert place.files() == ["Pipfile", "Pipfile.old.lock"]
    assert "  or: ln -sf Pipfile Pipfile.old && PIPENV_PIPFILE=Pipfile.old pipenv sync\n" in done.stdout
    assert place.advise().exit_code == 0
    old, own = (
        json.loads((place.folder / name).read_text()) for name in ("Pipfile.old.lock", "Pipfile.lock")
    )
    assert old["_meta"]["hash"] == own["_meta"]["hash"]
    assert (old["default"]["click"]["version"], own["default"]["click"]["version"]) == ("==7.0", "==8.0")


def test_a_script_has_overlays(place: Place) -> None:
    """Their locks have the script's name and theirs."""
    overlay = '# [tool.pinwise.overlays.win]\n# platform = "win32"\n'
    block = f'# /// script\n# dependencies = ["click"]\n{overlay}# ///\n'
    (place.folder / "tool.py").write_text(block, encoding="utf-8")
    assert place.run("advise", "tool.py", "--overlay", "win", "--python", "3.12").exit_code == 0
    assert place.files() == ["pylock.tool-win.toml", "tool.py"]


def test_locks_of_an_overlay_have_its_name_unless_it_names_them(shop: Place) -> None:
    """What the manifest or a variable names gets the overlay's name put in; its own names stand."""
    text = PYPROJECT.replace("[tool.pinwise]", '[tool.pinwise]\nlock = ["pylock.toml", "locks.txt"]')
    text = text.replace('goal = "stable"\n', 'goal = "stable"\nlock = "win.txt"\n')
    (shop.folder / "pyproject.toml").write_text(text, encoding="utf-8")
    assert shop.run("advise", "--overlay", "alpine", "--overlay", "windows").exit_code == 0
    assert shop.files() == ["locks.alpine.txt", "pylock.alpine.toml", "pyproject.toml", "win.txt"]


def test_present_pins_and_checks_are_each_overlays_own(shop: Place) -> None:
    """A pin is kept, let go of and checked in the lock of its own overlay."""
    both = ("--overlay", "alpine", "--overlay", "windows")
    assert shop.run("advise", *both).exit_code == 0
    assert shop.run("advise", *both, "--check").exit_code == 0
    text = PYPROJECT.replace('constraints = ["click<8"]\n', "")
    (shop.folder / "pyproject.toml").write_text(text, encoding="utf-8")
    before = contents(shop)
    stale = shop.run("advise", *both, "--check", "-P", "flask", "-P", "click")
    assert stale.exit_code == 1
    assert contents(shop) == before
    assert re.search(r"alpine   advice           0  .*pylock\.alpine\.toml: up to date", stale.stdout)
    assert re.search(r"windows  advice           2  .*pylock\.windows\.toml: stale", stale.stdout)
    assert shop.run("advise", *both).exit_code == 0
    assert pinned(shop, "pylock.windows.toml")["flask"] == "2.0"
    assert shop.run("advise", *both, "-P", "flask", "-P", "click", "--dry-run").exit_code == 0
    assert shop.run("advise", *both, "-P", "flask", "-P", "click", "-P", "pytest").exit_code == 0
    assert pinned(shop, "pylock.windows.toml")["flask"] == "3.0"
    said = failed(shop.run("advise", *both, "-P", "pytst"), 2)
    assert "`pytst` is in none of the locks" in said
    assert "did you mean `pytest`?" in said


def test_other_commands_ask_about_an_overlay(shop: Place) -> None:
    """`why`, `tree`, `outdated` and `environment` take an overlay in the place of the project's own stack."""
    shop.run("advise", "--all-overlays")
    url = ("--index-url", shop.index.url)
    why = shop.run("why", "flask", "--overlay", "windows", *url)
    assert why.stdout.startswith("flask 2.0, goal `stable`\n")
    assert "flask 2.0\n" in shop.run("tree", "--overlay", "windows", *url).stdout
    assert "held back by `click<8`" in shop.run("outdated", "--overlay", "windows", *url).stdout
    assert "win_amd64" in shop.run("environment", "--overlay", "windows").stdout
    assert "manylinux_2_28_x86_64" in shop.run("environment").stdout


def test_the_json_form_keeps_to_its_schema(shop: Place) -> None:
    """One document holds the report of every overlay, also of one alone."""
    schemas = {
        name: json.loads((DOCS / f"{name}.schema.json").read_text(encoding="utf-8"))
        for name in ("overlays", "report")
    }
    Draft202012Validator.check_schema(schemas["overlays"])
    registry: Registry[Any] = Registry().with_resources(
        (schema["$id"], Resource.from_contents(schema)) for schema in schemas.values()
    )
    validator = Draft202012Validator(schemas["overlays"], registry=registry)
    for options, codes in ((["--all-overlays"], [0, 0, 1]), (["--overlay", "none"], [1])):
        done = shop.run("advise", *options, "--format", "json")
        content = json.loads(done.stdout)
        validator.validate(content)
        assert [each["exit_code"] for each in content["overlays"]] == codes
        assert done.exit_code == max(codes)
        assert content["overlays"][-1]["report"]["conflict"]["headline"]


def test_an_index_that_fails_takes_one_answer_away(shop: Place) -> None:
    """The other overlays are locked; the failed one is told in its place, and the exit code is 3."""
    text = PYPROJECT.replace('requirements = ["click>9"]', 'requirements = ["gone"]')
    (shop.folder / "pyproject.toml").write_text(text, encoding="utf-8")
    shop.index.answer("/simple/gone/", Answer(status=503))
    done = shop.run("advise", "--all-overlays")
    assert done.exit_code == 3
    assert "error: " in done.stdout.partition("overlay `none`")[2]
    assert re.search(r"^  none     failed           -  -$", done.stdout, re.MULTILINE)
    assert shop.files() == ["pylock.alpine.toml", "pylock.windows.toml", "pyproject.toml"]
    content = json.loads(shop.run("advise", "--all-overlays", "--format", "json").stdout)
    assert content["overlays"][2]["report"] is None
    assert "503" in content["overlays"][2]["failure"]
    assert "503" in failed(shop.run("advise", "--overlay", "none", "--format", "json"), 3)


def test_the_summary_keeps_to_80_columns() -> None:
    """Long names and several locks have lines of their own; a path is never broken."""
    rows = [
        Row("a" * 60, "advice", 12, (f"some/folder/{'b' * 40}/pylock.toml: written",)),
        Row("gpu", "undecided", None, ()),
        Row("cpu", "advice", 1_200, ("pylock.cpu.toml: unchanged", "requirements.cpu.txt: written")),
    ]
    text = "\n".join(line.text for line in render_overlays(rows)) + "\n"
    assert is_golden("overlays_long", text)
    assert max(map(len, text.splitlines())) <= WIDTH


# --- what is wrong


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("overlays.alpine]", 'overlays."a b"]', "pyproject.toml:14: `a b` is not a name of an overlay"),
        ("overlays.alpine]", "overlays.Windows]", "`windows` differ in case only (pyproject.toml:14)"),
        ('goal = "stable"', 'gaol = "stable"', "pyproject.toml:20: `gaol` is not a setting of an overlay"),
        ('goal = "stable"', "offline = true", "`offline` is not a setting of an overlay"),
        ('goal = "stable"', 'goal = "secure"', "pyproject.toml:20: `goal` has no choice `secure`"),
        ('python = "3.12"', 'python = "2.7"', "pyproject.toml:18: Python `2.7` is not among the targets"),
        ('python = "3.12"', 'python = "./python"', "pyproject.toml:18: `python` must be a version here"),
        ('"win_amd64"', '"win_amd46"', "pyproject.toml:19: `win_amd46` is not a platform that pinwise knows"),
        ('groups = ["test"]', 'groups = ["tests"]', "this project has no dependency group `tests`"),
        ('groups = ["test"]', "groups = 1", "pyproject.toml:21: `groups` must be a list of strings"),
        ('constraints = ["click<8"]', "overlays = {}", "pyproject.toml:22: an overlay holds no overlays"),
        ('["click>9"]', '["click >"]', "pyproject.toml:25: `click >` is not a valid requirement"),
        ('goal = "latest"', 'overlay = "x"', "pyproject.toml:12: `overlay` is not a setting"),
        ('goal = "latest"', 'groups = ["test"]', "it belongs in an overlay, `[tool.pinwise.overlays.NAME]`"),
    ],
    ids=range(14),
)
def test_what_is_wrong_is_told_before_anything_is_searched(
    shop: Place, old: str, new: str, said: str
) -> None:
    """An error in one overlay says where it stands, and no file is written."""
    (shop.folder / "pyproject.toml").write_text(PYPROJECT.replace(old, new, 1), encoding="utf-8")
    before = contents(shop)
    assert said in failed(shop.run("advise", "--all-overlays"), 2)
    assert contents(shop) == before
    assert shop.index.requests == []


def test_an_unknown_overlay_is_told_with_near_names(shop: Place) -> None:
    """The error names what there is; a project without overlays says how to write one."""
    said = failed(shop.run("advise", "--overlay", "window"), 2)
    assert "`pyproject.toml` has no overlay `window`" in said
    assert "did you mean `windows` (pyproject.toml:17)?" in said
    listed = "`alpine` (pyproject.toml:14), `windows` (pyproject.toml:17) and `none` (pyproject.toml:24)"
    assert listed in failed(shop.run("tree", "--overlay", "xyz"), 2)
    write(shop, Pipfile='[packages]\nflask = "*"\n')
    assert "write a table such as" in failed(shop.run("advise", "--overlay", "windows"), 2)
    (shop.folder / "Pipfile").unlink()
    (shop.folder / "pyproject.toml").unlink()
    assert "names no overlays" in failed(shop.run("advise", "--all-overlays"), 2)


def test_two_overlays_never_share_a_lock(shop: Place) -> None:
    """Neither by an option nor by their tables; nothing is searched."""
    both = ("--overlay", "alpine", "--overlay", "windows")
    said = failed(shop.run("advise", *both, "--lock", "pylock.toml"), 2)
    assert "the overlays `alpine` and `windows` would both write `pylock.toml`" in said
    assert shop.files() == ["pyproject.toml"]
    assert shop.run("advise", "--overlay", "alpine", "--lock", "pylock.toml").exit_code == 0


def test_a_lock_that_cannot_be_written_leaves_all_as_they_were(shop: Place) -> None:
    """All locks of a run are written or none."""
    (shop.folder / "pylock.windows.toml").mkdir()
    said = failed(shop.run("advise", "--all-overlays"), 2)
    assert "`pylock.windows.toml` is a folder" in said
    assert shop.files() == ["pylock.windows.toml", "pyproject.toml"]


# --- the forebear's file


def test_environments_of_the_forebear_are_overlays(place: Place) -> None:
    """Target and goal follow from the entry; what has no meaning here is said once."""
    write(place, Pipfile='[packages]\nflask = "*"\n', _thoth_yaml=THOTH)
    done = place.run("advise", "--all-overlays")
    assert done.exit_code == 0
    assert is_golden("overlays_thoth", done.stdout)
    assert done.stderr.splitlines()[:3] == [
        "warning: `.thoth.yaml`: `host` means nothing to pinwise.",
        "warning: `.thoth.yaml`: `cuda_version` has no effect on the stack yet.",
        "warning: .thoth.yaml:7: pinwise has no goal `security` yet; the goal of `ubi8` is `stable` instead.",
    ]
    assert place.files() == [".thoth.yaml", "Pipfile", "Pipfile.alpine.lock", "Pipfile.ubi8.lock"]
    said = place.advise("--dry-run")
    assert "`.thoth.yaml` is not read; `--overlay NAME` or `--all-overlays` asks for" in said.stderr
    write(place, _thoth_yaml="managers:\n- name: version\n")
    assert ".thoth.yaml" not in place.advise("--dry-run").stderr
    assert "`.thoth.yaml` names no overlays" in failed(place.run("advise", "--all-overlays"), 2)


def test_overlays_of_the_forebear_may_have_folders(place: Place) -> None:
    """With `overlays_dir`, each has its own manifest and lock, and the project needs none."""
    (place.folder / "overlays" / "ubi8").mkdir(parents=True)
    write(place, _thoth_yaml=f"overlays_dir: overlays\nrequirements_format: pipenv\n{THOTH}")
    own = place.folder / "overlays" / "ubi8"
    (own / "Pipfile").write_text('[packages]\nclick = "*"\n', encoding="utf-8")
    (own / "requirements.in").write_text("flask\n", encoding="utf-8")
    assert place.run("advise", "--overlay", "ubi8").exit_code == 0
    assert sorted(contents(place)) == [
        ".thoth.yaml",
        *(f"overlays/ubi8/{name}" for name in ("Pipfile", "Pipfile.lock", "requirements.in")),
    ]
    said = failed(place.run("advise", "--all-overlays"), 2)
    assert ".thoth.yaml:10: the overlay `alpine` has no folder `overlays/alpine`" in said
    assert "`--overlay NAME` or `--all-overlays`" in failed(place.run("advise"), 2)
    write(place, _thoth_yaml=f"overlays_dir: overlays\nrequirements_format: pip-tools\n{THOTH}")
    assert place.run("advise", "--overlay", "ubi8").exit_code == 0
    assert "flask==3.0" in (own / "requirements.txt").read_text(encoding="utf-8")
    assert place.run("advise", "--overlay", "ubi8", "--check").exit_code == 0


def test_a_manifest_is_never_the_lock_of_its_overlay(place: Place) -> None:
    """A `requirements.txt` without a `requirements.in` is read, and so cannot be written."""
    write(
        place, requirements_txt="flask\n", _thoth_yaml=f"overlays_dir: .\nrequirements_format: pip\n{THOTH}"
    )
    (place.folder / "ubi8").mkdir()
    (place.folder / "ubi8" / "requirements.txt").write_text("flask\n", encoding="utf-8")
    said = failed(place.run("advise", "--overlay", "ubi8"), 2)
    assert "`ubi8/requirements.txt` is the manifest of the overlay `ubi8`" in said
    assert (place.folder / "ubi8" / "requirements.txt").read_text(encoding="utf-8") == "flask\n"


def test_our_own_overlays_outrank_the_forebears_file(shop: Place) -> None:
    """Where both are there, ours count, even if the other one cannot be read; and this is said."""
    write(shop, _thoth_yaml="[" * 1000)
    done = shop.run("advise", "--overlay", "alpine")
    assert done.exit_code == 0
    assert "`.thoth.yaml` is not read: the overlays of `pyproject.toml` count." in done.stderr
    assert "`.thoth.yaml`" not in shop.run("advise", "--dry-run").stderr


def test_a_broken_file_of_the_forebear_is_told_with_its_line(place: Place) -> None:
    """Unknown keys are errors where the file counts, and none where it does not."""
    write(place, requirements_in="flask\n", _thoth_yaml=THOTH.replace("python_version", "pythn_version", 1))
    said = failed(place.run("advise", "--overlay", "alpine"), 2)
    assert ".thoth.yaml:5: `pythn_version` is not a key of a runtime environment" in said
    assert "did you mean `python_version`" in said
    assert place.advise().exit_code == 0

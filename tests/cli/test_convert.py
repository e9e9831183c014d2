"""`pinwise convert` as users meet it: which formats are meant, what is lost, and when nothing is written."""

import json
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pinwise.cli import main
from pinwise.formats.present import read_lock
from pinwise.model.lock import LockFormat
from support.artifacts import sdist, wheel
from support.loopback import LoopbackIndex

EXAMPLES = Path(__file__).parents[1] / "formats" / "present_locks"
PIPFILE = '[packages]\nflask = ">=2"\n\n[dev-packages]\npytest = "*"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder as the current one, with a knowledge base elsewhere and pip's settings off."""
    place = tmp_path / "shop"
    place.mkdir()
    monkeypatch.chdir(place)
    monkeypatch.setenv("PINWISE_KB", str(tmp_path / "kb.sqlite"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return place


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    """Return an index with two releases."""
    with LoopbackIndex() as loopback:
        loopback.add(wheel("flask", "3.0"))
        loopback.add(sdist("flask", "3.0"))
        loopback.add(wheel("flask", "4.0"))
        yield loopback


def convert(*arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, ["convert", *arguments])


def example(folder: Path, name: str, *, to: str = "") -> None:
    """Put an example of a lock into the folder."""
    (folder / (to or name)).write_text((EXAMPLES / name).read_text(encoding="utf-8"), encoding="utf-8")


def refused(result: Result) -> str:
    """Return what a refused command said, after checking the form that all errors have."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert sum(line.startswith("error: ") for line in result.stderr.splitlines()) == 1, result.stderr
    assert "hint: " in result.stderr
    return result.stderr


def test_a_lock_is_converted_and_its_losses_are_listed(folder: Path) -> None:
    """The target is written, and stderr lists in one line per kind what it cannot say."""
    example(folder, "uv.lock")
    result = convert("uv.lock", "requirements.txt")
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert lines[0] == "requirements.txt cannot say:"
    assert "  the versions of Python that the lock is for: it has no place for them" in lines
    assert any(
        line.startswith("  the names, URLs, sizes and times of files of `blinker==1.9.0`, ") for line in lines
    )
    assert re.fullmatch(r"Wrote `requirements.txt`; lost: [0-9]+, [0-9.]+ s\.", lines[-1])
    written = read_lock((folder / "requirements.txt").read_text(), LockFormat.REQUIREMENTS)
    assert "flask==3.1.3" in map(str, written.pins)


def test_a_conversion_without_losses_says_nothing_of_any(folder: Path) -> None:
    """Where nothing is lost, there is no list; a second run finds the target as it should be."""
    example(folder, "requirements.txt", to="a.txt")
    first = convert("a.txt", "b.txt", "--from", "requirements.txt", "--to", "requirements.txt")
    assert re.fullmatch(r"Wrote `b.txt`; nothing lost, [0-9.]+ s\.\n", first.stderr)
    second = convert("a.txt", "b.txt", "--from", "requirements.txt", "--to", "requirements.txt")
    assert second.stderr.startswith("`b.txt` says the same already and was not rewritten; nothing lost, ")


def test_another_file_is_replaced_by_force_only(folder: Path) -> None:
    """A target that holds something else stays as it was without `--force`."""
    (folder / "Pipfile").write_text(PIPFILE)
    (folder / "requirements.in").write_text("mine\n")
    said = refused(convert("Pipfile", "requirements.in"))
    assert "`requirements.in` is there already" in said
    assert "cannot say" not in said
    assert (folder / "requirements.in").read_text() == "mine\n"
    assert convert("Pipfile", "requirements.in", "--force").exit_code == 0
    assert (folder / "requirements.in").read_text() == "flask>=2\n\n# Only for develop\npytest\n"


def test_dry_run_and_stdout_write_no_file(folder: Path) -> None:
    """`--dry-run` lists the losses only, and `-` writes the text on stdout."""
    (folder / "Pipfile").write_text(PIPFILE)
    dry = convert("Pipfile", "pyproject.toml", "--dry-run")
    assert dry.exit_code == 0
    assert dry.stdout == ""
    assert "the name of the group (`develop`): the usual name of `develop` is `dev`" in dry.stderr
    shown = convert("Pipfile", "-", "--to", "pyproject.toml")
    assert tomllib.loads(shown.stdout)["project"]["name"] == "shop"
    assert [path.name for path in folder.iterdir()] == ["Pipfile"]


def test_a_program_learns_what_is_lost(folder: Path) -> None:
    """`--format json` puts the losses and what became of the target on stdout."""
    (folder / "Pipfile").write_text(PIPFILE)
    report = json.loads(convert("Pipfile", "pyproject.toml", "--format", "json", "--dry-run").stdout)
    assert (report["from"], report["to"], report["state"]) == ("Pipfile", "pyproject.toml", "not written")
    assert {"subject", "aspect", "what", "why"} == set(report["losses"][0])
    assert json.loads(convert("Pipfile", "pyproject.toml", "--format", "json").stdout)["state"] == "written"


def test_a_pipfile_lock_gets_the_hash_of_its_pipfile(folder: Path) -> None:
    """A Pipfile.lock answers the Pipfile beside it; without one there is a warning."""
    example(folder, "requirements.txt", to="pins.txt")
    alone = convert("pins.txt", "Pipfile.lock", "--dry-run")
    assert "warning: There is no `Pipfile` beside the lock" in alone.stderr
    (folder / "Pipfile").write_text(PIPFILE)
    result = convert("pins.txt", "Pipfile.lock")
    assert result.exit_code == 0, result.output
    assert "warning" not in result.stderr
    assert len(json.loads((folder / "Pipfile.lock").read_text())["_meta"]["hash"]["sha256"]) == 64


def test_files_are_looked_up_by_their_digests(folder: Path, index: LoopbackIndex) -> None:
    """A lock with digests only becomes a pylock.toml with the files that its index lists under them."""
    (digest,) = (
        each.sha256 for each in index.files("flask") if each.artifact.filename.endswith("3.0.tar.gz")
    )
    (folder / "pins.txt").write_text(f"--index-url {index.url}\nflask==3.0 --hash=sha256:{digest}\n")
    result = convert("pins.txt", "pylock.toml")
    assert result.exit_code == 0, result.output
    (package,) = tomllib.loads((folder / "pylock.toml").read_text())["packages"]
    assert package["sdist"]["hashes"] == {"sha256": digest}
    assert "wheels" not in package
    again = convert("pins.txt", "pylock.toml", "--offline")
    assert "`pylock.toml` says the same already and was not rewritten; " in again.stderr


def test_a_digest_that_no_file_has_is_refused(folder: Path, index: LoopbackIndex) -> None:
    """A digest that the index does not list is never replaced by another one."""
    (folder / "pins.txt").write_text(f"--index-url {index.url}\nflask==3.0 --hash=sha256:{'0' * 64}\n")
    assert "lists no file of `flask==3.0` with a digest of this lock" in refused(
        convert("pins.txt", "pylock.toml")
    )
    assert not (folder / "pylock.toml").exists()


def test_files_that_are_not_known_offline_are_refused(folder: Path, index: LoopbackIndex) -> None:
    """Offline, files that are not known are not guessed."""
    (folder / "pins.txt").write_text(f"--index-url {index.url}\nflask==3.0 --hash=sha256:{'0' * 64}\n")
    said = refused(convert("pins.txt", "pylock.toml", "--offline"))
    assert "the files of `flask==3.0` are not known" in said
    assert index.requests == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a.txt", "b.txt"), "does not tell whether it is a manifest or a lock"),
        (("Pipfile", "pylock.toml"), "are a manifest and a lock"),
        (("Pipfile", "other.lock"), "does not tell its format"),
        (("Pipfile", "uv.lock"), "is that of a file that cannot be written here"),
        (("pyproject.toml", "Pipfile"), "there is no file `pyproject.toml` to convert"),
        (("Pipfile", "-"), "does not tell its format"),
        (("Pipfile", "x", "--to", "Pipfil"), "`Pipfil` is no format for `--to`"),
        (("Pipfile", "copy/../Pipfile"), "is the source itself"),
        (("Pipfile", "missing/requirements.in"), "cannot be written"),
        (("missing.lock", "pylock.toml", "--from", "uv.lock"), "there is no file `missing.lock` to convert"),
        (("missing.lock", "pylock.toml"), "there is no file `missing.lock` to convert"),
        (("Pipfile", "-", "--to", "pyproject.toml", "--format", "json"), "both go to stdout"),
    ],
)
def test_bad_requests_are_named(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    """What cannot be done is refused with a message and a hint, and every file stays as it was."""
    (folder / "Pipfile").write_text(PIPFILE)
    (folder / "a.txt").write_text("flask\n")
    (folder / "copy").mkdir()
    assert message in refused(convert(*arguments))
    assert (folder / "Pipfile").read_text() == PIPFILE


def test_broken_lock_is_refused_with_its_line(folder: Path) -> None:
    """A broken source is named with file and line."""
    (folder / "poetry.lock").write_text('[[package]]\nname = "a"\nversion = "?"\n')
    assert (
        "poetry.lock:1: the version of `a` cannot be read"
        in CliRunner().invoke(main, ["convert", "poetry.lock", "requirements.txt"]).stderr
    )


def test_relative_paths_stay_in_their_folder(folder: Path) -> None:
    """A manifest with a local project is not written to another folder, where its path would be wrong."""
    app = folder / "app"
    app.mkdir()
    (app / "pyproject.toml").write_text('[project]\nname = "app"\nversion = "1.0"\n')
    (folder / "requirements.in").write_text("-e ./app\n")
    (folder / "other").mkdir()
    assert "is relative to the folder" in refused(convert("requirements.in", "other/Pipfile"))
    assert convert("requirements.in", "Pipfile").exit_code == 0
    assert 'app = {path = "./app", editable = true}' in (folder / "Pipfile").read_text()


def test_a_pyproject_is_converted_with_all_that_it_requires(folder: Path) -> None:
    """Extras and groups become categories, and what the project says besides is listed as lost."""
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\n[project]\nname = "shop"\nversion = "1"\n'
        'dependencies = ["flask", "lib @ file:///srv/lib"]\n[project.optional-dependencies]\n'
        'redis = ["redis"]\nall = ["shop[redis]"]\n[dependency-groups]\ndev = ["pytest"]\n'
    )
    assert "`/srv/lib`" in refused(convert("pyproject.toml", "Pipfile"))
    assert [path.name for path in folder.iterdir()] == ["pyproject.toml"]
    text = (folder / "pyproject.toml").read_text().replace(', "lib @ file:///srv/lib"', "")
    (folder / "pyproject.toml").write_text(text)
    result = convert("pyproject.toml", "Pipfile")
    assert result.exit_code == 0, result.output
    assert tomllib.loads((folder / "Pipfile").read_text()) == {
        "packages": {"flask": "*"},
        "dev-packages": {"pytest": "*"},
        "redis": {"redis": "*"},
        "all": {"redis": "*"},
    }
    assert "  the build system (`build-system`): it says what is required" in result.stderr
    assert "  which groups and extras include others (`[all]`): what they stand for" in result.stderr
    assert (folder / "pyproject.toml").read_text() == text

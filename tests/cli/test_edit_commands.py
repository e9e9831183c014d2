"""`pinwise add` and `pinwise remove`, as users meet them, against a loopback index.

``UPDATE_GOLDEN=1`` writes the golden files anew; read the difference before it is committed.
"""

import json
import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from pinwise.cli.lines import WIDTH
from support.artifacts import sdist, source_tree, wheel
from support.loopback import Answer
from support.place import Place, failed, write

GOLDEN = Path(__file__).parent / "golden"
SCHEMA = Path(__file__).parents[2] / "docs" / "report.schema.json"
PROJECT = """[project]
name = "shop"
version = "1"
requires-python = ">=3.12"
dependencies = [
    "click",  # for the command line
]

[dependency-groups]
test = ["pytest"]
"""


def is_golden(name: str, text: str) -> bool:
    """Whether a text is that of the golden file, which is written where the user asks for it."""
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    return text == file.read_text(encoding="utf-8")


def project(place: Place, text: str = PROJECT) -> Place:
    """Write a pyproject.toml."""
    write(place, pyproject_toml=text)
    return place


def pinned(place: Place, lock: str = "pylock.toml") -> dict[str, str]:
    """Return what a lock pins."""
    return {each["name"]: each["version"] for each in tomllib.loads(place.text(lock))["packages"]}


# --- the job


def test_manifest_and_lock_are_written_together(place: Place) -> None:
    """What is added is in the manifest, at its place, and its stack in the lock; removing it undoes both."""
    project(place)
    said = place.edit("add", "flask>=3")
    assert said.exit_code == 0, said.output
    assert is_golden("add", said.stdout)
    assert place.text("pyproject.toml") == PROJECT.replace("line\n", 'line\n    "flask>=3",\n')
    assert pinned(place) == {"click": "8.0", "flask": "3.0"}
    said = place.edit("remove", "Flask")
    assert said.exit_code == 0, said.output
    assert is_golden("remove", said.stdout)
    assert place.text("pyproject.toml") == PROJECT
    assert pinned(place) == {"click": "8.0"}


def test_a_dry_run_shows_both_and_writes_nothing(place: Place) -> None:
    """The changes of manifest and lock are shown as they would be."""
    project(place)
    assert place.advise().exit_code == 0
    before = place.text("pylock.toml")
    said = place.edit("add", "flask<3", "click<8", "--dry-run")
    assert said.exit_code == 0, said.output
    assert is_golden("add_dry_run", said.stdout)
    assert (place.text("pyproject.toml"), place.text("pylock.toml")) == (PROJECT, before)
    assert all(len(line) <= WIDTH for line in said.stdout.splitlines())


def test_only_the_manifest_where_no_lock_is_wanted(place: Place) -> None:
    """With `--no-lock` no index is asked, and a stack need not exist."""
    project(place)
    said = place.edit("add", "nowhere", "--group", "docs", "--no-lock")
    assert said.exit_code == 0, said.output
    assert is_golden("add_no_lock", said.stdout)
    assert tomllib.loads(place.text("pyproject.toml"))["dependency-groups"]["docs"] == ["nowhere"]
    assert place.files() == ["pyproject.toml"]
    assert place.index.requests == []


def test_the_report_for_programs_has_the_edits(place: Place) -> None:
    """The JSON form is that of `advise`, with what changed in the manifest."""
    project(place)
    said = place.edit("add", "flask", "click", "--group", "test", "--format", "json")
    report = json.loads(said.stdout)
    Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(report)
    assert [(each["before"], each["after"], each["group"]) for each in report["edits"]] == [
        (None, "flask", "test"),
        (None, "click", "test"),
    ]
    assert report["outcome"] == "advice"
    assert json.loads(place.advise("--format", "json").stdout)["edits"] == []


# --- every kind of manifest


def test_a_pipfile_and_its_category(place: Place) -> None:
    """An entry goes to the category that is named, and the lock answers the edited file."""
    source = (
        f'[[source]]\nname = "x"\nurl = "{place.index.url}"\nverify_ssl = true\n\n[packages]\nclick = "*"\n'
    )
    write(place, Pipfile=source)
    assert place.edit("add", "pytest[x]>=8", "--dev").exit_code == 0
    assert place.text("Pipfile").endswith('\n[dev-packages]\npytest = {version = ">=8", extras = ["x"]}\n')
    assert set(json.loads(place.text("Pipfile.lock"))["develop"]) == {"pytest"}
    assert place.advise("--check").exit_code == 0
    assert place.edit("remove", "pytest").exit_code == 0
    assert json.loads(place.text("Pipfile.lock"))["develop"] == {}
    assert place.text("Pipfile") == source + "\n[dev-packages]\n"


def test_requirements_files_and_their_includes(place: Place) -> None:
    """A requirement is changed in the file in which it stands; ends of lines and a byte order mark stay."""
    (place.folder / "app.in").write_bytes("\ufeff-r base.in\r\nclick\r\n".encode())
    (place.folder / "base.in").write_bytes(b"flask<3 # web\r\n")
    assert place.edit("add", "flask>=3", "pytest", "-r", "app.in").exit_code == 0
    assert place.text("app.in") == "\ufeff-r base.in\r\nclick\r\npytest\r\n"
    assert place.text("base.in") == "flask>=3 # web\r\n"
    assert place.edit("remove", "Flask", "-r", "app.in").exit_code == 0
    assert place.text("base.in") == ""
    assert place.text("app.in").startswith("\ufeff-r base.in")


def test_a_script_gets_its_own_lock(place: Place) -> None:
    """The block of a script is edited, and the lock is that of the script."""
    write(place, tool_py="# /// script\n# dependencies = []\n# ///\nimport flask\n")
    assert place.edit("add", "flask", "--folder", "tool.py", "--bounds", "lower").exit_code == 0
    assert place.text("tool.py") == '# /// script\n# dependencies = ["flask>=3.0"]\n# ///\nimport flask\n'
    assert pinned(place, "pylock.tool.toml") == {"click": "8.0", "flask": "3.0"}


def write_library(place: Place) -> None:
    """Write a local project into the folder `lib`."""
    (place.folder / "lib").mkdir()
    for name, text in source_tree("lib", "1.0", requires=["click"]).items():
        (place.folder / "lib" / name).write_text(text, encoding="utf-8")


def test_local_projects_by_path_and_by_url(place: Place) -> None:
    """A folder is added as each kind of manifest can say it, and removed by the name of its project."""
    write_library(place)
    write(place, requirements_in="pytest\n")
    assert place.edit("add", "./lib", "--editable").exit_code == 0
    assert place.text("requirements.in") == "pytest\n-e ./lib\n"
    assert place.edit("remove", "Lib").exit_code == 0
    assert place.text("requirements.in") == "pytest\n"
    write(place, Pipfile="[packages]\n")
    url = (place.folder / "lib").as_uri()
    assert place.edit("add", f"lib @ {url}").exit_code == 0
    assert f'lib = {{path = "{place.folder}/lib"}}' in place.text("Pipfile")
    assert "holds the project `lib`, not `other`" in failed(place.edit("add", f"other @ {url}"), 2)
    project(place)
    said = failed(place.edit("add", "./lib", "--folder", "pyproject.toml"), 2)
    assert "takes absolute URLs only" in said
    assert place.edit("add", f"lib @ {url}", "--folder", "pyproject.toml").exit_code == 0


def test_a_path_is_written_as_seen_from_the_manifest(place: Place) -> None:
    """A path is relative to the current folder when it is typed, and to the manifest where it is written."""
    write_library(place)
    (place.folder / "app").mkdir()
    (place.folder / "app" / "requirements.in").touch()
    assert place.edit("add", "./lib", "--folder", "app").exit_code == 0
    assert place.text("app/requirements.in") == "../lib\n"


# --- groups, bounds, what is there already


def test_the_lock_stays_for_the_groups_that_it_was_for(place: Place) -> None:
    """Groups and extras of the present lock are locked again, with the one that is edited."""
    project(place)
    assert place.advise("--group", "test").exit_code == 0
    assert place.edit("add", "flask").exit_code == 0
    assert set(pinned(place)) == {"click", "flask", "pytest"}
    assert place.edit("add", "flask", "--extra", "web").exit_code == 0
    lock = tomllib.loads(place.text("pylock.toml"))
    assert (lock["extras"], lock["dependency-groups"]) == (["web"], ["test"])
    assert place.edit("remove", "pytest").exit_code == 0
    assert set(pinned(place)) == {"click", "flask"}


def test_removing_from_a_group_does_not_lock_the_rest_of_it(place: Place) -> None:
    """A group that the lock was not for stays out of it."""
    project(place, PROJECT.replace('["pytest"]', '["pytest", "flask"]'))
    assert place.edit("remove", "pytest", "--dev").exit_code == 2
    assert place.edit("remove", "pytest").exit_code == 0
    assert set(pinned(place)) == {"click"}


@pytest.mark.parametrize(
    ("bounds", "written"),
    [("none", "flask"), ("lower", "flask>=3.0"), ("major", "flask>=3.0,<4"), ("exact", "flask==3.0")],
)
def test_bounds_are_put_around_what_is_chosen(place: Place, bounds: str, written: str) -> None:
    """A requirement without versions gets the bound that is asked for; one that has a bound keeps it."""
    project(place)
    assert place.edit("add", "flask", "click>=7", "--bounds", bounds).exit_code == 0
    assert tomllib.loads(place.text("pyproject.toml"))["project"]["dependencies"] == ["click>=7", written]


def test_what_is_there_already_changes_nothing(place: Place) -> None:
    """Adding what the manifest says is no error, and the file is not touched."""
    project(place)
    before = (place.folder / "pyproject.toml").stat()
    said = place.edit("add", "Click")
    assert said.exit_code == 0
    assert said.stdout.startswith("`pyproject.toml` says the same already and was not changed.\n  = click\n")
    assert (place.folder / "pyproject.toml").stat().st_ino == before.st_ino
    assert pinned(place) == {"click": "8.0"}


def test_the_last_requirement_can_go(place: Place) -> None:
    """A manifest that requires nothing any more has an empty lock."""
    project(place)
    assert place.edit("remove", "click").exit_code == 0
    assert tomllib.loads(place.text("pylock.toml"))["packages"] == []
    assert place.edit("add", "click").exit_code == 0
    assert place.text("pyproject.toml") == PROJECT.replace("  # for the command line", "")


# --- all or nothing


def unchanged(place: Place, run: Callable[[], object]) -> None:
    """Run something and make sure that it leaves every file as it was."""
    before = {path.name: path.read_bytes() for path in place.folder.iterdir() if path.is_file()}
    run()
    assert {path.name: path.read_bytes() for path in place.folder.iterdir() if path.is_file()} == before


def test_beside_a_script_alone_the_hint_names_the_way(place: Place) -> None:
    """A script is edited where it is named; the command that the hint gives does it."""
    write(place, tool_py='# /// script\n# dependencies = ["click"]\n# ///\n')
    said = failed(place.edit("add", "flask"), 2)
    assert "hint: to edit what the script `tool.py` requires, say `--folder tool.py`; else make an" in said
    assert place.edit("add", "flask", "--folder", "tool.py").exit_code == 0
    assert '"flask"' in place.text("tool.py")


def test_a_refusal_leaves_both_files_as_they_were(place: Place) -> None:
    """A requirement that fits no stack, or whose name no index has, is said with near names; exit 1."""
    project(place)
    assert place.advise().exit_code == 0

    def run() -> None:
        said = place.edit("add", "flask<3", "click>=8")
        assert said.exit_code == 1
        assert "No file was changed." in said.stdout
        said = place.edit("add", "flaskk")
        assert said.exit_code == 1
        assert is_golden("add_unknown", said.stdout)

    unchanged(place, run)


def test_an_undecided_search_leaves_both_files_as_they_were(place: Place) -> None:
    """Offline without what is needed: exit 3, and nothing is written."""
    project(place)
    assert place.advise().exit_code == 0

    def run() -> None:
        said = place.edit("add", "flask", "--offline")
        assert said.exit_code == 3
        assert "No file was changed." in said.stdout

    unchanged(place, run)


def test_an_index_that_fails_leaves_both_files_as_they_were(place: Place) -> None:
    """A server error on the page of what is added is exit 3."""
    project(place)
    place.index.answer("/simple/flask/", Answer(503))
    unchanged(place, lambda: failed(place.edit("add", "flask"), 3))


class Meddling(Mapping[str, str]):
    """No headers, at whose sending something happens."""

    def __init__(self, happen: Callable[[], object]) -> None:
        self.happen = happen

    def __iter__(self) -> Iterator[str]:
        self.happen()
        return iter(())

    def __len__(self) -> int:
        return 0

    def __getitem__(self, key: str) -> str:
        raise KeyError(key)


@pytest.mark.parametrize("name", ["app.in", "base.in", "limits.txt"])
def test_a_file_that_changes_meanwhile_is_left_alone(place: Place, name: str) -> None:
    """Whichever file was read: what somebody else wrote during the search stays, and nothing is written."""
    write(place, app_in="-r base.in\n-c limits.txt\n", base_in="click\n", limits_txt="flask<9\n")
    meanwhile = Meddling(lambda: (place.folder / name).write_text("# mine\n", encoding="utf-8"))
    place.index.answer("/simple/flask/", Answer(503, headers=meanwhile, times=1))
    said = failed(place.edit("add", "flask", "-r", "app.in"), 2)
    assert f"`{name}` was changed by something else while it was being edited" in said
    assert "run the command again" in said
    assert place.text(name) == "# mine\n"
    assert place.files() == ["app.in", "base.in", "limits.txt"]


# --- what cannot be done


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("add", "flask>>3"), "`flask>>3` is not a valid requirement"),
        (("add", "flask", "Flask"), "`flask` is named twice"),
        (("add", "./nowhere"), "the local project `./nowhere` does not exist"),
        (("add", "flask", "--group", "a b"), "`a b` cannot be the name of a group"),
        (("add", "flask", "--group", "a", "--extra", "b"), "to one group or extra at a time"),
        (("add", "flask", "--bounds", "lower", "--no-lock"), "`--bounds` needs the version"),
        (("add", "flask", "--no-lock", "--format", "json"), "`--no-lock` asks for no advice"),
        (("add", "flask", "-r", "nowhere.in"), "`nowhere.in` does not exist"),
        (("add", "flask", "--folder", ".."), "there is no manifest in `..`"),
        (("remove", "clikc"), "did you mean `click`?"),
        (("remove", "click", "zzz"), "`zzz` is not required"),
        (("remove", "click", "--group", "test"), "`click` is not required by `test`"),
        (("remove", "click", "--group", "tset"), "did you mean `test`?"),
        (("remove", "not a name"), "is not a valid project name"),
        (("add", "--index-url", "x"), "`pinwise add` needs `REQUIREMENT`"),
    ],
)
def test_bad_requests_change_nothing(place: Place, arguments: tuple[str, ...], message: str) -> None:
    """Each is a usage error that says what is wrong; no file changes."""
    project(place)
    unchanged(place, lambda: said_to_hold(message, failed(place.edit(*arguments), 2)))


def said_to_hold(message: str, said: str) -> None:
    """Check what a command said."""
    assert message in said, said


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ('[project]\nname = "x"\nversion = "1"\ndynamic = ["dependencies"]\n',
         ("add", "flask"), "leaves its `dependencies` to its build"),
        ('[dependency-groups]\na = [{include-group = "b"}]\nb = [{include-group = "a"}]\n',
         ("add", "flask", "--group", "a"), "dependency groups include each other"),
        ("[project]\nname = \n", ("add", "flask"), "not valid TOML"),
    ],
)  # fmt: skip
def test_manifests_that_cannot_be_edited(
    place: Place, text: str, arguments: tuple[str, ...], message: str
) -> None:
    """A manifest that is broken, or leaves the list to its build, is an error with its line."""
    project(place, text)
    unchanged(place, lambda: said_to_hold(message, failed(place.edit(*arguments), 2)))


def test_kinds_without_groups_say_so(place: Place) -> None:
    """Requirements files and scripts have no groups, and a Pipfile no extras."""
    write(place, requirements_in="click\n")
    assert "has no groups or extras" in failed(place.edit("add", "flask", "--dev"), 2)
    write(place, Pipfile="[packages]\n")
    assert "has no extras" in failed(place.edit("add", "flask", "--extra", "x"), 2)


def test_sdists_that_cannot_be_used_are_refused(place: Place) -> None:
    """A project without a release that can be chosen is a refusal, and the manifest stays."""
    place.index.add(sdist("source", "1.0"), metadata="none")
    place.index.add(wheel("other", "1.0"), requires_python=">=3.13")
    project(place)
    unchanged(place, lambda: place.edit("add", "other"))
    assert place.edit("add", "other").exit_code == 1

"""Edits of manifests: what they mean, and that every other byte stays."""

import tomllib
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinwise.formats.edit.lists import Lists
from pinwise.formats.edit.parts import parse_wanted, parts_of
from pinwise.formats.edit.pipfile import EditedPipfile, add_to_pipfile, remove_from_pipfile
from pinwise.formats.edit.pyproject import add_to_project, remove_from_project
from pinwise.formats.edit.requirements import EditedFiles, add_to_requirements, remove_from_requirements
from pinwise.formats.edit.script import add_to_script, remove_from_script
from pinwise.formats.requirements import parse_requirements
from pinwise.model.edit import Parts, Wanted
from pinwise.model.errors import ManifestError, UsageError
from pinwise.model.names import normalise
from pinwise.model.request import DirectRequirement, Place

SHA = "--hash=sha256:" + "0" * 64


def wanted(*texts: str) -> tuple[Wanted, ...]:
    """Return requirements as `pinwise add` gets them."""
    return tuple(parse_wanted(text) for text in texts)


def names(*texts: str) -> list[Any]:
    """Return names as `pinwise remove` gets them."""
    return [normalise(text) for text in texts]


def project(text: str, *texts: str, group: str = "default") -> Lists:
    """Add to a pyproject.toml."""
    return add_to_project(text, "pyproject.toml", wanted(*texts), group)


def pipfile(text: str, *texts: str, group: str = "default") -> EditedPipfile:
    """Add to a Pipfile."""
    return add_to_pipfile(text, "Pipfile", wanted(*texts), group)


def located(texts: Mapping[str, str]) -> tuple[DirectRequirement, ...]:
    """Return what requirements files require, the first of which includes the others."""

    def read(path: str, _: Place) -> str:
        return texts[path]

    first = next(iter(texts))
    return parse_requirements(texts[first], first, read=read).groups[0].requirements


def lines(texts: Mapping[str, str], *added: str) -> EditedFiles:
    """Add to requirements files."""
    return add_to_requirements(texts, located(texts), wanted(*added))


def line(text: str, *added: str) -> str:
    """Add to one requirements file."""
    return lines({"r.txt": text}, *added).texts.get("r.txt", text)


def without(text: str, *removed: str) -> str:
    """Remove from one requirements file."""
    texts = {"r.txt": text}
    return remove_from_requirements(texts, located(texts), names(*removed)).texts["r.txt"]


# --- properties: every kind, in many layouts

NAMES = ("aiohttp", "Django", "flask", "httpx", "numpy", "zope.interface")
NEW = ("Babel", "requests", "zzz")
BOUNDS = ("", ">=1", "<3,>=2", "[async]", "~=2.0; python_version < '3.12'")
END_OF_LINE = st.sampled_from(("\n", "\r\n"))
BLANK = st.sampled_from(("", " "))


@st.composite
def requirements(draw: st.DrawFn) -> list[str]:
    """Draw requirements of different projects, sorted or not."""
    chosen = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=5))
    return [name + draw(st.sampled_from(BOUNDS)) for name in chosen]


@st.composite
def arrays(draw: st.DrawFn) -> str:
    """Draw a TOML array of requirements in one of its many layouts."""
    items = [f'"{item}"' for item in draw(requirements())]
    match draw(st.sampled_from(("one line", "lines", "free"))):
        case "one line":
            pad, trailing = draw(BLANK), draw(st.sampled_from(("", ","))) if items else ""
            return f"[{pad}{', '.join(items)}{trailing}{pad}]"
        case "lines":
            return _in_lines(draw, items)
        case _:
            return _freely(draw, items)


def _in_lines(draw: st.DrawFn, items: list[str]) -> str:
    indent = draw(st.sampled_from(("    ", "  ", "\t", "")))
    rows: list[str] = []
    for number, item in enumerate(items):
        rows += [f"{indent}# about {number}"] if draw(st.booleans()) else []
        comma = "," if number < len(items) - 1 else draw(st.sampled_from(("", ",")))
        rows.append(f"{indent}{item}{comma}{draw(st.sampled_from(('', '  # why')))}")
    rows += [f"{indent}# the end"] if draw(st.booleans()) else []
    is_open = bool(rows) and "#" not in rows[-1]
    return "\n".join(["[", *rows]) + draw(st.sampled_from(("\n]", "]") if is_open else ("\n]",)))


def _freely(draw: st.DrawFn, items: list[str]) -> str:
    space = st.sampled_from(("", " ", "\n", "\n  ", " # why\n", "\n# about\n"))
    text = "[" + draw(space)
    for number, item in enumerate(items):
        comma = "," if number < len(items) - 1 else draw(st.sampled_from(("", ",")))
        text += item + draw(space) + comma + draw(space)
    return text + "]"


@st.composite
def projects(draw: st.DrawFn) -> str:
    """Draw a pyproject.toml."""
    before = draw(st.sampled_from(("", "# head\n", '[build-system]\nrequires = ["hatchling"]\n\n')))
    after = draw(st.sampled_from(("", "  # after", "\nreadme = 'x'", "\n\n# next\n[tool.other]\na = [1, 2]")))
    text = f'{before}[project]\nname = "shop"\ndependencies = {draw(arrays())}{after}{draw(BLANK)}'
    return _ended(draw, text)


def _ended(draw: st.DrawFn, text: str) -> str:
    text = text.rstrip(" ") + draw(st.sampled_from(("", "\n", "\n\n")))
    return text.replace("\n", draw(END_OF_LINE))


@st.composite
def pipfiles(draw: st.DrawFn) -> str:
    """Draw a Pipfile."""
    rows = [
        "[[source]]",
        'name = "x"',
        'url = "https://index.example/simple"',
        "verify_ssl = true",
        "",
        "[packages]",
    ]
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=5)):
        key = f'"{name}"' if "." in name else name
        value = draw(
            st.sampled_from(('"*"', "'>=1'", '{version = ">=1", extras = ["a"]}', '{ version="<9" }'))
        )
        rows.append(f"{key} = {value}{draw(st.sampled_from(('', '  # why')))}")
    rows += draw(
        st.sampled_from(([], ["", "[dev-packages]"], ["# x", "", "[requires]", 'python_version = "3.12"']))
    )
    return _ended(draw, "\n".join(rows))


@st.composite
def requirement_files(draw: st.DrawFn) -> str:
    """Draw a requirements file."""
    rows = draw(st.sampled_from(([], ["# head"], ["--index-url https://index.example/simple", ""])))
    for item in draw(requirements()):
        tail = draw(st.sampled_from(("", "  # why", f" {SHA}", f" \\\n    {SHA} \\\n    {SHA}")))
        rows = [*rows, *draw(st.sampled_from(([], ["# about"], [""]))), item + tail]
    rows = [*rows, *draw(st.sampled_from(([], ["# end"], ["", "--pre"])))]
    return _ended(draw, "\n".join(rows))


@st.composite
def scripts(draw: st.DrawFn) -> str:
    """Draw a script with a block."""
    block = f'requires-python = ">=3.11"\n\ndependencies = {draw(arrays())}\n[tool.other]\na = 1'
    rows = [f"# {row}" if row else draw(st.sampled_from(("#", "# "))) for row in block.split("\n")]
    text = "\n".join(["#!/usr/bin/env python", "# /// script", *rows, "# ///", "import this"])
    return _ended(draw, text)


ADDED = st.lists(st.sampled_from(NEW), unique=True, min_size=1).map(
    lambda chosen: [name + bound for name, bound in zip(chosen, ("", ">=1", "[a]<2"), strict=False)]
)


def bare(text: str) -> str:
    """Return the name of a requirement."""
    parts = parts_of(text)
    assert parts is not None
    return parts.name


@given(projects(), ADDED)
def test_what_is_added_to_a_project_and_removed_leaves_no_trace(text: str, added: list[str]) -> None:
    """Adding says what it should and removing brings every byte back, whatever the layout."""
    edited = project(text, *added)
    before, after = (tomllib.loads(each)["project"]["dependencies"] for each in (text, edited.text))
    assert sorted(after) == sorted([*before, *added])
    assert [each for each in after if each in before] == before
    removed = remove_from_project(edited.text, "pyproject.toml", names(*map(bare, added)))
    assert removed.text == text


@given(pipfiles(), ADDED)
def test_what_is_added_to_a_pipfile_and_removed_leaves_no_trace(text: str, added: list[str]) -> None:
    """The same for the entries of a Pipfile."""
    edited = pipfile(text, *added)
    before, after = (tomllib.loads(each)["packages"] for each in (text, edited.text))
    assert {**after, **before} == after
    assert len(after) == len(before) + len(added)
    removed = remove_from_pipfile(edited.text, "Pipfile", names(*map(bare, added)))
    assert removed.text == text


@given(requirement_files().filter(bool), ADDED)
def test_what_is_added_to_requirements_and_removed_leaves_no_trace(text: str, added: list[str]) -> None:
    """The same for the lines of a requirements file."""
    edited = line(text, *added)
    before, after = ([str(each) for each in located({"r.txt": each})] for each in (text, edited))
    assert sorted(after) == sorted([*before, *(str(parts_of(each)) for each in added)])
    assert without(edited, *map(bare, added)) == text


@given(scripts(), ADDED)
def test_what_is_added_to_a_script_and_removed_leaves_no_trace(text: str, added: list[str]) -> None:
    """The same for the list in a script's block."""
    edited = add_to_script(text, "s.py", wanted(*added))
    assert edited.text.replace("\r\n", "\n").count("\n# ") > text.count("\n# ") - 1
    assert remove_from_script(edited.text, "s.py", names(*map(bare, added))).text == text


@given(projects(), st.data())
def test_an_edit_in_place_touches_its_own_item_only(text: str, data: st.DataObject) -> None:
    """A bound that is added to a present requirement changes no line but that of its item."""
    items = tomllib.loads(text)["project"]["dependencies"]
    if not items:
        return
    chosen = data.draw(st.sampled_from(items))
    edited = project(text, f"{bare(chosen)}>=7").text
    after = tomllib.loads(edited)["project"]["dependencies"]
    assert [bare(each) for each in after] == [bare(each) for each in items]
    old = parts_of(chosen)
    assert old is not None
    new = Parts(old.name, old.extras, ">=7", old.marker)
    assert parts_of(after[items.index(chosen)]) == new
    assert edited.replace(after[items.index(chosen)], chosen) == text


# --- what stands there already

LISTED = """[project]
name = "s"
dependencies = [
    "Flask[async]<3",  # web
    "tomli; python_version < '3.11'",
]
"""


@pytest.mark.parametrize(
    ("added", "after"),
    [
        ("flask>=3", "Flask[async]>=3"),
        ("flask", "Flask[async]<3"),
        ("FLASK[dotenv]", "Flask[async,dotenv]<3"),
        ("flask[Async]>=3", "Flask[async]>=3"),
        ("tomli>=2", "tomli>=2; python_version < '3.11'"),
        ("tomli>=2; python_version<'3.11'", "tomli>=2; python_version<'3.11'"),
        ("flask @ file:///srv/flask", "Flask[async] @ file:///srv/flask"),
    ],
)
def test_what_is_not_said_stays(added: str, after: str) -> None:
    """A bound, extras and a marker that are given take the place of what stands there; nothing else does."""
    edited = project(LISTED, added)
    assert after in tomllib.loads(edited.text)["project"]["dependencies"]
    assert "  # web\n" in edited.text
    (edit,) = edited.edits
    assert edit.after == after
    assert edit.is_change == (edited.text != LISTED)


def test_another_marker_is_another_requirement() -> None:
    """A requirement under a marker that does not stand there is put beside the others."""
    edited = project(LISTED, "tomli>=2; python_version >= '3.11'")
    assert len(tomllib.loads(edited.text)["project"]["dependencies"]) == 3
    with pytest.raises(ManifestError, match=r"stands 2 times in `project\.dependencies`") as caught:
        project(edited.text, "tomli>=2")
    assert (
        caught.value.hint == "write the marker of the one that you mean: `\"tomli; python_version < '3.11'\"`"
    )
    assert project(edited.text, "tomli>=3; python_version>='3.11'").edits[0].before is not None
    assert len(remove_from_project(edited.text, "p", names("tomli")).edits) == 2


def test_two_requirements_of_one_project_are_not_guessed_at() -> None:
    """Two lines that hold together are no place for a third: the user joins them, or removes both."""
    with pytest.raises(ManifestError, match="stands 2 times in the requirements, under the") as caught:
        line("flask>=2\nFlask<4\n", "flask<3")
    assert caught.value.hint == "make one requirement of them first"
    assert without("flask>=2\nclick\nFlask<4\n", "flask") == "click\n"


def test_quotes_fit_what_is_in_them() -> None:
    """A marker's quotes need no escapes where single ones can be used around them."""
    edited = project(LISTED, 'babel; os_name == "nt"').text
    assert "    'babel; os_name == \"nt\"',\n" in edited
    both = project(LISTED, "babel; os_name == \"nt\" and sys_platform == 'win32'").text
    assert tomllib.loads(both)["project"]["dependencies"][0].count('"') == 2


# --- groups and extras


def test_a_group_that_is_missing_is_made() -> None:
    """A new group or extra gets a table behind the project's; the next header keeps its comment."""
    text = '[project]\nname = "s"\n\n# lint\n[tool.ruff]\nline-length = 100\n'
    edited = project(text, "pytest", "ruff", group="test").text
    assert edited == (
        '[project]\nname = "s"\n\n[dependency-groups]\ntest = [\n    "pytest",\n    "ruff",\n]\n\n'
        "# lint\n[tool.ruff]\nline-length = 100\n"
    )
    extra = project(edited, "redis", group="[Cache]").text
    assert tomllib.loads(extra)["project"]["optional-dependencies"] == {"Cache": ["redis"]}
    again = project(extra, "redis-py", group="[cache]").text
    assert tomllib.loads(again)["project"]["optional-dependencies"] == {"Cache": ["redis", "redis-py"]}
    assert tomllib.loads(project(again, "flask").text)["project"]["dependencies"] == ["flask"]


def test_included_groups_stay_as_they_are() -> None:
    """What a group includes is no requirement: it is neither touched nor in the way of the order."""
    text = '[dependency-groups]\ndev = [{include-group = "test"}, "black", "ruff"]\ntest = ["pytest"]\n'
    edited = project(text, "mypy", group="dev")
    assert 'dev = [{include-group = "test"}, "black", "mypy", "ruff"]' in edited.text
    assert remove_from_project(edited.text, "p", names("mypy")).text == text


def test_removing_looks_everywhere_unless_groups_are_named() -> None:
    """One project is taken out of all lists that have it, or of those that are named."""
    text = (
        '[project]\nname = "s"\ndependencies = ["a"]\n[dependency-groups]\ndev = ["a", "b"]\ndocs = ["A"]\n'
    )
    assert [edit.group for edit in remove_from_project(text, "p", names("a")).edits] == [
        "default",
        "dev",
        "docs",
    ]
    only = remove_from_project(text, "p", names("a"), ["Docs"])
    assert [edit.group for edit in only.edits] == ["docs"]
    with pytest.raises(ManifestError, match="`b` is not required by `docs`"):
        remove_from_project(text, "p", names("b"), ["docs"])
    with pytest.raises(ManifestError, match="no dependency group `dosc`") as caught:
        remove_from_project(text, "p", names("b"), ["dosc"])
    assert caught.value.hint == "did you mean `docs`?"
    with pytest.raises(ManifestError, match="no extra `docs`"):
        remove_from_project(text, "p", names("b"), ["[docs]"])


@pytest.mark.parametrize(
    ("text", "group", "message"),
    [
        (
            '[project]\nname = "s"\ndynamic = ["dependencies"]\n',
            "default",
            "leaves its `dependencies` to its build",
        ),
        ('[project]\nname = "s"\ndynamic = ["optional-dependencies"]\n', "[x]", "leaves its `optional-dep"),
        ('[dependency-groups]\ndev = ["a"]\n', "default", r"no table `\[project\]`"),
        ('[project]\nname = "s"\ndependencies = "a"\n', "default", "must be a list"),
        ('project = {name = "s"}\n', "default", "cannot edit"),
    ],
)
def test_what_cannot_be_edited_is_told(text: str, group: str, message: str) -> None:
    """A list that only a build knows, or that is written in an unusual way, is an error with a next step."""
    with pytest.raises(ManifestError, match=message) as caught:
        project(text, "flask", group=group)
    assert caught.value.hint or message == "must be a list"


def test_names_of_groups_are_checked() -> None:
    """A name that no group can have is a usage error, in a Pipfile too."""
    with pytest.raises(UsageError, match="cannot be the name of a group"):
        project(LISTED, "flask", group="a b")
    with pytest.raises(UsageError, match="cannot be the name of an extra"):
        project(LISTED, "flask", group="[a b]")
    with pytest.raises(UsageError, match="cannot be the name of a category"):
        pipfile("[packages]\n", "flask", group="a b")
    with pytest.raises(ManifestError, match="no category can be named `pipenv`"):
        pipfile("[packages]\n", "flask", group="pipenv")


# --- Pipfile


@pytest.mark.parametrize(
    ("entry", "added", "after"),
    [
        ('flask = "*"  # web', "flask>=3", 'flask = ">=3"  # web'),
        ("flask = '*'", "flask>=3", "flask = '>=3'"),
        ('flask = "<3"', "flask[async]", 'flask = {version = "<3", extras = ["async"]}'),
        (
            'Flask = { index = "x", version="<3" }',
            "flask[async]>=3",
            'Flask = { index = "x", version=">=3", extras = ["async"] }',
        ),
        (
            'flask = {version = "==3", hashes = ["sha256:1"], index = "x"}',
            "flask==4",
            'flask = {version = "==4", index = "x"}',
        ),
        (
            "[packages.flask]\nextras = ['a']",
            "flask>=3",
            "[packages.flask]\nextras = ['a']\nversion = \">=3\"",
        ),
        ('flask.version = "<3"', "flask>=3", 'flask.version = ">=3"'),
        ('flask = {path = "./flask"}', "flask>=3", 'flask = ">=3"'),
        (
            'flask = "*"',
            'flask; os_name == "nt"',
            'flask = {version = "*", markers = "os_name == \'nt\'"}',
        ),
    ],
)
def test_an_entry_of_a_pipfile_is_changed_in_place(entry: str, added: str, after: str) -> None:
    """Only the keys that say something else change; digests of other files go, and the note says so."""
    text = f'[packages]\nabc = "*"\n{entry}\n'
    edited = pipfile(text, added)
    assert edited.text == f'[packages]\nabc = "*"\n{after}\n'
    assert bool(edited.edits[0].note) == ("hashes" in entry)


@pytest.mark.parametrize(
    "entry",
    [
        'flask = "*"',
        '[packages.flask]\nversion = "*"\n',
        'flask.version = "*"\nflask.index = "x"',
        '"flask" = {version = "*"}  # web',
    ],
)
def test_an_entry_of_a_pipfile_goes_whole(entry: str) -> None:
    """However an entry is written, nothing of it is left."""
    text = f'[packages]\nabc = "*"\n{entry}\n[dev-packages]\nFlask = "*"\n'
    edited = remove_from_pipfile(text, "Pipfile", names("flask"))
    assert tomllib.loads(edited.text) == {"packages": {"abc": "*"}, "dev-packages": {}}
    assert [edit.group for edit in edited.edits] == ["default", "develop"]
    kept = remove_from_pipfile(text, "Pipfile", names("flask"), ["develop"])
    assert kept.text == text.replace('[dev-packages]\nFlask = "*"\n', "[dev-packages]\n")


def test_a_category_that_is_missing_is_made() -> None:
    """A new category stands behind the other ones."""
    edited = pipfile(
        '[packages]\na = "*"\n\n[requires]\npython_version = "3.12"\n', "pytest", group="develop"
    )
    assert edited.text == (
        '[packages]\na = "*"\n\n[dev-packages]\npytest = "*"\n\n[requires]\npython_version = "3.12"\n'
    )


def test_an_inline_category_is_edited_too() -> None:
    """A category on one line gets its entry there."""
    text = 'packages = {a = "*"}\n'
    assert pipfile(text, "b").text == 'packages = {a = "*", b = "*"}\n'
    assert remove_from_pipfile(pipfile(text, "b").text, "Pipfile", names("b")).text == text


# --- requirements files


@pytest.mark.parametrize(
    ("text", "added", "after"),
    [
        ("flask<3  # web\n", "flask>=3", "flask>=3  # web\n"),
        ("Flask ; os_name == 'nt'\n", "flask>=3", "Flask>=3; os_name == 'nt'\n"),
        (f"flask==3 {SHA}  # why\nb\n", "flask==4", "flask==4  # why\nb\n"),
        (f"flask==3 \\\n    {SHA}\nb\n", "flask[a]==3", f"flask[a]==3 \\\n    {SHA}\nb\n"),
        ("flask \\\n  <3\nb", "flask>=3", "flask>=3\nb"),
        ("a\r\nc\r\n", "b", "a\r\nb\r\nc\r\n"),
        ("# head\nb\nc", "a", "# head\na\nb\nc"),
        ("# head\n\n# about b\nb\nc", "a", "# head\n\na\n# about b\nb\nc"),
        ("b\na\n--pre\n", "c", "b\na\nc\n--pre\n"),
        ("", "a", "a\n"),
        ("# only words", "a", "# only words\na"),
    ],
)
def test_a_line_of_requirements_is_changed_in_place(text: str, added: str, after: str) -> None:
    """The requirement of a line changes; comment, order, ends of lines and other lines stay."""
    assert line(text, added) == after


def test_each_line_is_edited_in_its_own_file() -> None:
    """What an included file requires is changed and removed there; what is new goes to the first file."""
    texts = {"r.in": "-r base.in\nhttpx\n", "base.in": "flask  # web\n"}
    edited = lines(texts, "flask>=3", "click")
    assert edited.texts == {"r.in": "-r base.in\nhttpx\nclick\n", "base.in": "flask>=3  # web\n"}
    assert [edit.file for edit in edited.edits] == ["base.in", "r.in"]
    removed = remove_from_requirements(texts, located(texts), names("flask"))
    assert removed.texts == {"base.in": ""}


def test_a_line_that_goes_on_into_nothing_is_not_edited() -> None:
    """A last line with a backslash would swallow what is added: an error, not a broken file."""
    with pytest.raises(ManifestError, match="cannot edit"):
        line("flask \\\n", "click")


def test_what_is_not_there_cannot_be_removed() -> None:
    """The error has near names, or all names where there are few."""
    with pytest.raises(ManifestError, match="`flaskk` is not required") as caught:
        without("flask\nclick\n", "flaskk")
    assert caught.value.hint == "did you mean `flask`?"
    with pytest.raises(ManifestError) as caught:
        without("flask\nclick\n", "zzz")
    assert caught.value.hint == "required are `flask`, `click`"


# --- scripts


def test_a_block_without_a_list_gets_one() -> None:
    """The list comes behind the other keys of the block, in the comments' own form."""
    text = "# /// script\r\n# requires-python = '>=3.11'\r\n# ///\r\nprint()\r\n"
    edited = add_to_script(text, "s.py", wanted("rich")).text
    assert edited == text.replace(
        "# ///\r\nprint", '# dependencies = [\r\n#     "rich",\r\n# ]\r\n# ///\r\nprint'
    )


# --- what is asked for


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flask>>3", "is not a valid requirement"),
        ("", "is not a valid requirement"),
        ("git+https://git.example/x.git", "is a remote URL"),
        ("x @ https://files.example/x.whl", "is a remote URL"),
        ("./app[", "is not a valid requirement"),
        ("./app; no_marker", "is not a valid requirement"),
        ("flask; extra ==", "is not a valid requirement"),
    ],
)
def test_what_no_manifest_can_hold_is_refused(text: str, message: str) -> None:
    """Each is a usage error with a next step."""
    with pytest.raises(UsageError, match=message) as caught:
        parse_wanted(text)
    assert caught.value.hint


def test_paths_are_no_names() -> None:
    """A path is a local project; only a path can be editable, and a list of specifiers cannot hold one."""
    assert parse_wanted("./app[x]; os_name == 'nt'") == Wanted(
        Parts("", ("x",), "", "os_name == 'nt'"), "./app"
    )
    assert str(parse_wanted("./app[x]", is_editable=True)) == "-e ./app[x]"
    with pytest.raises(UsageError, match="is no path"):
        parse_wanted("flask", is_editable=True)
    with pytest.raises(ManifestError, match="takes absolute URLs only"):
        project(LISTED, "./app")
    assert pipfile("[packages]\n", "./app").text.endswith('= {path = "./app"}\n')

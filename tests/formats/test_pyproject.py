"""A `pyproject.toml` as a manifest: dependencies, extras, groups, and what is wrong in one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from pinwise.formats.entries import LocalPath
from pinwise.formats.pyproject import OTHER_TOOLS, is_manifest, parse_project
from pinwise.model.errors import ManifestError
from pinwise.model.facts import Metadata, Origin
from pinwise.model.names import normalise
from pinwise.model.request import PROJECT_ONLY, LocalProject, Manifest, Selection

SHOP = """\
[project]
name = "Shop"
version = "1.0"
requires-python = ">=3.11,<4"
dependencies = [
    "flask>=3",  # the web
    'click; sys_platform == "win32"',
]

[project.optional-dependencies]
redis = ["redis>=5"]
Fast_JSON = ["orjson"]
all = [
    "shop[redis,fast-json,all]",
    "rich; python_version < '3.12'",
]

[dependency-groups]
test = ["pytest", {include-group = "Typing"}]
typing = [
    "mypy",
    "types-redis",
]
dev = [{include-group = "test"}, {include-group = "typing"}, "ruff"]
self = ["shop[redis]; python_version < '3.13'"]
"""


def read(text: str = SHOP, **selection: object) -> Manifest:
    """Read a project of which some extras and groups are asked for."""
    return parse_project(text, "pyproject.toml", selection=Selection(**selection))  # type: ignore[arg-type]


def required(manifest: Manifest) -> dict[str, list[str]]:
    """Return the requirements of each group as text."""
    return {group.name: [str(one) for one in group.requirements] for group in manifest.groups}


def refused(text: str, **selection: object) -> ManifestError:
    """Return the error that reading gives."""
    with pytest.raises(ManifestError) as caught:
        read(text, **selection)
    return caught.value


def attempt(text: str, **selection: object) -> Manifest | ManifestError:
    """Return the manifest or the error that the text gives."""
    try:
        return read(text, **selection)
    except ManifestError as error:
        return error


def test_the_default_group_is_what_the_project_requires() -> None:
    """Nothing else is read unless it is asked for; the project itself is no requirement."""
    manifest = read()
    assert required(manifest) == {"default": ["flask>=3", 'click; sys_platform == "win32"']}
    assert [str(one.place) for one in manifest.groups[0].requirements] == [
        "pyproject.toml:6",
        "pyproject.toml:7",
    ]
    assert (manifest.kind, manifest.files, manifest.indexes) == ("pyproject", ("pyproject.toml",), ())
    assert manifest.requires_python == ">=3.11,<4"
    assert manifest.warnings == ()


def test_extras_and_groups_are_groups_in_the_order_of_the_file() -> None:
    """Extras come first, then groups, whatever the order in which they are asked for."""
    manifest = read(extras=("fast-json", "REDIS"), groups=("dev", "typing"))
    assert list(required(manifest)) == ["default", "[redis]", "[fast-json]", "typing", "dev"]
    assert [group.extra for group in manifest.groups] == [None, "redis", "fast-json", None, None]
    assert required(manifest)["typing"] == ["mypy", "types-redis"]


def test_all_of_them() -> None:
    """Every extra and every group can be asked for at once, also beside names."""
    everything = read(all_extras=True, all_groups=True)
    assert list(required(everything)) == [
        *("default", "[redis]", "[fast-json]", "[all]"),
        *("test", "typing", "dev", "self"),
    ]
    assert read(all_extras=True, extras=("redis",)).groups == read(all_extras=True).groups


def test_an_extra_may_name_others() -> None:
    """The project's own name stands for the extras in brackets; one that leads to itself adds nothing."""
    assert required(read(extras=("all",)))["[all]"] == [
        *("orjson", "redis>=5"),
        'rich; python_version < "3.12"',
    ]


def test_a_group_may_name_the_project() -> None:
    """In a group the project's name stands for what it requires too, under the marker that stands there."""
    assert required(read(groups=("self",)))["self"] == [
        'flask>=3; python_version < "3.13"',
        'click; python_version < "3.13" and sys_platform == "win32"',
        'redis>=5; python_version < "3.13"',
    ]


def test_an_included_group_is_taken_once() -> None:
    """Included groups stand where they are included, each once, each line where it was written."""
    (dev,) = read(only_groups=("dev",)).groups
    assert [str(one) for one in dev.requirements] == ["pytest", "mypy", "types-redis", "ruff"]
    assert [one.place.line for one in dev.requirements] == [19, 21, 22, 24]


def test_a_group_alone_comes_without_the_project() -> None:
    """There is no default group, and dependencies that a build decides do no harm."""
    assert required(read(only_groups=("typing",))) == {"typing": ["mypy", "types-redis"]}
    text = '[project]\nname = "a"\ndynamic = ["dependencies"]\n[dependency-groups]\nb = ["c"]\n'
    assert required(read(text, only_groups=("b",))) == {"b": ["c"]}
    assert "leaves its dependencies to its build" in str(refused(text))


def test_for_the_target_alone_no_requirement_is_read() -> None:
    """Where only the target is asked for, lists that cannot be read do not matter."""
    text = '[project]\nname = "a"\ndynamic = ["dependencies"]\nrequires-python = ">=3.12"\n'
    manifest = parse_project(text, "pyproject.toml", selection=None)
    assert (manifest.groups, manifest.requires_python) == ((), ">=3.12")


def test_own_settings_are_passed_on() -> None:
    """`[tool.pinwise]` holds the same settings as `[pipenv.pinwise]`, each with its line."""
    manifest = read(SHOP + '[tool.pinwise]\ngoal = "latest"\n[[tool.pinwise.metadata]]\nname = "x"\n')
    assert manifest.settings == {"goal": "latest", "metadata": [{"name": "x"}]}
    assert {key: place.line for key, place in manifest.settings_places.items()} == {
        "goal": 27,
        "metadata": 28,
    }
    assert manifest.settings_table == "[tool.pinwise]"


def test_a_file_url_is_a_local_project() -> None:
    """A `file:` URL is read like a path in a requirements file; its project must have the name."""

    def local(asked: LocalPath) -> LocalProject:
        metadata = Metadata(None, (), frozenset(), Origin.LOCAL)
        return LocalProject(normalise("lib"), Version("1"), asked.path, asked.is_editable, metadata)

    text = '[project]\nname = "a"\ndependencies = ["Lib[x] @ file:///srv/lib ; os_name == \'posix\'"]\n'
    manifest = parse_project(text, "pyproject.toml", selection=PROJECT_ONLY, local=local)
    (direct,) = manifest.groups[0].requirements
    assert (direct.name, direct.path, direct.extras) == ("lib", "/srv/lib", ("x",))
    assert str(direct.requirement.marker) == 'os_name == "posix"'
    assert [project.path for project in manifest.local] == ["/srv/lib"]
    with pytest.raises(ManifestError, match="holds the project `lib`, not `other`"):
        parse_project(text.replace("Lib[x]", "other"), "pyproject.toml", local=local)


@pytest.mark.parametrize(("tool", "key"), OTHER_TOOLS)
def test_tables_of_other_tools_are_warned_of(tool: str, key: str) -> None:
    """What another tool's table changes is not silently missed: the warning has its line."""
    (warning,) = read(f'{SHOP}[tool.{tool}]\n{key} = ["x"]\n').warnings
    assert warning.startswith(f"pyproject.toml:27: `tool.{tool}.{key}` is not read: ")


@pytest.mark.parametrize(
    ("text", "selection", "line", "message", "hint"),
    [
        (
            "[tool.ruff]\n",
            {},
            None,
            "neither a table `[project]` nor `[dependency-groups]`",
            "write `[project]`",
        ),
        (
            '[tool.poetry]\nname = "a"\n[tool.poetry.dependencies]\nflask = "^3"\n',
            {},
            3,
            "only `[tool.poetry]` says what this project requires",
            "move `dependencies` to `[project]`",
        ),
        (SHOP, {"extras": ("rediss",)}, 10, "has no extra `rediss`", "did you mean `redis`?"),
        (SHOP, {"extras": ("zzz",)}, 10, "no extra `zzz`", "the extras are `redis`, `fast-json`, `all`"),
        (SHOP, {"groups": ("tests",)}, 18, "no dependency group `tests`", "did you mean `test`?"),
        (SHOP, {"only_groups": ("q",)}, 18, "no dependency group `q`", "the dependency groups are `test`, "),
        (
            '[project]\nname = "a"\n',
            {"groups": ("q",)},
            None,
            "group `q`",
            "there is no `[dependency-groups]`",
        ),
        (
            '[project]\nname = "a"\ndynamic = ["optional-dependencies"]\n',
            {"extras": ("q",)},
            1,
            "no extra `q`",
            "is dynamic: only the project's build knows it",
        ),
        (
            '[dependency-groups]\na = ["b"]\nc = [{include-group = "d"}]\n',
            {"groups": ("c",)},
            3,
            "no dependency group `d`",
            "the dependency groups are `a`, `c`",
        ),
        (
            '[dependency-groups]\na = [{include-group = "a"}]\n',
            {"all_groups": True},
            2,
            "the dependency group `a` includes itself",
            "leave one of the `include-group` out",
        ),
        (
            '[dependency-groups]\na = [\n  "x",\n  {include-group = "b"},\n]\nb = [{include-group = "A"}]\n',
            {"groups": ("a",)},
            6,
            "dependency groups include each other: `a` includes `b` includes `a`",
            "leave one",
        ),
        (
            '[dependency-groups]\nmy-docs = ["x"]\nMy_Docs = ["y"]\n',
            {},
            3,
            "`my-docs` and `My_Docs` have the same name, `my-docs`",
            "case, `-`, `_` and `.` make no difference",
        ),
        (
            '[project]\nname = "a"\n[project.optional-dependencies]\nx = ["b"]\nX = ["c"]\n',
            {},
            5,
            "the extras `x` and `X` have the same name",
            "give one of them another name",
        ),
        (
            '[dependency-groups]\na = [{path = "x"}]\n',
            {"groups": ("a",)},
            2,
            "neither a requirement nor an included group",
            '{include-group = "docs"}',
        ),
        ('[dependency-groups]\na = "x"\n', {"groups": ("a",)}, 2, "`a` must be a list", "write it like"),
        (
            '[dependency-groups]\ndefault = ["x"]\n',
            {"groups": ("default",)},
            2,
            "no group can be named `default`",
            "choose another name",
        ),
        (
            '[project]\nname = "a"\ndependencies = [\n    "b",\n    "c ?",\n]\n',
            {},
            5,
            "`c ?` is not a valid requirement",
            "write it like",
        ),
        (
            '[project]\nname = "a"\ndependencies = ["b @ git+https://x.example/b"]\n',
            {},
            3,
            "is a remote URL",
            "put the project on an index",
        ),
        (
            '[project]\nname = "a"\nrequires-python = "three"\n',
            {},
            3,
            "`three` is not a range of Python versions",
            'requires-python = ">=3.11"',
        ),
        (
            '[project]\nname = "a"\n[project.optional-dependencies]\nx = ["a[y]"]\n',
            {"extras": ("x",)},
            4,
            "no extra `y`",
            "the extras are `x`",
        ),
        ('[project]\nname = "a"\ndependencies = {b = "1"}\n', {}, 3, "must be a list of strings", None),
    ],
    ids=range(21),
)
def test_what_is_wrong_is_told_with_its_line(
    text: str, selection: dict[str, object], line: int | None, message: str, hint: str | None
) -> None:
    """Whatever cannot be read, or is not there, is an error with file, line and a next step."""
    error = refused(text, **selection)
    assert (error.file, error.line) == ("pyproject.toml", line)
    assert message in error.message
    assert (hint or "") in (error.hint or "")


def test_groups_that_nobody_asks_for_are_not_read() -> None:
    """As the standard wants it, the lists of other groups may hold anything."""
    text = '[dependency-groups]\na = ["b"]\nbroken = [{future = 1}, "? ?"]\n'
    assert required(read(text, only_groups=("a",))) == {"a": ["b"]}


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        ({"project": {}}, True),
        ({"dependency-groups": {}}, True),
        ({"tool": {"ruff": {}}, "build-system": {}}, False),
        ({"tool": {"poetry": {"dependencies": {}}}}, True),
        ({"tool": 1}, False),
    ],
)
def test_only_what_requires_something_is_a_manifest(tables: dict[str, object], expected: bool) -> None:  # noqa: FBT001
    """A file that only configures tools is none."""
    assert is_manifest(tables) is expected


def test_many_requirements_are_refused_in_time() -> None:
    """Extras that name each other over and over end in an error, not in a hang."""
    extras = "\n".join(
        f"x{k} = [\"a[x{k + 1}]; os_name != '{k}'\", \"a[x{k + 1}]; os_name != 'b{k}'\"]" for k in range(30)
    )
    text = f'[project]\nname = "a"\n[project.optional-dependencies]\n{extras}\nx30 = ["z"]\n'
    assert "lead to each other more than 1,000 times" in refused(text, extras=("x0",)).message


names = st.sampled_from(["a", "b", "C_d", "c.d", "shop", "", "é"])
items = st.one_of(
    st.sampled_from(["a", "b>=1", "shop[a]", "shop[a,b]; os_name == 'x'", "?", "a @ file:x", ""]),
    st.builds(lambda name: {"include-group": name}, names),
    st.sampled_from([1, {}, {"other": "a"}]),
)


def toml(value: object) -> str:
    """Return a value as TOML."""
    match value:
        case str():
            return '"' + value + '"'
        case list():
            return f"[{', '.join(map(toml, value))}]"
        case dict():
            return "{" + ", ".join(f"{toml(key)} = {toml(item)}" for key, item in value.items()) + "}"
        case _:
            return str(value)


@given(
    extras=st.dictionaries(names, st.lists(items, max_size=4), max_size=4),
    groups=st.dictionaries(names, st.lists(items, max_size=4), max_size=4),
    dependencies=st.lists(items, max_size=3),
)
def test_any_lists_give_a_manifest_or_an_error(
    extras: dict[str, list[object]], groups: dict[str, list[object]], dependencies: list[object]
) -> None:
    """Whatever the lists hold, reading ends with groups without the project itself, or with a named error."""
    text = (
        f'[project]\nname = "shop"\ndependencies = {toml(dependencies)}\n'
        f"optional-dependencies = {toml(extras)}\n"
        "[dependency-groups]\n" + "".join(f"{toml(name)} = {toml(value)}\n" for name, value in groups.items())
    )
    manifest = attempt(text, all_extras=True, all_groups=True)
    if isinstance(manifest, ManifestError):
        assert manifest.file == "pyproject.toml"
        return
    assert len(manifest.groups) == 1 + len(extras) + len(groups)
    assert all(one.name != "shop" for group in manifest.groups for one in group.requirements)


@given(st.text(max_size=300))
def test_any_text_gives_a_manifest_or_an_error(text: str) -> None:
    """No text ends in a traceback."""
    outcome = attempt(text)
    assert isinstance(outcome, Manifest) or outcome.file == "pyproject.toml"

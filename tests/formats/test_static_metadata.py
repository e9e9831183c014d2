"""What documents say of a release, and that no document can do harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.metadata import parse_email
from packaging.requirements import Requirement
from packaging.version import Version

from pinwise.formats.static_metadata import (
    NO_VERSION,
    ParsedMetadata,
    parse_egg_info,
    parse_metadata,
    parse_pyproject,
    parse_requires_txt,
)
from pinwise.model.errors import ManifestError
from pinwise.model.facts import Origin, Unusable

HEAD = "Metadata-Version: 2.1\nName: Shop_Front\nVersion: 1.0\n"


def stated(text: bytes | str) -> ParsedMetadata:
    """Return what a document says; fail where it is unusable."""
    parsed = parse_metadata(text)
    assert isinstance(parsed, ParsedMetadata), parsed
    return parsed


def reason(text: bytes | str) -> str:
    """Return why a document is unusable; fail where it is not."""
    parsed = parse_metadata(text)
    assert isinstance(parsed, Unusable), parsed
    return parsed.reason


def requirements(parsed: ParsedMetadata) -> list[str]:
    """Return the requirements as text."""
    return [str(requirement) for requirement in parsed.metadata.requirements]


def test_a_document_is_read() -> None:
    """Name, version, requirements, extras and Requires-Python are parsed once, names normalised."""
    parsed = parse_metadata(
        HEAD + "Requires-Python: >=3.8,!=3.9.*\nProvides-Extra: Web_UI\nRequires-Dist: a (>=1.0)\n"
        "requires-dist: b[x] ; extra == 'Web_UI'\n\nRequires-Dist: not-this\n",
        origin=Origin.WHEEL,
        file="shop_front-1.0-py3-none-any.whl",
    )
    assert isinstance(parsed, ParsedMetadata)
    assert (parsed.name, parsed.version) == ("shop-front", Version("1.0"))
    assert requirements(parsed) == ["a>=1.0", 'b[x]; extra == "web-ui"']
    assert parsed.metadata.extras == {"web-ui"}
    assert str(parsed.metadata.requires_python) == "!=3.9.*,>=3.8"
    assert (parsed.metadata.origin, parsed.metadata.file) == (Origin.WHEEL, "shop_front-1.0-py3-none-any.whl")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_of_white_space_do_not_end_the_headers(end: str) -> None:
    """A continuation with nothing on it, as license texts have it, loses no requirement after it."""
    text = HEAD + "License: MIT\n        \n\t\n        more\nRequires-Dist: a\n  >=1\n\nRequires-Dist: b\n"
    assert requirements(stated(text.replace("\n", end).encode())) == ["a>=1"]


def test_bytes_that_are_not_utf8_do_no_harm() -> None:
    """An author's name in another encoding leaves the rest readable; a byte order mark is no letter."""
    assert requirements(stated(HEAD.encode("utf-8-sig") + b"Author: J\xf6rg\nRequires-Dist: a\n")) == ["a"]


@pytest.mark.parametrize("value", ["", "UNKNOWN"])
def test_a_field_that_was_not_set_says_nothing(value: str) -> None:
    """Old build tools write `UNKNOWN` for what they were not told."""
    assert stated(f"{HEAD}Requires-Python: {value}\n").metadata.requires_python is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD + "Requires-Dist: pytz (>=2011k)\n", "its requirement `pytz (>=2011k)` is not valid"),
        (HEAD + "Requires-Dist: a; os_nam == 'x'\n", "its requirement `a; os_nam == 'x'` is not valid"),
        (HEAD + "Requires-Dist: a==" + "1" * 5000 + "\n", "a number of more than 200 digits"),
        (HEAD + "Requires-Dist: a; " + "(" * 5000 + "\n", "nests parentheses more than 40 deep"),
        (HEAD + "Requires-Dist: a; os_name == '" + "x" * 20_000 + "'\n", "longer than 16,384 characters"),
        (HEAD + "Requires-Dist: a; python_version ~= 'x'\n", "is not valid"),
        (HEAD + "Requires-Dist: a\n" * 20_001, "more than 20,000 requirements"),
        (HEAD + "Requires-Python: >=3.6.x\n", "its Requires-Python `>=3.6.x` is not valid"),
        (HEAD + "Requires-Python: >=" + "9" * 5000 + "\n", "its Requires-Python"),
        ("Name: a\n", "its metadata has no valid version (``)"),
        ("Version: 1\n", "its metadata has no valid name (``)"),
        ("Name: a b\nVersion: 1\n", "its metadata has no valid name (`a b`)"),
        ("Name: a\nVersion: " + "1" * 5000 + "\n", "its metadata has no valid version"),
        ("Name: a\nVersion: 2011k-x\n", "its metadata has no valid version (`2011k-x`)"),
        ("<html>Not found: 404</html>", "its metadata has no valid name (``)"),
        (b"x" * (64 * 2**20 + 1), "its metadata is larger than 67,108,864 bytes"),
        ("", "its metadata has no valid name (``)"),
    ],
    ids=range(17),
)
def test_a_broken_document_makes_one_release_unusable(text: bytes | str, expected: str) -> None:
    """What cannot be read is told as a reason of one short line, never raised."""
    found = reason(text)
    assert expected in found
    assert found.isprintable()
    assert len(found) < 300


@pytest.mark.parametrize(
    ("version", "dynamic", "is_static"),
    [
        ("2.1", [], False),
        ("2.2", [], True),
        ("2.2", ["Version", "License"], True),
        ("2.2", ["Requires-Dist"], False),
        ("2.4", ["provides-extra"], False),
        ("10.0", [], True),
        ("", [], False),
        ("2.2x", [], False),
    ],
)
def test_an_sdist_says_which_fields_are_static(version: str, dynamic: list[str], is_static: bool) -> None:  # noqa: FBT001
    """Since metadata 2.2 a PKG-INFO can be believed unless it calls its requirements dynamic."""
    text = f"Metadata-Version: {version}\nName: a\nVersion: 1\n" + "".join(
        f"Dynamic: {one}\n" for one in dynamic
    )
    assert stated(text).is_static is is_static


def test_requires_txt_has_sections_for_extras_and_markers() -> None:
    """The lines of a section hold for its extra, under its marker, or both."""
    found, extras = parse_requires_txt(
        "a>=1\n# comment\n\n[:python_version<'3']\nb; os_name=='nt' or os_name=='posix'\n"
        "[Web_UI]\nc[x]\r\n[web_ui:os_name == 'nt']\nd\n[empty]\n"
    )
    assert [str(one) for one in found] == [
        "a>=1",
        'b; (os_name == "nt" or os_name == "posix") and python_version < "3"',
        'c[x]; extra == "web-ui"',
        'd; os_name == "nt" and extra == "web-ui"',
    ]
    assert extras == {"web-ui", "empty"}


def test_an_egg_info_gives_a_flagged_document() -> None:
    """Requirements of an egg-info are declared, not verified: their origin says so."""
    text = "Metadata-Version: 1.2\nName: a\nVersion: 1\nRequires-Python: >=3\n"
    parsed = parse_egg_info(text, b"b\n[x]\nc\n", file="a-1.tar.gz")
    assert isinstance(parsed, ParsedMetadata)
    assert requirements(parsed) == ["b", 'c; extra == "x"']
    assert str(parsed.metadata.requires_python) == ">=3"
    assert parsed.metadata.origin is Origin.EGG_INFO
    assert parsed.metadata.extras == {"x"}


def test_a_broken_egg_info_is_unusable() -> None:
    """A line of requires.txt that is no requirement, or a broken PKG-INFO, leaves the release out."""
    assert isinstance(parse_egg_info("Name: a\nVersion: 1\n", "b (("), Unusable)
    assert isinstance(parse_egg_info("", "b"), Unusable)


PROJECT = '[project]\nname = "Shop_Front"\n'


def test_a_pyproject_states_the_requirements_of_a_local_project() -> None:
    """Dependencies and optional dependencies become requirements; the latter under their extra."""
    parsed = parse_pyproject(
        PROJECT + 'version = "1.0"\nrequires-python = ">=3.9"\ndependencies = ["a>=1"]\n'
        "[project.optional-dependencies]\nWeb_UI = [\"b; os_name == 'nt'\"]\n",
        "pyproject.toml",
    )
    assert parsed is not None
    assert (parsed.name, parsed.version, parsed.is_static) == ("shop-front", Version("1.0"), True)
    assert requirements(parsed) == ["a>=1", 'b; os_name == "nt" and extra == "web-ui"']
    assert parsed.metadata.extras == {"web-ui"}
    assert str(parsed.metadata.requires_python) == ">=3.9"


def test_what_a_pyproject_leaves_to_the_build_is_said() -> None:
    """A dynamic version stands as 0; dynamic dependencies are not static; no table, nothing stated."""
    version = parse_pyproject(PROJECT + 'dynamic = ["version"]\n', "p")
    dependencies = parse_pyproject(PROJECT + 'version = "1"\ndynamic = ["dependencies"]\n', "p")
    assert version is not None
    assert dependencies is not None
    assert (version.version, version.is_static, dependencies.is_static) == (NO_VERSION, True, False)
    assert parse_pyproject("[tool.x]\n", "p") is None


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (PROJECT + 'version = "1"\ndependencies = ["a", "b c"]\n', 4, "`b c`"),
        (PROJECT + 'version = "1"\ndependencies = "a"\n', 4, "must be a list of strings"),
        (PROJECT + 'version = "1"\n[project.optional-dependencies]\nx = ["b c"]\n', 5, "`b c`"),
        (PROJECT, 1, "has no `version`"),
        ("[project]\n", 1, "has no `name`"),
        (PROJECT + 'version = "x"\n', 1, "is not a version"),
        ('\n[project]\nname = "a b"\nversion = "1"\n', 2, "not a valid project name"),
        (PROJECT + "version = 1\n", 3, "`version` must be a string"),
        ("[project", 1, "this is not valid TOML"),
    ],
)
def test_what_is_wrong_in_a_pyproject_is_told_with_its_line(text: str, line: int, message: str) -> None:
    """The file is the user's own: an error names it, its line and the value."""
    with pytest.raises(ManifestError) as caught:
        parse_pyproject(text, "pyproject.toml")
    assert (caught.value.file, caught.value.line) == ("pyproject.toml", line)
    assert message in caught.value.message.replace("'", "`")


LINES = st.sampled_from(
    [
        *(
            "Requires-Dist: a",
            "Requires-Dist: b>=1; extra == 'x'",
            "Provides-Extra: x",
            "Name: a",
            "Version: 1",
        ),
        *(
            "License: MIT",
            "   ",
            "\t",
            "  >=2",
            "",
            "junk",
            "Requires-Python: >=3",
            ": x",
            "Dynamic: name",
            "X Y: z",
        ),
    ]
)


@given(st.lists(LINES, max_size=10), st.sampled_from(["\n", "\r\n"]))
def test_headers_are_read_as_the_standard_parser_reads_them(lines: list[str], end: str) -> None:
    """An independent reader of the format finds the same requirements."""
    text = HEAD.replace("\n", end) + end.join(lines) + end
    raw, _ = parse_email(text)
    parsed = parse_metadata(text)
    if isinstance(parsed, ParsedMetadata):
        theirs = [" ".join(one.split()) for one in raw.get("requires_dist", [])]
        assert requirements(parsed) == [str(one) for one in map(Requirement, theirs)]


@given(st.one_of(st.binary(), st.text(), st.lists(LINES, max_size=8).map("\n".join)), st.text())
def test_any_document_gives_metadata_or_a_reason(text: bytes | str, requires: str) -> None:
    """No bytes make reading a document raise."""
    assert isinstance(parse_metadata(text), ParsedMetadata | Unusable)
    assert isinstance(parse_egg_info(text, requires), ParsedMetadata | Unusable)
    assert isinstance(parse_egg_info(HEAD, requires), ParsedMetadata | Unusable)

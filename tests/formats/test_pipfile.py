"""What a Pipfile says, and how it is told what is wrong with one."""

import io
import re

import plette
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from pinwise.formats.entries import LocalPath
from pinwise.formats.pipfile import parse_pipfile
from pinwise.formats.toml_text import Document, KeyLines
from pinwise.model.errors import ManifestError
from pinwise.model.facts import Metadata
from pinwise.model.names import normalise
from pinwise.model.request import DirectRequirement, Index, LocalProject, Manifest, Place, Prereleases

TWO_SOURCES = """\
[[source]]
name = "public"
url = "https://index.example/simple/"
verify_ssl = true

[[source]]
name = "avx2"
url = "https://user:secret@wheels.index.example/simple"
verify_ssl = false
"""


def parsed(text: str) -> Manifest:
    """Return the manifest; local projects are named after the last part of their path."""
    return parse_pipfile(text, "Pipfile", local=local)


def local(path: LocalPath) -> LocalProject:
    """Return a project that is named after the last part of its path."""
    name = path.path.rpartition("/")[2]
    return LocalProject(normalise(name), Version("1"), path.path, path.is_editable, NOTHING)


NOTHING = Metadata(None, (), frozenset())


def only(manifest: Manifest) -> DirectRequirement:
    """Return the one requirement of a manifest."""
    (requirement,) = [one for group in manifest.groups for one in group.requirements]
    return requirement


def attempt(text: str) -> Manifest | ManifestError:
    """Return the manifest or the error that the text gives."""
    try:
        return parsed(text)
    except ManifestError as error:
        return error


def refused(text: str) -> ManifestError:
    """Return the error that the text gives."""
    with pytest.raises(ManifestError) as caught:
        parsed(text)
    return caught.value


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ('flask = "*"', "flask"),
        ('flask = ""', "flask"),
        ('Flask = "==3.0"', "Flask==3.0"),
        ('flask = ">=2,<4"', "flask<4,>=2"),
        ('flask = "~= 3.0"', "flask~=3.0"),
        ('flask = "2.3.0"', "flask==2.3.0"),
        ("flask = {}", "flask"),
        ('flask = {version = "*", extras = ["async", "Dot_Env"]}', "flask[Dot_Env,async]"),
        ('flask = {version = "<3", markers = "python_version < \'3.9\'"}', 'flask<3; python_version < "3.9"'),
        ("flask = {sys_platform = \"== 'linux'\"}", 'flask; sys_platform == "linux"'),
        (
            "flask = {markers = \"os_name == 'nt' or os_name == 'posix'\", python_version = \"< '4'\"}",
            'flask; (os_name == "nt" or os_name == "posix") and python_version < "4"',
        ),
    ],
)
def test_entries_mean_what_they_mean_to_pipenv(entry: str, expected: str) -> None:
    """A version, extras, markers and pipenv's marker keys become one requirement."""
    assert str(only(parsed(f"[packages]\n{entry}\n"))) == expected


def test_names_and_extras_are_normal() -> None:
    """Names and extras are normalised once, at the door."""
    requirement = only(parsed('[packages]\nFlask_Login = {extras = ["Dot_Env", "async"]}\n'))
    assert (requirement.name, requirement.extras) == ("flask-login", ("async", "dot-env"))


def test_sources_keep_their_order_and_hide_credentials() -> None:
    """Sources come in file order; credentials are kept apart and never printed."""
    manifest = parsed(TWO_SOURCES)
    assert manifest.indexes == (
        Index("https://index.example/simple", "public"),
        Index("https://wheels.index.example/simple", "avx2", verify_ssl=False),
    )
    assert manifest.indexes[1].secret == "https://user:secret@wheels.index.example/simple"
    assert "secret" not in repr(manifest)
    assert manifest.replaces_default_index


def test_no_source_names_no_index() -> None:
    """The source that plette adds is in the hash only, not in the manifest."""
    manifest = parsed('[packages]\nflask = "*"\n')
    assert (manifest.indexes, manifest.replaces_default_index) == ((), False)


def test_a_package_is_bound_to_a_source() -> None:
    """`index` binds a project to a source by name."""
    manifest = parsed(TWO_SOURCES + '[packages]\ntensorflow = {version = "*", index = "avx2"}\n')
    assert only(manifest).index == "avx2"


def test_groups_keep_the_order_of_the_file() -> None:
    """The default group is first, then every category in the order of the file; empty ones are left out."""
    manifest = parsed(
        '[docs]\nsphinx = "*"\n[dev-packages]\npytest = "*"\n[empty]\n[packages]\nflask = "*"\n'
        '[scripts]\nrun = "flask run"\n[requires]\npython_version = "3.11"\n[pipenv]\nsort_pipfile = true\n'
    )
    assert [(group.name, [str(one) for one in group.requirements]) for group in manifest.groups] == [
        ("default", ["flask"]),
        ("docs", ["sphinx"]),
        ("develop", ["pytest"]),
    ]


@pytest.mark.parametrize(
    ("requires", "expected"),
    [
        ('python_version = "3.11"', "3.11"),
        ('python_version = "3.11"\npython_full_version = "3.11.4"', "3.11.4"),
        ('python_version = "*"', None),
        ("", None),
    ],
)
def test_requires_names_the_python(requires: str, expected: str | None) -> None:
    """The full version outweighs the short one; a star says nothing."""
    assert parsed(f"[requires]\n{requires}\n").requires_python == expected


def test_prereleases_are_allowed_for_all_or_for_one() -> None:
    """The flag of pipenv allows all; our own table and the forebear's allow single projects."""
    text = (
        "[pipenv]\nallow_prereleases = {all}\n"
        "[pipenv.pinwise.allow_prereleases]\nFlask = true\ncelery = false\n"
        "[thoth.allow_prereleases]\nTensor_Board = true\n"
    )
    for everywhere in (True, False):
        manifest = parsed(text.format(all=str(everywhere).lower()))
        assert manifest.prereleases.all is everywhere
        assert manifest.prereleases.names == {"flask", "tensor-board"}


def test_own_settings_are_passed_on() -> None:
    """`[pipenv.pinwise]` is passed on as it is written, without what was read already."""
    manifest = parsed('[pipenv.pinwise]\ngoal = "latest"\nallow_prereleases = true\n')
    assert manifest.settings == {"goal": "latest"}
    assert manifest.prereleases == Prereleases(all=True)


def test_the_forebears_table_is_read_with_a_warning() -> None:
    """`[thoth]` is no category, and the user is told that pipenv refuses such a file."""
    manifest = parsed('[packages]\nflask = "*"\n[thoth]\ndisable_index_adjustment = true\n')
    assert [group.name for group in manifest.groups] == ["default"]
    first, second = manifest.warnings
    assert first.startswith("Pipfile:3: pipenv takes `[thoth]`")
    assert "[pipenv.pinwise]" in first
    assert second.startswith("Pipfile:4: `disable_index_adjustment`")


def test_a_local_project_is_read_where_its_path_is_written() -> None:
    """`path` and `file` give the project's own name; extras and markers stay with the requirement."""
    manifest = parsed(
        '[packages]\nkey = {path = "./libs/shop", editable = true, extras = ["web"], '
        "os_name = \"== 'posix'\"}\n"
    )
    requirement = only(manifest)
    assert (requirement.name, requirement.path, requirement.is_editable) == ("shop", "./libs/shop", True)
    assert str(requirement.requirement) == 'shop[web]; os_name == "posix"'
    assert [project.name for project in manifest.local] == ["shop"]


def test_no_binary_of_a_package_is_pips_option() -> None:
    """`no_binary = true` asks for the sdist of that project."""
    manifest = parsed('[packages]\nLxml = {version = "*", no_binary = true}\n')
    assert not manifest.formats.allows_wheels(only(manifest).name)


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        ('[packages]\nflask = "^3"\n', 2, "`^3` is not a version specifier", '">=1.0,<2"'),
        ('[packages]\n\n"a b" = "*"\n', 3, "`a b` is not a valid project name", "letters"),
        ('[packages]\n"celery[redis]" = "*"\n', 2, "not a valid project name", 'extras = ["redis"]'),
        ("[packages]\nflask = 3\n", 2, "must be a version in quotes or a table, not `3`", 'flask = "*"'),
        ('[packages]\nflask = {vrsion = "*"}\n', 2, "`vrsion` is not a key of a package", "`version`"),
        ('[packages.flask]\nversion = "*"\nvrsion = "*"\n', 3, "`vrsion`", "`version`"),
        ('[packages]\nflask = {markers = "os_nam == 1"}\n', 2, "is not a valid marker for `flask`", None),
        ('[packages]\nflask = {version = ">=x"}\n', 2, "not a valid requirement", None),
        ('[packages]\nflask = {extras = "x"}\n', 2, "`extras` must be a list of strings", None),
        ('[packages]\nflask = {hashes = ["md5:0"]}\n', 2, "not a SHA-256 digest", "sha256:"),
        (
            '[packages]\nflask = {editable = "x", path = "."}\n',
            2,
            "`editable` must be `true` or `false`",
            None,
        ),
        ('[packages]\nflask = {git = "https://a:b@c.example/x"}\n', 2, "is a remote URL", "by path"),
        ('[packages]\nflask = "git+https://c.example/x"\n', 2, "is a remote URL", "by path"),
        ('[packages]\nflask = {file = "https://c.example/x.whl"}\n', 2, "is a remote URL", "by path"),
        ('[packages]\nflask = {path = "${HOME}/x"}\n', 2, "`${HOME}` in a path", None),
        (
            '[[source]]\nname = "a"\nurl = "https://x.example/${T}"\n',
            3,
            "`${T}` in an index URL",
            "--index-url",
        ),
        ('[[source]]\nname = "a"\nurl = "https://$T@x.example"\n', 3, "`$T` in an index URL", "`${NAME}`"),
        (
            '[[source]]\nname = "a"\nurl = "index"\n[[source]]\nname = "a"\nurl = "x"\n',
            5,
            "are named `a`",
            None,
        ),
        ('[[source]]\nname = "a"\n', 1, "a source has no `url`", "url ="),
        ('[[source]]\nname = "a"\nurl = "ftp://x"\n', 3, "is not the URL of an index", "https://"),
        ('[[source]]\nname = "a"\nurl = "https://x"\nverify_ssl = 1\n', 4, "`verify_ssl` must be", None),
        ('[source]\nname = "a"\n', 1, "`source` must be an array of tables", "[[source]]"),
        (TWO_SOURCES + '[packages]\na = {index = "avx"}\n', 11, "is bound to the index `avx`", "`avx2`"),
        ('[packages]\na = {index = "x"}\n', 2, "is bound to the index `x`", "there is no `[[source]]`"),
        ("[requires]\npython_version = 3.11\n", 2, "`python_version` must be a string", '"3.11"'),
        ("[pipenv]\nallow_prereleases = 1\n", 2, "`allow_prereleases` must be `true` or `false`", None),
        ("[pipenv.pinwise]\nallow_prereleases = 1\n", 2, "must be a table", "{flask = true}"),
        ('[develop]\na = "*"\n', 1, "no category can be named `develop`", "[dev-packages]"),
        ("pakages = 1\n", 1, "`pakages` must be a table of packages", "`packages`"),
        ("[packages]\na = \n", 2, "this is not valid TOML", None),
        ("[packages]\na = 1\na = 2\n\n", 3, "this is not valid TOML", None),
        ("[packages]\na = [1,\n", 2, "this is not valid TOML", None),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, message: str, hint: str | None) -> None:
    """An error names the file, the line of the key that is wrong, and the next step."""
    error = refused(text)
    assert (error.file, error.line) == ("Pipfile", line)
    assert message in error.message
    assert hint is None or hint in (error.hint or "")


def test_one_project_cannot_be_bound_to_two_indexes() -> None:
    """A project that two categories bind to different indexes is an error, at the second place."""
    error = refused(
        TWO_SOURCES + '[packages]\na = {index = "avx2"}\n[dev-packages]\nA = {index = "public"}\n'
    )
    assert error.line == 13
    assert error.message == "`a` is bound to two indexes: `avx2` (Pipfile:11) and `public`"


def test_credentials_stay_out_of_messages() -> None:
    """A URL with a password is shown without it."""
    error = refused('[packages]\nflask = {git = "https://user:hunter2@c.example/x"}\n')
    assert "hunter2" not in str(error)


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 100_000,
        "a = " + "[" * 500 + "]" * 500,
        "a = " + "1" * 5000,
        "[" + "a." * 5000 + "b]\n",
        "#" * 600_000,
        "[packages]\na = '" + "=" * 20_000 + "'",
        "[packages]\na = '==" + "1" * 5000 + "'",
        "[packages]\na = {markers = '" + "(" * 5000 + "'}",
        "[packages]\na = {markers = '" + "(" * 41 + 'os_name == "x"' + ")" * 41 + "'}",
        "[packages]\na = {markers = 'os_name == \"\\x\"'}",
        "[requires]\nx = 2020-01-01",
    ],
    ids=lambda text: text[:20],
)
def test_hostile_text_is_refused(text: str) -> None:
    """What breaks a limit gives an error, never a traceback or a hang."""
    refused(text)


KEYS = st.sampled_from(
    ["version", "extras", "markers", "path", "file", "git", "index", "hashes", "os_name", "name", "url", "x"]
)
SCALARS = st.one_of(
    st.text(max_size=12), st.booleans(), st.integers(), st.sampled_from(["*", "==1", ">=2", "."])
)
TABLES = [
    "packages",
    "dev-packages",
    "source",
    "requires",
    "pipenv",
    "pipenv.pinwise",
    "thoth",
    "docs",
    "_meta",
]


def quoted(text: str) -> str:
    """Render a string of a test as TOML."""
    escaped = re.sub(r'[\x00-\x1f\x7f"\\]', lambda found: f"\\u{ord(found[0]):04x}", text)
    return f'"{escaped}"'


def toml(value: object) -> str:
    """Render a value of a test as TOML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(key)} = {toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return quoted(value)
    return str(value)


DOCUMENTS = st.lists(
    st.tuples(
        st.sampled_from(TABLES),
        st.booleans(),
        st.dictionaries(
            st.one_of(KEYS, st.text(max_size=6)),
            st.one_of(SCALARS, st.lists(SCALARS, max_size=2), st.dictionaries(KEYS, SCALARS, max_size=3)),
            max_size=4,
        ),
    ),
    max_size=4,
    unique_by=lambda part: part[0],
).map(
    lambda parts: "\n".join(
        f"[[{name}]]" * many
        + f"[{name}]" * (not many)
        + "".join(f"\n{toml(k)} = {toml(v)}" for k, v in body.items())
        for name, many, body in parts
    )
)


@given(st.one_of(st.text(), DOCUMENTS))
def test_any_text_gives_a_manifest_or_an_error(text: str) -> None:
    """Reading a Pipfile never raises anything but a `ManifestError`."""
    outcome = attempt(text)
    if isinstance(outcome, Manifest):
        assert outcome.kind == "Pipfile"
        assert outcome.groups[0].name == "default"
    else:
        assert str(outcome).isprintable()


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,3})?", fullmatch=True)
ENTRIES = st.one_of(
    st.sampled_from(["*", "==1.0", ">=2,<3"]),
    st.fixed_dictionaries({"version": st.just("*")}, optional={"extras": st.lists(NAMES, max_size=2)}),
)
CATEGORIES = st.dictionaries(
    st.sampled_from(["packages", "dev-packages", "docs", "tests", "scripts", "requires"]),
    st.dictionaries(NAMES, ENTRIES, max_size=3),
)


@given(CATEGORIES, st.sampled_from(["", TWO_SOURCES]))
def test_the_hash_is_plettes_for_normal_names(categories: dict[str, dict[str, object]], sources: str) -> None:
    """For names that are already normal the hash is the one that plette computes, default source included."""
    text = sources
    for category, packages in categories.items():
        entries = {"python_version": "3.11"} if category == "requires" else packages
        entries = {"run": "flask run"} if category == "scripts" else entries
        text += f"[{category}]\n" + "".join(f"{toml(name)} = {toml(one)}\n" for name, one in entries.items())
    text += "[pipenv]\nallow_prereleases = true\n[pipenv.pinwise]\ngoal = 'latest'\n"
    assert parsed(text).pipfile_sha256 == plette.Pipfile.load(io.StringIO(text)).get_hash().value


def test_the_hash_does_not_depend_on_the_spelling_of_names() -> None:
    """Names are normalised before they are hashed, as pipenv does it."""
    first, second = (parsed(f'[packages]\n{name} = "*"\n') for name in ("Flask_Login", "flask-login"))
    assert first.pipfile_sha256 == second.pipfile_sha256


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("packages", "flask"), 2),
        (("packages", "a.b"), 4),
        (("packages", "celery", "version"), 6),
        (("packages", "kombu"), 7),
        (("source", "1", "url"), 12),
        (("source", "0"), 9),
        (("packages", "flask", "extras"), 2),
        (("nothing",), None),
    ],
)
def test_the_line_of_a_key_is_found(path: tuple[str, ...], line: int | None) -> None:
    """A key's line is found under its table, also when it is quoted, dotted or in an array of tables."""
    lines = KeyLines(
        '[packages]\nflask = "*"\n# x = 1\n"a.b" = 1\n[ packages . celery ]\nversion = 1\n'
        "[packages.kombu]\n\n[[source]]\nname = 1\n[[source]]\nurl = 2\n"
    )
    assert lines.find(*path) == line


def test_a_place_has_no_line_where_the_key_is_not_found() -> None:
    """Without a line the place is the file."""
    assert Document.parse("", "Pipfile").place("packages") == Place("Pipfile", None)

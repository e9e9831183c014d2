"""Locks that are there: every format is read to the same values, and nothing breaks the readers."""

import json
import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from pinwise.formats.convert.lock_writers import convert_lock
from pinwise.formats.lock_text import digests
from pinwise.formats.pipfile_lock import render_pipfile_lock
from pinwise.formats.present import MOST_CHARACTERS, READERS, read_lock
from pinwise.formats.pylock import group_name, render_pylock
from pinwise.formats.requirements_lock import render_requirements_lock
from pinwise.model.errors import ManifestError, OutputError
from pinwise.model.lock import AnyFormat, ForeignFormat, LockFormat, PresentLock, PresentPin
from pinwise.model.names import normalise
from pinwise.model.outcome import Advice, Pin
from pinwise.model.request import Index
from support.advice import advice, folder, pin, pipfile_manifest, sdist_file, wheel_file

FOLDER = Path(__file__).parent / "present_locks"
PRIVATE = "https://private.example/simple"
PUBLIC = "https://index.example/simple"
INDEXES = (Index(PRIVATE, "private"), Index(PUBLIC, "public"))
FORMATS = sorted(READERS, key=str)
EXAMPLES = {
    LockFormat.PYLOCK: "pylock.toml",
    LockFormat.PIPFILE_LOCK: "Pipfile.lock",
    LockFormat.REQUIREMENTS: "requirements.txt",
    ForeignFormat.UV: "uv.lock",
    ForeignFormat.POETRY: "poetry.lock",
}


def example(form: AnyFormat) -> str:
    """Return a lock of a format as its own tool writes it."""
    return (FOLDER / EXAMPLES[form]).read_text(encoding="utf-8")


def render(stack: Advice, form: LockFormat) -> str:
    """Return the lock of a stack in one of our formats."""
    match form:
        case LockFormat.PYLOCK:
            return render_pylock(stack)
        case LockFormat.PIPFILE_LOCK:
            return render_pipfile_lock(stack, pipfile_manifest(stack, indexes=stack.request.indexes))
        case LockFormat.REQUIREMENTS:
            return render_requirements_lock(stack)


def expected(chosen: Pin, form: LockFormat) -> tuple[object, ...]:
    """Return what a format can say of a pin."""
    local = chosen.local
    is_archive = local is not None and local.sha256 is not None
    has_version = local is None or (form is LockFormat.REQUIREMENTS and is_archive)
    has_version |= form is LockFormat.PYLOCK and is_archive
    groups = {
        LockFormat.PYLOCK: ("default",)
        if "default" in chosen.groups
        else tuple(group_name(name) for name in chosen.groups),
        LockFormat.PIPFILE_LOCK: chosen.groups,
        LockFormat.REQUIREMENTS: chosen.groups[:1],
    }[form]
    path = None if local is None else local.path
    if path is not None and form is LockFormat.REQUIREMENTS:
        path = path if path.startswith((".", "/")) else f"./{path}"
    return (
        chosen.name,
        chosen.version if has_version else None,
        chosen.index if local is None else None,
        groups,
        digests(chosen),
        path,
    )


def told(read: PresentPin) -> tuple[object, ...]:
    """Return what was read of a pin, as `expected` puts it."""
    return (read.name, read.version, read.index, read.groups, read.hashes, read.path)


VERSIONS = st.sampled_from(["1.0", "2.0.1", "3.0rc1", "0.1.dev2", "1!4.0", "5.0+cpu.1", "6.0.post1"])
GROUPS = st.sampled_from([["default"], ["develop"], ["dev_docs"], ["default", "develop"], ["develop", "qa"]])


@st.composite
def stacks(draw: st.DrawFn) -> Advice:
    """Return a stack with groups, two indexes, extras, markers, and archives and folders by path."""
    names = draw(st.lists(st.sampled_from(["flask", "zope-interface", "a2", "b"]), unique=True))
    pins = []
    for name in names:
        version, groups = draw(VERSIONS), draw(GROUPS)
        marker = draw(st.sampled_from(["", " ; sys_platform == 'linux'", " ; python_version < '3.13'"]))
        extras = draw(st.sampled_from(["", "[async]", "[a,b]"]))
        files = [wheel_file(name, version), sdist_file(name, version)][: draw(st.integers(1, 2))]
        index = draw(st.sampled_from([PRIVATE, PUBLIC]))
        pins.append(
            pin(name, version, asked=f"{name}{extras}{marker}", groups=groups, index=index, files=files)
        )
    if draw(st.booleans()):
        pins.append(pin("app", "1.0", asked="app", local=folder("app", "1.0", "./app", editable=True)))
    if draw(st.booleans()):
        local = folder("lib", "2.0", "lib-2.0.tar.gz", sha256="a" * 64)
        pins.append(pin("lib", "2.0", asked="lib", local=local))
    return advice(*pins, indexes=INDEXES)


@pytest.mark.parametrize("form", LockFormat)
@given(stack=stacks())
def test_what_is_written_is_read(form: LockFormat, stack: Advice) -> None:
    """A lock that we wrote gives the same pins when it is read, as far as its format names them."""
    lock = read_lock(render(stack, form), form)
    written = [
        each
        for each in stack.pins
        if form is not LockFormat.REQUIREMENTS or each.local is None or each.local.sha256 is not None
    ]
    assert [told(each) for each in lock.pins] == [expected(each, form) for each in written]
    if form is not LockFormat.PYLOCK:
        wanted = {each.name: each.extras for each in written}
        assert {each.name: each.extras for each in lock.pins} == wanted


BROKEN = (
    "",
    "[",
    "{",
    '"',
    "'",
    "=",
    "==",
    "\n",
    "\0",
    "\\",
    " ",
    "null",
    "9" * 5000,
    "a.a" * 300,
    "[" * 3000,
)
WORDS = (
    "${X}",
    "$X",
    "((",
    "name",
    "version = 2",
    "*",
    "é",
    "\ud800",
    "-r x",
    "[[package]]",
    "1.0",
    " @ ",
    ":",
)
ODD = st.sampled_from(BROKEN + WORDS)


@pytest.mark.parametrize("form", FORMATS)
@given(data=st.data())
def test_damage_is_a_named_error(form: AnyFormat, data: st.DataObject) -> None:
    """A lock that was cut or scribbled upon is read, or refused with an error that names the file."""
    text = example(form)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 40)))
        text = text[:start] + data.draw(ODD) + text[end:]
    told = outcome(text, form)
    assert isinstance(told, PresentLock) or (told.file == "a.lock" and str(told).isprintable())


def outcome(text: str, form: AnyFormat) -> PresentLock | ManifestError:
    """Return what reading a lock gives: what it says, or the error."""
    try:
        return read_lock(text, form, file="a.lock")
    except ManifestError as error:
        return error


@pytest.mark.parametrize("form", FORMATS)
def test_huge_lock_is_refused(form: AnyFormat) -> None:
    """A lock above the limit is refused before it is parsed."""
    with pytest.raises(ManifestError, match="longer than"):
        read_lock(" " * (MOST_CHARACTERS + 1), form)


@pytest.mark.parametrize(
    ("form", "old", "new"),
    [
        (LockFormat.PYLOCK, 'lock-version = "1.0"', 'lock-version = "2.0"'),
        (LockFormat.PIPFILE_LOCK, '"pipfile-spec": 6', '"pipfile-spec": 7'),
        (ForeignFormat.UV, "version = 1\n", "version = 2\n"),
        (ForeignFormat.POETRY, 'lock-version = "2.1"', 'lock-version = "3.0"'),
    ],
)
def test_newer_lock_is_refused(form: AnyFormat, old: str, new: str) -> None:
    """A lock of a newer format is refused, with both versions named."""
    text = example(form)
    assert old in text
    with pytest.raises(ManifestError, match="pinwise reads") as caught:
        read_lock(text.replace(old, new, 1), form)
    assert caught.value.hint


def test_a_newer_minor_version_is_read_with_a_warning(capfd: pytest.CaptureFixture[str]) -> None:
    """What only adds to the standard is read, and said once, in our words and by nobody else."""
    text = example(LockFormat.PYLOCK)
    lock = read_lock(text.replace('lock-version = "1.0"', 'lock-version = "1.7"', 1), LockFormat.PYLOCK)
    assert lock.pins == read_lock(text, LockFormat.PYLOCK).pins
    (warning,) = lock.warnings
    assert "has the lock version 1.7, and pinwise knows 1.0" in warning
    assert capfd.readouterr() == ("", "")


def pins_of(form: AnyFormat) -> dict[str, PresentPin]:
    """Return the pins of the example of a format by `NAME==VERSION`."""
    return {str(each): each for each in read_lock(example(form), form).pins}


def test_uv_lock() -> None:
    """A pin of a uv.lock is needed where requirements lead to it, under the markers on the way."""
    lock = read_lock(example(ForeignFormat.UV), ForeignFormat.UV)
    pins = pins_of(ForeignFormat.UV)
    assert lock.groups == ("default", "fast", "dev")
    assert lock.requires_python == ">=3.9"
    assert "app" not in pins
    assert pins["flask==3.1.3"].marker is None
    assert pins["click==8.1.8"].marker == 'python_full_version < "3.10"'
    assert pins["colorama==0.4.6"].marker == 'sys_platform == "win32"'
    assert pins["colorama==0.4.6"].groups == ("default", "dev")
    assert pins["orjson==3.13.0"].groups == ("fast",)
    assert pins["pytest==9.2.0"].groups == ("dev",)
    assert pins["flask==3.1.3"].index == "https://index.example/simple"
    assert {file.filename.rpartition(".")[2] for file in pins["flask==3.1.3"].files} == {"gz", "whl"}
    assert all(file.url and file.sha256 and file.uploaded for file in pins["flask==3.1.3"].files)


def test_uv_lock_markers_join_along_cycles() -> None:
    """A chain that returns to where it was adds nothing, and two chains are alternatives."""
    text = """
version = 1
[[package]]
name = "app"
version = "1"
source = { virtual = "." }
dependencies = [
    { name = "a", marker = "os_name == 'nt'" },
    { name = "b", marker = "python_version < '3.9'" },
]
[[package]]
name = "a"
version = "1"
source = { registry = "https://index.example/simple" }
dependencies = [{ name = "b" }]
[[package]]
name = "b"
version = "1"
source = { registry = "https://index.example/simple" }
dependencies = [{ name = "a", marker = "sys_platform == 'linux'" }]
"""
    a, b = read_lock(text, ForeignFormat.UV).pins
    assert a.marker == 'os_name == "nt" or (python_version < "3.9" and sys_platform == "linux")'
    assert b.marker == 'os_name == "nt" or python_version < "3.9"'


UV_WITHOUT_ROOT = """
version = 1
[manifest]
members = ["m"]
requirements = [{ name = "a", extras = ["x"], marker = "os_name == 'nt'", specifier = ">=1" }]
[manifest.dependency-groups]
dev = [{ name = "c" }]
[[package]]
name = "a"
version = "1"
source = { registry = "https://index.example/simple" }
[package.optional-dependencies]
x = [{ name = "b" }]
[[package]]
name = "b"
version = "1"
source = { registry = "https://index.example/simple" }
[[package]]
name = "c"
version = "1"
source = { registry = "https://index.example/simple" }
resolution-markers = ["python_version < '3.12'"]
[[package]]
name = "c"
version = "2"
source = { registry = "https://index.example/simple" }
resolution-markers = ["python_version >= '3.12'"]
[[package]]
name = "m"
version = "1"
source = { editable = "parts/m" }
"""


def test_uv_lock_of_a_script_or_a_workspace_without_root() -> None:
    """What `[manifest]` requires counts as a project's requirements do: no pin is lost."""
    pins = read_lock(UV_WITHOUT_ROOT, ForeignFormat.UV).pins
    assert [(str(each), each.groups, each.marker) for each in pins] == [
        ("a==1", ("default",), 'os_name == "nt"'),
        ("b==1", ("default",), 'os_name == "nt"'),
        ("c==1", ("dev",), 'python_version < "3.12"'),
        ("c==2", ("dev",), 'python_version >= "3.12"'),
        ("m==1", ("default",), None),
    ]


def test_uv_lock_that_requires_nothing() -> None:
    """Pins to which no requirement leads are not dropped in silence."""
    text = "version = 1\n" + UV_WITHOUT_ROOT[UV_WITHOUT_ROOT.index("[[package]]") :]
    with pytest.raises(ManifestError, match="nothing in this lock says what is required"):
        read_lock(text, ForeignFormat.UV)


def test_poetry_lock() -> None:
    """A poetry.lock gives groups, markers, digests and file names; `main` is our default group."""
    lock = read_lock(example(ForeignFormat.POETRY), ForeignFormat.POETRY)
    pins = {each.name: each for each in lock.pins}
    assert lock.groups == ("default", "dev", "fast")
    assert pins[normalise("colorama")].groups == ("default", "dev")
    assert pins[normalise("colorama")].marker == 'sys_platform == "win32" or platform_system == "Windows"'
    assert pins[normalise("orjson")].groups == ("fast",)
    assert pins[normalise("orjson")].marker is None
    assert pins[normalise("private-tool")].index == "https://private.example/simple"
    assert pins[normalise("tool")].url == "git+https://git.example/tool.git@" + "c" * 40
    assert pins[normalise("tool")].version is None
    assert pins[normalise("local-lib")].path == "../local-lib"
    assert [file.filename for file in pins[normalise("click")].files] == [
        "click-8.1.7-py3-none-any.whl",
        "click-8.1.7.tar.gz",
    ]


def test_old_poetry_lock() -> None:
    """A lock of Poetry 1 keeps its digests apart and has categories instead of groups."""
    text = """
[[package]]
name = "Click"
version = "8.1.7"
category = "main"
optional = false
python-versions = ">=3.7"

[[package]]
name = "pytest"
version = "7.0"
category = "dev"

[metadata]
lock-version = "1.1"
python-versions = "^3.8"

[metadata.files]
Click = [{file = "click-8.1.7-py3-none-any.whl", hash = "sha256:%s"}]
pytest = []
""" % ("a" * 64)
    click, tests = read_lock(text, ForeignFormat.POETRY).pins
    assert (click.name, click.version, click.hashes) == ("click", Version("8.1.7"), ("sha256:" + "a" * 64,))
    assert tests.groups == ("dev",)


def test_requirements_of_other_tools() -> None:
    """Pins of pip-tools and uv are read with digests, indexes and markers, whoever wrote the comments."""
    pins = pins_of(LockFormat.REQUIREMENTS)
    assert pins["click==8.1.7"].index == PUBLIC
    assert pins["private-tool==1.0"].index == PRIVATE
    assert len(pins["click==8.1.7"].hashes) == 2
    assert pins["colorama==0.4.6"].marker == 'sys_platform == "win32"'
    assert pins["celery==5.4.0"].extras == ("redis",)


def test_plain_pins_are_a_lock() -> None:
    """A file that pins everything with `==` is a lock, hashes or not; another line is refused."""
    assert [str(each) for each in read_lock("b==1\nA == 2.0\n", LockFormat.REQUIREMENTS).pins] == [
        "a==2.0",
        "b==1",
    ]
    for line in ("flask>=2", "flask", "flask==2.*", "flask~=2.0", "flask==2,!=3"):
        with pytest.raises(ManifestError, match="is no pin") as caught:
            read_lock(f"a==1\n{line}\n", LockFormat.REQUIREMENTS)
        assert caught.value.line == 2


def test_pipfile_lock_of_pipenv() -> None:
    """The index names of a Pipfile.lock are resolved, and variables in a source are no URL."""
    lock = read_lock(example(LockFormat.PIPFILE_LOCK), LockFormat.PIPFILE_LOCK)
    pins = {each.name: each for each in lock.pins}
    assert pins[normalise("click")].index == PUBLIC
    assert pins[normalise("private-tool")].index == PRIVATE
    assert pins[normalise("click")].groups == ("default", "develop")
    assert pins[normalise("tool")].url == "git+https://git.example/tool.git@" + "c" * 40
    assert pins[normalise("app")].path == "."
    assert pins[normalise("app")].is_editable
    assert lock.requires_python == "==3.12.*"


def test_pipfile_lock_with_an_unknown_index_is_refused() -> None:
    """An entry whose index is no source of the lock is refused."""
    content = json.loads(example(LockFormat.PIPFILE_LOCK))
    content["default"]["click"]["index"] = "other"
    with pytest.raises(ManifestError, match="`click` comes from the index `other`"):
        read_lock(json.dumps(content), LockFormat.PIPFILE_LOCK)


def test_pylock_of_others() -> None:
    """A pylock.toml of any tool is read: groups out of markers, repositories, archives."""
    lock = read_lock(example(LockFormat.PYLOCK), LockFormat.PYLOCK)
    pins = {each.name: each for each in lock.pins}
    assert pins[normalise("black")].groups == ("dev", "lint")
    assert pins[normalise("black")].marker == 'sys_platform == "linux"'
    assert pins[normalise("click")].groups == ("default",)
    assert pins[normalise("extra-only")].marker == '"fast" in extras'
    assert pins[normalise("tool")].url == "git+https://git.example/tool.git@" + "c" * 40
    assert pins[normalise("remote")].url == "https://files.example/remote-1.0.zip"
    assert pins[normalise("remote")].hashes == ("sha256:" + "d" * 64,)
    assert lock.requires_python == ">=3.9"


def test_broken_pylock_names_its_line() -> None:
    """An error in a package of a pylock.toml gives the line of that package."""
    text = example(LockFormat.PYLOCK).replace(', commit-id = "' + "c" * 40 + '"', "")
    with pytest.raises(ManifestError, match="commit-id") as caught:
        read_lock(text, LockFormat.PYLOCK)
    line = caught.value.line
    assert line is not None
    assert text.splitlines()[line] == 'name = "tool"'


def test_no_credentials_are_read() -> None:
    """User and password of a URL in a lock go nowhere."""
    text = "--index-url https://me:hunter2@private.example/simple\na==1\n    # from https://me:hunter2@x.example\n"
    assert "hunter2" not in repr(read_lock(text, LockFormat.REQUIREMENTS).pins)


@given(data=st.data())
@pytest.mark.parametrize("form", FORMATS)
def test_values_of_other_kinds_are_named_errors(form: AnyFormat, data: st.DataObject) -> None:
    """A lock whose words were exchanged is read and converted, or refused by a named error."""
    text = example(form)
    for _ in range(data.draw(st.integers(1, 3))):
        words = [match.span() for match in re.finditer(r'"[^"]*"|\w+|\S', text)]
        (start, end), (first, last) = data.draw(st.sampled_from(words)), data.draw(st.sampled_from(words))
        text = text[:start] + text[first:last] + text[end:]
    lock = outcome(text, form)
    if isinstance(lock, ManifestError):
        return
    for target in LockFormat:
        with suppress(OutputError):
            convert_lock(lock, target)

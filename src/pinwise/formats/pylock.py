"""Render a stack as `pylock.toml` (PEP 751), one file of a release per line.

A lock speaks of one target, which `environments` pins; within it every package is needed, so packages have
no markers of their own but for groups. What the default group needs has none and is always installed. What
only others need names them: ``"develop" in dependency_groups``, ``"redis" in extras``. So ``pip install -r
pylock.toml`` installs the default group, and a group or an extra asked for by name comes on top of it, as it
was solved. No synthetic default group is needed for that, and `default-groups` is left out. A lock without a
default group, of some groups only, is all of it installed: it names none.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidSdistFilename, canonicalize_name, parse_sdist_filename

from pinwise.formats.digest import request_digest
from pinwise.formats.lock_origin import LockOrigin
from pinwise.formats.lock_text import is_url, utc_time, verifiable_files, without_credentials
from pinwise.formats.toml_write import Raw, inline_table, toml_array, toml_string
from pinwise.model.environment import Environment
from pinwise.model.errors import OutputError
from pinwise.model.facts import File
from pinwise.model.outcome import Advice, Pin
from pinwise.model.request import DEFAULT_GROUP, LocalProject, Request

_NOT_A_GROUP_NAME = re.compile(r"[^a-z0-9-]+")
_USUAL_URL = re.compile(r"https?://[A-Za-z0-9.:-]+/(?:[!$->@-\[\]-~]*/)?([A-Za-z0-9._+!-]*)")
"""One without login, query and fragment in which nothing is quoted, and the last part of its path."""

_SDIST_SUFFIXES = (".tar.gz", ".zip")


def render_pylock(advice: Advice) -> str:
    """Return the text of a `pylock.toml` for `advice`.

    Raises:
        OutputError: A pin has no file with a digest of a kind that the format has.
    """
    lines = [*_head(advice)]
    claims = _claims(advice.request)
    for pin in sorted(advice.pins, key=lambda pin: pin.name):
        lines += ["", "[[packages]]", *_package(pin, _marker(pin.groups, claims))]
    if not advice.pins:
        lines.append("packages = []")
    lines += ["", *_tool(advice)]
    return "\n".join(lines) + "\n"


def _head(advice: Advice) -> Iterator[str]:
    environment = advice.request.environment
    extras, groups = _names(advice.request)
    python = environment.python
    yield 'lock-version = "1.0"'
    yield from toml_array("environments", [toml_string(environment_marker(environment))])
    yield f'requires-python = ">={python.major}.{python.minor}"'
    for key, names in (("extras", extras), ("dependency-groups", groups)):
        if names:
            yield f"{key} = [{', '.join(toml_string(name) for name in names)}]"
    yield 'created-by = "pinwise"'


def environment_marker(environment: Environment) -> str:
    """Return the marker that holds on the target and nowhere else, as far as markers can say.

    It names the minor version of Python: a lock outlives the next bug-fix release of the interpreter. It
    names no machine for a 32-bit Python on Windows, which mostly runs on a 64-bit one.
    """
    python = environment.python
    machine = None if environment.platform == "win32" else environment.markers.get("platform_machine")
    claims = {
        "python_version": f"{python.major}.{python.minor}",
        "implementation_name": environment.implementation,
        "sys_platform": environment.markers.get("sys_platform"),
        "platform_machine": machine,
    }
    return " and ".join(f"{name} == '{value}'" for name, value in claims.items() if value)


def group_name(name: str) -> str:
    """Return the normalised name under which a category is asked for (``dev_docs`` is ``dev-docs``)."""
    return _NOT_A_GROUP_NAME.sub("-", canonicalize_name(name)).strip("-")


def _names(request: Request) -> tuple[list[str], list[str]]:
    """Return the extras and the dependency groups of a lock, each once; none where there is no default."""
    if not any(group.name == DEFAULT_GROUP for group in request.groups):
        return [], []
    others = [group for group in request.groups if group.name != DEFAULT_GROUP]
    extras = [group.extra for group in others if group.extra is not None]
    groups = [group_name(group.name) for group in others if group.extra is None]
    return list(dict.fromkeys(extras)), list(dict.fromkeys(groups))


def _claims(request: Request) -> dict[str, str]:
    """Return for each group what a marker says where it is asked for; the default group needs no asking."""
    extras, groups = _names(request)
    return {
        group.name: f"'{group.extra}' in extras"
        if group.extra is not None
        else f"'{group_name(group.name)}' in dependency_groups"
        for group in request.groups
        if group.extra in extras or group_name(group.name) in groups
    }


def _package(pin: Pin, marker: str) -> Iterator[str]:
    yield f"name = {toml_string(pin.name)}"
    if not _is_folder(pin):
        yield f"version = {toml_string(str(pin.version))}"
    if marker:
        yield f"marker = {toml_string(marker)}"
    if pin.requires_python and _is_specifier(pin.requires_python):
        yield f"requires-python = {toml_string(pin.requires_python)}"
    if pin.requires:
        yield from toml_array("dependencies", [inline_table(name=name) for name in pin.requires])
    if pin.local is not None:
        yield from _local(pin.local)
    else:
        yield from _distributions(pin)


def _is_folder(pin: Pin) -> bool:
    """Whether the pin is a source tree; the standard forbids a version there, for it may change any time."""
    return pin.local is not None and pin.local.sha256 is None


def group_marker(groups: Sequence[str]) -> str:
    """Return the marker that asks for one of the groups, "" where the default group is among them."""
    if DEFAULT_GROUP in groups:
        return ""
    return " or ".join(f"'{name}' in dependency_groups" for name in dict.fromkeys(map(group_name, groups)))


def _marker(groups: Sequence[str], claims: Mapping[str, str]) -> str:
    """Return the marker of a package that these groups need; "" for one that is always installed."""
    if not all(name in claims for name in groups):
        return ""
    return " or ".join(dict.fromkeys(claims[name] for name in groups))


def _local(project: LocalProject) -> Iterator[str]:
    if project.sha256 is None:
        editable = True if project.is_editable else None
        yield f"directory = {inline_table(path=project.path, editable=editable)}"
        return
    key = "url" if is_url(project.path) else "path"
    place = {key: without_credentials(project.path)}
    yield f"archive = {inline_table(**place, hashes=Raw(inline_table(sha256=project.sha256)))}"


def _distributions(pin: Pin) -> Iterator[str]:
    files = verifiable_files(pin)
    sdist = the_sdist(files)
    wheels = [file_table(file) for file in files if file.is_wheel]
    if sdist is None and not wheels:
        raise OutputError(
            f"`{files[0].filename}` is an archive of a kind that `pylock.toml` cannot name",
            hint="write a `.txt` lock instead, or require another version",
        )
    yield f"index = {toml_string(without_credentials(pin.index))}"
    if sdist is not None:
        yield f"sdist = {file_table(sdist)}"
    if wheels:
        yield from toml_array("wheels", wheels)


def the_sdist(files: Iterable[File]) -> File | None:
    """Return the one sdist that the format has room for: as a tar file where there are several."""
    sdists = [file for file in files if not file.is_wheel and _is_sdist_name(file.filename)]
    ranks = {suffix: rank for rank, suffix in enumerate(_SDIST_SUFFIXES)}
    return min(sdists, key=lambda file: ranks[_suffix(file.filename)], default=None)


def _suffix(filename: str) -> str:
    return next((suffix for suffix in _SDIST_SUFFIXES if filename.endswith(suffix)), "")


def _is_sdist_name(filename: str) -> bool:
    try:
        parse_sdist_filename(filename)
    except InvalidSdistFilename:
        return False
    return _suffix(filename) != ""


def file_table(file: File) -> str:
    """Return a file as an inline table."""
    usual = _USUAL_URL.fullmatch(file.url)
    if (
        usual is not None
        and usual[1] == file.filename
        and file.uploaded is not None
        and file.size is not None
    ):
        # what the rest would say, said at once: a lock has thousands
        return (
            f'{{upload-time = {utc_time(file.uploaded)}, url = "{file.url}", size = {file.size}, '
            f"hashes = {{sha256 = {toml_string(file.sha256 or '')}}}}}"
        )
    return _unusual_table(file)


def _unusual_table(file: File) -> str:
    uploaded = None if file.uploaded is None else Raw(utc_time(file.uploaded))
    url = without_credentials(file.url)
    name = None if _ends_in(url, file.filename) else file.filename
    place = {"url" if is_url(url) else "path": url}
    hashes = Raw(f"{{sha256 = {toml_string(file.sha256 or '')}}}")
    return inline_table(name=name, upload_time=uploaded, **place, size=file.size, hashes=hashes)


def _ends_in(url: str, filename: str) -> bool:
    """Whether the last part of the path of a URL is a file name."""
    return urlsplit(url).path.rpartition("/")[2] == filename


def _is_specifier(text: str) -> bool:
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        return False
    return True


def _tool(advice: Advice) -> Iterator[str]:
    environment = advice.request.environment
    yield "[tool.pinwise]"
    yield f'request = "sha256:{request_digest(advice.request)}"'
    yield f"goal = {toml_string(advice.request.goal)}"
    yield f"cost = {advice.proof.cost}"
    yield from LockOrigin.of(advice.request).lines()
    yield ""
    yield "[tool.pinwise.environment]"
    yield f"python = {toml_string(str(environment.python))}"
    yield f"implementation = {toml_string(environment.implementation)}"
    yield f"platform = {toml_string(environment.platform)}"
    if environment.abi_flags:
        yield f"abi_flags = {toml_string(environment.abi_flags)}"

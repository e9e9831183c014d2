"""Read a ``pylock.toml`` (PEP 751) of any tool."""

import re
from collections.abc import Mapping

from packaging.pylock import (
    Package,
    PackageSdist,
    PackageVcs,
    PackageWheel,
    Pylock,
    PylockUnsupportedVersionError,
    PylockValidationError,
)

from pinwise.formats.entries import parse_index, shown
from pinwise.formats.present.entry import Entry, default_first, in_order
from pinwise.formats.present.markers import groups_of
from pinwise.formats.present.toml import header_lines, parse_lock_toml
from pinwise.model.errors import ManifestError
from pinwise.model.facts import File
from pinwise.model.lock import LockFormat, PresentLock, PresentPin
from pinwise.model.request import DEFAULT_GROUP, Index, Place

_OTHER_VERSION = re.compile(r"(?!1(?:\.|$))[0-9]+(?:\.[0-9]+)*")
_NEWER_MINOR = re.compile(r"1\.0*[1-9][0-9]{0,8}")
_CONTEXT = re.compile(r"packages\[(\d+)\]")


def read_pylock(text: str, file: str) -> PresentLock:
    """Return what a `pylock.toml` says.

    A marker ``"NAME" in dependency_groups`` becomes the groups of its pin; what else a marker says stays.

    Raises:
        ManifestError: It is not valid, or follows a newer version of the standard.
    """
    tables = parse_lock_toml(text, file)
    newer = _newer_minor(tables)
    lock = _validated({**tables, "lock-version": "1.0"} if newer else tables, text, file)
    lines = header_lines(text, "packages")
    known = len(lines) == len(lock.packages)
    pins = [
        _pin(package, Entry(file, package.name, lines[number] if known else None))
        for number, package in enumerate(lock.packages)
    ]
    head = Entry(file, "the lock")
    return PresentLock(
        LockFormat.PYLOCK,
        in_order(pins),
        groups=default_first(
            (DEFAULT_GROUP, *(head.clean(name, "a group") for name in lock.dependency_groups or ()))
        ),
        default_groups=tuple(head.clean(name, "a default group") for name in lock.default_groups or ()),
        extras=tuple(head.clean(name, "an extra") for name in lock.extras or ()),
        indexes=tuple(Index(url) for url in dict.fromkeys(pin.index for pin in pins if pin.index)),
        requires_python=head.specifiers(None if lock.requires_python is None else str(lock.requires_python)),
        environments=tuple(str(marker) for marker in lock.environments or ()),
        warnings=(
            f"`{file}` has the lock version {newer}, and pinwise knows 1.0: what is new in it is not read.",
        )
        if newer
        else (),
    )


def _newer_minor(tables: Mapping[str, object]) -> str:
    """Return the version of a lock that only adds to the one we know, "" for any other.

    The standard lets a tool read such a lock (https://peps.python.org/pep-0751/#lock-version).
    """
    version = tables.get("lock-version")
    return version if isinstance(version, str) and _NEWER_MINOR.fullmatch(version) else ""


def _validated(tables: Mapping[str, object], text: str, file: str) -> Pylock:
    version = tables.get("lock-version")
    if isinstance(version, str) and _OTHER_VERSION.fullmatch(version):
        raise _other_version(version, file)  # first of all: what else is wrong with it may be right there
    try:
        return Pylock.from_dict(tables)
    except PylockUnsupportedVersionError:
        raise _other_version(str(version), file) from None
    except PylockValidationError as error:
        raise ManifestError(
            f"this is no valid `pylock.toml`: {shown(str(error), 160)}",
            file=file,
            line=_line(str(error.context or ""), text),
            hint="make the lock anew",
        ) from None
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ManifestError(f"this is no valid `pylock.toml`: {shown(str(error), 160)}", file=file) from None


def _other_version(version: str, file: str) -> ManifestError:
    return ManifestError(
        f"this lock has the version `{shown(version)}`; pinwise reads 1.0",
        file=file,
        hint="a newer pinwise may read it; or make the lock anew",
    )


def _line(context: str, text: str) -> int | None:
    """Return the line of the package that packaging's validation names."""
    found = _CONTEXT.match(context)
    lines = header_lines(text, "packages")
    if found is None or len(found[1]) > len(str(len(lines))):
        return None
    number = int(found[1])
    return lines[number] if number < len(lines) else None


def _pin(package: Package, entry: Entry) -> PresentPin:
    groups, marker = groups_of(None if package.marker is None else str(package.marker), entry)
    files = tuple(_file(each, entry) for each in (package.sdist, *(package.wheels or ())) if each is not None)
    hashes = [
        digest
        for each in (package.sdist, *(package.wheels or ()))
        if each
        for digest in _digests(each.hashes)
    ]
    url, path = None, None
    if package.archive is not None:
        hashes += _digests(package.archive.hashes)
        url, path = package.archive.url, package.archive.path
    elif package.vcs is not None:
        url = _repository(package.vcs)
    elif package.directory is not None:
        path = package.directory.path
    directory = package.directory
    return PresentPin(
        name=package.name,
        version=None if package.version is None else entry.version(str(package.version)),
        index=_index(package.index, entry),
        groups=groups,
        hashes=entry.hashes(hashes),
        marker=marker,
        url=None if url is None else entry.clean(url, "the URL"),
        path=None if path is None or url is not None else entry.clean(path, "the path"),
        is_editable=directory is not None and bool(directory.editable),
        files=files,
        requires_python=entry.specifiers(
            None if package.requires_python is None else str(package.requires_python)
        ),
        requires=entry.names(
            dependency["name"] for dependency in package.dependencies or () if "name" in dependency
        ),
        line=entry.line,
    )


def _index(url: str | None, entry: Entry) -> str | None:
    return None if url is None else parse_index(url, Place(entry.file, entry.line)).url


def _digests(hashes: Mapping[str, object]) -> list[str]:
    return [f"{algorithm}:{digest}" for algorithm, digest in hashes.items()]


def _file(written: PackageSdist | PackageWheel, entry: Entry) -> File:
    place = written.url or written.path or ""
    return entry.listed_file(
        entry.clean(place, "the URL of a file"),
        entry.hashes(_digests(written.hashes)),
        name=written.name or "",
        size=written.size,
        uploaded=written.upload_time,
    )


def _repository(repository: PackageVcs) -> str:
    fragment = f"#subdirectory={repository.subdirectory}" if repository.subdirectory else ""
    return f"{repository.type}+{repository.url or repository.path}@{repository.commit_id}{fragment}"

"""The files that an index lists for a project, as rows that are only ever added or marked as gone."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from operator import lt
from typing import Any, NamedTuple

from packaging.version import Version

from pinwise.knowledge.connection import Connection
from pinwise.knowledge.digests import columns, insert, is_sound, next_id
from pinwise.knowledge.failures import Unsound
from pinwise.knowledge.rows import parse_version
from pinwise.model.errors import IndexFailure
from pinwise.model.facts import File, Project, Release

_COLUMNS = "filename, url, sha256, size, uploaded, requires_python, yanked, metadata, tags"
_RELEASE = f"SELECT {columns('releases')} FROM releases WHERE project_id = ? AND version = ?"  # noqa: S608  # constants
_FILES = (
    f"SELECT {columns('files')} FROM files "  # noqa: S608  # constants
    "WHERE project_id = ? AND gone IS NULL AND release_id = ? ORDER BY filename"
)
_LONGEST = 120  # characters of a text from outside that a message repeats


class _Listed(NamedTuple):
    """One file as an index lists it; the version is that of its release."""

    version: str
    file: File


class _Recorded(NamedTuple):
    """What is on record of one file name: its last row, its SHA-256, and how it is listed now."""

    row: tuple[object, ...]
    revision: int
    sha256: str | None
    now: _Listed | None


def read_files(connection: Connection, project_id: int) -> list[tuple[Any, ...]]:
    """Return the files that are listed now, by name: the version of each, then the fields of a `File`."""
    return connection.execute(
        f"SELECT version, {_COLUMNS} FROM files JOIN releases ON releases.id = release_id "  # noqa: S608  # constants
        "WHERE files.project_id = ? AND gone IS NULL ORDER BY filename",
        (project_id,),
    ).fetchall()


def to_releases(rows: Iterable[tuple[Any, ...]]) -> tuple[Release, ...]:
    """Return files as `read_files` gives them as releases by version, the files of each by name."""
    files: dict[str, list[File]] = {}
    for version, *fields in rows:
        files.setdefault(version, []).append(File._make(fields))
    releases = [Release(parse_version(version), tuple(listed)) for version, listed in files.items()]
    return tuple(sorted(releases, key=lambda release: release.version))


def read_release(connection: Connection, project_id: int, version: Version) -> tuple[Release, ...]:
    """Return one release as it is listed now, nothing where it is not, or is spelt in another way."""
    release = connection.execute(_RELEASE, (project_id, str(version))).fetchone()
    if release is None:
        return ()
    rows = connection.execute(_FILES, (project_id, release[0])).fetchall()
    if not all(map(is_sound, (release, *rows))):
        raise Unsound(f"release {version} of a project")
    files = tuple(File(row[1], *row[4:12]) for row in rows)
    return (Release(version, files),) if files else ()


def write_listing(
    connection: Connection, project_id: int, page: Project | None, checked: int
) -> list[tuple[Any, ...]]:
    """Record a page's files; None, an index that has no such project, lists none.

    A digest that is on record stays where the page does not give it any more. What is returned is what
    `read_files` would give now.

    Raises:
        IndexFailure: A file's digest is not the one on record; nothing has been written then.
    """
    recorded = _read_recorded(connection, project_id)
    listed = {} if page is None else _read_page(page, recorded)
    changed = {name: entry for name, entry in listed.items() if _now(recorded, name) != entry}
    insert(
        connection,
        "files",
        (
            (*entry.row[:-1], checked)
            for name, entry in recorded.items()
            if entry.now is not None and (name in changed or name not in listed)
        ),
    )
    releases = _number_releases(connection, project_id, {entry.version for entry in changed.values()})
    insert(
        connection,
        "files",
        (
            (project_id, name, _revision(recorded, name) + 1, releases[version], *file[1:], checked, None)
            for name, (version, file) in changed.items()
        ),
    )
    return [(version, *file) for _, (version, file) in sorted(listed.items())]


def is_in_order(page: Project) -> bool:
    """Whether a page has its releases, and the files of each (at least one), in the order of reading."""
    versions = [release.version for release in page.releases]
    listed = ([file.filename for file in release.files] for release in page.releases)
    return _ascends(versions) and all(names and _ascends(names) for names in listed)


def _ascends(values: Sequence[Any]) -> bool:
    return all(map(lt, values, values[1:]))


def _now(recorded: Mapping[str, _Recorded], name: str) -> _Listed | None:
    entry = recorded.get(name)
    return None if entry is None else entry.now


def _revision(recorded: Mapping[str, _Recorded], name: str) -> int:
    entry = recorded.get(name)
    return 0 if entry is None else entry.revision


def _read_recorded(connection: Connection, project_id: int) -> dict[str, _Recorded]:
    recorded: dict[str, _Recorded] = {}
    for version, *stored in connection.execute(
        f"SELECT version, {columns('files')} FROM files JOIN releases ON releases.id = release_id "  # noqa: S608  # constants
        "WHERE files.project_id = ? ORDER BY filename, revision",
        (project_id,),
    ):
        if not is_sound(tuple(stored)):
            raise Unsound(f"the file `{stored[1]}`")
        _, name, revision, _, *facts, _, gone, _ = row = tuple(stored)
        file = File(name, *facts)
        before = recorded.get(name)
        sha256 = file.sha256 or (None if before is None else before.sha256)
        now = None if gone is not None else _Listed(version, file)
        recorded[name] = _Recorded(row[:-1], revision, sha256, now)
    return recorded


def _read_page(page: Project, recorded: Mapping[str, _Recorded]) -> dict[str, _Listed]:
    listed: dict[str, _Listed] = {}
    digests = {name: entry.sha256 for name, entry in recorded.items()}
    for release in page.releases:
        version = str(release.version)
        for file in release.files:
            known = digests.get(file.filename)
            sha256 = digests[file.filename] = file.sha256 or known
            if known not in (None, sha256):
                raise _other_digest(page, file, known)
            whole = file if sha256 == file.sha256 else file._replace(sha256=sha256)
            listed[file.filename] = _Listed(version, whole)
    return listed


def _other_digest(page: Project, file: File, known: str | None) -> IndexFailure:
    filename = file.filename if len(file.filename) <= _LONGEST else f"{file.filename[:_LONGEST]}…"
    return IndexFailure(
        f"`{page.index}` gives `{filename}` another digest than before: SHA-256 `{file.sha256}`, "
        f"on record is `{known}`",
        hint=f"a published file must never change: ask who runs the index; only if they confirm it, "
        f"`pinwise kb forget {page.name}` and try again",
    )


def _number_releases(connection: Connection, project_id: int, versions: set[str]) -> dict[str, int]:
    """Return the numbers of releases by version; those that are new are given some."""
    if not versions:
        return {}
    query = "SELECT version, id FROM releases WHERE project_id = ?"
    numbers: dict[str, int] = dict(connection.execute(query, (project_id,)).fetchall())
    first = next_id(connection, "releases")
    new = dict(zip(sorted(versions - numbers.keys()), itertools.count(first), strict=False))
    insert(connection, "releases", ((number, project_id, version) for version, number in new.items()))
    return {**numbers, **new}

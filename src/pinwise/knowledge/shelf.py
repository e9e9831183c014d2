"""The slices that are kept for one request: read with the page that they rest on, written after a run."""

import json
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from pinwise.knowledge import derived
from pinwise.knowledge.connection import Connection
from pinwise.knowledge.database import Database
from pinwise.knowledge.derived import Stamp
from pinwise.knowledge.digests import columns, digest, is_sound
from pinwise.knowledge.slices import Policies, from_bytes, target_text, to_bytes
from pinwise.model.names import NormalizedName
from pinwise.model.request import Request
from pinwise.space.slices import Slice

_PAGE = (
    f"SELECT name, {columns('pages')} FROM projects JOIN pages ON pages.project_id = projects.id "  # noqa: S608  # constants
    "WHERE index_id = ? AND name IN (SELECT value FROM json_each(?))"
)
_SLICE = (
    f"SELECT name, {columns('pages')}, slices.page, slices.content, slices.digest "  # noqa: S608  # constants
    "FROM projects JOIN pages ON pages.project_id = projects.id "
    "LEFT JOIN slices ON slices.project_id = projects.id AND target = ? AND policy = ? "
    "WHERE index_id = ? AND name IN (SELECT value FROM json_each(?))"
)
_OTHER_FORM = (ValueError, TypeError, LookupError, EOFError)  # of bytes that another pinwise wrote


@dataclass(frozen=True, slots=True)
class Look:
    """What a page says at first sight, and the slice that rests on it.

    Attributes:
        is_found: Whether the index has the project.
        checked: When it last said so, in seconds since 1970.
        slice: None where there is none.
        written: The digest with which the slice was stored.
    """

    is_found: bool
    checked: int
    slice: Slice | None = None
    written: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """A slice to be kept, if the facts are still those that it was made of.

    Attributes:
        slice: What is kept.
        stamp: The state of the facts before it was made of them; None where it was read and has grown.
        written: The digest with which it was read.
    """

    slice: Slice
    stamp: Stamp | None
    written: int = 0


class Shelf:
    """The slices of one store for the target and the file policy of one request."""

    def __init__(self, database: Database, request: Request) -> None:
        self._database = database
        self._target = target_text(request.environment)
        self._target_sum = crc32(self._target.encode())
        self._policies = Policies(request)
        self._indexes: dict[str, int] = {}
        self._number: int | None = None

    def look(self, index_url: str, names: Collection[NormalizedName]) -> dict[NormalizedName, Look]:
        """Return what is there of projects, nothing of one whose page is not known or does not hold."""
        with self._database.reading() as connection:
            index = self._index_number(connection, index_url)
            rows = self._rows(connection, index, names)
        found = {name: self._seen(row, name, index_url) for name, *row in rows}
        return {name: look for name, look in found.items() if look is not None}

    def _seen(self, row: Sequence[Any], name: NormalizedName, index_url: str) -> Look | None:
        """Return what a row says of a project, None if its page does not hold."""
        if not is_sound(tuple(row[:10])):
            return None
        is_found, checked, facts = bool(row[2]), row[7], _facts(row)
        page, content, written = row[10:]
        if page == facts and is_found and written == self._digest(row[0], name, facts, content):
            with suppress(*_OTHER_FORM):
                return Look(is_found, checked, from_bytes(content, name, index_url), written)
        return Look(is_found, checked)

    def stamp(self, index_url: str, name: NormalizedName) -> Stamp | None:
        """Return the state of the facts of a project, None where its index has no such project."""
        with self._database.reading() as connection:
            index = self._index_number(connection, index_url)
            row = connection.execute(_PAGE, (index, json.dumps([name]))).fetchone()
            if row is None or not row[3]:
                return None
            return derived.stamp(connection, row[1], _facts(row[1:]))

    def put(self, entries: Iterable[Entry]) -> None:
        """Keep slices for later runs, if that can be done at once; nobody hears of it where it cannot."""
        self._database.derive(lambda connection: self._put_all(connection, entries))

    def _rows(self, connection: Connection, index: int, names: Collection[NormalizedName]) -> list[Any]:
        """Return names, the columns of their pages, and those of slices of them, None each where none is."""
        if self._number is None:
            self._number = self._find_target(connection)
        if self._number is not None:
            policies: dict[str, list[NormalizedName]] = {}
            for name in names:
                policies.setdefault(self._policies.of(name), []).append(name)
            with suppress(_database_error()):
                return [
                    row
                    for policy, alike in policies.items()
                    for row in connection.execute(_SLICE, (self._number, policy, index, json.dumps(alike)))
                ]
        rows = connection.execute(_PAGE, (index, json.dumps(list(names))))
        return [(*row, None, None, None) for row in rows]

    def _index_number(self, connection: Connection, url: str) -> int:
        """Return the number of an index, -1 where it has none yet."""
        number = self._indexes.get(url)
        if number is None:
            row = connection.execute("SELECT id FROM indexes WHERE url = ?", (url,)).fetchone()
            if row is None:
                return -1
            number = self._indexes[url] = int(row[0])
        return number

    def _find_target(self, connection: Connection) -> int | None:
        """Return the number of the target, None where nothing was ever kept for it."""
        with suppress(_database_error()):
            if derived.is_there(connection, "slices"):
                query = "SELECT id FROM targets WHERE text = ?"
                row = connection.execute(query, (self._target,)).fetchone()
                return None if row is None else int(row[0])
        return None

    def _put_all(self, connection: Connection, entries: Iterable[Entry]) -> None:
        derived.make(connection)
        number = self._find_target(connection)
        if number is None:
            number = derived.add_target(connection, self._target)
        for entry in entries:
            self._put(connection, number, entry)

    def _put(self, connection: Connection, number: int, entry: Entry) -> None:
        """Keep one slice, unless the facts have changed since."""
        name, url = entry.slice.candidates.name, entry.slice.candidates.index
        rows = self._rows(connection, self._index_number(connection, url), [name])
        row = rows[0][1:] if rows else None
        if row is None or not row[2] or not is_sound(row[:10]):
            return
        project_id, facts = row[0], _facts(row)
        if entry.stamp is None:
            is_current = row[-1] == entry.written
        else:
            is_current = derived.stamp(connection, project_id, facts) == entry.stamp
        if is_current:
            content, policy = to_bytes(entry.slice), self._policies.of(name)
            mark = self._digest(project_id, name, facts, content)
            values = (project_id, number, policy, facts, content, mark)
            connection.execute("INSERT OR REPLACE INTO slices VALUES (?, ?, ?, ?, ?, ?)", values)

    def _digest(self, project_id: int, name: NormalizedName, page: int, content: bytes) -> int:
        """Return the digest of a row: of its content, and of all that it is kept under."""
        return crc32(content, digest((project_id, name, self._policies.of(name), page, self._target_sum)))


def _facts(page: Sequence[Any]) -> int:
    """Return the digest of what a page says, whenever it was said: its status, what it lists and what not."""
    return digest((page[3], page[4], page[8]))


def _database_error() -> type[Exception]:
    import sqlite3  # noqa: PLC0415  # 5 ms that only a command with a knowledge base pays

    return sqlite3.DatabaseError

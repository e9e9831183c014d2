"""The digests of rows: what says that a row is still what was written.

Every row carries the CRC-32 of its values. It finds damage (a flipped bit always, more with one chance in
four thousand million of missing it); against someone who may write the file it guards nothing. A page's row
carries a second one, over all files that its project lists, so that reading a whole page checks one number,
and a file that has vanished is noticed too.
"""

import marshal
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zlib import crc32

from pinwise.knowledge.connection import Connection

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "indexes": ("id", "url"),
    "projects": ("id", "index_id", "name"),
    "pages": (
        *("project_id", "revision", "is_found", "status", "skipped", "etag", "last_modified", "checked"),
        "listing",
    ),
    "releases": ("id", "project_id", "version"),
    "files": (
        *("project_id", "filename", "revision", "release_id", "url", "sha256", "size", "uploaded"),
        *("requires_python", "yanked", "metadata", "tags", "seen", "gone"),
    ),
    "requirements": ("id", "text"),
    "documents": (
        *("project_id", "filename", "kind", "revision", "answer", "reason", "origin", "file"),
        *("requires_python", "requirements", "extras", "checked"),
    ),
}
"""The tables of facts and their columns, those that others refer to first; each has a `digest` besides."""

_FORM = 2  # of `marshal`: by value alone, the same in every Python


def digest(values: Any) -> int:
    """Return the digest of values as SQLite gives them back: text, whole numbers, None, or lists of such.

    >>> digest((1, "https://index.example/simple", None))
    3082654903
    """
    return crc32(marshal.dumps(values, _FORM))


def listing_digest(index_url: str, name: str, files: Sequence[Sequence[object]]) -> int:
    """Return the digest of the files that a project lists, in the order of their names."""
    return digest([index_url, str(name), files])


def is_sound(row: Sequence[object]) -> bool:
    """Whether a row, its digest last, is what was written."""
    return digest(row[:-1]) == row[-1]


def columns(table: str) -> str:
    """Return the columns of a table and its digest, as a query lists them."""
    return ", ".join(f"{table}.{column}" for column in (*COLUMNS[table], "digest"))


def insert(connection: Connection, table: str, rows: Iterable[Sequence[object]]) -> None:
    """Put rows with their digests; a row with the same key is replaced."""
    marks = ", ".join("?" * (len(COLUMNS[table]) + 1))
    connection.executemany(
        f"INSERT OR REPLACE INTO {table} ({columns(table).replace(f'{table}.', '')}) VALUES ({marks})",  # noqa: S608  # constants
        ((*row, digest(tuple(row))) for row in rows),
    )


def next_id(connection: Connection, table: str) -> int:
    """Return a number that no row of the table has."""
    return int(connection.execute(f"SELECT 1 + ifnull(max(id), 0) FROM {table}").fetchone()[0])  # noqa: S608  # constants

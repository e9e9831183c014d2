"""What of a store is still what was written: every row read past the search indexes, and judged.

A row holds if its digest does and what it refers to holds. A page holds if all the files that it lists do.
The answers about a project's files hold if none of them is damaged, for an older answer must not take the
place of a lost one. What does not hold is left out, and fetched anew.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from pinwise.actions.knowledge import Damage, LostDocument, LostPage
from pinwise.knowledge.connection import Connection
from pinwise.knowledge.digests import COLUMNS, columns, digest, listing_digest

Row = tuple[Any, ...]
Keep = Callable[[str, Sequence[Row]], None]
"""Told of rows that hold, without their digests: the table and some of its rows."""

_KEYS = {
    "pages": ("project_id",),
    "files": ("project_id", "filename", "revision"),
    "documents": ("project_id", "filename", "kind", "revision"),
}
_WORDS = {
    "indexes": "an index",
    "projects": "a project",
    "pages": "a page",
    "releases": "a release",
    "files": "a file",
    "requirements": "a requirement",
    "documents": "the metadata of a file",
}


@dataclass(slots=True)
class Soundness:
    """What holds, as far as the tables have been read, and what does not.

    Attributes:
        damage: What does not hold.
        pages: Pages that do not hold or are missing, of projects that do.
        documents: Answers that do not hold, of projects that do.
    """

    damage: list[Damage] = field(default_factory=list)
    pages: list[LostPage] = field(default_factory=list)
    documents: list[LostDocument] = field(default_factory=list)
    indexes: dict[int, str] = field(default_factory=dict)
    projects: dict[int, tuple[int, str]] = field(default_factory=dict)
    releases: dict[int, tuple[int, str]] = field(default_factory=dict)
    requirements: set[int] = field(default_factory=set)

    def subject(self, project_id: object) -> tuple[str, str]:
        """Return the index and the name of a project, "" where they are not known."""
        index_id, name = self.projects.get(project_id, (0, "")) if isinstance(project_id, int) else (0, "")
        return self.indexes.get(index_id, ""), name


def judge(connection: Connection, keep: Keep = lambda *_: None) -> Soundness:
    """Read everything and say what holds; `keep` gets the rows that do, those that others refer to first.

    Args:
        connection: Reads the store; text that is no Unicode does not stop it.
        keep: Where the rows that hold are put.
    """
    found = Soundness()
    _judge_names(connection, found, keep)
    listings = _judge_files(connection, found, keep)
    _judge_pages(connection, found, keep, listings)
    _judge_documents(connection, found, keep)
    return found


def _judge_names(connection: Connection, found: Soundness, keep: Keep) -> None:
    """Judge what the facts refer to: indexes, projects, releases and requirements."""
    found.indexes = dict(_kept(connection, "indexes", found, keep))
    projects = _kept(connection, "projects", found, keep, lambda row: row[1] in found.indexes)
    found.projects = {number: (index_id, name) for number, index_id, name in projects}
    releases = _kept(connection, "releases", found, keep, lambda row: row[1] in found.projects)
    found.releases = {number: (project_id, version) for number, project_id, version in releases}
    found.requirements = {number for number, _ in _kept(connection, "requirements", found, keep)}


def _kept(
    connection: Connection,
    table: str,
    found: Soundness,
    keep: Keep,
    is_rooted: Callable[[Row], bool] = lambda _: True,
) -> list[Row]:
    """Return the rows of a table that hold and refer to what holds."""
    rows = [row for row in _sound_rows(connection, table, found) if is_rooted(row)]
    keep(table, rows)
    return rows


def _judge_files(connection: Connection, found: Soundness, keep: Keep) -> Mapping[int, int]:
    """Judge files and return for each project the digest of those that are listed."""
    listings: dict[int, int] = {}
    for project_id, group in groupby(_sound_rows(connection, "files", found), key=lambda row: row[0]):
        rows = [row for row in group if found.releases.get(row[3], (0,))[0] == project_id]
        keep("files", rows)
        if project_id in found.projects:
            listed = [(found.releases[row[3]][1], row[1], *row[4:12]) for row in rows if row[13] is None]
            listings[project_id] = listing_digest(*found.subject(project_id), listed)
    return listings


def _judge_pages(connection: Connection, found: Soundness, keep: Keep, listings: Mapping[int, int]) -> None:
    """Judge pages by their listings.

    A project without a page has lost it, now or before: by itself that is no damage.
    """
    rows = [row for row in _sound_rows(connection, "pages", found) if row[0] in found.projects]
    held = [row for row in rows if row[8] == listings.get(row[0], listing_digest(*found.subject(row[0]), []))]
    keep("pages", held)
    written = {row[0] for row in rows}
    for project_id in sorted(found.projects.keys() - {row[0] for row in held}):
        index, name = found.subject(project_id)
        found.pages.append(LostPage(index, name))
        is_told = any((each.index, each.project) == (index, name) for each in found.damage)
        if project_id in written and not is_told:
            found.damage.append(Damage("the page is not whole", index, name))


def _judge_documents(connection: Connection, found: Soundness, keep: Keep) -> None:
    """Judge answers about files; where one is damaged, all of its project are asked for anew.

    An older answer would else take the place of a later one that is lost.
    """
    damaged: list[Row] = []
    rows = list(_sound_rows(connection, "documents", found, damaged.append))
    spoilt = {row[0] for row in damaged}
    lost = {row[:3] for row in rows if row[0] in spoilt}
    keep_not = lost | {row[:3] for row in rows if not _numbers(row) <= found.requirements}
    for project_id, file, _ in sorted(keep_not - lost):
        found.damage.append(Damage("a requirement of it is lost", *found.subject(project_id), "", file))
    keep("documents", [row for row in rows if row[0] in found.projects and row[:3] not in keep_not])
    for project_id, file, kind in sorted(keep_not | {row[:3] for row in damaged}, key=str):
        index, name = found.subject(project_id)
        if name:
            found.documents.append(LostDocument(index, name, str(file), str(kind)))


def _numbers(document: Row) -> set[int]:
    """Return the numbers of the requirements that an answer lists."""
    return set() if document[9] is None else set(json.loads(document[9]))


def _sound_rows(
    connection: Connection, table: str, found: Soundness, others: Callable[[Row], object] = lambda _: None
) -> Iterator[Row]:
    """Yield the rows whose digest holds, without it; note the others, and tell of them."""
    for *row, written in _rows(connection, table, found):
        if digest(tuple(row)) == written:
            yield tuple(row)
        else:
            others(tuple(row))
            found.damage.append(_damage(table, dict(zip(COLUMNS[table], row, strict=True)), found))


def _rows(connection: Connection, table: str, found: Soundness) -> Iterator[Row]:
    """Yield all rows that can be read, by key: up to a place that cannot, and from the end back to it."""
    from sqlite3 import DatabaseError  # noqa: PLC0415  # 5 ms that only a command with a knowledge base pays

    keys = _KEYS.get(table, ("id",))
    query = f"SELECT {columns(table)} FROM {table} NOT INDEXED ORDER BY "  # noqa: S608  # constants
    last: Row = ()
    try:
        for row in connection.execute(query + ", ".join(keys)):
            yield row
            last = _key(table, row)
    except DatabaseError as error:
        found.damage.append(Damage(f"the table of {table} cannot be read whole ({error})"))
    else:
        return
    rest: list[Row] = []
    with suppress(DatabaseError):
        for row in connection.execute(query + ", ".join(f"{key} DESC" for key in keys)):
            if _key(table, row) == last:
                break
            rest.append(row)
    yield from reversed(rest)


def _key(table: str, row: Row) -> Row:
    return tuple(row[COLUMNS[table].index(key)] for key in _KEYS.get(table, ("id",)))


def _damage(table: str, row: Mapping[str, Any], found: Soundness) -> Damage:
    """Return what is known of a row that does not hold, from its own words and from what they refer to."""
    project_id = row.get("project_id", row.get("id") if table == "projects" else None)
    index, name = found.subject(project_id)
    release = found.releases.get(row.get("release_id", 0), (0, ""))[1]
    return Damage(
        f"the row of {_WORDS[table]} is damaged",
        index or str(row.get("url", "")) * (table == "indexes"),
        name or str(row.get("name", "")) * (table == "projects"),
        release or str(row.get("version", "")) * (table == "releases"),
        str(row.get("filename", "")) or str(row.get("text", "")) * (table == "requirements"),
    )

"""Releases of which several documents are known that do not say the same."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from pinwise.actions.knowledge import Differing
from pinwise.knowledge.connection import Connection
from pinwise.knowledge.rows import DocumentRow, Texts
from pinwise.model.differing import COMPARED, differences
from pinwise.model.facts import ANOTHER_RELEASE, Origin

_SAID = """
WITH said AS (
    SELECT documents.*, (
        SELECT release_id FROM files
        WHERE files.project_id = documents.project_id AND files.filename = documents.filename
        ORDER BY files.revision DESC LIMIT 1
    ) AS release_id
    FROM documents WHERE answer != 'none'
)
SELECT url, name, version, filename, kind, said.revision, answer, reason, origin, file, requires_python,
    requirements, extras
FROM said
JOIN releases ON releases.id = release_id
JOIN projects ON projects.id = said.project_id
JOIN indexes ON indexes.id = index_id
WHERE release_id IN (SELECT release_id FROM said GROUP BY release_id HAVING count(*) > 1)
ORDER BY index_id, name, release_id
"""
_RELEASE, _ROW = slice(0, 3), slice(6, 13)
_FILE, _KIND, _REVISION = 3, 4, 5


def find_differing(connection: Connection) -> tuple[Differing, ...]:
    """Return the documents that do not say the same as the first one of their release.

    The first is the last that was said by a metadata file, or else by a wheel, or else by an sdist; of
    several files the first by name. What a file said before counts, too: a file never changes.
    """
    texts = Texts()
    found: list[Differing] = []
    for release, group in groupby(connection.execute(_SAID), key=lambda row: row[_RELEASE]):
        rows = sorted(filter(_is_compared, group), key=_rank)
        if len({row[_ROW][4:] for row in rows}) > 1 or any(row[_ROW][0] != "metadata" for row in rows):
            found.extend(_compared(connection, texts, release, rows))
    return tuple(found)


def _is_compared(row: tuple[Any, ...]) -> bool:
    is_readable = row[_ROW][0] == "metadata" or str(row[_ROW][1]).startswith(ANOTHER_RELEASE)
    return row[_KIND] in COMPARED and is_readable


def _rank(row: tuple[Any, ...]) -> tuple[object, ...]:
    return COMPARED.index(row[_KIND]), row[_FILE], -row[_REVISION]


def _compared(
    connection: Connection, texts: Texts, release: tuple[str, str, str], rows: list[tuple[Any, ...]]
) -> Iterator[Differing]:
    told = [DocumentRow(*row[_ROW]) for row in rows]
    texts.load(connection, told)
    documents = [texts.to_document(row) for row in told]
    for before, row, document in zip(rows, rows[1:], documents[1:], strict=False):
        one = documents[0]
        assert one is not None, "rows without an answer are not read"
        assert document is not None, "as above"
        differing = differences(one, document)
        if differing:
            first, other = ((each[_FILE], Origin(each[_KIND])) for each in (rows[0], row))
            is_earlier = before[_FILE : _KIND + 1] == row[_FILE : _KIND + 1]
            yield Differing(*release, *first, *other, differing, is_earlier=is_earlier)

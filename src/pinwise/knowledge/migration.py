"""Facts of an older schema, brought to this one: a backup first, then one transaction."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pinwise.knowledge import schema
from pinwise.knowledge.connection import Connection
from pinwise.knowledge.copying import copy_store
from pinwise.knowledge.digests import COLUMNS, insert, listing_digest
from pinwise.knowledge.files import open_writer
from pinwise.knowledge.listing import read_files
from pinwise.knowledge.seal import transaction


def migrate(path: Path) -> None:
    """Bring a store up to date; the caller holds the write lock.

    The store as it was stays beside it, as ``NAME.schema-N``. Killed at any moment, the old facts or the new
    ones are there.
    """
    connection = open_writer(path)
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        copy_store(path, path.with_name(f"{path.name}.schema-{version}"))
        with transaction(connection):
            _rewrite(connection)
        connection.execute("VACUUM")  # of the room that the old tables had
    finally:
        connection.close()


def _rewrite(connection: Connection) -> None:
    """Put every row into a table of this schema, with its digest."""
    (last,) = connection.execute("SELECT ifnull(max(seq), 0) FROM sqlite_sequence").fetchone()
    connection.execute("DROP INDEX projects_by_name")
    for table in COLUMNS:
        connection.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
    schema.create_tables(connection)
    for table in (name for name in COLUMNS if name != "pages"):
        rows = connection.execute(f"SELECT {', '.join(COLUMNS[table])} FROM old_{table}")  # noqa: S608  # constants
        insert(connection, table, rows)
    insert(connection, "pages", _pages(connection))
    connection.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'projects'", (last,))
    for table in reversed(tuple(COLUMNS)):
        connection.execute(f"DROP TABLE old_{table}")
    connection.execute(f"PRAGMA user_version = {schema.SCHEMA_VERSION}")


def _pages(connection: Connection) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of pages, each with the digest of its listing."""
    rows = connection.execute(
        "SELECT url, name, old_pages.* FROM old_pages "
        "JOIN old_projects ON old_projects.id = project_id JOIN old_indexes ON old_indexes.id = index_id"
    ).fetchall()
    for url, name, *page in rows:
        yield (*page, listing_digest(url, name, read_files(connection, page[0])))

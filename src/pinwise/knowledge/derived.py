"""Derived rows: what follows from facts, kept because making it takes longer than reading it.

Nothing is lost with a derived row. It is read only where its digest holds and what it rests on is as it was;
it is written where nobody has to wait for that; whatever goes wrong, it counts as not there. The tables are
made when the first row is written, and no schema number counts them: a store without them is whole.

Another kind is another entry of `TABLES`, with the triggers that remove what a change of facts makes wrong.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pinwise.knowledge.connection import Connection
from pinwise.knowledge.digests import next_id

TABLES: Mapping[str, Sequence[str]] = {
    "targets": (
        """CREATE TABLE targets (
            id INTEGER PRIMARY KEY,
            text TEXT NOT NULL  -- see `slices.target_text`
        )""",
    ),
    "slices": (
        """CREATE TABLE slices (
            project_id INTEGER NOT NULL,
            target INTEGER NOT NULL,
            policy TEXT NOT NULL,  -- see `slices.Policies`
            page INTEGER NOT NULL,  -- the digest of what its page said
            content BLOB NOT NULL,
            digest INTEGER NOT NULL,
            PRIMARY KEY (project_id, target, policy)
        )""",
        """CREATE TRIGGER slices_learn AFTER INSERT ON documents BEGIN
            DELETE FROM slices WHERE project_id = NEW.project_id;
        END""",
        """CREATE TRIGGER slices_change AFTER UPDATE ON documents BEGIN
            DELETE FROM slices WHERE project_id = OLD.project_id;
        END""",
        """CREATE TRIGGER slices_forget AFTER DELETE ON documents BEGIN
            DELETE FROM slices WHERE project_id = OLD.project_id;
        END""",
    ),
}
"""The derived tables, and the statements that make each."""

MOST_TARGETS = 16
"""The slices of more targets than this are not kept: those of the oldest go first."""


def is_there(connection: Connection, table: str) -> bool:
    """Whether a store has a derived table yet."""
    query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    return connection.execute(query, (table,)).fetchone() is not None


def make(connection: Connection) -> None:
    """Make the derived tables that a store has not got yet."""
    for table, statements in TABLES.items():
        if not is_there(connection, table):
            for statement in statements:
                connection.execute(statement)


def drop(connection: Connection) -> None:
    """Remove every derived table, and what belongs to it."""
    for table in TABLES:
        triggers = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name GLOB ?", (f"{table}_*",)
        ).fetchall()
        for (trigger,) in triggers:
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute(f"DROP TABLE IF EXISTS {table}")


def add_target(connection: Connection, text: str) -> int:
    """Return the number of a new target; where there are many, the oldest one goes, with its slices."""
    number = next_id(connection, "targets")
    connection.execute("INSERT INTO targets VALUES (?, ?)", (number, text))
    oldest = number - MOST_TARGETS
    connection.execute("DELETE FROM slices WHERE target <= ?", (oldest,))
    connection.execute("DELETE FROM targets WHERE id <= ?", (oldest,))
    return number


@dataclass(frozen=True, slots=True)
class Stamp:
    """The state of the facts of a project at one moment; other facts have another one.

    Attributes:
        project_id: Of the project on one index.
        page: The digest of what its page says.
        documents: How many answers about its files there are, and the sum of their digests.
    """

    project_id: int
    page: int
    documents: tuple[int, int]


def stamp(connection: Connection, project_id: int, page: int) -> Stamp:
    """Return the state of the facts of a project, of whose page the digest is known."""
    query = "SELECT count(*), ifnull(sum(digest), 0) FROM documents WHERE project_id = ?"
    return Stamp(project_id, page, tuple(connection.execute(query, (project_id,)).fetchone()))

"""Whether a store is what was written: its structure, its rows, and every byte since it was sealed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pinwise.actions.care import Examination
from pinwise.actions.knowledge import Damage
from pinwise.knowledge.connection import Connection
from pinwise.knowledge.differing import find_differing
from pinwise.knowledge.failures import store_failures
from pinwise.knowledge.files import open_reader, read_content
from pinwise.knowledge.schema import Content
from pinwise.knowledge.seal import broken_pages, is_sealed
from pinwise.knowledge.soundness import judge
from pinwise.model.errors import StoreFailure

_MOST = 20  # lines of SQLite's own check that are told


def examine(path: Path) -> Examination:
    """Read a whole store and say what does not hold; nobody writes it meanwhile.

    Raises:
        StoreFailure: It is something else, or cannot be read at all.
    """
    if read_content(path) is Content.NOTHING:
        raise nothing_at(path)
    with store_failures(path), raw(path) as connection:
        damage = [Damage(line) for line in structure_faults(connection)]
        found = judge(connection)
        damage += found.damage
        sealed = not damage and is_sealed(connection)
        broken = broken_pages(connection, path) if sealed else ()
        differing = () if damage or broken else find_differing(connection)
    if broken:
        pages = "its sums" if broken == (0,) else f"{len(broken)} of its pages"
        damage.append(Damage(f"the file has changed since it was sealed ({pages}), though every fact holds"))
    if not damage:
        return Examination(path, (), is_sealed=sealed, differing=differing)
    return Examination(path, tuple(damage), tuple(found.pages), tuple(found.documents), is_sealed=sealed)


@contextmanager
def raw(path: Path) -> Iterator[Connection]:
    """Give a connection that reads text as it lies there, Unicode or not."""
    connection = open_reader(path)
    connection.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
    try:
        connection.execute("BEGIN")
        yield connection
    finally:
        connection.close()


def structure_faults(connection: Connection) -> Iterator[str]:
    """Yield what SQLite itself finds wrong with the file."""
    from sqlite3 import DatabaseError  # noqa: PLC0415  # 5 ms that only a command with a knowledge base pays

    try:
        for (line,) in connection.execute(f"PRAGMA integrity_check({_MOST})").fetchall():
            if line != "ok":
                yield f"the structure of the file: {line}"
    except DatabaseError as error:
        yield f"the structure of the file: {error}"


def is_as_sealed(connection: Connection, path: Path) -> bool:
    """Whether the store is sealed and every page is what was sealed: the quick way to know it sound."""
    return is_sealed(connection) and not broken_pages(connection, path)


def nothing_at(path: Path) -> StoreFailure:
    """Return the failure of a place where a store was to be read."""
    return StoreFailure(f"there is no knowledge base at `{path}`", hint="name a file that `kb backup` wrote")

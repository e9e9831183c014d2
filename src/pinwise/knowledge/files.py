"""The SQLite file itself: how it is made, opened and told apart from other files."""

import os
from contextlib import suppress
from pathlib import Path

from pinwise.knowledge import schema
from pinwise.knowledge.connection import BUSY, Connection
from pinwise.knowledge.failures import damaged, newer, unreachable
from pinwise.knowledge.seal import transaction

_MAGIC = b"SQLite format 3\0"


def read_content(path: Path) -> schema.Content:
    """Return what the file holds: facts of this schema or an older one, or nothing yet.

    Raises:
        StoreFailure: It holds something else, or facts of a newer schema.
    """
    match content := _content(path):
        case schema.Content.NEWER:
            raise newer(path)
        case schema.Content.FOREIGN:
            raise damaged(path)
        case _:
            return content


def create(path: Path) -> None:
    """Put an empty store at `path`, whole or not at all: it is made beside it and then takes the name.

    Killed in the middle of making tables in place, SQLite leaves a file that a reader cannot open.
    """
    made = path.with_name(f"{path.name}.new")
    try:
        for left_over in (made, *beside(made), *beside(path)):
            left_over.unlink(missing_ok=True)
        connection = connect(made, "mode=rwc")
        try:
            with transaction(connection):
                schema.create(connection)
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()
        made.replace(path)
        synchronise(path.parent)
    except OSError as error:
        raise unreachable(path, error) from error


def beside(path: Path) -> tuple[Path, ...]:
    """Return what SQLite keeps beside a database; the log of one that is gone must not meet another."""
    return tuple(path.with_name(f"{path.name}-{kind}") for kind in ("journal", "wal", "shm"))


def sweep(path: Path) -> None:
    """Let SQLite take away the logs beside a file that nobody else has open; nothing of it is changed."""
    if not path.exists():
        return
    from sqlite3 import Error  # noqa: PLC0415  # 5 ms that only a command with a knowledge base pays

    with suppress(Error):
        connection = connect(path, "mode=rw")
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        finally:
            connection.close()


def synchronise(folder: Path) -> None:
    """Let the names in a folder survive a power cut, where the system has a way to say so."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _content(path: Path) -> schema.Content:
    if not os.path.exists(path):  # noqa: PTH110  # a folder that may not be read is an answer, not an error
        return schema.Content.NOTHING
    if not _is_sqlite(path):
        return schema.Content.FOREIGN
    reader = open_reader(path)
    try:
        return schema.inspect(reader)
    finally:
        reader.close()


def is_ours(path: Path) -> bool:
    """Whether the first bytes of a file, as they lie there, are those of a knowledge base of ours."""
    try:
        with path.open("rb") as file:
            start = file.read(72)
    except OSError:
        return False
    return start.startswith(_MAGIC) and start.endswith(schema.APPLICATION_ID.to_bytes(4))


def _is_sqlite(path: Path) -> bool:
    """Whether the file is empty or begins like a SQLite file; a short one SQLite takes for empty."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) in (b"", _MAGIC)
    except OSError:
        return True  # SQLite says what is wrong with it


def connect(path: Path, parameters: str) -> Connection:
    """Return a connection to the file, opened with these parameters of SQLite's URIs."""
    import sqlite3  # noqa: PLC0415  # 5 ms that only a command with a knowledge base pays

    uri = f"{path.absolute().as_uri()}?{parameters}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY)


def open_reader(path: Path) -> Connection:
    """Return a connection that cannot write.

    Beside a store that is read SQLite keeps two small files. Where the folder admits none, and no log is
    left to be read, nobody can be writing either, and the file is read as it is.
    """
    log = path.with_name(f"{path.name}-wal")
    is_frozen = not os.access(path.parent, os.W_OK) and not log.exists()
    return connect(path, "mode=ro&immutable=1" if is_frozen else "mode=ro")


def open_writer(path: Path) -> Connection:
    """Return a connection that writes; what it commits is on the disk when the commit returns."""
    connection = connect(path, "mode=rw")
    connection.execute("PRAGMA synchronous = FULL")
    return connection

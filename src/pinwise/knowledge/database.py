"""The SQLite file of the knowledge base: who may read and write it, and when.

Reading goes through a connection that cannot write and that nothing blocks. The writing connection is opened
when there is something to write, and is used only under the `WriteLock`; its commits are on the disk when
they return (``synchronous=FULL``: with ``NORMAL`` a power cut loses what was acknowledged).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pinwise.knowledge import schema
from pinwise.knowledge.connection import Connection
from pinwise.knowledge.failures import damaged, store_failures, unreachable
from pinwise.knowledge.lock import WriteLock
from pinwise.model.errors import StoreFailure

_MAGIC = b"SQLite format 3\0"
_BUSY = 10.0  # seconds; only another SQLite program can be in the way


class Database:
    """One open knowledge base file, used by the thread that opened it.

    Args:
        path: The file; created with its folder, unless it is opened for reading only.
        read_only: Whether writing is refused.
        patience: Seconds to wait for another process that writes.

    Raises:
        StoreFailure: It cannot be opened, or holds something else.
    """

    def __init__(self, path: Path, *, read_only: bool, patience: float) -> None:
        self.path = path
        self._read_only = read_only
        self._lock = WriteLock(path, patience=patience)
        self._writer: Connection | None = None
        self._is_writing = False
        with store_failures(path):
            if not self._is_there():
                self._create()
            self._reader = _open_reader(path)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection whose statements all see the same state of the file."""
        with store_failures(self.path):
            if self._is_writing and self._writer is not None:
                yield self._writer
                return
            self._reader.execute("BEGIN")
            try:
                yield self._reader
            finally:
                self._reader.rollback()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give the writing connection in a transaction: in the end all is on the disk, after an error none.

        Inside another `writing` it is the same transaction.
        """
        if self._is_writing and self._writer is not None:
            with store_failures(self.path):
                yield self._writer
            return
        if self._read_only:
            raise StoreFailure(f"the knowledge base `{self.path}` was opened for reading only")
        with self._lock.held(), store_failures(self.path):
            writer = self._writer = self._writer or _open_writer(self.path)
            self._is_writing = True
            try:
                with _transaction(writer):
                    yield writer
            finally:
                self._is_writing = False

    def close(self) -> None:
        """Close both connections; the last one to close folds the write-ahead log back."""
        self._reader.close()
        if self._writer is not None:
            with self._lock.held(), store_failures(self.path):
                self._writer.close()

    def _is_there(self) -> bool:
        """Whether the file holds facts; False where it is still to be created.

        Raises:
            StoreFailure: It holds something else, or may not be created.
        """
        content = _content(self.path)
        match content:
            case schema.Content.FACTS:
                return True
            case schema.Content.NEWER:
                raise StoreFailure(
                    f"the knowledge base `{self.path}` was written by a newer pinwise",
                    hint="upgrade pinwise, or name another knowledge base with `--kb FILE`",
                )
            case schema.Content.FOREIGN:
                raise damaged(self.path)
            case schema.Content.NOTHING if self._read_only:
                raise StoreFailure(
                    f"there is no knowledge base at `{self.path}` yet",
                    hint="let pinwise ask the indexes once (without `--offline`)",
                )
            case _:
                return False

    def _create(self) -> None:
        with self._lock.held():
            if not self._is_there():  # else another process was first
                _create(self.path)


def _create(path: Path) -> None:
    """Put an empty store at `path`, whole or not at all: it is made beside it and then takes the name.

    Killed in the middle of making tables in place, SQLite leaves a file that a reader cannot open.
    """
    made = path.with_name(f"{path.name}.new")
    try:
        for left_over in (made, *_beside(made), *_beside(path)):
            left_over.unlink(missing_ok=True)
        connection = _connect(made, "mode=rwc")
        try:
            with _transaction(connection):
                schema.create(connection)
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()
        made.replace(path)
        _synchronise(path.parent)
    except OSError as error:
        raise unreachable(path, error) from error


def _beside(path: Path) -> tuple[Path, ...]:
    """Return what SQLite keeps beside a database; the log of one that is gone must not meet another."""
    return tuple(path.with_name(f"{path.name}-{kind}") for kind in ("journal", "wal", "shm"))


def _synchronise(folder: Path) -> None:
    """Let the names in a folder survive a power cut, where the system has a way to say so."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _transaction(connection: Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        connection.rollback()  # does nothing after a commit


def _content(path: Path) -> schema.Content:
    if not os.path.exists(path):  # noqa: PTH110  # a folder that may not be read is an answer, not an error
        return schema.Content.NOTHING
    if not _is_sqlite(path):
        return schema.Content.FOREIGN
    reader = _open_reader(path)
    try:
        return schema.inspect(reader)
    finally:
        reader.close()


def _is_sqlite(path: Path) -> bool:
    """Whether the file is empty or begins like a SQLite file; a short one SQLite takes for empty."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) in (b"", _MAGIC)
    except OSError:
        return True  # SQLite says what is wrong with it


def _connect(path: Path, parameters: str) -> Connection:
    import sqlite3  # noqa: PLC0415  # 5 ms that only a command with a knowledge base pays

    uri = f"{path.absolute().as_uri()}?{parameters}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_BUSY)


def _open_reader(path: Path) -> Connection:
    """Return a connection that cannot write.

    Beside a store that is read SQLite keeps two small files. Where the folder admits none, and no log is
    left to be read, nobody can be writing either, and the file is read as it is.
    """
    log = path.with_name(f"{path.name}-wal")
    is_frozen = not os.access(path.parent, os.W_OK) and not log.exists()
    return _connect(path, "mode=ro&immutable=1" if is_frozen else "mode=ro")


def _open_writer(path: Path) -> Connection:
    connection = _connect(path, "mode=rw")
    connection.execute("PRAGMA synchronous = FULL")
    return connection

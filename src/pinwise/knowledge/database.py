"""The SQLite file of the knowledge base: who may read and write it, and when.

Reading goes through a connection that cannot write and that nothing blocks. The writing connection is opened
when there is something to write, and is used only under the `WriteLock`; its commits are on the disk when
they return (``synchronous=FULL``: with ``NORMAL`` a power cut loses what was acknowledged).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pinwise.knowledge import schema
from pinwise.knowledge.connection import BUSY, Connection
from pinwise.knowledge.failures import nearly_full, nothing_yet, store_failures
from pinwise.knowledge.files import create, open_reader, open_writer, read_content
from pinwise.knowledge.lock import Waiting, WriteLock
from pinwise.knowledge.seal import LARGEST, break_seal, seal, transaction
from pinwise.model.errors import StoreFailure

PATIENCE = 60.0
"""Seconds to wait for another process that writes; one batch takes it milliseconds."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How a knowledge base is written.

    Attributes:
        patience: Seconds to wait for another process that writes.
        reserve: Bytes that must stay free on its disk; 0 for all that there is.
        waiting: Told, once, for whom a write waits.
    """

    patience: float = PATIENCE
    reserve: int = 0
    waiting: Waiting | None = None


class Database:
    """One open knowledge base file, used by the thread that opened it.

    Args:
        path: The file; created with its folder, unless it is opened for reading only. Facts of an older
            schema are brought up to date, after a backup.
        read_only: Whether writing is refused.
        terms: How it is written.

    Attributes:
        foreign: How often other processes were found to have written it.

    Raises:
        StoreFailure: It cannot be opened, or holds something else.
    """

    def __init__(self, path: Path, *, read_only: bool, terms: Terms) -> None:
        self.path = path
        self.foreign = 0
        self._read_only = read_only
        self._terms = terms
        self._lock = WriteLock(path, patience=terms.patience, waiting=terms.waiting)
        self._writer: Connection | None = None
        self._is_writing = False
        self._version = self._identity = 0
        with store_failures(path):
            if not self._is_there():
                self._prepare()
            self._reader = open_reader(path)

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
            writer = self._open_writer()
            self._is_writing = True
            try:
                with transaction(writer):
                    self._note_others(writer)
                    break_seal(writer)
                    yield writer
            finally:
                self._is_writing = False

    def derive(self, work: Callable[[Connection], None]) -> None:
        """Write what follows from the facts, in one transaction; where that cannot be done at once, nothing.

        Also a store that was opened for reading only may be given what it can do without.
        """
        import sqlite3  # noqa: PLC0415  # 5 ms that only a command with a knowledge base pays

        lock = WriteLock(self.path, patience=0)
        with suppress(StoreFailure, sqlite3.Error, OSError, ValueError, IndexError), lock.held():
            is_open = self._writer is not None
            writer = self._open_writer()
            try:
                writer.execute("PRAGMA busy_timeout = 0")
                with transaction(writer):
                    break_seal(writer)
                    work(writer)
                if not is_open:
                    self._seal(writer)
            finally:
                writer.execute(f"PRAGMA busy_timeout = {round(BUSY * 1000)}")
                if not is_open:
                    writer.close()
                    self._writer = None

    def close(self, *, is_done: bool = True) -> None:
        """Close both connections; what was written is sealed, unless the work was broken off."""
        self._reader.close()
        if self._writer is None:
            return
        with self._lock.held(), store_failures(self.path):
            if is_done:
                self._seal(self._writer)
            self._writer.close()

    def _seal(self, writer: Connection) -> None:
        """Seal what was written, if that is possible; where it fails, all is kept all the same."""
        import sqlite3  # noqa: PLC0415  # 5 ms that only a command with a knowledge base pays

        with suppress(sqlite3.Error, OSError, ValueError, IndexError):
            status = self.path.stat()
            if status.st_ino == self._identity and status.st_size <= LARGEST:
                seal(writer, self.path)

    def _open_writer(self) -> Connection:
        """Return the writing connection, where it may be used.

        Raises:
            StoreFailure: The disk is nearly full, or the file is another one than before.
        """
        if self._terms.reserve:
            import shutil  # noqa: PLC0415  # 2 ms, where something is written

            free = shutil.disk_usage(self.path.parent).free
            if free < self._terms.reserve:
                raise nearly_full(self.path, free, self._terms.reserve)
        if self._writer is None:
            self._identity = self.path.stat().st_ino
            self._writer = open_writer(self.path)
        elif self._identity != self.path.stat().st_ino:
            raise StoreFailure(
                f"the knowledge base `{self.path}` was replaced by another process",
                hint="try again; what was written before is in the one that was put aside",
            )
        return self._writer

    def _note_others(self, writer: Connection) -> None:
        """Count up where another process has written since the last time."""
        (version,) = writer.execute("PRAGMA data_version").fetchone()
        if self._version not in (0, version):
            self.foreign += 1
        self._version = version

    def _is_there(self) -> bool:
        """Whether the file holds facts of this schema; False where it is still to be made, or migrated.

        Raises:
            StoreFailure: It holds something else, or may not be created.
        """
        content = read_content(self.path)
        if content is schema.Content.NOTHING and self._read_only:
            raise nothing_yet(self.path)
        return content is schema.Content.FACTS

    def _prepare(self) -> None:
        from pinwise.knowledge.migration import migrate  # noqa: PLC0415  # once in the life of a store

        with self._lock.held():
            match read_content(self.path):  # another process may have been first
                case schema.Content.NOTHING:
                    create(self.path)
                case schema.Content.OLDER:
                    migrate(self.path)

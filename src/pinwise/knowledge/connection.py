"""What this package asks of a database connection; SQLite's is imported where one is opened only."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

BUSY = 10.0
"""Seconds to wait for SQLite's own locks; only another SQLite program can be in the way."""


class Blob(Protocol):
    """One value of a row, open to be written in place."""

    def write(self, data: bytes, /) -> object:
        """Write bytes over what is there."""
        ...


class Rows(Protocol):
    """The rows that a statement yields."""

    def __iter__(self) -> Iterator[Any]: ...

    def fetchone(self) -> Any:
        """Return the next row as a tuple, None if there is no further one."""
        ...

    def fetchall(self) -> list[Any]:
        """Return all further rows."""
        ...


class Connection(Protocol):
    """One connection to a database.

    Attributes:
        text_factory: Makes a value of the bytes of a text.
    """

    text_factory: Callable[[bytes], object]

    def execute(self, statement: str, values: Sequence[object] = ..., /) -> Rows:
        """Run one statement."""
        ...

    def executemany(self, statement: str, values: Iterable[Sequence[object]], /) -> object:
        """Run one statement for each row of values."""
        ...

    def blobopen(self, table: str, column: str, row: int, /) -> AbstractContextManager[Blob]:
        """Open one value of a row to be written in place, at its present length."""
        ...

    def backup(self, target: Any, /) -> None:
        """Copy the whole database, as it is now, into that of another connection."""
        ...

    def rollback(self) -> None:
        """Take back the transaction, if there is one."""
        ...

    def close(self) -> None:
        """Close it; what is not committed is taken back."""
        ...

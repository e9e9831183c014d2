"""The lock that admits one writing process at a time.

SQLite before 3.51.3 can corrupt a write-ahead log that two connections write or fold back at the same
moment. The operating system drops the lock when its process ends, however it ends.
"""

import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pinwise.knowledge.failures import unreachable
from pinwise.model.errors import StoreFailure, StoreUnavailable

_PAUSE = 0.002  # seconds between two tries
_LONGEST = 400  # characters of a lock file that are read
_QUIET = 2.0  # seconds of waiting before it is worth a word

Waiting = Callable[[str], None]
"""Told in a whole sentence for whom a write waits."""

if sys.platform == "win32":
    import msvcrt

    _BYTE = 4096  # beyond the process id, which others may read meanwhile

    def _try_lock(descriptor: int) -> None:
        os.lseek(descriptor, _BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, _BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


class WriteLock:
    """A lock file beside the store; while it is held it names the process that holds it.

    Args:
        store: The file that it guards.
        patience: Seconds to wait for another process; its writes take milliseconds each.
        waiting: Told, once each time, when waiting takes longer than a moment.
    """

    def __init__(self, store: Path, *, patience: float, waiting: Waiting | None = None) -> None:
        self.path = store.with_name(f"{store.name}.lock")
        self._store = store
        self._patience = patience
        self._waiting = waiting

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock.

        Raises:
            StoreFailure: The lock file cannot be written, or another process did not let go in time.
        """
        descriptor = self._open()
        try:
            self._wait(descriptor)
            _write_owner(descriptor, _this_process())
            try:
                yield
            finally:
                _write_owner(descriptor, "")
                _unlock(descriptor)
        finally:
            os.close(descriptor)

    def _open(self) -> int:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)
        except OSError as error:
            raise unreachable(self._store, error) from error

    def _wait(self, descriptor: int) -> None:
        started, is_quiet = time.monotonic(), self._waiting is not None
        while True:
            try:
                return _try_lock(descriptor)
            except (BlockingIOError, PermissionError):  # held by another; Windows says it the second way
                waited = time.monotonic() - started
                if waited >= self._patience:
                    raise self._taken() from None
                if is_quiet and waited >= _QUIET and self._waiting is not None:
                    is_quiet = False
                    self._waiting(f"waiting for {self._owner()}, which writes `{self._store}`")
            except OSError as error:
                raise unreachable(self._store, error) from error
            time.sleep(_PAUSE)

    def _taken(self) -> StoreFailure:
        return StoreUnavailable(
            f"the knowledge base `{self._store}` has been held by {self._owner()} "
            f"for {self._patience:g} seconds",
            hint="end that process, or name another knowledge base with `--kb FILE`",
        )

    def _owner(self) -> str:
        """Return who holds the lock, as far as the lock file says."""
        written = ""
        with suppress(OSError):
            written = self.path.read_text(encoding="utf-8", errors="replace")[:_LONGEST]
        process, host, since = (*written.split("\n"), "", "", "")[:3]
        if not process.isdecimal():
            return "another process"
        return f"process {process} on `{host}` (since {since})" if host and since else f"process {process}"


def _this_process() -> str:
    """Return who holds the lock: the process, its host, and since when, a line each."""
    since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    return f"{os.getpid()}\n{platform.node()}\n{since}\n"


def _write_owner(descriptor: int, text: str) -> None:
    with suppress(OSError):  # a full disk: the name of the owner is a courtesy, the lock is what counts
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, text.encode("utf-8", "replace"))

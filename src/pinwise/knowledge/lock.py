"""The lock that admits one writing process at a time.

SQLite before 3.51.3 can corrupt a write-ahead log that two connections write or fold back at the same
moment. The operating system drops the lock when its process ends, however it ends.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pinwise.knowledge.failures import unreachable
from pinwise.model.errors import StoreFailure

_PAUSE = 0.002  # seconds between two tries

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
    """

    def __init__(self, store: Path, *, patience: float) -> None:
        self.path = store.with_name(f"{store.name}.lock")
        self._store = store
        self._patience = patience

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock.

        Raises:
            StoreFailure: The lock file cannot be written, or another process did not let go in time.
        """
        descriptor = self._open()
        try:
            self._wait(descriptor)
            _write_owner(descriptor, f"{os.getpid()}\n")
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
        deadline = time.monotonic() + self._patience
        while True:
            try:
                return _try_lock(descriptor)
            except (BlockingIOError, PermissionError):  # held by another; Windows says it the second way
                if time.monotonic() >= deadline:
                    raise self._taken() from None
            except OSError as error:
                raise unreachable(self._store, error) from error
            time.sleep(_PAUSE)

    def _taken(self) -> StoreFailure:
        owner = ""
        with suppress(OSError):
            owner = self.path.read_text(encoding="ascii", errors="replace").strip()[:20]
        by = f"process {owner}" if owner.isdigit() else "another process"
        return StoreFailure(
            f"the knowledge base `{self._store}` has been held by {by} for {self._patience:g} seconds",
            hint="end that process, or name another knowledge base with `--kb FILE`",
        )


def _write_owner(descriptor: int, text: str) -> None:
    with suppress(OSError):  # a full disk: the name of the owner is a courtesy, the lock is what counts
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, text.encode("ascii"))

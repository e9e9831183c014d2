"""What can go wrong with the file of the knowledge base, in words that a user can act upon."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pinwise.model.errors import StoreFailure, StoreUnavailable

_ELSEWHERE = "name another place with `--kb FILE`"
_FREE_DISK = "free some space and try again; what was committed before is kept"

_CAUSES = {
    "SQLITE_FULL": ("cannot grow: the disk is full", _FREE_DISK),
    "SQLITE_READONLY": ("cannot be written", _ELSEWHERE),
    "SQLITE_PERM": ("may not be read or written by you", _ELSEWHERE),
    "SQLITE_AUTH": ("may not be read or written by you", _ELSEWHERE),
    "SQLITE_CANTOPEN": ("cannot be opened", f"check the path and its permissions, or {_ELSEWHERE}"),
    "SQLITE_BUSY": ("is held by another program", "end that program, or try again later"),
    "SQLITE_LOCKED": ("is held by another program", "end that program, or try again later"),
    "SQLITE_IOERR": ("cannot be read or written: the disk answers with an error", _ELSEWHERE),
}


class Unsound(Exception):
    """A row that is not what was written; the message says what it is about."""


_UNAVAILABLE = frozenset(("SQLITE_FULL", "SQLITE_BUSY", "SQLITE_LOCKED"))


def newer(path: Path) -> StoreFailure:
    """Return the failure of a knowledge base whose schema is not known here yet."""
    return StoreUnavailable(
        f"the knowledge base `{path}` was written by a newer pinwise",
        hint="upgrade pinwise, or name another knowledge base with `--kb FILE`",
    )


def lossy(path: Path) -> StoreFailure:
    """Return the failure of a knowledge base in which something is missing that was there."""
    return StoreFailure(
        f"`{path}` is damaged, and what is not known may be what was lost",
        hint="`pinwise kb verify` says what it is, keeps what is sound and fetches the rest anew",
    )


def damaged(path: Path, about: str = "") -> StoreFailure:
    """Return the failure of a file that is not, or no longer, a knowledge base."""
    if about:
        return StoreFailure(
            f"`{path}` is damaged: what it holds of {about} is not what was written",
            hint="`pinwise kb verify` keeps what is sound and fetches the rest anew",
        )
    return StoreFailure(
        f"`{path}` is damaged, or not a knowledge base of pinwise",
        hint=f"if it is one, `pinwise kb verify` keeps what is sound; else {_ELSEWHERE}",
    )


def nothing_yet(path: Path) -> StoreFailure:
    """Return the failure of a place where a store was to be read, and where none was made yet."""
    return StoreFailure(
        f"there is no knowledge base at `{path}` yet",
        hint="let pinwise ask the indexes once (without `--offline`)",
    )


def unreachable(path: Path, error: OSError) -> StoreFailure:
    """Return the failure of a folder or lock file that the system refuses."""
    if error.errno == errno.ENOSPC:
        return StoreUnavailable(f"the knowledge base `{path}` cannot grow: the disk is full", hint=_FREE_DISK)
    reason = (error.strerror or type(error).__name__).lower()
    return StoreFailure(f"the knowledge base `{path}` cannot be written: {reason}", hint=_ELSEWHERE)


def nearly_full(path: Path, free: int, reserve: int) -> StoreFailure:
    """Return the failure of a disk on which less is free than the reserve (both in bytes)."""
    return StoreUnavailable(
        f"the disk of the knowledge base `{path}` is nearly full: {free >> 20} MiB are free, "
        f"{reserve >> 20} MiB are held in reserve",
        hint="free some space and try again, or set `kb-reserve` lower; all that was learnt so far is kept",
    )


@contextmanager
def store_failures(path: Path) -> Iterator[None]:
    """Turn what SQLite reports about the file into a `StoreFailure`; mistakes in our own code pass."""
    import sqlite3  # noqa: PLC0415  # 5 ms that only a command with a knowledge base pays

    try:
        yield
    except Unsound as unsound:
        raise damaged(path, str(unsound)) from unsound
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.DatabaseError as error:
        family = "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])  # of SQLITE_IOERR_WRITE …
        cause = _CAUSES.get(family)
        if cause is None:
            raise damaged(path) from error
        what, hint = cause
        kind = StoreUnavailable if family in _UNAVAILABLE else StoreFailure
        raise kind(f"the knowledge base `{path}` {what}", hint=hint) from error


@contextmanager
def sound_rows(path: Path) -> Iterator[None]:
    """Turn rows that cannot be read as facts into a `StoreFailure`."""
    try:
        yield
    except (ValueError, LookupError, TypeError) as error:
        raise damaged(path) from error

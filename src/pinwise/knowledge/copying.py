"""Whole copies of a store, made page by page while others may read and write it."""

import os
from collections.abc import Callable
from pathlib import Path

from pinwise.knowledge.connection import Connection
from pinwise.knowledge.failures import store_failures, unreachable
from pinwise.knowledge.files import beside, connect, open_reader, synchronise


def copy_store(path: Path, target: Path, *, finish: Callable[[Path], None] = lambda _: None) -> None:
    """Put a consistent copy of a store at `target`, whole or not at all; one that is there is replaced.

    Args:
        path: The store; others may write it meanwhile.
        target: Where the copy is to be.
        finish: Called with the place of the copy before it takes its name.

    Raises:
        StoreFailure: It cannot be read, or the copy cannot be written.
    """
    made = target.with_name(f"{target.name}.new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for left_over in (made, *beside(made)):
            left_over.unlink(missing_ok=True)
        with store_failures(path):
            source = open_reader(path)
            try:
                _copy_into(made, source)
            finally:
                source.close()
        finish(made)
        take_the_name(made, target)
    except OSError as error:
        raise unreachable(target, error) from error


def _copy_into(made: Path, source: Connection) -> None:
    with store_failures(made):
        copy = connect(made, "mode=rwc")
        try:
            source.backup(copy)
        finally:
            copy.close()


def take_the_name(made: Path, target: Path) -> None:
    """Let a file that is closed take the place of another, for good; the log of that one goes with it."""
    with made.open("rb+") as file:
        os.fsync(file.fileno())
    for left_over in (*beside(made), *beside(target)):
        left_over.unlink(missing_ok=True)
    made.replace(target)
    synchronise(target.parent)

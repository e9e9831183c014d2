"""Ctrl-C while a library computes: Python hears of it only when that is done, and nobody waits so long."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pinwise.cli.exits import ExitCode
from pinwise.cli.streams import write_error

if TYPE_CHECKING:
    from threading import Event

PATIENCE = 0.15
"""Seconds that the work has to end by itself, as it does wherever Python runs."""


@contextmanager
def ending_soon() -> Iterator[None]:
    """End the process soon after Ctrl-C, whatever it is doing; for work that writes the knowledge base only.

    What was committed there is kept, as when the process is killed.
    """
    from threading import Event, Thread, current_thread, main_thread  # noqa: PLC0415  # for searches only

    if os.name != "posix" or current_thread() is not main_thread():
        yield
        return
    from signal import set_wakeup_fd  # noqa: PLC0415  # as above

    heard, said = os.pipe()
    os.set_blocking(said, False)
    before = set_wakeup_fd(said, warn_on_full_buffer=False)
    is_done = Event()
    watcher = Thread(target=_watch, args=(heard, is_done), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        is_done.set()
        set_wakeup_fd(before)
        os.close(said)


def _watch(heard: int, is_done: "Event") -> None:
    """Wait for the number of a signal, which comes even while Python does not run."""
    from signal import SIGINT  # noqa: PLC0415  # as above

    while number := os.read(heard, 1):
        if number[0] == SIGINT and not is_done.wait(PATIENCE):
            if sys.stderr.isatty():
                sys.stderr.write("\r\x1b[2K")  # the line of progress
            write_error("interrupted")
            os._exit(ExitCode.INTERRUPTED)
    os.close(heard)

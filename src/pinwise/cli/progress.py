"""Progress on stderr: one line that changes on a terminal, a plain line now and then elsewhere."""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self, TextIO

from pinwise.actions.ports import Follow, Source, Wanted
from pinwise.cli.habits import USUAL, Habits, current_habits
from pinwise.cli.streams import printable
from pinwise.model.outcome import Effort
from pinwise.settings.terminal import read_terminal

PATIENCE = 10.0
"""Seconds between two lines where nothing may be animated."""

_WIDTH = 79
_EACH_FETCH = 2
"""The level at which each request is told of, a line for each, so that nothing may be animated."""


class Fetched(Protocol):
    """How far fetching has come; `pinwise.actions.ingest.Progress` is one."""

    @property
    def done(self) -> int: ...  # noqa: D102

    @property
    def under_way(self) -> int: ...  # noqa: D102

    @property
    def received(self) -> int:
        """Bytes."""
        ...


class Progress:
    """Says what is being fetched.

    Args:
        stream: Where it is said.
        is_live: Whether the stream is a terminal, whose last line may be replaced.
        clock: Seconds that only ever grow.
        habits: Whether progress is wanted, and whether each request is.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        is_live: bool,
        clock: Callable[[], float] = time.monotonic,
        habits: Habits = USUAL,
    ) -> None:
        self._stream = stream
        self._habits = habits
        self._is_wanted = habits.level >= 0 and not habits.no_progress
        self._is_live = is_live
        self._clock = clock
        self._last = clock()
        self._is_dirty = False
        self._round = 0

    @classmethod
    def on_stderr(cls) -> Self:
        """Return progress on stderr."""
        habits = current_habits()
        is_live = sys.stderr.isatty() and habits.level < _EACH_FETCH and not read_terminal().is_dumb
        return cls(sys.stderr, is_live=is_live, habits=habits)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def watch(self, source: Source) -> "WatchedSource":
        """Return `source`, which from now on says what it fetches."""
        return WatchedSource(source, self)

    def begin_round(self, wanted: int) -> None:
        """Say that a round of fetching begins."""
        self._round += 1
        self.say(f"Round {self._round}: {wanted:,} to fetch …")

    def end_round(self) -> None:
        """Say that what was fetched is being weighed."""
        self.say(f"Round {self._round}: searching …")

    def show(self, state: Fetched) -> None:
        """Say how far fetching has come."""
        amount = f"{state.received / 1_000_000:,.1f} MB"
        self.say(f"Round {self._round}: {state.done:,} fetched, {state.under_way:,} under way, {amount}")

    def trace(self) -> Callable[[str], None] | None:
        """Return what is to be told of each request, from any thread; None where nobody wants to know."""
        return self._note if self._habits.level >= _EACH_FETCH else None

    def _note(self, text: str) -> None:
        self._write(f"note: {printable(text)}\n")

    def say(self, text: str) -> None:
        """Show `text` in the place of what was shown before."""
        if not self._is_wanted:
            return
        if self._is_live:
            self._write(f"\r\x1b[K{text[:_WIDTH]}")
            self._is_dirty = True
        elif self._clock() - self._last >= PATIENCE:
            self._last = self._clock()
            self._write(f"{text}\n")

    def clear(self) -> None:
        """Take away what is shown."""
        if self._is_dirty:
            self._write("\r\x1b[K")
            self._is_dirty = False

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # nobody reads it any more
            self._is_live = False


class WatchedSource:
    """A source that says which round it is in."""

    def __init__(self, source: Source, progress: Progress) -> None:
        self._source = source
        self._progress = progress

    def fetch(self, needed: Wanted, prefetch: Wanted, follow: Follow | None = None) -> None:
        """Fetch, and say so."""
        self._progress.begin_round(len(needed) + len(prefetch))
        self._source.fetch(needed, prefetch, follow)
        self._progress.end_round()

    def effort(self) -> Effort:
        """Return what was fetched so far."""
        return self._source.effort()

"""Progress: one line on a terminal, rare plain lines elsewhere, never a reason to fail."""

import io
from collections.abc import Callable

from pinwise.actions.ingest import Progress as Fetched
from pinwise.actions.ports import Follow, Wanted
from pinwise.cli.habits import Habits
from pinwise.cli.progress import PATIENCE, Progress
from pinwise.model.names import normalise
from pinwise.model.outcome import Effort


class NoSource:
    """A source that learns nothing."""

    def __init__(self) -> None:
        self.fetched: list[tuple[Wanted, Wanted]] = []

    def fetch(self, needed: Wanted, prefetch: Wanted, follow: Follow | None = None) -> None:
        """Note what is asked for."""
        del follow
        self.fetched.append((needed, prefetch))

    def effort(self) -> Effort:
        """Return a fixed effort."""
        return Effort(pages=7)


def ticking(*times: float) -> Callable[[], float]:
    """Return a clock that shows these times, one after the other."""
    remaining = iter(times)
    return lambda: next(remaining)


def test_on_a_terminal_one_line_changes_and_goes_away() -> None:
    """Each message takes the place of the one before; in the end the line is clear."""
    stream = io.StringIO()
    with Progress(stream, is_live=True, clock=lambda: 0.0) as progress:
        progress.begin_round(3)
        progress.show(Fetched(2, 1, 1_500_000))
        progress.end_round()
    assert stream.getvalue().split("\r\x1b[K") == [
        "",
        "Round 1: 3 to fetch …",
        "Round 1: 2 fetched, 1 under way, 1.5 MB",
        "Round 1: searching …",
        "",
    ]


def test_a_long_message_stays_on_its_line() -> None:
    """A terminal of 80 columns does not wrap it."""
    stream = io.StringIO()
    Progress(stream, is_live=True, clock=lambda: 0.0).say("x" * 200)
    assert len(stream.getvalue().removeprefix("\r\x1b[K")) < 80


def test_elsewhere_nothing_is_animated() -> None:
    """A log gets a plain line after a while, and none for a quick answer."""
    stream = io.StringIO()
    clock = ticking(0.0, 1.0, PATIENCE + 1, PATIENCE + 1, PATIENCE + 2)
    with Progress(stream, is_live=False, clock=clock) as progress:
        progress.say("quick")
        progress.say("slow")
        progress.say("soon after")
    assert stream.getvalue() == "slow\n"


def test_who_wants_no_progress_gets_none() -> None:
    """Neither with `--no-progress` nor with `-q`, on a terminal and elsewhere."""
    for habits in (Habits(no_progress=True), Habits(quiet=1)):
        for is_live in (True, False):
            stream = io.StringIO()
            clock = ticking(0.0, *(PATIENCE * count for count in range(1, 9)))
            with Progress(stream, is_live=is_live, clock=clock, habits=habits) as progress:
                progress.begin_round(3)
                progress.end_round()
            assert stream.getvalue() == ""


def test_each_request_is_told_of_where_that_is_wanted() -> None:
    """With `-vv` only, on a line of its own without control characters."""
    assert Progress(io.StringIO(), is_live=True, habits=Habits(verbose=1)).trace() is None
    stream = io.StringIO()
    trace = Progress(stream, is_live=False, habits=Habits(verbose=2)).trace()
    assert trace is not None
    trace("the page of `a\x1b`: 200")
    assert stream.getvalue() == "note: the page of `a `: 200\n"


def test_a_stream_that_is_gone_is_no_error() -> None:
    """Who closes stderr still gets the answer."""
    stream = io.StringIO()
    stream.close()
    answered = []
    with Progress(stream, is_live=True, clock=lambda: 0.0) as progress:
        progress.say("nobody reads this")
        answered.append("the answer")
    assert (answered, stream.closed) == (["the answer"], True)


def test_a_watched_source_is_the_source() -> None:
    """What is asked for is passed on, and the effort is the source's own."""
    source = NoSource()
    watched = Progress(io.StringIO(), is_live=True, clock=lambda: 0.0).watch(source)
    needed, prefetch = Wanted(pages=(normalise("a"),)), Wanted(pages=(normalise("b"),))
    watched.fetch(needed, prefetch)
    assert source.fetched == [(needed, prefetch)]
    assert watched.effort() == Effort(pages=7)

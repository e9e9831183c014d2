"""How reports of several overlays are told apart and summed up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pinwise.cli.lines import WIDTH, Line

_WIDEST_NAME = 30
_STYLES = {"advice": "good", "undecided": "weak"}


@dataclass(frozen=True, slots=True)
class Row:
    """One overlay in the summary.

    Attributes:
        name: Its name.
        outcome: In a word.
        changes: How many projects differ from its present lock; None where there is none to compare with.
        locks: Each of its locks with what became of it.
    """

    name: str
    outcome: str
    changes: int | None
    locks: tuple[str, ...]


def heading(name: str) -> Iterator[Line]:
    """Yield the line above the report of one overlay."""
    text = f"--- overlay `{name}` "
    yield Line(f"{text}{'-' * max(0, WIDTH - len(text))}", "title")


def render_overlays(rows: Sequence[Row]) -> Iterator[Line]:
    """Yield a table of the overlays: outcome, changes, locks. What is too long has a line of its own."""
    yield Line("-" * WIDTH, "head")
    yield Line(f"Overlays: {len(rows)}", "title")
    width = min(max(7, *(len(row.name) for row in rows)), _WIDEST_NAME)
    yield Line(f"  {'overlay':<{width}}  {'outcome':<9}  changes  lock", "head")
    for row in rows:
        yield from _row(row, width)


def _row(row: Row, width: int) -> Iterator[Line]:
    style, name = _STYLES.get(row.outcome, "bad"), row.name
    if len(name) > width:
        yield Line(f"  {name}", style)
        name = ""
    changes = "-" if row.changes is None else f"{row.changes:,}"
    begin = f"  {name:<{width}}  {row.outcome:<9}  {changes:>7}  "
    first, *others = row.locks or ("-",)
    if len(begin + first) <= WIDTH:
        yield Line(begin + first, style)
    else:
        yield Line(begin.rstrip(), style)
        others = [first, *others]
    for other in others:
        yield Line(f"{'':<{len(begin) if len(begin) + len(other) <= WIDTH else 4}}{other}", style)

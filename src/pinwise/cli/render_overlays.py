"""How reports of several overlays are told apart and summed up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pinwise.cli.lines import WIDTH, Line, wrap

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
    yield Line(f"{text}{'-' * max(3, WIDTH - len(text))}", "head")


def render_overlays(rows: Sequence[Row]) -> Iterator[Line]:
    """Yield a table of the overlays: outcome, changes, locks."""
    yield Line("-" * WIDTH, "head")
    yield Line(f"Overlays: {len(rows)}", "title")
    width = max(7, *(len(row.name) for row in rows))
    yield Line(f"  {'overlay':<{width}}  {'outcome':<9}  changes  lock", "head")
    for row in rows:
        changes = "-" if row.changes is None else f"{row.changes:,}"
        begin = f"  {row.name:<{width}}  {row.outcome:<9}  {changes:>7}  "
        first, *others = row.locks or ("-",)
        yield Line(begin + first, _STYLES.get(row.outcome, "bad"))
        for other in others:
            yield from wrap(other, first=" " * len(begin), indent=" " * len(begin))

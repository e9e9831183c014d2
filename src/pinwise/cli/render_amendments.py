"""The overrides and exclusions of a manifest, in the report for people."""

from collections.abc import Iterator, Mapping, Sequence

from pinwise.cli.lines import Line, wrap
from pinwise.explain.words import clean, listing
from pinwise.model.names import NormalizedName
from pinwise.model.outcome import RequestedBy
from pinwise.model.request import Request


def amendments(
    request: Request, amended: Mapping[NormalizedName, Sequence[RequestedBy]] | None = None
) -> Iterator[Line]:
    """Yield what the manifest overrides and excludes.

    Args:
        request: What was asked.
        amended: What a stack required of these projects before; None where there is no stack.
    """
    overrides = [
        (f"{clean(str(item))}  ({clean(str(item.place))})", item.name, "in place of", "nothing requires it")
        for item in request.overrides
    ]
    exclusions = [
        (
            f"{item.name}: {clean(item.reason)}  ({clean(str(item.place))})",
            item.name,
            "without",
            "nothing would require it",
        )
        for item in request.exclusions
    ]
    for title, rows in (
        ("Overridden, whatever others require", overrides),
        ("Excluded, whatever requires it", exclusions),
    ):
        if rows:
            yield Line()
            yield Line(title, "title")
        for text, name, word, idle in rows:
            yield from wrap(text, first="  ", indent="    ")
            if amended is not None:
                edges = amended.get(name, ())
                told = [f"`{clean(edge.requirement)}` of {edge.name or 'the manifest'}" for edge in edges]
                said = f"{word} {listing(told, longest=4)}" if told else idle
                yield from wrap(said, first="      ", indent="      ")

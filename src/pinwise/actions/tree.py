"""A stack as a tree: from the manifest down, or from one project up to the manifest.

Rows stand side by side, not one in another: a chain of a thousand packages is no deeper than one of two.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pinwise.explain.names import near_names
from pinwise.model.errors import UsageError
from pinwise.model.names import NormalizedName
from pinwise.model.outcome import Advice, Pin
from pinwise.model.reasons import TreeRow


@dataclass(frozen=True, slots=True)
class _Edge:
    """One step of a walk: where it leads (None: to the manifest) and in which words."""

    name: NormalizedName | None
    requirement: str
    group: str = ""


def tree(advice: Advice, *, depth: int | None = None) -> tuple[TreeRow, ...]:
    """Return a stack from the manifest down; what is below a package is drawn once.

    Args:
        advice: The stack.
        depth: How many steps from the manifest are drawn, None for all.
    """
    pins = {pin.name: pin for pin in advice.pins}
    roots = [
        _Edge(direct.name, edge.requirement, group.name)
        for group in advice.request.groups
        for direct in group.requirements
        for edge in pins[direct.name].requested_by
        if edge.name is None and edge.group == group.name
    ]

    def below(pin: Pin) -> Sequence[_Edge]:
        return _joined(
            _Edge(name, edge.requirement)
            for name in pin.requires
            for edge in pins[name].requested_by
            if edge.name == pin.name
        )

    return tuple(_walk(pins, list(dict.fromkeys(roots)), below, depth))


def inverted(advice: Advice, name: NormalizedName, *, depth: int | None = None) -> tuple[TreeRow, ...]:
    """Return what requires a project, and what requires that, up to the manifest.

    Raises:
        UsageError: The stack does not hold the project.
    """
    pins = {pin.name: pin for pin in advice.pins}
    if name not in pins:
        near = near_names(name, pins)
        raise UsageError(
            f"`{name}` is not in the stack",
            hint=f"did you mean `{near[0]}`?" if near else "`pinwise tree` shows what is in it",
        )

    def above(pin: Pin) -> Sequence[_Edge]:
        edges = (edge for edge in pin.requested_by if edge.name != pin.name)
        return _joined(_Edge(edge.name, edge.requirement, edge.group) for edge in edges)

    return tuple(_walk(pins, [_Edge(name, "")], above, depth))


def _joined(edges: Iterable[_Edge]) -> list[_Edge]:
    """Return one edge for each neighbour, with all that it says; the manifest's stay apart."""
    joined: dict[object, _Edge] = {}
    for edge in edges:
        key: object = edge if edge.name is None else edge.name
        first = joined.get(key)
        words = edge.requirement if first is None else f"{first.requirement}, {edge.requirement}"
        joined[key] = replace(edge, requirement=words)
    return list(joined.values())


def _walk(
    pins: Mapping[NormalizedName, Pin],
    roots: Sequence[_Edge],
    follow: Callable[[Pin], Sequence[_Edge]],
    depth: int | None,
) -> Iterator[TreeRow]:
    """Yield rows from top to bottom; a package whose rows were drawn before is only named."""
    drawn: dict[NormalizedName, int] = {}  # nearer to the root more of it is seen, where depth is limited
    stack = [(0, edge, edge is roots[-1]) for edge in reversed(roots)]
    while stack:
        level, edge, is_last = stack.pop()
        if edge.name is None:
            yield TreeRow(level, None, None, edge.requirement, group=edge.group, is_last=is_last)
            continue
        pin = pins[edge.name]
        row = TreeRow(
            level,
            pin.name,
            pin.version,
            edge.requirement,
            pin.extras,
            edge.group,
            is_last,
            version_name=pin.version_name,
        )
        next_edges = follow(pin)
        if next_edges and _is_drawn(drawn, pin.name, level if depth is not None else None):
            yield replace(row, is_repeated=True)
        elif next_edges and depth is not None and level >= depth:
            yield replace(row, is_cut=True)
        else:
            drawn[pin.name] = level
            yield row
            stack += [(level + 1, each, each is next_edges[-1]) for each in reversed(next_edges)]


def _is_drawn(drawn: Mapping[NormalizedName, int], name: NormalizedName, level: int | None) -> bool:
    """Whether a package was drawn, at least as far as it would be drawn at this level."""
    return name in drawn and (level is None or drawn[name] <= level)

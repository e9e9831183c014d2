"""A request compiled to integers: what every predictor searches.

See `pinwise.space.masks` for the meaning of bits and ``docs/concepts/algorithm.md`` for the whole idea.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, overload

from pinwise.model.names import NormalizedName
from pinwise.model.request import DirectRequirement
from pinwise.space.masks import ABSENT, bit, present
from pinwise.space.rows import Demand
from pinwise.units.context import Candidates

ROOT = 0
"""The number of the node that stands for the user's project: always present, at its only candidate."""


class Node(NamedTuple):
    """A project, or one extra of a project, which is tied to it: present only at the project's candidate."""

    name: NormalizedName
    extra: NormalizedName | None = None

    def __str__(self) -> str:
        return self.name if self.extra is None else f"{self.name}[{self.extra}]"


class Clause(NamedTuple):
    """If `source` is in the mask `condition`, then `target` is in the mask `allowed` (which lacks "absent").

    `reason` is one of the requirements that say so, for prose only.
    """

    source: int
    condition: int
    target: int
    allowed: int
    reason: Demand | DirectRequirement


class Amounts(Sequence[int]):
    """The prices of the candidates of a node, computed when the first of them is looked at.

    Args:
        count: How many there are.
        compute: Gives all of them.
    """

    __slots__ = ("_amounts", "_compute", "_count")

    def __init__(self, count: int, compute: Callable[[], Sequence[int]]) -> None:
        self._count = count
        self._compute = compute
        self._amounts: Sequence[int] | None = None

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[int]: ...
    def __getitem__(self, place: int | slice) -> int | Sequence[int]:
        if self._amounts is None:
            self._amounts = self._compute()
        return self._amounts[place]

    def __iter__(self) -> Iterator[int]:
        return iter(self[:])

    def __len__(self) -> int:
        return self._count


class Ban(NamedTuple):
    """`node` is not in the mask `forbidden`; `reason` says why.

    The reason is a constraint, the name of an earlier group that holds the project, or, for releases whose
    metadata rules them out, what their metadata says, by position.
    """

    node: int
    forbidden: int
    reason: "DirectRequirement | str | Mapping[int, str]"


@dataclass(frozen=True, slots=True)
class Space:
    """Everything that a predictor may look at. Node numbers index every tuple.

    Attributes:
        nodes: `ROOT` first, then in the order of discovery.
        bases: For a node of an extra the number of its project's node, for any other node its own.
        candidates: Per node; those of an extra are its project's.
        clauses: From requirements; equal (target, allowed) of one source are one clause.
        bans: What is ruled out at once.
        domains: What compiling has left of each node: every excluded candidate is excluded by propagation of
            clauses and bans too.
        amounts: Per node the price of every candidate; for an extra what it adds.
        behind: Per node how many admissible candidates are above each; empty for extras and `ROOT`.
        changed: Per node the mask of candidates that are another one than the present lock's; 0 where the
            lock does not have the project.
        unknown: Per node the mask of candidates whose requirements are not known yet.
        groups: The category of every direct requirement, by its `id`; for prose only.
        bindings: Projects that the manifest binds to one index, and its name or URL; for prose only.
        order: Project nodes in the order of the last tie: direct ones as in the manifest, then by name.
    """

    nodes: tuple[Node, ...]
    bases: tuple[int, ...]
    candidates: tuple[Candidates, ...]
    clauses: tuple[Clause, ...]
    bans: tuple[Ban, ...]
    domains: tuple[int, ...]
    amounts: tuple[Sequence[int], ...]
    behind: tuple[Sequence[int], ...]
    changed: tuple[int, ...]
    unknown: tuple[int, ...]
    order: tuple[int, ...]
    groups: Mapping[int, str]
    bindings: Mapping[NormalizedName, str]

    def full(self, node: int) -> int:
        """Return the mask of all that a node could ever be."""
        return bit(0) if node == ROOT else present(len(self.candidates[node])) | ABSENT


Picks = Mapping[int, int]
"""A stack: node number -> position, for the nodes that the roots need; without `ROOT`."""


def needed_picks(space: Space, picks: Picks) -> dict[int, int] | None:
    """Return the part of `picks` that the roots need, or None if `picks` is not a valid stack.

    This is the exact judge of every predictor's answer: it walks the requirements from the roots.
    """
    by_source: dict[int, list[Clause]] = {}
    for clause in space.clauses:
        by_source.setdefault(clause.source, []).append(clause)
    forbidden: dict[int, int] = {}
    for ban in space.bans:
        forbidden[ban.node] = forbidden.get(ban.node, 0) | ban.forbidden
    needed: dict[int, int] = {}
    queue = [(ROOT, 0)]
    while queue:
        node, position = queue.pop()
        for clause in by_source.get(node, ()):
            if clause.condition & bit(position):
                target = clause.target
                chosen = picks.get(space.bases[target])
                if chosen is None or not clause.allowed & bit(chosen):
                    return None
                for each in {target, space.bases[target]}:
                    if each not in needed:
                        needed[each] = chosen
                        queue.append((each, chosen))
    if any(mask & _claim(needed, node) for node, mask in forbidden.items()):
        return None
    return needed


def _claim(picks: Picks, node: int) -> int:
    position = picks.get(node)
    return ABSENT if position is None else bit(position)


def cost_of(space: Space, picks: Picks) -> int:
    """Return the exact sum of the prices of a stack."""
    return sum(space.amounts[node][position] for node, position in picks.items())


def changes_in(space: Space, picks: Picks) -> int:
    """Return how many projects of a stack are at another candidate than the present lock's."""
    return sum(bool(space.changed[node] & bit(position)) for node, position in picks.items())


def unknown_in(space: Space, picks: Picks) -> dict[int, int]:
    """Return the picks whose requirements are not known, projects only."""
    return {
        node: position
        for node, position in picks.items()
        if space.bases[node] == node and space.unknown[node] & bit(position)
    }


def tie_of(space: Space, picks: Picks) -> tuple[int, int]:
    """Return the first two ties of a stack: releases behind in sum, and number of projects."""
    projects = [node for node in picks if space.bases[node] == node]
    return sum(space.behind[node][picks[node]] for node in projects), len(projects)

"""Merging: candidates that nothing but their price tells apart; the cheapest stands for all.

Sound for the exact predictor's single best answer only: within a class the representative is cheapest, and
among the cheapest the newest, so any stack with another member is worse or loses the tie.
"""

from collections.abc import Sequence
from typing import NamedTuple

from pinwise.space.masks import ABSENT, bit, positions
from pinwise.space.space import ROOT, Clause, Space


class Class(NamedTuple):
    """Interchangeable candidates of one project: their mask, and the position that stands for them."""

    mask: int
    representative: int


def reachable(space: Space, domains: Sequence[int]) -> tuple[int, ...]:
    """Return the nodes (without `ROOT`) that some stack within the domains may need, ascending."""
    by_source: dict[int, list[Clause]] = {}
    for clause in space.clauses:
        if clause.condition & domains[clause.source]:
            by_source.setdefault(clause.source, []).append(clause)
    found, queue = {ROOT}, [ROOT]
    while queue:
        for clause in by_source.get(queue.pop(), ()):
            for node in (clause.target, space.bases[clause.target]):
                if node not in found and domains[node] != ABSENT:
                    found.add(node)
                    queue.append(node)
    return tuple(sorted(found - {ROOT}))


def classes(space: Space, domains: Sequence[int], nodes: Sequence[int]) -> dict[int, tuple[Class, ...]]:
    """Return the classes of every project among `nodes`, within its domain.

    A class is a set of candidates that belong to the same masks: of clauses on either side, of what is
    unknown or changed, of the domains of extras, and of equal amounts of extras.
    """
    live = set(nodes)
    told_apart: dict[int, set[int]] = {node: set() for node in nodes if space.bases[node] == node}
    for clause in space.clauses:
        if clause.source in live and clause.condition & domains[clause.source]:
            told_apart[space.bases[clause.source]].add(clause.condition)
        if clause.target in live:
            told_apart[space.bases[clause.target]].add(clause.allowed)
    for node in nodes:
        masks = told_apart[space.bases[node]]
        masks.add(space.unknown[node])
        masks.add(space.changed[node])
        if space.bases[node] != node:
            masks.add(domains[node])
            masks.update(_equal_amounts(space.amounts[node]))
    return {node: _partition(space, node, domains[node], masks) for node, masks in told_apart.items()}


def _equal_amounts(amounts: Sequence[int]) -> list[int]:
    masks: dict[int, int] = {}
    for position, amount in enumerate(amounts):
        if amount:
            masks[amount] = masks.get(amount, 0) | bit(position)
    return list(masks.values())


def _partition(space: Space, node: int, domain: int, masks: set[int]) -> tuple[Class, ...]:
    """Group the candidates in `domain` by the set of masks that hold them.

    The set is one integer with a bit per mask. It changes only at the borders of a mask's runs, so that it is
    kept as a running exclusive or over the positions.
    """
    count = len(space.candidates[node])
    toggles = [0] * (count + 1)
    for number, mask in enumerate(masks):
        borders = (mask >> 1) ^ ((mask >> 1) << 1)
        for position in positions(borders << 1):
            if position <= count:
                toggles[position] ^= 1 << number
    groups: dict[int, int] = {}
    signature = 0
    for position in range(count):
        signature ^= toggles[position]
        if domain & bit(position):
            groups[signature] = groups.get(signature, 0) | bit(position)
    amounts = space.amounts[node]
    return tuple(
        Class(mask, min(positions(mask), key=lambda k: (amounts[k], -k))) for mask in groups.values()
    )

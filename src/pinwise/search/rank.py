"""One whole number for a stack: the smaller, the better, by every rule that orders stacks.

The rules come one after the other: fewest changes of the present lock, least cost, fewest releases behind in
sum, fewest projects, then project by project absent first, then newest. Each rule outweighs all that follow
together, so that they fit into one number, as days, hours and minutes fit into one number of minutes. The
rank of a stack is the sum of what its nodes add to it, its shares; no two stacks have the same rank.

Worked example: `a` has the candidates 1 and 2 (one and no release behind, prices 7 and 0), nothing else is
there. The last rule counts 0 for absent, 1 for the newest, 2 for the oldest. A project more weighs 3, for it
outweighs both. A release behind weighs 2 projects, a price of 1 weighs 6 projects. So 2 adds 3 + 1 = 4, and
1 adds 7 * 18 + 1 * 6 + 3 + 2 = 137.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pinwise.space.masks import ABSENT, positions
from pinwise.space.space import ROOT, Picks, Space

Shares = Mapping[int, Mapping[int, int]]
"""What a node adds to the rank, by position."""


@dataclass(frozen=True, slots=True)
class Weights:
    """By how much each rule outweighs those after it, without the last one, where a project weighs 1.

    Attributes:
        release: Of one release behind.
        price: Of a price of 1.
        change: Of one change of the present lock.
    """

    release: int
    price: int
    change: int

    @classmethod
    def of(cls, space: Space) -> "Weights":
        """Return the weights that suit a space."""
        release = 1 + len(space.order)
        price = release * (1 + sum(len(space.candidates[node]) for node in space.order))
        change = price * (1 + sum(max(amounts, default=0) for amounts in space.amounts))
        return cls(release, price, change)

    def amounts(self, space: Space, node: int) -> Sequence[int]:
        """Return what a node adds at each of its positions, by every rule but the last."""
        price, release = self.price, self.release
        amounts = space.amounts[node]
        if space.bases[node] != node:
            return [amount * price for amount in amounts] if any(amounts) else ()
        found = [
            amount * price + behind * release + 1
            for amount, behind in zip(amounts, space.behind[node], strict=True)
        ]
        if space.changed[node]:
            for position in positions(space.changed[node]):
                found[position] += self.change
        return found


def shares(space: Space, domains: Sequence[int], weights: Weights) -> Shares:
    """Return what every node adds to a rank, at each position that its domain holds.

    By the last rule only what the domains leave open adds something: a project with one choice adds the same
    to every stack.
    """
    steps: dict[int, int] = {}
    whole = 1
    for node in reversed(space.order):
        if domains[node] & (domains[node] - 1):
            steps[node] = whole
            whole *= domains[node].bit_count()
    found: dict[int, Mapping[int, int]] = {}
    for node in _nodes(space, domains):
        amounts = weights.amounts(space, node)
        if amounts:
            found[node] = {k: amounts[k] * whole for k in positions(domains[node])}
    for node, step in steps.items():
        share = found[node]
        first = 1 if domains[node] & ABSENT else 0
        found[node] = {k: share[k] + step * count for count, k in enumerate(reversed(share), first)}
    return found


def rank_of(found: Shares, picks: Picks) -> int:
    """Return the rank of a stack within the domains of some shares."""
    return sum(found[node][position] for node, position in picks.items() if node in found)


def _nodes(space: Space, domains: Sequence[int]) -> Iterable[int]:
    """Return the nodes of which something is left."""
    return (node for node in range(ROOT + 1, len(space.nodes)) if domains[node] != ABSENT)

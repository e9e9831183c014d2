"""The best stack: the complete search goes on under the bound of `pinwise.search.bound`, in whole numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pinwise.search.answer import Budget
from pinwise.search.bound import Bound
from pinwise.search.first import First
from pinwise.search.learning import choose, learn, picks_of
from pinwise.search.rank import Weights, rank_of, shares
from pinwise.space.masks import ABSENT, bit, positions
from pinwise.space.space import ROOT, Picks, Space, needed_picks
from pinwise.space.state import Incompatibility, Outdone, State

EFFORT = 10_000
"""Conflicts times nodes after which the engine is asked; on real spaces a tenth of it is much."""
FEW = 10
"""So many conflicts are allowed in the largest space, too."""


@dataclass(frozen=True, slots=True)
class Cheapest:
    """What the search came to.

    Attributes:
        picks: The best stack that was found.
        is_proven: Whether nothing is better.
        bound: No stack with as few changes costs less.
    """

    picks: Picks
    is_proven: bool
    bound: int


def most_conflicts_in(space: Space) -> int:
    """Return after how many conflicts the engine is likely to be faster: each costs more in a large space."""
    return FEW + EFFORT // len(space.nodes)


def cheapest(first: First, budget: Budget, *, most_conflicts: int) -> Cheapest:
    """Improve a first stack, whose state is used up, until nothing is better or a limit is reached."""
    state, picks = first.state, first.picks
    weights = Weights.of(state.space)
    leave_out(state, picks, weights)
    bound = sum(_least_price(state, node) for node in range(ROOT + 1, len(state.domains)))
    search = _Search(first, weights)
    is_proven = search.run(budget, most_conflicts)
    return Cheapest(search.best, is_proven, bound)


def leave_out(state: State, first: Picks, weights: Weights) -> None:
    """Rule out every candidate that alone adds more than a stack in hand has to spare.

    This is what `Bound` does, but for the last rule and the bookkeeping: of thousands of candidates it leaves
    the few that the search has to look at.
    """
    nodes = [node for node in range(ROOT + 1, len(state.domains)) if state.domains[node] != ABSENT]
    amounts = {node: weights.amounts(state.space, node) for node in nodes}
    rank = sum(amounts[node][position] for node, position in first.items() if amounts[node])
    while _leave_out_once(state, amounts, rank):
        state.propagate()


def _leave_out_once(state: State, amounts: Mapping[int, Sequence[int]], rank: int) -> bool:
    """Do it for the domains as they are, and say whether anything was ruled out."""
    least = {}
    for node, found in amounts.items():
        domain = state.domains[node]
        least[node] = 0 if domain & ABSENT or not found else min(found[k] for k in positions(domain))
    spare = rank - sum(least.values())
    is_narrower = False
    for node, found in amounts.items():
        most = least[node] + spare
        wrong = sum(bit(k) for k, amount in enumerate(found) if amount > most) & state.domains[node]
        if wrong:
            is_narrower = True
            state.add(Outdone(tuple, ((node, wrong),)))
    return is_narrower


def _least_price(state: State, node: int) -> int:
    domain = state.domains[node]
    return 0 if domain & ABSENT else min(state.space.amounts[node][k] for k in positions(domain))


class _Search:
    def __init__(self, first: First, weights: Weights) -> None:
        self.best = first.picks
        self._state = first.state
        self._conflicts = first.conflicts
        self._shares = shares(self._state.space, self._state.domains, weights)
        self._bound = Bound(self._state, self._shares)
        self._rank = rank_of(self._shares, self.best)

    def run(self, budget: Budget, most_conflicts: int) -> bool:
        """Look for better stacks; return whether nothing is better than the last one that was found."""
        count = 0
        while True:
            failed = self._propagate()
            while failed is not None:
                learned, level = learn(self._state, failed, self._conflicts)
                if not learned.terms:
                    return True
                count += 1
                if count > most_conflicts or budget.expired():
                    return False
                self._state.backtrack(level)
                self._bound.backtrack()
                self._state.add(learned)
                failed = self._propagate()
            node = choose(self._state, self._conflicts)
            if node is None:
                self._keep()
            else:
                self._state.decide(node, self._bound.cheapest(node))

    def _propagate(self) -> Incompatibility | None:
        """Rule out all that follows, from requirements and from the bound in turn."""
        trail = self._state.trail
        while True:
            failed = self._state.propagate()
            if failed is not None:
                return failed
            end = len(trail)
            failed = self._bound.narrow(self._rank)
            if failed is not None or len(trail) == end:
                return failed

    def _keep(self) -> None:
        """Take the stack that was found: it is better than the one in hand, for the bound let it pass."""
        picks = needed_picks(self._state.space, picks_of(self._state))
        if picks is None or rank_of(self._shares, picks) >= self._rank:
            raise AssertionError("a stack that breaks a clause, or is no better, was taken for a better one")
        self.best, self._rank = picks, rank_of(self._shares, picks)
        self._state.backtrack(0)  # what it rules out without any decision is ruled out for good
        self._bound.backtrack()

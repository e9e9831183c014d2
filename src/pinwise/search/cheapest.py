"""The best stack: the complete search goes on under the bound of `pinwise.search.bound`, in whole numbers."""

from dataclasses import dataclass

from pinwise.search.answer import Budget
from pinwise.search.bound import Bound
from pinwise.search.first import First
from pinwise.search.learning import choose, learn, picks_of
from pinwise.search.rank import Weights, rank_of, shares
from pinwise.space.masks import ABSENT, bit, positions
from pinwise.space.space import ROOT, Picks, needed_picks
from pinwise.space.state import Incompatibility, Learned, State

MOST_CONFLICTS = 200
"""After so many the engine is asked, which is better where very many prices hang together."""


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


def cheapest(first: First, budget: Budget, *, most_conflicts: int = MOST_CONFLICTS) -> Cheapest:
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
    space = state.space
    rank = sum(amounts[k] for node, k in first.items() if (amounts := weights.amounts(space, node)))
    is_narrower = True
    while is_narrower:
        is_narrower = False
        nodes = [node for node in range(ROOT + 1, len(space.nodes)) if state.domains[node] != ABSENT]
        least = {}
        for node in nodes:
            amounts = weights.amounts(space, node)
            domain = state.domains[node]
            is_open = domain & ABSENT or not amounts
            least[node] = 0 if is_open else min(amounts[k] for k in positions(domain))
        spare = rank - sum(least.values())
        for node in nodes:
            most = least[node] + spare
            amounts = weights.amounts(space, node)
            wrong = sum(bit(k) for k, amount in enumerate(amounts) if amount > most) & state.domains[node]
            if wrong:
                is_narrower = True
                state.add(Learned(((node, wrong),), ()))
        state.propagate()


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
        if picks is None:
            raise AssertionError("a search that learns returned a stack that breaks a clause")
        self.best, self._rank = picks, rank_of(self._shares, picks)

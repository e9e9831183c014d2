"""Predictor `latest`: the first valid stack that newest-first finds. Fast, and no promise of the best."""

from pinwise.search.answer import Budget, Found, GaveUp, NoStack, Prediction
from pinwise.search.learning import Contradiction, OutOfTime, Preference, solve
from pinwise.search.refutation import refutation
from pinwise.space.masks import ABSENT, bit, newest
from pinwise.space.space import Picks, Space, cost_of, needed_picks, unknown_in
from pinwise.space.state import incompatibilities


def latest(space: Space, budget: Budget) -> Prediction:
    """Find a stack by deciding for the newest candidate each time, finals before priced pre-releases."""
    found = first_stack(space, budget)
    if isinstance(found, GaveUp | NoStack):
        return found
    cost = cost_of(space, found)
    return Found(
        found,
        cost,
        0,
        is_optimal=False,
        is_settled=not unknown_in(space, found),
        reason="the predictor `latest` takes the first stack it finds",
    )


def first_stack(space: Space, budget: Budget) -> Picks | NoStack | GaveUp:
    """Return what the roots need of the first valid stack that newest-first finds."""
    givens = incompatibilities(space)
    try:
        found = solve(space, givens, newest_first(space), expired=budget.expired)
    except OutOfTime:
        return GaveUp()
    if isinstance(found, Contradiction):
        return NoStack(lambda: refutation(space, found))
    needed = needed_picks(space, found)
    if needed is None:
        raise AssertionError("conflict learning returned a stack that breaks a clause")
    return needed


def newest_first(space: Space) -> Preference:
    """Prefer what the present lock has, else the newest; where pre-releases are priced, finals come first."""

    def prefer(node: int, mask: int) -> int:
        kept = mask & ~space.changed[node]
        if kept and space.changed[node]:
            return newest(kept)
        position = newest(mask)
        prereleases = space.candidates[node].prereleases
        if not prereleases & bit(position) or not space.amounts[node][position]:
            return position
        finals = mask & ~prereleases & ~ABSENT
        return newest(finals) if finals else position

    return prefer

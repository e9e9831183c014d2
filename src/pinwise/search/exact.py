"""Predictor `exact`: the best stack of a space, with a proof."""

from pinwise.model.outcome import Prover
from pinwise.search.answer import Budget, Found, GaveUp, NoStack, Prediction
from pinwise.search.cheapest import cheapest, most_conflicts_in
from pinwise.search.first import first_stack
from pinwise.search.present import only_unchanged
from pinwise.space.space import Picks, Space, cost_of, unknown_in


def exact(space: Space, budget: Budget) -> Prediction:
    """Find the stack with the fewest changes, of those the cheapest, ties settled."""
    present = only_unchanged(space)
    return by_search(space, budget) if present is None else _proven(space, present)


def by_search(space: Space, budget: Budget, *, most_conflicts: int | None = None) -> Prediction:
    """Find the same without a look at the present stack first.

    A first stack is improved until nothing is better. After `most_conflicts` (None: what suits the space) the
    engine goes on from the last one.
    """
    first = first_stack(space, budget)
    if isinstance(first, GaveUp | NoStack):
        return first
    if most_conflicts is None:
        most_conflicts = most_conflicts_in(space)
    best = cheapest(first, budget, most_conflicts=most_conflicts)
    if best.is_proven:
        return _proven(space, best.picks)
    if not budget.expired():
        from pinwise.search.engine import by_engine  # noqa: PLC0415  # seldom needed, and heavy

        return by_engine(space, best.picks, budget)
    return Found(
        best.picks,
        cost_of(space, best.picks),
        best.bound,
        is_optimal=False,
        is_settled=not unknown_in(space, best.picks),
        reason="the time limit was reached",
    )


def _proven(space: Space, picks: Picks) -> Found:
    cost, is_settled = cost_of(space, picks), not unknown_in(space, picks)
    return Found(picks, cost, cost, is_optimal=True, is_settled=is_settled, prover=Prover.SEARCH)

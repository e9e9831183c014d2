"""Predictor `latest`: the first valid stack that newest-first finds. Fast, and no promise of the best."""

from pinwise.search.answer import Budget, Found, GaveUp, NoStack, Prediction
from pinwise.search.first import first_stack
from pinwise.space.space import Space, cost_of, unknown_in


def latest(space: Space, budget: Budget) -> Prediction:
    """Find a stack by deciding for the newest candidate each time, finals before priced pre-releases."""
    first = first_stack(space, budget)
    if isinstance(first, GaveUp | NoStack):
        return first
    found = first.picks
    return Found(
        found,
        cost_of(space, found),
        0,
        is_optimal=False,
        is_settled=not unknown_in(space, found),
        reason="the predictor `latest` takes the first stack it finds",
    )

"""Strategies that find a stack in a space; ``README.md`` beside this file teaches them."""

from types import MappingProxyType

from pinwise.search.answer import Budget, Found, GaveUp, NoStack, Prediction, Predictor
from pinwise.space.space import Space


def _exact(space: Space, budget: Budget) -> Prediction:
    from pinwise.search.exact import exact  # noqa: PLC0415  # not all who ask for names search

    return exact(space, budget)


def _latest(space: Space, budget: Budget) -> Prediction:
    from pinwise.search.latest import latest  # noqa: PLC0415  # as above

    return latest(space, budget)


PREDICTORS: MappingProxyType[str, Predictor] = MappingProxyType({"exact": _exact, "latest": _latest})
"""Every predictor by its name; the first is the default."""

__all__ = ["PREDICTORS", "Budget", "Found", "GaveUp", "NoStack", "Prediction", "Predictor"]

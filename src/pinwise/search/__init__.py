"""Strategies that find a stack in a space; ``README.md`` beside this file teaches them."""

from types import MappingProxyType

from pinwise.search import exact, latest
from pinwise.search.answer import Budget, Found, GaveUp, NoStack, Prediction, Predictor

PREDICTORS: MappingProxyType[str, Predictor] = MappingProxyType(
    {"exact": exact.exact, "latest": latest.latest}
)
"""Every predictor by its name; the first is the default."""

__all__ = ["PREDICTORS", "Budget", "Found", "GaveUp", "NoStack", "Prediction", "Predictor"]

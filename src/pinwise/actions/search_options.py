"""How to search, as the user has chosen."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """How to search.

    Attributes:
        predictor: A name of `pinwise.search.PREDICTORS`.
        fetch_limit: How many releases' metadata may be fetched, before it grows with the stack.
        time_limit: Seconds, None for no limit.
        clock: Seconds that only ever grow.
        is_explained: Whether a refusal needs its derivation, which takes time to make short.
        is_recorded: Whether the digest of the facts is needed.
        is_compared: Whether to say what the best stack would be, where present pins are kept.
    """

    predictor: str = "exact"
    fetch_limit: int = 500
    time_limit: float | None = None
    clock: Callable[[], float] = lambda: 0.0
    is_explained: bool = True
    is_recorded: bool = True
    is_compared: bool = True

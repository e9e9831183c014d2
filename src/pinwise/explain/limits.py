"""What lets a search go on that a limit has ended."""

LONGER = 60.0
"""Seconds that are offered where a shorter time was not enough."""

_WAYS = (
    ("time limit", "`--time-limit {seconds:g}` looks longer"),
    ("fetch limit", "`--fetch-limit 5000` looks at more releases"),
    ("offline", "without `--offline` more can be looked at"),
)
"""What ended a search, in the words of its reason, and what lets it go on."""


def looking_further(reason: str, seconds: float = LONGER) -> str:
    """Return what lets a search go on, "" where nothing that ended it was a limit.

    Args:
        reason: Why it ended, as `pinwise.model.outcome.Undecided` and `Proof` have it.
        seconds: A time that may be enough.

    >>> looking_further("the fetch limit of 500 was reached")
    '`--fetch-limit 5000` looks at more releases'
    """
    way = next((way for words, way in _WAYS if words in reason), "")
    return way.format(seconds=max(seconds, LONGER))

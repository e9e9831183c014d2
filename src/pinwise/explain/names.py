"""Names that someone may have meant.

>>> near_names("flaskk", ["flask", "django", "flasgger"])
('flask',)
>>> near_names("dateutil", ["python-dateutil", "datetime"])
('python-dateutil', 'datetime')
"""

import re
from collections.abc import Iterable

MOST = 3
"""How many names are suggested at most."""

_NEAR = 0.72
_PREFIXES = ("python", "py")
_LONGEST = 100


def near_names(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return up to three of the known names that resemble `name`, the nearest first.

    Case, dots, dashes and underscores do not count, neither does a ``python-`` or ``py`` at either end.
    Works for projects, options and names of indexes alike. `name` itself is never suggested.

    Args:
        name: What was asked for.
        known: What there is; returned as spelt here. Ties keep the alphabet's order.
    """
    if len(name) > _LONGEST:
        return ()
    wanted = _letters(name)
    rated = sorted((-_likeness(wanted, _letters(other)), other) for other in {*known} - {name})
    return tuple(other for likeness, other in rated if -likeness >= _NEAR)[:MOST]


def _letters(name: str) -> str:
    """Return the name without case and separators: ``--Extra_Index`` and ``extra-index`` are the same."""
    return re.sub(r"[-_.\s]+", "", name).lower()


def _likeness(first: str, second: str) -> float:
    """Return a number from 0 to 1; 1 for the same letters, a little less for the same core."""
    if first == second:
        return 1.0
    if _core(first) == _core(second):
        return 0.99
    if len(second) > _LONGEST:
        return 0.0
    from difflib import SequenceMatcher  # noqa: PLC0415  # for errors only

    matcher = SequenceMatcher(None, first, second, autojunk=False)
    if matcher.real_quick_ratio() < _NEAR or matcher.quick_ratio() < _NEAR:
        return 0.0
    return max(matcher.ratio(), SequenceMatcher(None, second, first, autojunk=False).ratio())


def _core(letters: str) -> str:
    """Return the letters without a ``python`` or ``py`` at either end, where something remains."""
    for affix in _PREFIXES:
        bare = letters.removeprefix(affix).removesuffix(affix)
        if bare and bare != letters:
            return bare
    return letters

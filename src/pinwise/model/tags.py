"""Wheel tags: from the compressed form of a file name to a rank in an environment (PEP 425)."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import product

MAX_EXPANSION = 4096
"""More tags than this in one file name are an attack, not a wheel: the file then fits nowhere."""


@lru_cache(maxsize=16_384)
def expand_tags(text: str) -> tuple[str, ...]:
    """Return the single tags that a compressed tag set stands for, in the order of the file name.

    ``py2.py3-none-any`` gives ``("py2-none-any", "py3-none-any")``. A text that is not three sets joined by
    hyphens, or that stands for more than `MAX_EXPANSION` tags, gives none.
    """
    sets = text.lower().split("-")
    if len(sets) != 3:  # noqa: PLR2004  # interpreter, ABI, platform
        return ()
    pythons, abis, platforms = (tuple(dict.fromkeys(part.split("."))) for part in sets)
    if len(pythons) * len(abis) * len(platforms) > MAX_EXPANSION or not all((*pythons, *abis, *platforms)):
        return ()
    return tuple("-".join(tag) for tag in product(pythons, abis, platforms))


class Ranks(dict[str, int]):
    """Supported tags -> their positions in an environment's order of preference, 0 the best.

    Attributes:
        found: What `best_rank` said of tag parts that it was asked about; most files share a few of them.
    """

    __slots__ = ("found",)

    def __init__(self, tags: Iterable[str]) -> None:
        super().__init__((tag, rank) for rank, tag in enumerate(tags))
        self.found: dict[str, int | None] = {}


def best_rank(tags: str, ranks: Mapping[str, int]) -> int | None:
    """Return the best rank of a wheel in an environment, None if it does not fit there.

    Args:
        tags: The tag part of the wheel's name, compressed or not.
        ranks: Supported tag -> its position in the environment's order of preference, 0 the best.
    """
    if not isinstance(ranks, Ranks):
        return _best_rank(tags, ranks)
    if tags not in ranks.found:
        ranks.found[tags] = _best_rank(tags, ranks)
    return ranks.found[tags]


def _best_rank(tags: str, ranks: Mapping[str, int]) -> int | None:
    return min((ranks[tag] for tag in expand_tags(tags) if tag in ranks), default=None)

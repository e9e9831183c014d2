"""Specifiers as masks over the ascending versions of one project.

Bit 0 of a mask stands for "absent", bit k+1 for the candidate at position k. Single comparisons are monotone
in the order of versions, so each boundary is found by bisection with `packaging`'s own verdict as the probe:
the semantics stay those of the standard.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from packaging.specifiers import Specifier, SpecifierSet
from packaging.version import Version

ABSENT = 1
"""The mask of "not in the stack"."""


def present(count: int) -> int:
    """Return the mask of all of `count` candidates."""
    return ((1 << count) - 1) << 1


def bit(position: int) -> int:
    """Return the mask of the candidate at `position`."""
    return 2 << position


def positions(mask: int) -> Iterator[int]:
    """Yield the positions in a mask in ascending order; "absent" is none."""
    mask >>= 1
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def newest(mask: int) -> int:
    """Return the highest position in a mask that holds at least one candidate."""
    return mask.bit_length() - 2


def matching(specifiers: SpecifierSet, versions: Sequence[Version]) -> int:
    """Return the mask of the versions that satisfy a specifier set, pre-releases like all others."""
    mask = present(len(versions))
    for specifier in specifiers:
        mask &= _matching_one(specifier, versions)
        if not mask:
            break
    return mask


def _matching_one(specifier: Specifier, versions: Sequence[Version]) -> int:
    operator = specifier.operator
    if specifier.version.endswith(".*") or operator in ("===", "~="):
        return _by_scan(specifier, versions)
    if operator in (">=", ">"):
        first = _boundary(specifier, versions, holds_above=True)
        return present(len(versions)) & ~present(first)
    if operator in ("<=", "<"):
        return present(_boundary(specifier, versions, holds_above=False))
    return _by_equality(specifier, versions, is_negated=operator == "!=")


def _boundary(specifier: Specifier, versions: Sequence[Version], *, holds_above: bool) -> int:
    """Return the first position at which the verdict of a monotone specifier changes."""
    low, high = 0, len(versions)
    while low < high:
        middle = (low + high) // 2
        if specifier.contains(versions[middle], prereleases=True) == holds_above:
            high = middle
        else:
            low = middle + 1
    return low


def _by_equality(specifier: Specifier, versions: Sequence[Version], *, is_negated: bool) -> int:
    """Look at the neighbours of the named version only: it and its local versions stand together."""
    named = Version(specifier.version)
    position = bisect_left(versions, named)
    equal = 0
    while position < len(versions) and _without_local(versions[position]) <= named:
        if specifier.contains(versions[position], prereleases=True) != is_negated:
            equal |= bit(position)
        position += 1
    return present(len(versions)) & ~equal if is_negated else equal


def _without_local(version: Version) -> Version:
    return version if version.local is None else Version(version.public)


def _by_scan(specifier: Specifier, versions: Sequence[Version]) -> int:
    mask = 0
    for position, version in enumerate(versions):
        if specifier.contains(version, prereleases=True):
            mask |= bit(position)
    return mask

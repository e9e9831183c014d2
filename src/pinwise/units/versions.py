"""The versions of a project's candidates: each is parsed when it is looked at, which few ever are."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Self, overload

from packaging.version import Version


class Versions(Sequence[Version]):
    """Versions in ascending order, made of their texts as `Version` writes them.

    Equal texts in equal order make equal sequences.
    """

    __slots__ = ("_parsed", "_texts")

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = tuple(texts)
        self._parsed: dict[int, Version] = {}

    @classmethod
    def of(cls, versions: Iterable[Version]) -> Self:
        """Return versions that are parsed already."""
        parsed = tuple(versions)
        made = cls([str(version) for version in parsed])
        made._parsed.update(enumerate(parsed))
        return made

    @property
    def texts(self) -> tuple[str, ...]:
        """The versions as they were given."""
        return self._texts

    def position(self, version: Version) -> int | None:
        """Return the position of a version, however it is spelt; None if it is not there."""
        position = bisect_left(self, version)
        return position if position < len(self) and self[position] == version else None

    @overload
    def __getitem__(self, place: int) -> Version: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Version, ...]: ...
    def __getitem__(self, place: int | slice) -> Version | tuple[Version, ...]:
        if isinstance(place, slice):
            return tuple(self[each] for each in range(*place.indices(len(self))))
        position = place if place >= 0 else len(self._texts) + place
        version = self._parsed.get(position)
        if version is None:
            version = self._parsed[position] = Version(self._texts[position])
        return version

    def __len__(self) -> int:
        return len(self._texts)

    def __contains__(self, version: object) -> bool:
        return isinstance(version, Version) and self.position(version) is not None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Versions) and self._texts == other._texts

    def __hash__(self) -> int:
        return hash(self._texts)

    def __repr__(self) -> str:
        return f"Versions({list(self._texts)})"

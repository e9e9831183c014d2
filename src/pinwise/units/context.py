"""What a unit may look at, and what it answers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from pinwise.model.facts import Skip
from pinwise.model.names import NormalizedName
from pinwise.model.request import DirectRequirement, Request
from pinwise.model.tags import Ranks
from pinwise.units.goals import Goal, goal_named
from pinwise.units.versions import Versions

Refused = tuple[tuple[Version, "Finding"], ...]
"""Releases that are no candidates, ascending, each with the first finding on it."""

Refusals = Callable[[], Refused]


class Finding(NamedTuple):
    """Why a sieve removes a release: the words follow the version ("3.0 needs Python >=3.12")."""

    sieve: str
    reason: str
    link: str = ""


class Build(IntEnum):
    """What installing a release takes, judged by page facts for the target."""

    WHEEL = 0
    SDIST = 1
    NATIVE = 2


@dataclass(frozen=True, slots=True)
class Context:
    """The request as units see it, for one step of the search.

    Attributes:
        request: The whole request; units read its environment, formats and local projects.
        goal: What each price is worth.
        direct: Projects that the manifest names in the groups of this step.
        exact_pins: Versions that the manifest, a constraint or an override pins with ``==`` or ``===``.
        prereleases: Projects whose pre-releases are in every mask.
        hashes: Digests (``sha256:…``) to which the manifest restricts the files of a project.
        ranks: Supported wheel tags and their order of preference, 0 first.
    """

    request: Request
    goal: Goal
    direct: frozenset[NormalizedName]
    exact_pins: Mapping[NormalizedName, frozenset[str]]
    prereleases: frozenset[NormalizedName]
    hashes: Mapping[NormalizedName, frozenset[str]]
    ranks: Mapping[str, int]

    def allows_prereleases(self, name: NormalizedName) -> bool:
        """Whether option, manifest, constraint or override allow pre-releases of the project."""
        return self.request.prereleases.all or name in self.prereleases


@dataclass(frozen=True, slots=True)
class Candidates:
    """The admitted candidates of one project in ascending order, with what units know of them: a column each.

    Positions count from 0 in every column; bit k+1 of a mask stands for position k.

    Attributes:
        name: The project.
        index: The URL of the index that serves it.
        versions: Of the releases that passed all sieves.
        builds: What installing each takes, as a byte of `Build`.
        uploaded: The time of the earliest upload of each, in seconds since 1970, None if unknown.
        prereleases: The mask of the pre-releases.
        baseline: The mask of the baseline set (`pinwise.units.steps.days_behind`).
        yanks: Of the yanked ones among them, by position: the reason, possibly "".
        skipped: What was left out of its page.
        refusals: Gives what did not pass; explanations ask for it.
        is_virtual: Whether the page is not known yet: one candidate stands for all that it may list.
    """

    name: NormalizedName
    index: str
    versions: Versions
    builds: bytes
    uploaded: Sequence[int | None]
    prereleases: int
    baseline: int
    yanks: Mapping[int, str] = field(default_factory=dict)
    skipped: tuple[Skip, ...] = ()
    refusals: Refusals = field(default=tuple, compare=False)
    is_virtual: bool = False

    @property
    def refused(self) -> Refused:
        """What did not pass the sieves."""
        return self.refusals()

    @property
    def newest(self) -> Version | None:
        """The newest version of the baseline set, None where that is empty."""
        return self.versions[self.baseline.bit_length() - 2] if self.baseline else None

    def __len__(self) -> int:
        return len(self.builds)


@lru_cache(maxsize=4096)
def parse_specifier(text: str) -> SpecifierSet | None:
    """Return the specifier, or None if it cannot be read."""
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        return None


@lru_cache(maxsize=16384)
def admits_python(specifier: str, python: Version) -> bool | None:
    """Whether a Requires-Python admits an interpreter, both bounds counted; None if it is not readable."""
    parsed = parse_specifier(specifier)
    return None if parsed is None else parsed.contains(python, prereleases=True)


def context_for(request: Request, groups: Iterable[str]) -> Context:
    """Return what units see in a step that solves `groups`; requirements of other groups have no say."""
    wanted = set(groups)
    direct = [each for group in request.groups if group.name in wanted for each in group.requirements]
    written = [*direct, *request.constraints, *request.overrides]
    return Context(
        request=request,
        goal=goal_named(request.goal),
        direct=frozenset(each.name for each in direct),
        exact_pins=_exact_pins(written),
        prereleases=request.prereleases.names
        | {each.name for each in written if each.requirement.specifier.prereleases},
        hashes=_hashes(written),
        ranks=Ranks(request.environment.tags),
    )


def _exact_pins(written: Iterable[DirectRequirement]) -> Mapping[NormalizedName, frozenset[str]]:
    pins: dict[NormalizedName, set[str]] = {}
    for each in written:
        for specifier in each.requirement.specifier:
            if specifier.operator in ("==", "===") and not specifier.version.endswith(".*"):
                pins.setdefault(each.name, set()).add(f"{specifier.operator}{specifier.version}")
    return {name: frozenset(specifiers) for name, specifiers in pins.items()}


def _hashes(written: Iterable[DirectRequirement]) -> Mapping[NormalizedName, frozenset[str]]:
    hashes: dict[NormalizedName, frozenset[str]] = {}
    for each in written:
        if each.hashes:
            present = hashes.get(each.name)
            hashes[each.name] = each.hashes if present is None else present & each.hashes
    return hashes

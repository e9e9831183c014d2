"""The policies, written a second time: slowly, plainly, and without a line of the search.

Only the amounts of ``pinwise.units.goals`` are shared. `support.oracle` and `support.sat` judge by these
rules; `support.checker` is written independently of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.tags import parse_tag
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from pinwise.model.facts import File, Metadata, Project, Release, Snapshot
from pinwise.model.request import DirectRequirement, Request
from pinwise.units.goals import GOALS, LARGEST_AMOUNT, Goal

SECONDS_A_DAY = 86_400

Node = tuple[NormalizedName, str]
"""A project, or with a second part one of its extras."""


@dataclass(slots=True)
class Rules:
    """What holds in one step: the manifest's groups up to this one, and the whole world.

    Attributes:
        request: What was asked.
        world: Everything there is.
        directs: The direct requirements of the groups so far.
    """

    request: Request
    world: Snapshot
    directs: tuple[DirectRequirement, ...]
    _candidates: dict[NormalizedName, tuple[Release, ...]] = field(default_factory=dict)

    # Which releases there are

    def candidates(self, name: NormalizedName) -> tuple[Release, ...]:
        """Return the releases that pass every sieve by page facts, in ascending order."""
        if name not in self._candidates:
            project = self.world.project(name)
            releases = project.releases if isinstance(project, Project) else ()
            if isinstance(project, Project) and project.status == "quarantined":
                releases = ()
            is_local = name in self.request.local
            self._candidates[name] = tuple(r for r in releases if is_local or self._is_admitted(name, r))
        return self._candidates[name]

    def _is_admitted(self, name: NormalizedName, release: Release) -> bool:
        if release.is_yanked and not self._is_pinned(name, release.version):
            return False
        return self.build(name, release) is not None

    def _is_pinned(self, name: NormalizedName, version: Version) -> bool:
        for written in self._written(name):
            for specifier in written.requirement.specifier:
                exact = specifier.operator in {"==", "==="} and not specifier.version.endswith(".*")
                if exact and specifier.contains(version, prereleases=True):
                    return True
        return False

    def _written(self, name: NormalizedName) -> list[DirectRequirement]:
        request = self.request
        return [d for d in (*self.directs, *request.constraints, *request.overrides) if d.name == name]

    def build(self, name: NormalizedName, release: Release) -> str | None:
        """Return "" where a wheel can be installed, else the build it needs, None if neither."""
        files = [file for file in release.files if self._is_installable(name, file)]
        if not release.is_yanked:
            files = [file for file in files if file.yanked is None]
        if any(file.is_wheel for file in files):
            return ""
        if not files:
            return None
        wheels = [file for file in release.files if file.is_wheel]
        has_compiled = any(not file.tags.endswith("-any") for file in wheels)
        has_any_for_target = any(self._is_compatible(file) for file in wheels)
        return "native_build" if has_compiled and not has_any_for_target else "sdist_build"

    def _is_installable(self, name: NormalizedName, file: File) -> bool:
        allowed = self.request.formats
        if not self._takes_this_python(file.requires_python):
            return False
        if not (allowed.allows_wheels(name) if file.is_wheel else allowed.allows_sdists(name)):
            return False
        for written in self._written(name):
            if written.hashes and f"sha256:{file.sha256}" not in written.hashes:
                return False
        return not file.is_wheel or self._is_compatible(file)

    def _is_compatible(self, file: File) -> bool:
        supported = set(self.request.environment.tags)
        return any(str(tag) in supported for tag in parse_tag(file.tags))

    def _takes_this_python(self, specifier: str | SpecifierSet | None) -> bool:
        if specifier is None:
            return True
        return SpecifierSet(str(specifier)).contains(self.request.environment.python, prereleases=True)

    def metadata(self, name: NormalizedName, version: Version) -> Metadata | None:
        """Return the document of a release that may be chosen, None if its document forbids to choose it."""
        document = self.world.known_documents(name).get(version)
        if not isinstance(document, Metadata) or not self._takes_this_python(document.requires_python):
            return None
        return document

    # What requirements admit

    def allows_prereleases(self, name: NormalizedName) -> bool:
        """Whether the user allows pre-releases of the project, in whatever way."""
        allowed = self.request.prereleases
        if allowed.all or name in allowed.names:
            return True
        return any(written.requirement.specifier.prereleases for written in self._written(name))

    def admitted(self, name: NormalizedName, specifier: SpecifierSet) -> set[Version]:
        """Return the versions of the project that a requirement with this specifier admits."""
        fitting = {
            release.version
            for release in self.candidates(name)
            if specifier.contains(release.version, prereleases=True)
        }
        finals = {version for version in fitting if not version.is_prerelease}
        if self.allows_prereleases(name) or specifier.prereleases or not finals:
            return fitting
        return finals

    def selectable(self, name: NormalizedName, specifier: SpecifierSet) -> list[Version]:
        """Return what a requirement admits, the constraints leave and the documents do not forbid."""
        versions = self.admitted(name, specifier)
        for constraint in self.request.constraints:
            if constraint.name == name:
                versions &= self.admitted(name, constraint.requirement.specifier)
        return sorted(version for version in versions if self.metadata(name, version) is not None)

    def may_serve(self, requirement: Requirement) -> bool:
        """Whether anything may satisfy a requirement that may name a URL."""
        url = requirement.url
        return url is None or (url.startswith("file:") and target_of(requirement) in self.request.local)

    # What is required

    def requirements(self, version: Version, node: Node) -> list[Requirement]:
        """Return what one release requires for itself (no extra) or for one of its extras."""
        name, extra = node
        document = self.metadata(name, version)
        if document is None or (extra and extra not in document.extras):
            return []
        values = {**self.request.environment.markers, "extra": extra}
        holding = [r for r in document.requirements if r.marker is None or r.marker.evaluate(values)]
        return [rule for r in holding if (rule := self._amended(name, r)) is not None]

    def _amended(self, requirer: NormalizedName, requirement: Requirement) -> Requirement | None:
        """Return what a requirement says once the user's overrides and exclusions have had their say."""
        target = target_of(requirement)
        if requirer != target:
            if any(exclusion.name == target for exclusion in self.request.exclusions):
                return None
            for override in self.request.overrides:
                if override.name == target:
                    changed = Requirement(str(requirement))
                    changed.specifier = override.requirement.specifier
                    return changed
        return requirement

    # What is held against a release

    @property
    def goal(self) -> Goal:
        """The amounts of the request's goal."""
        return GOALS[self.request.goal]

    def baseline(self, name: NormalizedName) -> list[Release]:
        """Return the releases by which the age of the others is measured, in ascending order."""
        candidates = self.candidates(name)
        finals = [release for release in candidates if not release.version.is_prerelease]
        return list(candidates) if self.allows_prereleases(name) or not finals else finals

    def prices(self, name: NormalizedName, version: Version) -> dict[str, int]:
        """Return what is held against a release, by the names of the goals table; no zeros."""
        goal = self.goal
        if name in self.request.local:
            missing = goal.missing_extra * len(self.missing_extras(name, version))
            return {"missing_extra": missing} if missing else {}
        release = next(r for r in self.candidates(name) if r.version == version)
        build = self.build(name, release)
        amounts = {
            "freshness": self._freshness(name, release),
            "pre_release": goal.pre_release if version.is_prerelease and self._has_final(name) else 0,
            "yanked": goal.yanked if release.is_yanked else 0,
            "sdist_build": goal.sdist_build if build == "sdist_build" else 0,
            "native_build": goal.native_build if build == "native_build" else 0,
            "missing_extra": goal.missing_extra * len(self.missing_extras(name, version)),
        }
        return {unit: min(amount, LARGEST_AMOUNT) for unit, amount in amounts.items() if amount}

    def _has_final(self, name: NormalizedName) -> bool:
        return not all(release.version.is_prerelease for release in self.candidates(name))

    def cost(self, name: NormalizedName, version: Version) -> int:
        """Return the sum of what is held against a release."""
        return sum(self.prices(name, version).values())

    def _freshness(self, name: NormalizedName, release: Release) -> int:
        goal = self.goal
        is_direct = any(direct.name == name for direct in self.directs)
        baseline = self.baseline(name)
        above = [other for other in baseline if other.version > release.version]
        if not above:
            return 0
        times = [other.uploaded for other in baseline]
        if None in times:
            rate = goal.direct_untimed if is_direct else goal.transitive_untimed
            return (rate + goal.release_behind) * len(above)
        earliest = min(other.uploaded or 0 for other in above)
        if release.uploaded is not None:
            earliest = min(earliest, release.uploaded)
        rate = goal.direct_day if is_direct else goal.transitive_day
        days = (baseline[-1].uploaded or 0) // SECONDS_A_DAY - earliest // SECONDS_A_DAY
        return rate * days + goal.release_behind * len(above)

    def missing_extras(self, name: NormalizedName, version: Version) -> set[str]:
        """Return the extras that the manifest asks of the project and that a release lacks."""
        asked: set[str] = {extra for direct in self.directs if direct.name == name for extra in direct.extras}
        document = self.metadata(name, version)
        return asked - document.extras if document is not None else set()

    def behind(self, name: NormalizedName, version: Version) -> int:
        """Return how many page-admissible releases are above this one, pre-releases included."""
        return sum(release.version > version for release in self.candidates(name))

    # Present pins

    def changes(self, name: NormalizedName, version: Version) -> int:
        """Return 1 if the present lock has the project at another candidate; else 0."""
        kept = self.request.kept
        if kept is None or name in kept.freed:
            return 0
        if name not in kept.pins:
            return 0
        present, index = kept.pins[name]
        project = self.world.project(name)
        assert isinstance(project, Project)
        return int(present != version or index not in {"", project.index})

    # Ties

    def order(self) -> list[NormalizedName]:
        """Return every project in the order of the last tie: direct ones as written, then by name."""
        direct = [direct.name for direct in self.directs]
        return list(dict.fromkeys([*direct, *sorted(self.world.projects)]))

    def rank(
        self, stack: Mapping[NormalizedName, Version], free: Iterable[NormalizedName]
    ) -> tuple[object, ...]:
        """Return what stacks are compared by, the best is the smallest; only `free` projects have prices."""
        last = []
        for name in self.order():
            newer = [r for r in self.candidates(name) if name in stack and r.version > stack[name]]
            last.append(1 + len(newer) if name in stack else 0)
        free = list(free)
        changes = sum(self.changes(name, stack[name]) for name in free)
        cost = sum(self.cost(name, stack[name]) for name in free)
        behind = sum(self.behind(name, version) for name, version in stack.items())
        return (changes, cost, behind, len(stack), tuple(last))


def target_of(requirement: Requirement) -> NormalizedName:
    """Return the project that a requirement is on."""
    return canonicalize_name(requirement.name)


def nodes_of(requirement: Requirement) -> list[Node]:
    """Return the nodes that a requirement leads to: the project, then each extra asked for."""
    name = target_of(requirement)
    return [(name, ""), *((name, canonicalize_name(extra)) for extra in sorted(requirement.extras))]


def steps(request: Request) -> list[tuple[DirectRequirement, ...]]:
    """Return the direct requirements of each step: every group together with all earlier ones."""
    grown: list[tuple[DirectRequirement, ...]] = []
    for group in request.groups:
        grown.append((*(grown[-1] if grown else ()), *group.requirements))
    return grown

"""What will probably be asked for next, guessed from each fact as it comes in.

A search asks for what its best stack rests on, round after round, and each round costs the latency of an
index. A scout looks at a fact as soon as it is known and names what a stack of the newest releases would
need, so that it is on its way before the next round. It never says what is needed: a wrong guess costs a
fetch and changes no answer.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from pinwise.actions.ports import Wanted
from pinwise.model.facts import Document, Metadata
from pinwise.model.names import NormalizedName, normalise
from pinwise.model.request import DirectRequirement
from pinwise.units.context import Candidates, Context

_ROOT = ""
"""Who asks for what is direct."""

_MOST_TURNS = 3
"""How often another release of a project is followed: two that rule each other out would go on for ever."""


class Scout:
    """Follows the newest releases through what they require.

    Args:
        context: The request as units see it.
        roots: The direct requirements.
        candidates: Gives the candidates of a project, as far as its page is known.
        documents: Gives the known documents of a project.
    """

    def __init__(
        self,
        context: Context,
        roots: Iterable[DirectRequirement],
        candidates: Callable[[NormalizedName], Candidates],
        documents: Callable[[NormalizedName], Mapping[Version, Document]],
    ) -> None:
        request = context.request
        self._context = context
        self._candidates = candidates
        self._documents = documents
        self._markers = request.environment.markers
        self._excluded = {each.name for each in request.exclusions} | set(request.local)
        self._overrides = {each.name: each.requirement.specifier for each in request.overrides}
        self._asked: dict[NormalizedName, dict[str, list[SpecifierSet]]] = defaultdict(dict)
        self._extras: dict[NormalizedName, set[str]] = defaultdict(set)
        self._followed: dict[NormalizedName, tuple[Version, set[str]]] = {}
        self._verdicts: dict[tuple[int, str], tuple[Marker, bool]] = {}
        self._turns: Counter[NormalizedName] = Counter()
        self._told: set[NormalizedName] = set()
        self._pages: dict[NormalizedName, None] = {}
        self._releases: dict[tuple[NormalizedName, Version], None] = {}
        self._work: list[NormalizedName] = []
        for constraint in request.constraints:
            self._asked[constraint.name][f"{_ROOT}{constraint}"] = [constraint.requirement.specifier]
        for root in roots:
            self._ask(_ROOT, root.requirement)

    def begin(self) -> Wanted:
        """Return what will probably be needed, as far as the direct requirements lead through known facts."""
        return self._look()

    def learnt(self, name: NormalizedName) -> Wanted:
        """Return what will probably be needed now that more is known of a project."""
        if name in self._asked:
            self._work.append(name)
        return self._look()

    def _look(self) -> Wanted:
        while self._work:
            self._visit(self._work.pop(0))
        wanted = Wanted(tuple(self._pages), tuple(self._releases))
        self._pages.clear()
        self._releases.clear()
        return wanted

    def _visit(self, name: NormalizedName) -> None:
        candidates = self._candidates(name)
        if candidates.is_virtual:
            self._pages[name] = None
            return
        version = self._pick(name, candidates)
        if version is None:
            return
        document = self._documents(name).get(version)
        if document is not None:
            self._follow(name, version, document)
        elif name not in self._told:  # one guess for a project: the search knows better from then on
            self._told.add(name)
            self._releases[name, version] = None

    def _pick(self, name: NormalizedName, candidates: Candidates) -> Version | None:
        """Return the present pin or the newest version that fits what is known to be asked for."""
        asked = [each for specifiers in self._asked[name].values() for each in specifiers]
        kept = self._context.request.kept
        if kept is not None and name in kept.pins and not kept.frees_all and name not in kept.freed:
            version = kept.pins[name][0]
            if version in candidates.versions and _fits(version, asked):
                return version
        takes_any = self._context.allows_prereleases(name) or any(each.prereleases for each in asked)
        early: Version | None = None
        for position in range(len(candidates) - 1, -1, -1):
            version = candidates.versions[position]
            if not _fits(version, asked):
                continue
            if takes_any or not version.is_prerelease:
                return version
            early = early or version
        return early

    def _follow(self, name: NormalizedName, version: Version, document: Document) -> None:
        """Ask for what a release requires, once for each extra that is asked of it."""
        before, extras = self._followed.get(name, (None, set[str]()))
        if before != version:
            if self._turns[name] == _MOST_TURNS:
                return
            self._turns[name] += 1
            extras = set()
            self._followed[name] = (version, extras)
            for asked in self._asked.values():
                asked.pop(name, None)
        new = ({"", *self._extras[name]}) - extras
        extras |= new
        if new and isinstance(document, Metadata):
            for requirement in self._applying(document.requirements, new):
                self._ask(name, requirement)

    def _applying(self, requirements: Iterable[Requirement], extras: set[str]) -> Iterator[Requirement]:
        for requirement in requirements:
            marker = requirement.marker
            if marker is None or any(self._holds(marker, extra) for extra in extras):
                yield requirement

    def _holds(self, marker: Marker, extra: str) -> bool:
        key = (id(marker), extra)  # the marker is kept, so that its id stays
        known = self._verdicts.get(key)
        if known is None:
            try:
                verdict = marker.evaluate({**self._markers, "extra": extra})
            except (UndefinedComparison, UndefinedEnvironmentName):
                verdict = False
            known = self._verdicts[key] = (marker, verdict)
        return known[1]

    def _ask(self, requirer: str, requirement: Requirement) -> None:
        name = normalise(requirement.name)
        if name in self._excluded or requirement.url is not None:
            return
        specifier = requirement.specifier if requirer == _ROOT else self._overrides.get(name)
        asked = self._asked[name].setdefault(requirer, [])
        asked.append(requirement.specifier if specifier is None else specifier)
        self._extras[name].update(map(normalise, requirement.extras))
        self._work.append(name)


def _fits(version: Version, asked: Iterable[SpecifierSet]) -> bool:
    return all(each.contains(version, prereleases=True) for each in asked)

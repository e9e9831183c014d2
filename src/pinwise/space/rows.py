"""The requirements of one project as rows: which of its candidates say what, for one environment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from pinwise.model.environment import Environment
from pinwise.model.facts import Document, Metadata, Origin, Unusable
from pinwise.model.names import NormalizedName, normalise
from pinwise.model.request import Request
from pinwise.space.masks import bit
from pinwise.units.context import Candidates

ORIGINS = tuple(Origin)


class Demand(NamedTuple):
    """A requirement whose marker holds, as far as a search needs it.

    Attributes:
        text: As its document spells it, without the marker.
        target: The project that it is on.
        specifier: Its range of versions, "" for any.
        extras: Normalised, sorted.
        url: What it names in the place of versions, "" mostly.
        place: Where the user wrote the range of versions that stands for its own, "" where nothing does.
    """

    text: str
    target: NormalizedName
    specifier: str
    extras: tuple[NormalizedName, ...] = ()
    url: str = ""
    place: str = ""

    def __str__(self) -> str:
        return self.text


Row = tuple[Demand, int]
"""A requirement, and the mask of the candidates that make it."""


@dataclass(frozen=True, slots=True)
class Said:
    """What documents of one project say, each requirement once.

    Attributes:
        rows: Requirements, each with the mask of who says so.
        orders: For each candidate that says something, the places of its requirements in `rows`, in the order
            of its document.
    """

    rows: tuple[Row, ...] = ()
    orders: Mapping[int, tuple[int, ...]] = field(default_factory=dict)

    def by(self, position: int) -> list[Demand]:
        """Return what one candidate says, in the order of its document."""
        return [self.rows[place][0] for place in self.orders.get(position, ())]


@dataclass(frozen=True, slots=True)
class Extra:
    """What an extra of a project asks for beyond the project itself, and the mask of who lacks it."""

    said: Said
    lacks: int


@dataclass(slots=True)
class Rows:
    """What the known documents of one project say, indexed by bits of its candidates.

    Attributes:
        known: The mask of the candidates whose documents are known.
        base: Requirements that hold whatever extras are asked for.
        broken: By position, why a candidate has no metadata that could be used.
        unfit: By position, what in its metadata rules a candidate out for this environment.
        origins: Where the document of each candidate was found: 1 + its place among `ORIGINS`; 0 for none.
        extras: For every extra that was ever asked for, what it adds.
    """

    known: int = 0
    base: Said = Said()
    broken: Mapping[int, str] = field(default_factory=dict)
    unfit: Mapping[int, str] = field(default_factory=dict)
    origins: bytes = b""
    extras: dict[NormalizedName, Extra] = field(default_factory=dict)

    def unusable(self) -> dict[int, str]:
        """Return by position why a candidate's metadata rules it out."""
        if not self.broken and not self.unfit:
            return {}
        broken = {position: f"is left out, as {reason}" for position, reason in self.broken.items()}
        return broken | dict(self.unfit)

    def origin(self, position: int) -> Origin | None:
        """Return where the document of a candidate was found, None if it has none that can be used."""
        place = self.origins[position]
        return ORIGINS[place - 1] if place else None


class Reader:
    """Reads documents into rows, for one environment; verdicts on markers are kept.

    Attributes:
        ranges: What it has met of ranges of versions, by their texts.
    """

    def __init__(self, environment: Environment) -> None:
        self._markers = dict(environment.markers)
        self._python = environment.python
        self._verdicts: dict[tuple[int, str], tuple[Marker, bool]] = {}
        self._demands: dict[int, tuple[Requirement, Demand]] = {}
        self.ranges: dict[str, SpecifierSet] = {}

    def rows(self, candidates: Candidates, documents: Mapping[Version, Document]) -> Rows:
        """Return the rows of those candidates whose documents are known; no extras yet."""
        known = 0
        broken: dict[int, str] = {}
        unfit: dict[int, str] = {}
        origins = bytearray(len(candidates))
        base = _Sayings()
        for position, document in _placed(candidates, documents):
            known |= bit(position)
            if isinstance(document, Unusable):
                broken[position] = document.reason
                continue
            origins[position] = 1 + ORIGINS.index(document.origin)
            fault = self._fault(document)
            if fault is not None:
                unfit[position] = fault
                continue
            applying = [each for each in document.requirements if self.applies(each, "")]
            base.add(map(self._demand, applying), position)
        return Rows(known, base.said(), broken, unfit, bytes(origins))

    def added_by(
        self,
        rows: Rows,
        candidates: Candidates,
        documents: Mapping[Version, Document],
        extra: NormalizedName,
    ) -> Extra:
        """Return what `extra` asks for beyond the project itself, and who lacks it."""
        found = _Sayings()
        lacks = 0
        for position, document in _placed(candidates, documents):
            if position in rows.unfit or not isinstance(document, Metadata):
                continue
            if extra not in document.extras:
                lacks |= bit(position)
                continue
            applying = [
                each
                for each in document.requirements
                if self.applies(each, extra) and not self.applies(each, "")
            ]
            found.add(map(self._demand, applying), position)
        return Extra(found.said(), lacks)

    def applies(self, requirement: Requirement, extra: str) -> bool:
        """Whether a requirement's marker holds for the environment, with one extra asked for."""
        marker = requirement.marker
        if marker is None:
            return True
        key = (id(marker), extra)  # requirements of one text share it; it is kept, so that its id stays
        known = self._verdicts.get(key)
        if known is None:
            verdict = marker.evaluate({**self._markers, "extra": extra})
            known = self._verdicts[key] = (marker, verdict)
        return known[1]

    def _demand(self, requirement: Requirement) -> Demand:
        cached = self._demands.get(id(requirement))
        if cached is None:
            cached = self._demands[id(requirement)] = (requirement, to_demand(requirement))
            self.ranges.setdefault(cached[1].specifier, requirement.specifier)
        return cached[1]

    def _fault(self, document: Metadata) -> str | None:
        """Return why a release's own metadata rules it out, None if it does not."""
        python = document.requires_python
        if python is not None and not python.contains(self._python, prereleases=True):
            return f"needs Python {python}"
        try:
            for requirement in document.requirements:
                self.applies(requirement, "")
        except (UndefinedComparison, UndefinedEnvironmentName) as error:
            return f"has a marker that cannot be evaluated: {error}"
        return None


class _Sayings:
    """What documents say, as it is read one after the other."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._demands: list[Demand] = []
        self._masks: list[int] = []
        self._orders: dict[int, tuple[int, ...]] = {}
        self._shared: dict[tuple[int, ...], tuple[int, ...]] = {}

    def add(self, demands: Iterable[Demand], position: int) -> None:
        """Add what the document of one candidate says."""
        order: dict[int, None] = {}
        for demand in demands:
            place = self._places.setdefault(demand.text, len(self._demands))
            if place == len(self._demands):
                self._demands.append(demand)
                self._masks.append(0)
            self._masks[place] |= bit(position)
            order[place] = None
        if order:
            places = tuple(order)
            self._orders[position] = self._shared.setdefault(places, places)

    def said(self) -> Said:
        """Return all of it."""
        return Said(tuple(zip(self._demands, self._masks, strict=True)), self._orders)


class Amendments:
    """What the user lets stand for requirements of other projects: ranges of versions, or nothing."""

    def __init__(self, request: Request) -> None:
        self._overrides = {override.name: override for override in request.overrides}
        self._excluded = frozenset(exclusion.name for exclusion in request.exclusions)
        self._is_amending = bool(self._overrides or self._excluded)

    def amend(self, name: NormalizedName, demand: Demand) -> Demand | None:
        """Return what counts of one requirement of the project `name`, None where its target is excluded.

        What a project requires of itself stays as it is: that is how one extra names others. An override
        leaves a requirement its extras.
        """
        if not self._is_amending or demand.target == name:
            return demand
        if demand.target in self._excluded:
            return None
        override = self._overrides.get(demand.target)
        if override is None:
            return demand
        named = demand.text.removesuffix(demand.specifier if not demand.url else f" @ {demand.url}")
        specifier = str(override.requirement.specifier)
        return Demand(
            f"{named}{specifier}", demand.target, specifier, demand.extras, place=str(override.place)
        )


def to_demand(requirement: Requirement) -> Demand:
    """Return a requirement without its marker."""
    extras = sorted(normalise(extra) for extra in requirement.extras)
    specifier = str(requirement.specifier)
    named = f"{requirement.name}[{','.join(sorted(requirement.extras))}]" if extras else requirement.name
    url = requirement.url or ""
    text = f"{named} @ {url}" if url else f"{named}{specifier}"
    return Demand(text, normalise(requirement.name), specifier, tuple(extras), url)


def _placed(candidates: Candidates, documents: Mapping[Version, Document]) -> list[tuple[int, Document]]:
    """Return the documents of candidates by position, ascending."""
    found = [(candidates.versions.position(version), document) for version, document in documents.items()]
    placed = [(position, document) for position, document in found if position is not None]
    return sorted(placed, key=lambda each: each[0])

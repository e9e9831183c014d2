"""The requirements of one project as rows: which of its candidates say what, for one environment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import Requirement
from packaging.version import Version

from pinwise.model.facts import Document, Metadata, Unusable
from pinwise.model.names import NormalizedName, normalise
from pinwise.model.request import Place, Request
from pinwise.space.masks import bit
from pinwise.units.context import Candidates


class Overridden(Requirement):
    """What the user lets stand for a requirement of another project: its range of versions is the user's.

    The extras that are asked for stay those of the requirement.
    """

    def __init__(self, original: Requirement, override: Requirement, place: Place) -> None:
        extras = f"[{','.join(sorted(original.extras))}]" if original.extras else ""
        super().__init__(f"{original.name}{extras}{override.specifier}")
        self.original = original
        self.place = place


@dataclass(slots=True)
class Rows:
    """What the known documents of one project say, indexed by bits of its candidates.

    Attributes:
        documents: The documents that were read.
        known: The mask of the candidates that are covered.
        base: Requirements that hold whatever extras are asked for, with the mask of who says so.
        extras: For every extra that was asked for: what it adds.
        lacks: For every extra that was asked for: who does not have it.
        unusable: By position, why a candidate's metadata rules it out.
    """

    documents: Mapping[Version, Document]
    known: int = 0
    base: list[tuple[Requirement, int]] = field(default_factory=list)
    extras: dict[NormalizedName, list[tuple[Requirement, int]]] = field(default_factory=dict)
    lacks: dict[NormalizedName, int] = field(default_factory=dict)
    unusable: dict[int, str] = field(default_factory=dict)


class Reader:
    """Reads documents into rows, as a request lets them count; verdicts on markers are kept."""

    def __init__(self, request: Request) -> None:
        self._markers = dict(request.environment.markers)
        self._python = request.environment.python
        self._overrides = {override.name: override for override in request.overrides}
        self._excluded = frozenset(exclusion.name for exclusion in request.exclusions)
        self._is_amending = bool(self._overrides or self._excluded)
        self._verdicts: dict[tuple[int, str], tuple[Marker, bool]] = {}
        self._overridden: dict[int, Overridden] = {}

    def rows(self, candidates: Candidates, documents: Mapping[Version, Document], within: int) -> Rows:
        """Return the rows of those candidates in the mask `within` whose documents are known."""
        rows = Rows(documents)
        base: dict[int, tuple[Requirement, int]] = {}
        for position, version in enumerate(candidates.versions):
            document = documents.get(version) if within & bit(position) else None
            if document is None:
                continue
            rows.known |= bit(position)
            reason = self._fault(document)
            if reason is not None or not isinstance(document, Metadata):
                rows.unusable[position] = reason or ""
                continue
            applying = [each for each in document.requirements if self.applies(each, "")]
            for requirement in self.amended(candidates.name, applying):
                key = id(requirement)
                base[key] = (requirement, base.get(key, (requirement, 0))[1] | bit(position))
        rows.base = list(base.values())
        return rows

    def add_extra(self, rows: Rows, candidates: Candidates, extra: NormalizedName) -> None:
        """Add what `extra` asks for beyond the project itself, and who lacks it."""
        found: dict[int, tuple[Requirement, int]] = {}
        lacks = 0
        for position, version in enumerate(candidates.versions):
            if not rows.known & bit(position) or position in rows.unusable:
                continue
            document = rows.documents[version]
            if not isinstance(document, Metadata):
                continue
            if extra not in document.extras:
                lacks |= bit(position)
                continue
            applying = [
                each
                for each in document.requirements
                if self.applies(each, extra) and not self.applies(each, "")
            ]
            for requirement in self.amended(candidates.name, applying):
                key = id(requirement)
                found[key] = (requirement, found.get(key, (requirement, 0))[1] | bit(position))
        rows.extras[extra] = list(found.values())
        rows.lacks[extra] = lacks

    def amended(self, name: NormalizedName, requirements: Iterable[Requirement]) -> Iterable[Requirement]:
        """Return what counts of a project's requirements, as `amend` says of each."""
        if not self._is_amending:
            return requirements
        return [each for one in requirements if (each := self.amend(name, one)) is not None]

    def amend(self, name: NormalizedName, requirement: Requirement) -> Requirement | None:
        """Return what counts of one requirement of the project `name`, None where its target is excluded.

        What a project requires of itself stays as it is: that is how one extra names others.
        """
        target = target_name(requirement)
        if target == name:
            return requirement
        if target in self._excluded:
            return None
        override = self._overrides.get(target)
        if override is None:
            return requirement
        known = self._overridden.get(id(requirement))
        if known is None:
            known = Overridden(requirement, override.requirement, override.place)
            self._overridden[id(requirement)] = known
        return known

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

    def _fault(self, document: Document) -> str | None:
        """Return why a release's own metadata rules it out, None if it does not."""
        if isinstance(document, Unusable):
            return f"is left out, as {document.reason}"
        python = document.requires_python
        if python is not None and not python.contains(self._python, prereleases=True):
            return f"needs Python {python}"
        try:
            for requirement in document.requirements:
                self.applies(requirement, "")
        except (UndefinedComparison, UndefinedEnvironmentName) as error:
            return f"has a marker that cannot be evaluated: {error}"
        return None


def target_name(requirement: Requirement) -> NormalizedName:
    """Return the normalised name of the project that a requirement is on."""
    return normalise(requirement.name)

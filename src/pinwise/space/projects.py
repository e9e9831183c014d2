"""The projects of one compiler: their slices as its request sees them, kept ones or made of facts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from pinwise.model.facts import Document, NoProject, Project
from pinwise.model.names import NormalizedName
from pinwise.space.masks import bit, matching, present
from pinwise.space.rows import Demand, Extra, Reader, Rows
from pinwise.space.slices import Ranges, Slice
from pinwise.units.admission import admit
from pinwise.units.context import Candidates, Context, Refused


class Facts(Protocol):
    """What compiling reads; `pinwise.model.facts.Snapshot` and the knowledge base have it."""

    def project(self, name: NormalizedName) -> Project | NoProject | None:
        """Return page facts, None if they are not known."""
        ...

    def known_documents(self, name: NormalizedName) -> Mapping[Version, Document]:
        """Return the known documents of a project."""
        ...

    def compiled(self, name: NormalizedName) -> Slice | None:
        """Return the slice of a project as it follows from the facts of this moment, if there is one."""
        ...

    def expect(self, names: Collection[NormalizedName]) -> None:
        """Hear which slices will be asked for next, so that they can be read together."""
        ...

    def keep(self, made: Slice) -> None:
        """Take a slice that was made of the facts of this moment, for those who come later."""
        ...


@dataclass(slots=True)
class Seen:
    """One project as a request sees it.

    Attributes:
        candidates: What the request admits.
        slice: Its requirements and ranges.
        allowed: The masks of ranges under the request's policy on pre-releases, as they are asked for: those
            of its slice themselves, where the policy makes no difference.
    """

    candidates: Candidates
    slice: Slice
    allowed: dict[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> Rows:
        """What its known documents say."""
        return self.slice.rows


class Projects:
    """What is known of projects, as one request sees it; what has not changed is not computed again."""

    def __init__(self, facts: Facts, context: Context) -> None:
        self._facts = facts
        self._context = context
        self._reader = Reader(context.request.environment)
        self._seen: dict[NormalizedName, Seen] = {}
        self._admitted: dict[NormalizedName, tuple[object, Candidates, Ranges]] = {}
        self._made: dict[NormalizedName, tuple[object, int, Slice]] = {}

    def seen(self, name: NormalizedName) -> Seen:
        """Return a project as it is known now."""
        source = self._facts.compiled(name)
        if source is None or not source.serves(self._context):
            source = self._make(name)
        known = self._seen.get(name)
        if known is None or known.slice is not source:
            candidates = source.seen_by(self._context, lambda: self._refused(name))
            is_plain = not candidates.prereleases or self._context.allows_prereleases(name)
            known = self._seen[name] = Seen(candidates, source, source.ranges.masks if is_plain else {})
        return known

    def expect(self, names: Collection[NormalizedName]) -> None:
        """Hear which projects will be asked for next."""
        self._facts.expect(names)

    def added_by(self, seen: Seen, extra: NormalizedName) -> Extra:
        """Return what an extra of a project asks for."""
        found = seen.rows.extras.get(extra)
        if found is None:
            name = seen.candidates.name
            documents = self._facts.known_documents(name)
            found = self._reader.added_by(seen.rows, seen.candidates, documents, extra)
            seen.rows.extras[extra] = found
            seen.slice.is_grown = True
        return found

    def demanded(self, seen: Seen, demand: Demand) -> int:
        """Return the mask of a release's requirement; what stands behind a URL is on no index.

        A ``file:`` URL is taken for the local project of that name, where the manifest has one.
        """
        if demand.url and not (self._is_local(seen) and demand.url.lower().startswith("file:")):
            return 0
        is_kept = not demand.place and not seen.candidates.is_virtual
        allowed = self._allow(seen, demand.specifier, is_kept=is_kept)
        if is_kept:
            seen.allowed[demand.specifier] = allowed
        return allowed

    def allowed(self, seen: Seen, specifier: SpecifierSet) -> int:
        """Return the mask of what the user asks of a project; nobody else will ask the same."""
        return self._allow(seen, str(specifier), is_kept=False)

    def _allow(self, seen: Seen, text: str, *, is_kept: bool) -> int:
        """Return the mask of a range of versions under the policy on pre-releases."""
        candidates = seen.candidates
        if candidates.is_virtual:
            return bit(0)
        local = self._context.request.local.get(candidates.name)
        if local is not None and local.is_dynamic:
            return present(len(candidates))
        ranges = seen.slice.ranges
        mask = ranges.masks.get(text)
        if mask is None:
            specifier = self._reader.ranges.get(text)
            if specifier is None:
                specifier = self._reader.ranges[text] = SpecifierSet(text)
            mask = matching(specifier, candidates.versions)
            names_one = bool(specifier.prereleases)
            if is_kept:
                ranges.add(text, mask, names_one=names_one)
                seen.slice.is_grown = True
        else:
            names_one = text in ranges.naming
        if names_one or self._context.allows_prereleases(candidates.name):
            return mask
        return mask & ~candidates.prereleases or mask

    def _is_local(self, seen: Seen) -> bool:
        return seen.candidates.name in self._context.request.local

    def _refused(self, name: NormalizedName) -> Refused:
        return admit(name, self._facts.project(name), self._context).refused

    def _make(self, name: NormalizedName) -> Slice:
        """Return the slice of a project, made of the facts; it is kept where it serves others, too."""
        page = self._facts.project(name)
        known = self._admitted.get(name)
        if known is None or known[0] is not page:
            known = self._admitted[name] = (page, admit(name, page, self._context), Ranges())
        _, candidates, ranges = known
        if not isinstance(page, Project):
            return self._bare(name, candidates)
        documents = self._facts.known_documents(name)
        made = self._made.get(name)
        is_same = made is not None and made[0] is documents and made[1] == len(documents)
        if made is not None and is_same and made[2].candidates is candidates:
            return made[2]
        rows = self._reader.rows(candidates, documents)
        has_yanked = any(release.is_yanked for release in page.releases)
        new = Slice(candidates, rows, ranges, has_yanked=has_yanked, is_grown=True)
        self._made[name] = (documents, len(documents), new)
        if new.serves(self._context) and name not in self._context.request.local:
            self._facts.keep(new)
        return new

    def _bare(self, name: NormalizedName, candidates: Candidates) -> Slice:
        """Return the slice of a project without a page that lists anything."""
        made = self._made.get(name)
        if made is None or made[2].candidates is not candidates:
            made = self._made[name] = (None, 0, Slice(candidates, Rows()))
        return made[2]

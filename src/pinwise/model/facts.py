"""What is known of projects: page facts (from an index page) and documents (from a file's METADATA).

The two never mix: a `Release` has no metadata field, so that admission, prices and baselines cannot
depend on which metadata happens to be known (the law of `docs/concepts/algorithm.md`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from pinwise.model.names import NormalizedName


class File(NamedTuple):
    """One file of a release, as an index page lists it.

    Attributes:
        filename: As the index spells it.
        url: Absolute, without credentials and without fragment; for a local project a path.
        sha256: Lower-case hexadecimal digest, or None where the page gives none.
        size: Bytes, or None.
        uploaded: Seconds since 1970 (UTC), or None.
        requires_python: The page's specifier as text, or None.
        yanked: None if it is not yanked, else the reason, possibly empty.
        metadata: None: the page offers no metadata file (PEP 658); "": it does, without a digest;
            otherwise the SHA-256 of the metadata file. "?": the page cannot say (HTML).
        tags: The tag part of a wheel's name (``py3-none-any``), "" for an sdist.
    """

    filename: str
    url: str
    sha256: str | None
    size: int | None
    uploaded: int | None
    requires_python: str | None
    yanked: str | None
    metadata: str | None
    tags: str

    @property
    def is_wheel(self) -> bool:
        """Whether the file is a wheel; otherwise it is an sdist."""
        return self.tags != ""


class Release(NamedTuple):
    """One version of a project on one index: page facts only."""

    version: Version
    files: tuple[File, ...]

    @property
    def uploaded(self) -> int | None:
        """Seconds since 1970 of the earliest upload among its files, None where one has no time."""
        times = [file.uploaded for file in self.files]
        return None if not times or None in times else min(t for t in times if t is not None)

    @property
    def is_yanked(self) -> bool:
        """Whether every file is yanked (PEP 592)."""
        return None not in [file.yanked for file in self.files]

    @property
    def yank_reason(self) -> str | None:
        """The first reason that is given for a yanked release, possibly ""; None if it is not yanked."""
        if not self.is_yanked:
            return None
        return next((file.yanked for file in self.files if file.yanked), "")


class Skip(NamedTuple):
    """Something on a page that was left out, with the reason in words."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Project:
    """What the serving index says of one project.

    Attributes:
        name: The project.
        index: The URL of the index that serves it; for a local project its path.
        releases: In ascending order of version, each with at least one file.
        skipped: Files that could not be used at all (unreadable names or versions).
        status: The project's status marker (PEP 792): "active", "archived", "quarantined", "deprecated".
    """

    name: NormalizedName
    index: str
    releases: tuple[Release, ...]
    skipped: tuple[Skip, ...] = ()
    status: str = "active"


@dataclass(frozen=True, slots=True)
class NoProject:
    """Every index that may serve the name answered that it has no such project."""

    name: NormalizedName


class Origin(StrEnum):
    """Where a document was found, in the order in which sources are asked."""

    METADATA_FILE = "metadata file"
    WHEEL = "wheel"
    SDIST = "sdist"
    EGG_INFO = "egg-info"
    USER = "user"
    LOCAL = "local project"


@dataclass(frozen=True, slots=True)
class Metadata:
    """What one release requires, read from the document that the file policy chose.

    Attributes:
        requires_python: The document's own Requires-Python, None if it has none.
        requirements: The Requires-Dist entries, extras still in their markers.
        extras: Normalised names of the extras it provides.
        origin: Which kind of document said so.
        file: The file (name) whose document it is.
    """

    requires_python: SpecifierSet | None
    requirements: tuple[Requirement, ...]
    extras: frozenset[NormalizedName]
    origin: Origin = Origin.METADATA_FILE
    file: str = ""


ANOTHER_RELEASE = "its metadata is that of "
"""How the reason begins for which a document is unusable that names another project or version."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """The release's metadata cannot be learned or is broken: it is left out, with this reason."""

    reason: str


UNLEARNED = "its metadata cannot be learned without running its code"
"""What the reason says of a release that can be used once the user says what it requires."""

Document = Metadata | Unusable


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A closed world in memory: the frozen input of every request, and the fake of every test.

    Attributes:
        projects: Pages that are known; a name that is missing here is not known yet.
        documents: Per project, the releases whose metadata is known.
    """

    projects: Mapping[NormalizedName, Project | NoProject] = field(default_factory=dict)
    documents: Mapping[NormalizedName, Mapping[Version, Document]] = field(default_factory=dict)

    def names(self) -> Iterable[NormalizedName]:
        """Return the names of all projects that are known to exist."""
        return [name for name, page in self.projects.items() if isinstance(page, Project)]

    def project(self, name: NormalizedName) -> Project | NoProject | None:
        """Return the page facts of `name`, or None if its page is not known."""
        return self.projects.get(name)

    def elsewhere(self, name: NormalizedName) -> tuple[str, ...]:
        """Return the URLs of indexes that have `name` and do not serve it: none, in a closed world."""
        del name
        return ()

    def known_documents(self, name: NormalizedName) -> Mapping[Version, Document]:
        """Return the documents of those releases of `name` whose metadata is known."""
        return self.documents.get(name, {})

    def documents_beside(
        self, name: NormalizedName, version: Version
    ) -> Sequence[tuple[str, Origin, Document]]:
        """Return the known documents of a release that do not decide: none, in a closed world."""
        del name, version
        return ()

    def compiled(self, name: NormalizedName) -> None:
        """Return the slice of a project: a closed world keeps none."""

    def expect(self, names: Collection[NormalizedName]) -> None:
        """Hear which slices will be asked for next: there are none."""

    def keep(self, made: object) -> None:
        """Take a slice, and forget it."""

    def assure(self) -> None:
        """See that nothing was lost: nothing ever is."""

    def only(self, releases: Mapping[NormalizedName, Version | None]) -> "Snapshot":
        """Return what is known of these releases alone; None stands for all releases of the project."""
        projects = {name: page for name, page in self.projects.items() if name in releases}
        for name, version in releases.items():
            page = projects.get(name)
            if version is not None and isinstance(page, Project):
                kept = tuple(each for each in page.releases if each.version == version)
                projects[name] = replace(page, releases=kept, skipped=())
        return Snapshot(projects, self.documents)

"""What the actions need of the world, as protocols: `wiring` supplies them, tests supply fakes."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol

from packaging.version import Version

from pinwise.model.facts import Document, NoProject, Origin, Project
from pinwise.model.names import NormalizedName
from pinwise.model.outcome import Effort
from pinwise.model.request import Request
from pinwise.space.slices import Slice

if TYPE_CHECKING:
    from pinwise.model.installed import Batch


class Knowledge(Protocol):
    """What is known for one request: its indexes, its environment, its file policy.

    `pinwise.model.facts.Snapshot` is the fake of every test.
    """

    def names(self) -> Iterable[NormalizedName]:
        """Return the names of all projects that are known to exist, to suggest near ones."""
        ...

    def project(self, name: NormalizedName) -> Project | NoProject | None:
        """Return the page facts of `name` from the index that serves it, None if they are not known."""
        ...

    def elsewhere(self, name: NormalizedName) -> tuple[str, ...]:
        """Return the URLs of those of the indexes that are known to have `name` and do not serve it."""
        ...

    def known_documents(self, name: NormalizedName) -> Mapping[Version, Document]:
        """Return the known documents of `name`, those that are known to be unusable included."""
        ...

    def documents_beside(
        self, name: NormalizedName, version: Version
    ) -> Sequence[tuple[str, Origin, Document]]:
        """Return the documents of a release that are known and do not decide, with their files and kinds.

        Asked for what is pinned only: which documents happen to be known changes no advice.
        """
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

    def only(self, releases: Mapping[NormalizedName, Version | None]) -> "Knowledge":
        """Return what is known of these releases alone; None stands for all releases of the project.

        Every other project is not known; one of these without such a release has no releases.
        """
        ...

    def assure(self) -> None:
        """See that what is not known was never known: called before an answer rests on that.

        Raises:
            StoreFailure: Facts were lost.
        """
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an advice asks its source for.

    Attributes:
        pages: Projects whose page is wanted.
        documents: Releases whose metadata is wanted; their pages are known.
    """

    pages: tuple[NormalizedName, ...] = ()
    documents: tuple[tuple[NormalizedName, Version], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.pages or self.documents)

    def __len__(self) -> int:
        return len(self.pages) + len(self.documents)


Follow = Callable[[NormalizedName], Wanted]
"""Says, now that more is known of a project, what will probably be wanted next."""


class Source(Protocol):
    """Fetches facts into the knowledge that an advice reads."""

    def fetch(self, needed: Wanted, prefetch: Wanted, follow: Follow | None = None) -> None:
        """Learn all of `needed`, and of `prefetch` what can be had at the same time.

        What `follow` names, as facts come in, is prefetched, too.

        Afterwards every needed page and document is known (as "no project" or "unusable" where there is
        none).

        Raises:
            IndexFailure: Something needed could not be learned because an index failed. A failed prefetch is
                no error.
        """
        ...

    def effort(self) -> Effort:
        """Return what was fetched so far; rounds and seconds are left to the caller."""
        ...


@dataclass(frozen=True, slots=True)
class World:
    """What one advice asks: what is known, and where to learn more (None when offline)."""

    knowledge: Knowledge
    source: Source | None


Worlds = Callable[[Request], World]
"""Gives the world as a request sees it: the same facts, other indexes, targets or files."""


class Installer(Protocol):
    """Changes one environment, by means of pip or uv."""

    def install(self, batch: "Batch") -> None:
        """Install a batch.

        Raises:
            InstallerFailure: The installer ended with an error; the environment may be half changed.
        """
        ...

    def remove(self, names: Sequence[NormalizedName]) -> None:
        """Remove projects.

        Raises:
            InstallerFailure: As above.
        """
        ...


class SdistTexts(Protocol):
    """The texts in an sdist that state its metadata; None where it holds no such file."""

    @property
    def pkg_info(self) -> bytes | None:
        """``PKG-INFO`` in its root."""
        ...

    @property
    def egg_pkg_info(self) -> bytes | None:
        """``PKG-INFO`` in its egg-info folder."""
        ...

    @property
    def requires(self) -> bytes | None:
        """``requires.txt`` in its egg-info folder."""
        ...


class Archives(Protocol):
    """Reads wheels and sdists under limits: the module `pinwise.indexes.archives`."""

    @property
    def BrokenArchiveError(self) -> type[Exception]:  # noqa: N802  # an exception class, as the module has it
        """What both readers raise for an archive that cannot be read."""
        ...

    def read_wheel(self, file: BinaryIO, name: NormalizedName, /) -> bytes | None:
        """Return the METADATA of a wheel."""
        ...

    def read_sdist(self, file: BinaryIO, filename: str, name: NormalizedName, /) -> SdistTexts:
        """Return the texts of an sdist."""
        ...

"""Uses of the knowledge base as such: what is in it, what to forget, where it is."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pinwise.explain.names import near_names
from pinwise.model.differing import Differences
from pinwise.model.facts import Origin
from pinwise.model.names import NormalizedName


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """What is known of one index.

    Attributes:
        url: The index.
        projects: How many projects it is known to have.
        absent: How many names it is known not to have.
        releases, files: What it lists for those projects now.
        documents: Files whose metadata was read, or found to be unusable.
        oldest, newest: When its pages were last checked, in seconds since 1970; None if it has none.
    """

    url: str
    projects: int
    absent: int
    releases: int
    files: int
    documents: int
    oldest: int | None
    newest: int | None


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was known of one project on one index before it was forgotten, its history included."""

    index: str
    releases: int
    files: int
    documents: int


@dataclass(frozen=True, slots=True)
class KnowledgeStatus:
    """What is in a knowledge base.

    Attributes:
        path: Its file.
        size: Bytes on the disk, the write-ahead log included.
        indexes: In the order in which they were first asked.
    """

    path: Path
    size: int
    indexes: tuple[IndexStatus, ...]


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What forgetting a project removed.

    Attributes:
        name: The project.
        forgotten: Per index what was known of it; empty if nothing was.
        near: Names that are known and look like it, where nothing was known.
    """

    name: NormalizedName
    forgotten: tuple[Forgotten, ...]
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Damage:
    """Something in a knowledge base that is not what was written.

    Attributes:
        what: In words.
        index, project, release, file: What it is about, "" where that cannot be told.
    """

    what: str
    index: str = ""
    project: str = ""
    release: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class LostPage:
    """The page of a project on an index that does not hold."""

    index: str
    project: str


@dataclass(frozen=True, slots=True)
class LostDocument:
    """An answer about the metadata of a file that does not hold, by the kind of its source."""

    index: str
    project: str
    file: str
    kind: str


@dataclass(frozen=True, slots=True)
class Differing:
    """Two documents of one release that do not say the same.

    Attributes:
        index, project, release: Whose they are.
        first_file, first_kind: The one, by its file and its kind.
        file, kind: The other one.
        differences: What the other one says besides.
        is_earlier: Whether the other one is what its file said before.
    """

    index: str
    project: str
    release: str
    first_file: str
    first_kind: Origin
    file: str
    kind: Origin
    differences: Differences
    is_earlier: bool = False


class FactStore(Protocol):
    """What these actions ask of a knowledge base; `pinwise.knowledge.store.Store` is one."""

    @property
    def path(self) -> Path:
        """The file that holds it."""
        ...

    def size(self) -> int:
        """Return the bytes that it takes on the disk."""
        ...

    def index_status(self) -> tuple[IndexStatus, ...]:
        """Return what is known of each index."""
        ...

    def names(self) -> tuple[NormalizedName, ...]:
        """Return the names of all projects that some index has, sorted."""
        ...

    def known_of(self, name: NormalizedName) -> tuple[Forgotten, ...]:
        """Return what is known of a project."""
        ...

    def forget(self, name: NormalizedName) -> tuple[Forgotten, ...]:
        """Remove all that is known of a project."""
        ...


def knowledge_status(store: FactStore) -> KnowledgeStatus:
    """Say what is in a knowledge base (`pinwise kb status`)."""
    return KnowledgeStatus(store.path, store.size(), store.index_status())


def forget_project(store: FactStore, name: NormalizedName) -> Forgetting:
    """Forget a project, its recorded digests too, so that it is asked for anew (`pinwise kb forget`)."""
    return _forgetting(store, name, store.forget(name))


def would_forget(store: FactStore, name: NormalizedName) -> Forgetting:
    """Say what forgetting a project would remove (`pinwise kb forget --dry-run`); nothing is."""
    return _forgetting(store, name, store.known_of(name))


def _forgetting(store: FactStore, name: NormalizedName, forgotten: tuple[Forgotten, ...]) -> Forgetting:
    return Forgetting(name, forgotten, () if forgotten else near_names(name, store.names()))


def knowledge_path(path: Path) -> Path:
    """Say where the knowledge base is, whether or not there is one yet (`pinwise kb path`)."""
    return path.absolute()

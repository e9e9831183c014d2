"""What the user wants: the manifest as values, and the request that is made of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from packaging.requirements import Requirement
from packaging.version import Version

from pinwise.model.environment import Environment
from pinwise.model.facts import Metadata
from pinwise.model.names import NormalizedName

ALL = ":all:"
"""The name that stands for every project in `FormatControl`, as in pip."""

DEFAULT_GROUP = "default"
DEVELOP_GROUP = "develop"

DYNAMIC_VERSION = Version("0")
"""The version of a `LocalProject` that has none before it is built; every requirement on it is satisfied."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was written: a file as the user named it, and a line counted from 1."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Index:
    """One source of pages.

    Attributes:
        url: Without credentials and without a slash at the end.
        name: The manifest's name for it, if it has one.
        verify_ssl: Whether certificates are checked.
        is_flat: True for ``--find-links``: one page or folder that lists files of many projects.
        secret: The URL with its credentials where it has some; never printed, stored or locked.
    """

    url: str
    name: str | None = None
    verify_ssl: bool = True
    is_flat: bool = False
    secret: str | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class DirectRequirement:
    """A requirement or constraint that the user wrote.

    Attributes:
        name: Normalised name of the project.
        extras: Normalised extras, sorted.
        requirement: As parsed; its marker is evaluated for the target.
        place: Where it was written.
        index: The *name* of the index that it is bound to (Pipfile), None if it is not bound.
        hashes: ``sha256:…`` digests to which its files are restricted; empty means no restriction.
        path: For a local project the path as written, else None.
        is_editable: Whether the manifest asked for an editable installation.
    """

    name: NormalizedName
    extras: tuple[NormalizedName, ...]
    requirement: Requirement
    place: Place
    index: str | None = None
    hashes: frozenset[str] = frozenset()
    path: str | None = None
    is_editable: bool = False

    def __str__(self) -> str:
        """Return the requirement as the user would write it in a requirements file."""
        return self.path if self.path is not None else str(self.requirement)


@dataclass(frozen=True, slots=True)
class Group:
    """A category of direct requirements: ``default``, ``develop`` or a name from the manifest."""

    name: str
    requirements: tuple[DirectRequirement, ...]


@dataclass(frozen=True, slots=True)
class FormatControl:
    """``--no-binary`` and ``--only-binary`` as in pip: normalised names, or `ALL`."""

    no_binary: frozenset[str] = frozenset()
    only_binary: frozenset[str] = frozenset()

    def allows_wheels(self, name: NormalizedName) -> bool:
        """Whether wheels of the project may be used; a name outweighs `ALL`."""
        if name in self.only_binary:
            return True
        return name not in self.no_binary and ALL not in self.no_binary

    def allows_sdists(self, name: NormalizedName) -> bool:
        """Whether sdists of the project may be used; a name outweighs `ALL`."""
        if name in self.no_binary:
            return True
        return name not in self.only_binary and ALL not in self.only_binary


@dataclass(frozen=True, slots=True)
class Prereleases:
    """Which projects may be pinned at pre-releases because the user said so."""

    all: bool = False
    names: frozenset[NormalizedName] = frozenset()


@dataclass(frozen=True, slots=True)
class LocalProject:
    """A project that the manifest names by its path, with its static metadata.

    Attributes:
        name: Normalised name.
        version: Its static version; `DYNAMIC_VERSION` where that is dynamic.
        path: As written in the manifest, with forward slashes.
        is_editable: Whether the manifest asked for an editable installation.
        metadata: Its static metadata.
        sha256: For a wheel or sdist file its digest; None for a folder.
    """

    name: NormalizedName
    version: Version
    path: str
    is_editable: bool
    metadata: Metadata
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """The pins of the present lock, which are changed as little as possible.

    Attributes:
        pins: Project -> its version and the URL of its index, "" where the lock does not name one.
        freed: Projects of the lock that may be chosen anew without counting as changed.
        frees_all: Whether everything is chosen anew and the lock only compared with.
        file: The lock, as people see it.
    """

    pins: Mapping[NormalizedName, tuple[Version, str]]
    freed: frozenset[NormalizedName] = frozenset()
    frees_all: bool = False
    file: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one or several manifest files say, before options and environment are added.

    Attributes:
        kind: "Pipfile" or "requirements".
        files: The files that were read, as the user named them; the first is the manifest itself.
        groups: The default group first, then the others in the manifest's order.
        constraints: From ``-c`` files.
        indexes: In the order of preference. Empty if the manifest names none.
        replaces_default_index: False where it only adds indexes (``--extra-index-url``, ``--find-links``).
        prereleases, formats: What it allows.
        requires_python: ``python_full_version`` or ``python_version`` of ``[requires]``, as written.
        local: Projects named by path, whose static metadata was read.
        pipfile_sha256: For a Pipfile the hash that ``Pipfile.lock`` records, as pipenv computes it.
        settings: Our own table of the manifest (``[pipenv.pinwise]``), validated by `settings`.
        warnings: Whole sentences for the user.
    """

    kind: str
    files: tuple[str, ...]
    groups: tuple[Group, ...]
    constraints: tuple[DirectRequirement, ...] = ()
    indexes: tuple[Index, ...] = ()
    replaces_default_index: bool = False
    prereleases: Prereleases = Prereleases()
    formats: FormatControl = FormatControl()
    requires_python: str | None = None
    local: tuple[LocalProject, ...] = ()
    pipfile_sha256: str | None = None
    settings: Mapping[str, object] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """Everything that an advice depends on, next to the knowledge base.

    Attributes:
        groups: The default group first, then the categories in manifest order; only requirements whose
            markers hold for the environment.
        left_out: Direct requirements whose markers do not hold.
        constraints: Those whose markers hold.
        indexes: In the order of the index policy; the first that has a name serves it.
        bindings: Projects that the manifest binds to one index: name -> URL of that index.
        environment: The one target.
        goal: "stable" or "latest".
        given: Metadata that the user gave in the settings for releases that have none.
        local: Projects that are read from a path instead of an index.
        kept: The pins of the present lock, None where there is none.
    """

    groups: tuple[Group, ...]
    environment: Environment
    indexes: tuple[Index, ...] = ()
    constraints: tuple[DirectRequirement, ...] = ()
    left_out: tuple[DirectRequirement, ...] = ()
    bindings: Mapping[NormalizedName, str] = field(default_factory=dict)
    goal: str = "stable"
    prereleases: Prereleases = Prereleases()
    formats: FormatControl = FormatControl()
    given: Mapping[tuple[NormalizedName, Version], Metadata] = field(default_factory=dict)
    local: Mapping[NormalizedName, LocalProject] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    kept: Kept | None = None

    @property
    def direct(self) -> tuple[DirectRequirement, ...]:
        """Every direct requirement of every group, in manifest order."""
        return tuple(requirement for group in self.groups for requirement in group.requirements)

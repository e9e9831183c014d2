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
        place: Where it was named, as far as that is known: a file, an option or a variable.
        stands_for: The index that locks name in its place, where it is a mirror of that one.
    """

    url: str
    name: str | None = None
    verify_ssl: bool = True
    is_flat: bool = False
    secret: str | None = field(default=None, repr=False, compare=False)
    place: Place | None = field(default=None, repr=False, compare=False)
    stands_for: "Index | None" = None

    @property
    def locked(self) -> "Index":
        """The index that locks name: itself, unless it is a mirror."""
        return self.stands_for or self


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
    """A category of direct requirements.

    Attributes:
        name: ``default``, ``develop`` or a name from the manifest; of an extra its name in brackets.
        requirements: In the manifest's order.
        extra: The name of the extra of ``pyproject.toml`` that it is, None for any other category.
    """

    name: str
    requirements: tuple[DirectRequirement, ...]
    extra: NormalizedName | None = None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A project that the user leaves out, whatever requires it.

    Attributes:
        name: Normalised name.
        reason: Why, in the user's words.
        place: Where it was written.
    """

    name: NormalizedName
    reason: str
    place: Place


@dataclass(frozen=True, slots=True)
class Selection:
    """Which parts of a ``pyproject.toml`` are asked for, as the user spelt them.

    Attributes:
        extras, groups: By name, next to what the project itself requires.
        only_groups: By name, instead of what the project itself requires.
        all_extras, all_groups: Whether all of them are.
    """

    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    only_groups: tuple[str, ...] = ()
    all_extras: bool = False
    all_groups: bool = False

    def __bool__(self) -> bool:
        """Whether anything but the project's own requirements is named."""
        return bool(self.extras or self.groups or self.only_groups or self.all_extras or self.all_groups)


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

    @property
    def is_dynamic(self) -> bool:
        """Whether only a build knows its version."""
        return self.version == DYNAMIC_VERSION


PROJECT_ONLY = Selection()
"""What the project itself requires, without extras and groups."""

EVERYTHING = Selection(all_extras=True, all_groups=True)
"""What the project requires with all its extras and groups."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The pins of the present lock, which are changed as little as possible.

    Attributes:
        pins: Project -> its version and the URL of its index, "" where the lock does not name one.
        freed: Projects of the lock that may be chosen anew without counting as changed.
        frees_all: Whether everything is chosen anew and the lock only compared with.
        file: The lock, as people see it.
        target: For what it was made, in words, where that is known and another target; "" elsewhere.
    """

    pins: Mapping[NormalizedName, tuple[Version, str]]
    freed: frozenset[NormalizedName] = frozenset()
    frees_all: bool = False
    file: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class Overlay:
    """A named environment of a project with its own lock, as a file describes it.

    What it says of a project outranks what the manifest says of the same one; everything else comes on top.

    Attributes:
        name: As the user wrote it.
        place: Where it was written.
        table: The header or name under which it stands there.
        settings, settings_places: As in `Manifest`, for this overlay only.
        words: Setting -> how the file calls it, where it has a word of its own.
        requirements: What it requires next to the manifest, in the default group.
        constraints, overrides, exclusions, prereleases: As in `Manifest`.
        selection: Which extras and groups of a ``pyproject.toml`` it takes.
        folder: Of its own manifest and locks, relative to the project's; None where it has the project's.
        manifests: Names of the manifests to look for first, in this order.
    """

    name: str
    place: Place
    table: str
    settings: Mapping[str, object] = field(default_factory=dict)
    settings_places: Mapping[str, Place] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    requirements: tuple[DirectRequirement, ...] = ()
    constraints: tuple[DirectRequirement, ...] = ()
    overrides: tuple[DirectRequirement, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    prereleases: Prereleases = Prereleases()
    selection: Selection = PROJECT_ONLY
    folder: str | None = None
    manifests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one or several manifest files say, before options and environment are added.

    Attributes:
        kind: "Pipfile", "pyproject", "script" (inline metadata) or "requirements".
        files: The files that were read, as the user named them; the first is the manifest itself.
        groups: The default group first, then the others in the manifest's order.
        constraints: From ``-c`` files and our own table.
        overrides: What stands for other projects' requirements on these projects, from our own table.
        exclusions: Projects that are left out whatever requires them, from our own table.
        indexes: In the order of preference. Empty if the manifest names none.
        replaces_default_index: False where it only adds indexes (``--extra-index-url``, ``--find-links``).
        prereleases, formats: What it allows.
        requires_python: ``requires-python``, or a Pipfile's ``python_full_version`` or ``python_version``.
        local: Projects named by path, whose static metadata was read.
        pipfile_sha256: For a Pipfile the hash that ``Pipfile.lock`` records, as pipenv computes it.
        settings: The settings in our own table (``[tool.pinwise]``, in a Pipfile ``[pipenv.pinwise]``),
            validated by `settings`.
        settings_places: Where they stand, under the same keys.
        settings_table: The header of that table.
        overlays: From our own table, in the order of the file.
        warnings: Whole sentences for the user.
    """

    kind: str
    files: tuple[str, ...]
    groups: tuple[Group, ...]
    constraints: tuple[DirectRequirement, ...] = ()
    overrides: tuple[DirectRequirement, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    indexes: tuple[Index, ...] = ()
    replaces_default_index: bool = False
    prereleases: Prereleases = Prereleases()
    formats: FormatControl = FormatControl()
    requires_python: str | None = None
    local: tuple[LocalProject, ...] = ()
    pipfile_sha256: str | None = None
    settings: Mapping[str, object] = field(default_factory=dict)
    settings_places: Mapping[str, Place] = field(default_factory=dict)
    settings_table: str = "[pipenv.pinwise]"
    overlays: tuple[Overlay, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """Everything that an advice depends on, next to the knowledge base.

    Attributes:
        groups: The default group first, then the categories in manifest order; only requirements whose
            markers hold for the environment.
        left_out: Direct requirements whose markers do not hold.
        constraints: Those whose markers hold.
        overrides: Those whose markers hold, one at most for a project: each stands for whatever other
            projects require of it.
        exclusions: Projects that are left out: what others require of them does not count.
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
    overrides: tuple[DirectRequirement, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
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

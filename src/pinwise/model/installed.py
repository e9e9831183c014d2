"""What is installed in an environment, how it differs from a lock, and what is handed to an installer."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from packaging.version import Version

from pinwise.model.lock import PresentPin
from pinwise.model.names import NormalizedName
from pinwise.model.request import Index


@dataclass(frozen=True, slots=True)
class DirectOrigin:
    """Where a distribution was installed from, if not from an index by its name (PEP 610).

    Attributes:
        url: The URL of the folder, the archive or the repository, without credentials.
        is_editable: Whether a folder was installed so that changes in it count at once.
        is_folder: Whether it is a folder.
        hashes: ``ALGORITHM:DIGEST`` of an archive, as far as they were recorded.
        commit: Of a repository the commit, None for anything else.
    """

    url: str
    is_editable: bool = False
    is_folder: bool = False
    hashes: tuple[str, ...] = ()
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class Distribution:
    """One release that is installed.

    Attributes:
        name: Normalised name of the project.
        version: None where it cannot be read.
        origin: None for one that came from an index.
        requires: Names of the projects that it requires, whatever the marker, without extras.
    """

    name: NormalizedName
    version: Version | None
    origin: DirectOrigin | None = None
    requires: tuple[NormalizedName, ...] = ()

    def __str__(self) -> str:
        return self.name if self.version is None else f"{self.name} {self.version}"


class MismatchKind(StrEnum):
    """How an environment and a lock differ in one project."""

    MISSING = "missing"  # the lock has it, the environment does not
    OTHER = "other"  # the environment has it at another version or from elsewhere
    EXTRA = "extra"  # the environment has it, the lock does not


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One project in which an environment and a lock differ.

    Attributes:
        kind: How.
        name: The project.
        locked: The version that the lock has, for a folder or repository its place; None for an extra one.
        installed: The version that is installed, None where there is none.
        origin: Where the installed one came from, None where that does not matter.
        pin: The lock's entry, None for an extra one.
        is_forced: Whether an installer would take what is there for good enough.
    """

    kind: MismatchKind
    name: NormalizedName
    locked: str | None = None
    installed: str | None = None
    origin: str | None = None
    pin: PresentPin | None = None
    is_forced: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """An environment held against the part of a lock that is asked for.

    Attributes:
        locked: How many projects that part of the lock has.
        mismatches: By name.
        kept: Installed, not in the lock, and never removed: installers and the project itself.
    """

    locked: int
    mismatches: tuple[Mismatch, ...]
    kept: tuple[NormalizedName, ...] = ()

    def of(self, *kinds: MismatchKind) -> tuple[Mismatch, ...]:
        """Return the mismatches of some kinds."""
        return tuple(each for each in self.mismatches if each.kind in kinds)


@dataclass(frozen=True, slots=True)
class Batch:
    """Pins that one run of an installer takes.

    Attributes:
        lines: Requirements as a requirements file has them, digests and absolute places included.
        names: Their projects.
        indexes: Where they come from, the first one asked first; with their credentials. Empty for folders
            and repositories, which no index serves.
        is_verified: Whether every line has a digest.
        forced: Projects that are installed even where the installer would see no need.
    """

    lines: tuple[str, ...]
    names: tuple[NormalizedName, ...]
    indexes: tuple[Index, ...] = ()
    is_verified: bool = True
    forced: tuple[NormalizedName, ...] = ()


@dataclass(frozen=True, slots=True)
class Installation:
    """A Python with the folders into which an installer puts things.

    Attributes:
        name: What people call it: a path.
        python: Its interpreter.
        sites: The folders, each once.
        version: The name of its Python (``3.12.1``, ``pypy3.10.14``); "" where only the interpreter can tell.
        origin: In words, why it is this one.
        is_virtual: Whether it is a virtual environment.
        sees_system: Whether it also sees what is installed for the system's Python.
        is_own: Whether it is the one that runs pinwise.
        passed_by: An activated environment that is not taken, because it is another project's.
    """

    name: str
    python: Path
    sites: tuple[Path, ...]
    version: str
    origin: str
    is_virtual: bool = True
    sees_system: bool = False
    is_own: bool = False
    passed_by: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """An installer that was found.

    Attributes:
        name: "pip" or "uv".
        command: The beginning of its command line.
        why: In words, where it was found.
        is_inside: Whether it is the pip of the very environment into which it installs.
    """

    name: str
    command: tuple[str, ...]
    why: str
    is_inside: bool = False

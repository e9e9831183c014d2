"""A lock that is there already, as values: what it pins, from where, and for whom."""

from dataclasses import dataclass
from enum import StrEnum

from packaging.version import Version

from pinwise.model.facts import File
from pinwise.model.names import NormalizedName
from pinwise.model.request import DEFAULT_GROUP, Index


class LockFormat(StrEnum):
    """A kind of lock that is written and read; its value is the name that stands for it in messages."""

    PYLOCK = "pylock.toml"
    PIPFILE_LOCK = "Pipfile.lock"
    REQUIREMENTS = "requirements.txt"


class ForeignFormat(StrEnum):
    """A kind of lock that is read only; its value is the name that stands for it in messages."""

    UV = "uv.lock"
    POETRY = "poetry.lock"


AnyFormat = LockFormat | ForeignFormat
"""Every kind of lock that can be read."""


@dataclass(frozen=True, slots=True)
class PresentPin:
    """One entry of a lock. A lock for many environments may have several of one project.

    Attributes:
        name: Normalised name of the project.
        version: None where the format has no room for it: folders, repositories.
        index: The URL of the index that it comes from, without credentials; None where the lock names none.
        groups: The categories that need it, ``default`` first where it is one of them; never empty.
        hashes: ``ALGORITHM:DIGEST`` of everything that may be installed for it, sorted.
        marker: The marker under which it is needed, None if it always is.
        url: For an archive behind a URL that URL; for a repository ``git+URL@COMMIT``.
        path: For a folder or an archive named by its path that path, as written.
        extras: Extras that the entry names, sorted; most formats name none.
        is_editable: Whether an editable installation is asked for.
        files: What the lock says of single files; a URL may be "" where only the name is known.
        requires_python: The specifier of the release, None where the lock has none.
        requires: Names of what it requires, as far as the lock says, sorted.
        line: Where the entry stands, counted from 1, None where that is not known.
    """

    name: NormalizedName
    version: Version | None
    index: str | None = None
    groups: tuple[str, ...] = (DEFAULT_GROUP,)
    hashes: tuple[str, ...] = ()
    marker: str | None = None
    url: str | None = None
    path: str | None = None
    extras: tuple[NormalizedName, ...] = ()
    is_editable: bool = False
    files: tuple[File, ...] = ()
    requires_python: str | None = None
    requires: tuple[NormalizedName, ...] = ()
    line: int | None = None

    def __str__(self) -> str:
        return self.name if self.version is None else f"{self.name}=={self.version}"


@dataclass(frozen=True, slots=True)
class PresentLock:
    """What a lock says.

    Attributes:
        format: Its kind.
        pins: By name, then by version.
        groups: The names of all groups, ``default`` first, those without pins too.
        default_groups: Groups that are always installed; a ``pylock.toml`` of another tool may name some.
        extras: The names of all extras that a ``pylock.toml`` offers.
        indexes: The indexes that the lock names, in its order.
        requires_python: The versions of Python that it is for, as a specifier; None where it does not say.
        environments: The markers of the environments that it is for; empty where it does not say.
        manifest_sha256: The digest of the Pipfile that it answers, None elsewhere.
        warnings: Whole sentences about entries that could not be taken over.
    """

    format: AnyFormat
    pins: tuple[PresentPin, ...]
    groups: tuple[str, ...] = (DEFAULT_GROUP,)
    default_groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    indexes: tuple[Index, ...] = ()
    requires_python: str | None = None
    environments: tuple[str, ...] = ()
    manifest_sha256: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LockTarget:
    """For which environment pinwise made a lock, as far as the lock itself says.

    Attributes:
        python: ``X.Y``, or the full version.
        implementation: "cpython" or "pypy".
        platform: The platform tag.
        is_free_threaded: Whether it is for a free-threaded CPython.
    """

    python: str
    implementation: str
    platform: str
    is_free_threaded: bool = False

    @property
    def python_name(self) -> str:
        """A name under which that Python can be asked for: ``3.12``, ``3.14t``, ``pypy3.11``."""
        minor = ".".join(self.python.split(".")[:2])
        return (
            ("pypy" if self.implementation == "pypy" else "") + minor + ("t" if self.is_free_threaded else "")
        )

    def __str__(self) -> str:
        name = {"pypy": "PyPy"}.get(self.implementation, "Python")
        kind = ", free-threaded," if self.is_free_threaded else ""
        return f"{name} {'.'.join(self.python.split('.')[:2])}{kind} on {self.platform}"

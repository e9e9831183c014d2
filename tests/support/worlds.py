"""Worlds in a few lines of text, so that a test shows its whole case.

One line is one release: ``NAME VERSION [flag …]: [requirement …]``. Words that hold spaces stand in quotes
as in a shell; ``#`` begins a comment::

    app 1: a>=1 b                            # two requirements
    app 2 yanked time=2024-05-01: a
    a 1 extras=fast: "c>=2; extra == 'fast'"
    a 2 python>=3.12                         # the page's Requires-Python
    project a status=quarantined             # a statement on the whole project

Flags of a release:

============================ =====================================================================
``yanked``, ``yanked=why``   every file is yanked
``python>=3.12``             the page's Requires-Python
``meta-python>=3.12``        the document's own Requires-Python
``sdist``                    an sdist and no wheel
``both``                     a wheel for everything and an sdist
``yanked-wheel``             such a wheel, yanked, and an sdist that is not
``native``                   a compiled wheel for the target and an sdist
``foreign``                  a compiled wheel for another platform and an sdist
``foreign-only``             a compiled wheel for another platform, no sdist
``extras=a,b``               the extras that the document provides
``time=2024-05-01``          upload of every file (``none``: unknown); a time of day may follow a ``T``
``unusable=reason``          its metadata cannot be learned
``silent``                   none of its files states any metadata
``origin=sdist``             where the document was found (`pinwise.model.facts.Origin`)
============================ =====================================================================

Without ``time``, the k-th release of a project in the order of versions is uploaded ``30 * k`` days after
the first of January 2024.
"""

import hashlib
import re
import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import takewhile

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from pinwise.actions.ports import Follow, Wanted
from pinwise.model.environment import Environment
from pinwise.model.facts import (
    Document,
    File,
    Metadata,
    NoProject,
    Origin,
    Project,
    Release,
    Snapshot,
    Unusable,
)
from pinwise.model.outcome import Effort
from pinwise.model.request import (
    DirectRequirement,
    Exclusion,
    FormatControl,
    Group,
    Index,
    Kept,
    Place,
    Prereleases,
    Request,
)

INDEX = "https://index.example/simple"
FIRST_DAY = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp())
DAY = 86_400
PURE = "py3-none-any"
FOREIGN = "cp311-cp311-win_amd64"
NATIVE = "cp311-cp311-manylinux_2_17_x86_64"

SILENT = Unusable("its metadata cannot be learned without running its code")
"""The document of a release whose files state nothing; an index answers that there is none."""

Documents = dict[NormalizedName, dict[Version, Document]]


@dataclass(frozen=True, slots=True)
class Line:
    """One release as a line of a world says it."""

    name: NormalizedName
    version: Version
    flags: Mapping[str, str]
    requirements: tuple[str, ...]


def world(text: str, *, index: str = INDEX) -> Snapshot:
    """Return the closed world that `text` describes; names that are only mentioned are no projects.

    Raises:
        ValueError: A line is not understood, or a release is told twice.
    """
    lines: dict[NormalizedName, dict[Version, Line]] = {}
    status: dict[NormalizedName, str] = {}
    for row in text.splitlines():
        words = shlex.split(row, comments=True)
        if words[:1] == ["project"] and len(words) > 1:
            status[canonicalize_name(words[1])] = _flags(words[2:])["status"]
        elif words:
            line = _line(words)
            releases = lines.setdefault(line.name, {})
            if line.version in releases:
                raise ValueError(f"{line.name} {line.version} is told twice")
            releases[line.version] = line
    return _snapshot(lines, status, index)


def _line(words: list[str]) -> Line:
    end = next((place for place, word in enumerate(words) if word.endswith(":")), None)
    head = words if end is None else [*words[:end], words[end].removesuffix(":")]
    tail = [] if end is None else words[end + 1 :]
    name, version, *flags = (word for word in head if word)
    return Line(canonicalize_name(name), Version(version), _flags(flags), tuple(tail))


FLAGS = frozenset(
    {"yanked", "python", "meta-python", "sdist", "both", "native", "foreign", "foreign-only"}
    | {"extras", "time", "unusable", "silent", "origin", "status", "yanked-wheel"}
)


def _flags(words: Iterable[str]) -> dict[str, str]:
    flags = {}
    for word in words:
        key = (re.match(r"[a-z-]+", word) or [""])[0]
        if key not in FLAGS:
            raise ValueError(f"no such flag: {word}")
        rest = word[len(key) :]
        flags[key] = rest if key.endswith("python") else rest.removeprefix("=")
    return flags


def _snapshot(
    lines: Mapping[NormalizedName, Mapping[Version, Line]], status: Mapping[NormalizedName, str], index: str
) -> Snapshot:
    projects: dict[NormalizedName, Project | NoProject] = {}
    documents: Documents = {}
    mentioned: set[NormalizedName] = set()
    for name, releases in lines.items():
        ordered = [releases[version] for version in sorted(releases)]
        projects[name] = Project(
            name,
            index,
            tuple(_release(line, place, index) for place, line in enumerate(ordered)),
            status=status.get(name, "active"),
        )
        documents[name] = {line.version: _document(line) for line in ordered}
        mentioned |= {canonicalize_name(Requirement(r).name) for line in ordered for r in line.requirements}
    for name in mentioned - projects.keys():
        projects[name] = NoProject(name)
    return Snapshot(projects, documents)


def _release(line: Line, place: int, index: str) -> Release:
    return Release(line.version, tuple(_file(line, tags, place, index) for tags in _tags(line.flags)))


def _tags(flags: Mapping[str, str]) -> tuple[str, ...]:
    """Return the tags of each file, "" for an sdist."""
    kinds = {
        "sdist": ("",),
        "both": (PURE, ""),
        "yanked-wheel": (PURE, ""),
        "native": (NATIVE, ""),
        "foreign": (FOREIGN, ""),
        "foreign-only": (FOREIGN,),
    }
    return next((tags for kind, tags in kinds.items() if kind in flags), (PURE,))


def _file(line: Line, tags: str, place: int, index: str) -> File:
    stem = f"{line.name.replace('-', '_')}-{line.version}"
    filename = f"{stem}-{tags}.whl" if tags else f"{stem}.tar.gz"
    return File(
        filename,
        f"{index}/files/{filename}",
        hashlib.sha256(filename.encode()).hexdigest(),
        1000,
        _uploaded(line.flags.get("time"), place),
        line.flags.get("python"),
        "" if tags and "yanked-wheel" in line.flags else line.flags.get("yanked"),
        hashlib.sha256(f"{filename}.metadata".encode()).hexdigest(),
        tags,
    )


def _uploaded(time: str | None, place: int) -> int | None:
    if time is None:
        return FIRST_DAY + 30 * DAY * (place + 1)
    return None if time == "none" else int(datetime.fromisoformat(time).replace(tzinfo=UTC).timestamp())


def _document(line: Line) -> Document:
    flags = line.flags
    if "silent" in flags:
        return SILENT
    if "unusable" in flags:
        return Unusable(flags["unusable"])
    extras = frozenset(canonicalize_name(extra) for extra in flags.get("extras", "").split(",") if extra)
    python = SpecifierSet(flags["meta-python"]) if "meta-python" in flags else None
    requirements = tuple(Requirement(text) for text in line.requirements)
    origin = Origin(flags["origin"].replace("-", " ")) if "origin" in flags else Origin.METADATA_FILE
    return Metadata(python, requirements, extras, origin)


def closed(snapshot: Snapshot, request: Request) -> Snapshot:
    """Return the same world, in which the request's unknown names are known to be no projects."""
    named = {direct.name for direct in (*request.direct, *request.constraints)}
    named |= {
        canonicalize_name(required.name)
        for local in request.local.values()
        for required in local.metadata.requirements
    }
    missing = {name: NoProject(name) for name in named - snapshot.projects.keys()}
    return Snapshot({**snapshot.projects, **missing}, snapshot.documents)


@dataclass(slots=True)
class PartialKnowledge:
    """A `Knowledge` that knows a part of a world and learns the rest from its `FakeSource`."""

    projects: dict[NormalizedName, Project | NoProject] = field(default_factory=dict)
    documents: Documents = field(default_factory=dict)

    def names(self) -> Iterable[NormalizedName]:
        """Return the names of the projects that are known to exist."""
        return [name for name, page in self.projects.items() if isinstance(page, Project)]

    def project(self, name: NormalizedName) -> Project | NoProject | None:
        """Return the page facts of `name`, None if they are not known."""
        return self.projects.get(name)

    def elsewhere(self, name: NormalizedName) -> tuple[str, ...]:
        """Return no index: a world has the one that serves."""
        del name
        return ()

    def known_documents(self, name: NormalizedName) -> Mapping[Version, Document]:
        """Return the known documents of `name`, as they are now."""
        return dict(self.documents.get(name, {}))

    def documents_beside(
        self, name: NormalizedName, version: Version
    ) -> Sequence[tuple[str, Origin, Document]]:
        """Return nothing: in a world of text every release has one document."""
        del name, version
        return ()

    def compiled(self, name: NormalizedName) -> None:
        """Return no slice: every round compiles afresh."""

    def expect(self, names: Collection[NormalizedName]) -> None:
        """Hear which slices will be asked for next: there are none."""

    def keep(self, made: object) -> None:
        """Take a slice, and forget it."""

    def only(self, releases: Mapping[NormalizedName, Version | None]) -> Snapshot:
        """Return what is known of these releases alone."""
        return Snapshot(self.projects, self.documents).only(releases)

    def assure(self) -> None:
        """See that nothing was lost: nothing ever is."""


@dataclass(slots=True)
class FakeSource:
    """A `Source` that teaches a `PartialKnowledge` from a full world, and counts.

    Attributes:
        full: Everything there is; a project that it lacks does not exist.
        knowledge: What is taught.
        with_prefetch: Whether what is only prefetched is taught as well.
        follows: Whether what a scout names is taught, too, as far as it leads.
        pages, needed, prefetched: What was taught, in order, each once; documents are counted by why they
            were fetched.
        rounds: How often something was asked for.
    """

    full: Snapshot
    knowledge: PartialKnowledge
    with_prefetch: bool = True
    follows: bool = False
    pages: list[NormalizedName] = field(default_factory=list)
    needed: list[tuple[NormalizedName, Version]] = field(default_factory=list)
    prefetched: list[tuple[NormalizedName, Version]] = field(default_factory=list)
    rounds: int = 0

    @property
    def documents(self) -> int:
        """How many documents were fetched in all."""
        return len(self.needed) + len(self.prefetched)

    def effort(self) -> Effort:
        """Return what was taught."""
        return Effort(pages=len(self.pages), documents=self.documents)

    def fetch(self, needed: Wanted, prefetch: Wanted, follow: Follow | None = None) -> None:
        """Teach what is needed, then what may be prefetched."""
        self.rounds += 1
        self._teach(needed, self.needed)
        if self.with_prefetch:
            self._teach(prefetch, self.prefetched)
        if self.follows and follow is not None:
            taught = [needed, prefetch]
            while taught:
                wanted = taught.pop(0)
                for name in (*wanted.pages, *(name for name, _ in wanted.documents)):
                    guessed = follow(name)
                    self._teach(guessed, self.prefetched)
                    taught += [guessed] * bool(guessed)

    def _teach(self, wanted: Wanted, record: list[tuple[NormalizedName, Version]]) -> None:
        for name in wanted.pages:
            if name not in self.knowledge.projects:
                self.knowledge.projects[name] = self.full.project(name) or NoProject(name)
                self.pages.append(name)
        for name, version in wanted.documents:
            known = self.knowledge.documents.setdefault(name, {})
            if version not in known:
                known[version] = self.full.known_documents(name)[version]
                record.append((name, version))


def platforms(platform: str) -> list[str]:
    """Return the wheel platforms that a manylinux target takes, the best first."""
    match = re.fullmatch(r"manylinux_2_(\d+)_(\w+)", platform)
    if match is None:
        return [platform]
    minor, machine = int(match[1]), match[2]
    legacy = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
    names = []
    for level in range(minor, 4, -1):
        names.append(f"manylinux_2_{level}_{machine}")
        names += [f"{legacy[level]}_{machine}"] if level in legacy else []
    return [*names, f"linux_{machine}"]


def target(python: str = "3.11.9", platform: str = "manylinux_2_28_x86_64") -> Environment:
    """Return a CPython on Linux, built by hand from `packaging.tags`."""
    version = Version(python)
    release = (version.major, version.minor)
    names = platforms(platform)
    tags: list[Tag] = [*cpython_tags(release, platforms=names)]
    tags += compatible_tags(release, interpreter=f"cp{version.major}{version.minor}", platforms=names)
    markers = {
        "implementation_name": "cpython",
        "implementation_version": python,
        "os_name": "posix",
        "platform_machine": "aarch64" if platform.endswith("aarch64") else "x86_64",
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": python,
        "python_version": f"{version.major}.{version.minor}",
        "sys_platform": "linux",
    }
    return Environment(version, "cpython", platform, tuple(map(str, tags)), markers)


TARGET = target()


def request(text: str, **options: object) -> Request:
    """Return the request of a manifest in text: a requirement a line, ``[develop]`` begins a category.

    ``[constraints]`` begins the constraints, ``[overrides]`` the overrides, and ``[exclude]`` the projects
    that are left out, each with a reason after its name. A line may end with ``index=NAME`` to bind its
    project and with ``--hash=sha256:…``. Requirements whose markers do not hold for the target are left out.

    Args:
        text: The manifest.
        options: ``python``, ``goal``, ``prereleases`` (True or names), ``no_binary``, ``only_binary`` (names
            or ``:all:``), ``indexes`` (name -> URL), ``environment``, ``kept`` (the present lock, such as
            ``a==1 b==2``), ``freed`` (names).
    """
    return Asked(**options).request(text)  # type: ignore[arg-type]  # a wrong keyword fails at once


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of a request in the forms that are short to write."""

    environment: Environment | None = None
    python: str = "3.11.9"
    goal: str = "stable"
    prereleases: bool | Iterable[str] = False
    no_binary: Iterable[str] = ()
    only_binary: Iterable[str] = ()
    indexes: Mapping[str, str] = field(default_factory=lambda: {"main": INDEX})
    kept: str | None = None
    freed: Iterable[str] = ()

    def request(self, text: str) -> Request:
        """Return the request of the manifest `text`."""
        environment = self.environment or (TARGET if self.python == "3.11.9" else target(self.python))
        sections = _sections(text)
        constraints = sections.pop("constraints", ())
        overrides = sections.pop("overrides", ())
        exclusions = _exclusions(text)
        held = {name: tuple(d for d in rows if _holds(d, environment)) for name, rows in sections.items()}
        rows = [direct for section in sections.values() for direct in section]
        return Request(
            groups=tuple(Group(name, directs) for name, directs in held.items()),
            environment=environment,
            indexes=tuple(Index(url, name) for name, url in self.indexes.items()),
            constraints=tuple(direct for direct in constraints if _holds(direct, environment)),
            overrides=tuple(direct for direct in overrides if _holds(direct, environment)),
            exclusions=exclusions,
            left_out=tuple(direct for direct in rows if not _holds(direct, environment)),
            bindings={d.name: self.indexes[d.index] for d in rows if d.index is not None},
            goal=self.goal,
            prereleases=_prereleases(self.prereleases),
            formats=FormatControl(_names(self.no_binary), _names(self.only_binary)),
            kept=None if self.kept is None else self._kept(self.kept),
        )

    def _kept(self, text: str) -> Kept:
        """Return the present lock: ``a==1 b==2@other`` for a at 1 from anywhere and b at 2 from ``other``."""
        pins = {}
        for word in text.split():
            name, _, rest = word.partition("==")
            version, _, index = rest.partition("@")
            pins[canonicalize_name(name)] = (Version(version), self.indexes[index] if index else "")
        return Kept(pins, frozenset(canonicalize_name(name) for name in self.freed))


def _exclusions(text: str) -> tuple[Exclusion, ...]:
    """Return the lines ``NAME reason`` below ``[exclude]``, up to the next section."""
    lines = [line.strip() for line in text.splitlines()]
    begin = lines.index("[exclude]") + 1 if "[exclude]" in lines else len(lines)
    rows = takewhile(lambda row: not row[1].startswith("["), enumerate(lines[begin:], begin + 1))
    return tuple(
        Exclusion(canonicalize_name(line.split()[0]), line.partition(" ")[2], Place("pyproject.toml", number))
        for number, line in rows
        if line
    )


def _names(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name if name.startswith(":") else canonicalize_name(name) for name in names)


def _prereleases(allowed: bool | Iterable[str]) -> Prereleases:  # noqa: FBT001  # a field, not a switch
    if isinstance(allowed, bool):
        return Prereleases(all=allowed)
    return Prereleases(names=frozenset(canonicalize_name(name) for name in allowed))


def _holds(direct: DirectRequirement, environment: Environment) -> bool:
    marker = direct.requirement.marker
    return marker is None or marker.evaluate({**environment.markers, "extra": ""})


def _sections(text: str) -> dict[str, tuple[DirectRequirement, ...]]:
    sections: dict[str, tuple[DirectRequirement, ...]] = {"default": ()}
    current, file = "default", "requirements.txt"
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if match := re.fullmatch(r"\[([\w-]+)\]", line):
            current = match[1]
            if current != "exclude":
                sections.setdefault(current, ())
            files = {"constraints": "constraints.txt", "overrides": "pyproject.toml"}
            file = files.get(current, "requirements.txt")
        elif current != "exclude" and line and not line.startswith("#"):
            sections[current] += (direct(line, Place(file, number)),)
    return sections


def direct(line: str, place: Place) -> DirectRequirement:
    """Return the direct requirement that one line of a manifest says."""
    hashes = frozenset(re.findall(r"--hash=(\S+)", line))
    line = re.sub(r"\s*--hash=\S+", "", line)
    bound = re.search(r"\s+index=(\S+)$", line)
    requirement = Requirement(line[: bound.start()] if bound else line)
    extras = sorted(canonicalize_name(extra) for extra in requirement.extras)
    index = bound[1] if bound else None
    return DirectRequirement(
        canonicalize_name(requirement.name), tuple(extras), requirement, place, index, hashes
    )

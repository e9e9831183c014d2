"""Read requirements files, as pip understands them, to a `Manifest`.

The format is pip's: one requirement, path or set of options per line, with comments, continuations and
included files. A line is split first (`requirements_lines`), then its options and its requirement are read in
the order in which they stand, because the last ``--index-url`` wins.
"""

import posixpath
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import unquote, urlsplit

from pinwise.formats.entries import (
    LocalPath,
    ReadLocal,
    direct_requirement,
    is_remote,
    is_sha256,
    local_requirement,
    no_local_projects,
    parse_index,
    refuse_variables,
    remote_error,
    shown,
)
from pinwise.formats.requirements_lines import ON_REQUIREMENT, RequirementsLine, requirements_lines
from pinwise.model.errors import ManifestError, UsageError
from pinwise.model.limits import USUAL, TextLimits
from pinwise.model.names import NormalizedName, parse_name
from pinwise.model.request import (
    ALL,
    DEFAULT_GROUP,
    DirectRequirement,
    FormatControl,
    Group,
    Index,
    LocalProject,
    Manifest,
    Place,
    Prereleases,
)

OWN_LOCK = "# Locked by pinwise"
"""How the first line of a lock in this format begins: such a file is never taken for a manifest."""

NONE = ":none:"
MOST_CHARACTERS = 8 * 1024 * 1024
MOST_FILES = 200
DEEPEST_INCLUDE = 20

Read = Callable[[str, Place], str]
"""Gives the text of the file with this path; the place is the line that includes it."""

IGNORED_ON_REQUIREMENT = ("--config-settings", "--config-setting", "--global-option")
ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tar")

_PATH = re.compile(r"^(?P<path>[^;\[]*)(?:\[(?P<extras>[^\]]*)\])?\s*(?:;(?P<marker>.*))?$")
_NAMED = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)(?:\s*\[(?P<extras>[^\]]*)\])?\s*@\s*(?P<url>\S+)(?P<rest>.*)$"
)


def is_own_lock(text: str) -> bool:
    """Whether a requirements file is a lock that pinwise wrote."""
    return text.removeprefix("\ufeff").startswith(OWN_LOCK)


def parse_requirements(text: str, file: str, *, read: Read, local: ReadLocal = no_local_projects) -> Manifest:
    """Return what a requirements file and those that it includes say.

    Args:
        text: Its text.
        file: Its name as the user wrote it, for messages; included files are relative to its folder.
        read: Gives the text of an included file.
        local: Reads the static metadata of projects that are named by path.

    Raises:
        ManifestError: A file cannot be understood, with file and line.
    """
    reading = RequirementsReading(read, local)
    reading.read_file(text, file)
    return reading.manifest()


def with_formats(control: FormatControl, *, no_binary: str = "", only_binary: str = "") -> FormatControl:
    """Return `control` after one more ``--no-binary`` or ``--only-binary``, by pip's rules.

    A value is a list of names with commas, ``:all:``, or ``:none:`` that empties the list; naming a project
    in one of the two takes it out of the other.

    Raises:
        UsageError: A name is not valid.
    """
    no_names, only_names = _moved(no_binary, set(control.no_binary), set(control.only_binary))
    only_names, no_names = _moved(only_binary, only_names, no_names)
    return FormatControl(frozenset(no_names), frozenset(only_names))


def _moved(value: str, target: set[str], other: set[str]) -> tuple[set[str], set[str]]:
    """Add the names in `value` to `target` and take them out of `other`."""
    for word in filter(None, (part.strip() for part in value.split(","))):
        if word == ALL:
            target, other = {ALL}, set()
        elif word == NONE:
            target = set()
        else:
            name = parse_name(word)
            target, other = target | {name}, other - {name}
    return target, other


@dataclass(slots=True)
class RequirementsReading:
    """Several requirements and constraint files while they are read, in pip's order."""

    read: Read
    local: ReadLocal
    limits: TextLimits = USUAL
    requirements: list[DirectRequirement] = field(default_factory=list)
    constraints: list[DirectRequirement] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    projects: dict[str, LocalProject] = field(default_factory=dict)
    index: Index | None = None
    extra_indexes: list[Index] = field(default_factory=list)
    flat_indexes: list[Index] = field(default_factory=list)
    trusted_hosts: set[str] = field(default_factory=set)
    formats: FormatControl = field(default_factory=FormatControl)
    has_no_index: bool = False
    pre: bool = False
    prereleases: set[NormalizedName] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)
    _done: set[tuple[str, bool]] = field(default_factory=set)

    def manifest(self) -> Manifest:
        """Return what was read."""
        indexes = list(self.flat_indexes)
        if not self.has_no_index:
            indexes += self.extra_indexes + ([] if self.index is None else [self.index])
        return Manifest(
            kind="requirements",
            files=tuple(self.files),
            groups=(Group(DEFAULT_GROUP, tuple(self.requirements)),),
            constraints=tuple(self.constraints),
            indexes=tuple(dict.fromkeys(self._verified(index) for index in indexes)),
            replaces_default_index=self.has_no_index or self.index is not None,
            prereleases=Prereleases(self.pre, frozenset(self.prereleases)),
            formats=self.formats,
            local=tuple(self.projects.values()),
            warnings=tuple(dict.fromkeys(self.warnings)),
        )

    def read_file(
        self, text: str, file: str, *, is_constraint: bool = False, within: tuple[str, ...] = ()
    ) -> None:
        """Read one file and those that it includes.

        Args:
            text: Its text.
            file: Its name.
            is_constraint: Whether it was named by ``-c``.
            within: The files that include it, outermost first.
        """
        if len(text) > MOST_CHARACTERS:
            raise ManifestError(f"this file is longer than {MOST_CHARACTERS:,} characters", file=file)
        self._done.add((file, is_constraint))
        if file not in self.files:
            self.files.append(file)
        for line in requirements_lines(text, file):
            for name, value in line.options:
                if name in {"--requirement", "--constraint"}:
                    self._include(
                        name, value, line.place, is_constraint=is_constraint, within=(*within, file)
                    )
                elif name not in ON_REQUIREMENT and name != "--editable":
                    self._option(name, value, line.place)
            self._add(line, is_constraint=is_constraint)

    def _verified(self, index: Index) -> Index:
        """Return `index` without verification where its host is trusted."""
        host = urlsplit(index.url).netloc.lower()
        trusted = host in self.trusted_hosts or host.rpartition(":")[0] in self.trusted_hosts
        return replace(index, verify_ssl=False) if host and trusted else index

    # --- options

    def _include(
        self, name: str, value: str, place: Place, *, is_constraint: bool, within: tuple[str, ...]
    ) -> None:
        if is_remote(value):
            raise remote_file_error(value, place)
        path = local_path(value, place)
        path = posixpath.normpath(posixpath.join(posixpath.dirname(place.file), path))
        if path in within:
            chain = " includes ".join(f"`{shown(one)}`" for one in (*within[within.index(path) :], path))
            raise ManifestError(f"files include each other: {chain}", file=place.file, line=place.line)
        if len(within) > DEEPEST_INCLUDE or len(self._done) >= MOST_FILES:
            raise ManifestError("too many files include each other", file=place.file, line=place.line)
        if is_constraint and name == "--requirement":
            self.warnings.append(f"{place}: what a constraint file includes by `-r` is read as constraints.")
        nested = is_constraint or name == "--constraint"
        if (path, nested) in self._done:
            return
        text = self.read(path, place)
        if is_own_lock(text) and not nested:
            raise own_lock_error(path, place)
        self.read_file(text, path, is_constraint=nested, within=within)

    def _option(self, name: str, value: str, place: Place) -> None:
        """Follow one option that stands on a line of its own."""
        match name:
            case "--index-url":
                self.index = parse_index(self._location(value, place), place)
            case "--extra-index-url":
                self.extra_indexes.append(parse_index(self._location(value, place), place))
            case "--find-links":
                self.flat_indexes.append(parse_index(self._location(value, place), place, is_flat=True))
            case "--no-index":
                self.has_no_index = True
            case "--trusted-host":
                self.trusted_hosts.add(value.strip().lower())
            case "--pre":
                self.pre = True
            case "--no-binary" | "--only-binary" | "--all-releases" | "--only-final":
                self._names(name, value, place)
            case _:
                self.warnings.append(f"{place}: `{name}` is ignored.")

    def _names(self, option: str, value: str, place: Place) -> None:
        """Follow an option whose value is a list of projects."""
        try:
            if option == "--no-binary":
                self.formats = with_formats(self.formats, no_binary=value)
            elif option == "--only-binary":
                self.formats = with_formats(self.formats, only_binary=value)
            else:
                self._releases(option, value)
        except UsageError as error:
            raise ManifestError(
                f"`{shown(value)}` is not a list of project names for `{option}`",
                file=place.file,
                line=place.line,
                hint=error.hint,
            ) from None

    def _releases(self, option: str, value: str) -> None:
        allowed: set[str] = {ALL} if self.pre else set()
        allowed |= self.prereleases
        if option == "--all-releases":
            allowed, _ = _moved(value, allowed, set())
        else:
            _, allowed = _moved(value, set(), allowed)
        self.pre = ALL in allowed
        self.prereleases = {parse_name(name) for name in allowed - {ALL}}

    def _location(self, value: str, place: Place) -> str:
        """Return a URL, or a path relative to the folder of the file that names it."""
        if is_remote(value) or value.lower().startswith("file:") or not value:
            return value
        return posixpath.normpath(posixpath.join(posixpath.dirname(place.file), value))

    # --- requirements

    def _add(self, line: RequirementsLine, *, is_constraint: bool) -> None:
        """Take over what the line requires."""
        editable = [value for name, value in line.options if name == "--editable"]
        texts = [(line.requirement, False)] if line.requirement else []
        for text, is_editable in texts + [(value, True) for value in editable]:
            refuse_variables(text, line.place, "a requirement")
            requirement = self._requirement(text, line, is_editable=is_editable)
            if is_constraint:
                self.constraints.append(checked_constraint(requirement))
            else:
                self.requirements.append(requirement)

    def _requirement(self, text: str, line: RequirementsLine, *, is_editable: bool) -> DirectRequirement:
        place = line.place
        for name, _ in line.options:
            if name in IGNORED_ON_REQUIREMENT:
                self.warnings.append(f"{place}: `{name}` is ignored: pinwise builds nothing.")
        named = _NAMED.match(text)
        if named is not None and not is_remote(named["url"]):
            return self._named_local(named, place, is_editable=is_editable)
        if is_remote(text):
            raise remote_error(text, place)
        if named is None and (is_editable or looks_like_path(text)):
            return self._local(text, place, is_editable=is_editable)
        hashes = self._hashes([value for name, value in line.options if name == "--hash"], place)
        return direct_requirement(text, place, hashes=hashes, limits=self.limits)

    def _local(self, text: str, place: Place, *, is_editable: bool) -> DirectRequirement:
        parts = _PATH.match(text)
        if parts is None:
            raise _not_a_path(text, place)
        path = local_path(parts["path"].strip(), place)
        return self._read_local(
            LocalPath(path, is_editable, place), parts["extras"] or "", (parts["marker"] or "").strip()
        )

    def _named_local(self, named: re.Match[str], place: Place, *, is_editable: bool) -> DirectRequirement:
        """Read ``NAME @ file:…`` or ``NAME @ ./…``: the project must have that name."""
        rest = named["rest"].strip()
        if rest and not rest.startswith(";"):
            raise _not_a_path(named.group(), place)
        local = LocalPath(local_path(named["url"], place), is_editable, place)
        requirement = self._read_local(local, named["extras"] or "", rest.removeprefix(";").strip())
        written = direct_requirement(named["name"], place, limits=self.limits)
        if written.name != requirement.name:
            raise ManifestError(
                f"`{shown(local.path)}` holds the project `{requirement.name}`, not `{written.name}`",
                file=place.file,
                line=place.line,
            )
        return requirement

    def _read_local(self, local: LocalPath, extras: str, marker: str) -> DirectRequirement:
        project = self.local(local)
        self.projects.setdefault(project.path, project)
        names = [extra.strip() for extra in extras.split(",") if extra.strip()]
        return local_requirement(project, local.place, extras=names, marker=marker, limits=self.limits)

    def _hashes(self, digests: Sequence[str], place: Place) -> frozenset[str]:
        """Return the SHA-256 digests; others cannot be compared with what an index says."""
        known = frozenset(digest.lower() for digest in digests if is_sha256(digest))
        others = [digest for digest in digests if not is_sha256(digest)]
        for digest in others:
            if not known or not digest.startswith(("sha384:", "sha512:")):
                raise ManifestError(
                    f"`{shown(digest)}` is not a SHA-256 digest",
                    file=place.file,
                    line=place.line,
                    hint="write `--hash=sha256:` and 64 hexadecimal digits",
                )
        if others:
            self.warnings.append(f"{place}: digests other than SHA-256 are ignored.")
        return known


def checked_constraint(requirement: DirectRequirement, word: str = "constraint") -> DirectRequirement:
    """Refuse what a constraint (or an override, by `word`) cannot say: it is a range of versions."""
    place = requirement.place
    if requirement.path is not None:
        raise ManifestError(
            f"the {word} `{shown(str(requirement))}` is a local project",
            file=place.file,
            line=place.line,
            hint="name it in the requirements instead",
        )
    if requirement.extras:
        raise ManifestError(
            f"the {word} `{shown(str(requirement))}` has extras",
            file=place.file,
            line=place.line,
            hint=f"write `{requirement.name}{requirement.requirement.specifier}`",
        )
    return requirement


def own_lock_error(path: str, place: Place | None = None) -> ManifestError:
    """Return the error for a lock of ours that is named where a manifest is expected."""
    return ManifestError(
        f"`{shown(path)}` is a lock that pinwise wrote, not a manifest",
        file=None if place is None else place.file,
        line=None if place is None else place.line,
        hint="name the file that it was made from, or use the lock as constraints with `-c`",
    )


def remote_file_error(url: str, place: Place | None = None) -> ManifestError:
    """Return the error for a requirements or constraint file that stands behind a URL."""
    return ManifestError(
        f"`{shown(url, 120)}` is a remote file: requirements and constraints are read from local files only",
        file=None if place is None else place.file,
        line=None if place is None else place.line,
        hint="download it and name the copy",
    )


def _not_a_path(text: str, place: Place) -> ManifestError:
    return ManifestError(
        f"`{shown(text)}` is not the path of a project",
        file=place.file,
        line=place.line,
        hint="write it like `./folder`, `./folder[extra]` or `./dist/name-1.0-py3-none-any.whl`",
    )


def looks_like_path(text: str) -> bool:
    """Whether a requirement is a path: it begins with ``.`` or ``/``, has a slash, or names an archive."""
    target = text.partition(";")[0].partition("[")[0].strip()
    if target.startswith((".", "/", "~", "file:")):
        return True
    return "/" in target or target.lower().endswith(ARCHIVES)


def local_path(text: str, place: Place) -> str:
    """Return a path, given as such or as a ``file:`` URL.

    Raises:
        ManifestError: It names another machine, or no file.
    """
    if text.lower().startswith("file:"):
        return _file_url_path(text, place)
    if not text or not text.isprintable():
        raise _not_a_path(text, place)
    return text


def _file_url_path(url: str, place: Place) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _not_a_path(url, place) from None
    path = unquote(parts.path)
    if parts.netloc not in {"", "localhost"} or not path or not path.isprintable():
        raise _not_a_path(url, place)
    return path

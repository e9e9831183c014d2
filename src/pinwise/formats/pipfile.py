"""Read a ``Pipfile``, as pipenv understands it, to a `Manifest`."""

from dataclasses import dataclass, field

from packaging.version import InvalidVersion, Version

from pinwise.formats.entries import (
    LocalPath,
    ReadLocal,
    checked_name,
    direct_requirement,
    is_remote,
    is_sha256,
    local_requirement,
    near,
    no_local_projects,
    parse_index,
    parse_marker,
    refuse_variables,
    remote_error,
    shown,
)
from pinwise.formats.own_table import prerelease_names, read_own_table
from pinwise.formats.pipfile_hash import CATEGORIES, NO_CATEGORIES, pipfile_hash
from pinwise.formats.toml_text import Document, Table
from pinwise.model.errors import ManifestError
from pinwise.model.limits import USUAL, TextLimits
from pinwise.model.names import NormalizedName, normalise
from pinwise.model.request import (
    DEFAULT_GROUP,
    DEVELOP_GROUP,
    DirectRequirement,
    FormatControl,
    Group,
    Index,
    LocalProject,
    Manifest,
    Prereleases,
)

OWN_TABLE = "pinwise"
"""Our settings stand in ``[pipenv.pinwise]``: pipenv accepts the table, and its hash leaves it out."""

TAKEN = (DEFAULT_GROUP, DEVELOP_GROUP, "_meta")
"""Names that ``Pipfile.lock`` uses itself, so that no category can have them."""

MARKER_KEYS = (
    "os_name",
    "sys_platform",
    "platform_machine",
    "platform_python_implementation",
    "platform_release",
    "platform_system",
    "platform_version",
    "python_version",
    "python_full_version",
    "implementation_name",
    "implementation_version",
)
REMOTE_KEYS = ("git", "hg", "svn", "bzr")
IGNORED_KEYS = ("name", "pip_args", "skip_resolver")
ENTRY_KEYS = (
    *(
        "version",
        "extras",
        "editable",
        "markers",
        "os_markers",
        "hashes",
        "index",
        "no_binary",
        "path",
        "file",
    ),
    *("ref", "subdirectory", *REMOTE_KEYS, *IGNORED_KEYS, *MARKER_KEYS),
)
OPERATORS = ("==", ">=", "<=", "~=", "!=", ">", "<")


def parse_pipfile(
    text: str, file: str, *, local: ReadLocal = no_local_projects, limits: TextLimits = USUAL
) -> Manifest:
    """Return what a Pipfile says.

    Args:
        text: Its text.
        file: Its name as the user wrote it, for messages.
        local: Reads the static metadata of projects that are named by path.
        limits: Under which the file is read.

    Raises:
        ManifestError: The file cannot be understood, with file and line.
    """
    return _Reading(Document.parse(text, file, limits), local).manifest()


@dataclass(slots=True)
class _Reading:
    """One Pipfile while it is read."""

    document: Document
    local: ReadLocal
    indexes: dict[str, Index] = field(default_factory=dict)
    bound: dict[NormalizedName, DirectRequirement] = field(default_factory=dict)
    projects: dict[str, LocalProject] = field(default_factory=dict)
    no_binary: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)

    def manifest(self) -> Manifest:
        """Read everything, in the order of the file."""
        self.indexes = {index.name or index.url: index for index in self._indexes()}
        own = read_own_table(self.document, "pipenv", OWN_TABLE)
        return Manifest(
            kind="Pipfile",
            files=(self.document.file,),
            groups=self._groups(),
            indexes=tuple(self.indexes.values()),
            replaces_default_index=bool(self.indexes),
            constraints=own.constraints,
            overrides=own.overrides,
            exclusions=own.exclusions,
            prereleases=self._prereleases(own.prereleases),
            formats=FormatControl(no_binary=frozenset(self.no_binary)),
            requires_python=self._requires_python(),
            local=tuple(self.projects.values()),
            pipfile_sha256=pipfile_hash(self.document),
            settings=own.settings,
            settings_places=own.places,
            settings_table=own.header,
            overlays=own.overlays,
            warnings=tuple(dict.fromkeys(self.warnings)),
        )

    # --- sources, requires, settings

    def _indexes(self) -> list[Index]:
        sources = self.document.tables.get("source", [])
        if not isinstance(sources, list) or not all(isinstance(source, dict) for source in sources):
            raise self.document.error(
                "`source` must be an array of tables", "source", hint="write `[[source]]` above each index"
            )
        indexes: list[Index] = []
        for number, source in enumerate(sources):
            index = self._index(source, ("source", str(number)))
            if index.name in [other.name for other in indexes]:
                raise self.document.error(
                    f"two sources are named `{shown(index.name or '')}`", "source", str(number), "name"
                )
            indexes.append(index)
        return indexes

    def _index(self, source: Table, path: tuple[str, str]) -> Index:
        name = self.document.string(source, *path, "name")
        url = self.document.string(source, *path, "url")
        if not url or not name:
            missing = "url" if not url else "name"
            raise self.document.error(
                f"a source has no `{missing}`",
                *path,
                hint='a source is a `name = "…"` and a `url = "…"` below `[[source]]`',
            )
        verify = self.document.flag({"verify_ssl": True, **source}, *path, "verify_ssl")
        return parse_index(url, self.document.place(*path, "url"), name=name, verify_ssl=verify)

    def _requires_python(self) -> str | None:
        requires = self.document.table("requires")
        for key in ("python_full_version", "python_version"):
            version = self.document.string(requires, "requires", key)
            if version is not None and version.strip() not in {"", "*"}:
                return version.strip()
        return None

    def _prereleases(self, own: Prereleases) -> Prereleases:
        """Join pipenv's flag, our own table, and the one of the forebear."""
        everywhere = self.document.flag(self.document.table("pipenv"), "pipenv", "allow_prereleases")
        names = own.names
        thoth = self.document.table("thoth")
        if "thoth" in self.document.tables:
            self._warn_of_thoth(thoth)
            theirs = thoth.get("allow_prereleases", {})
            names |= prerelease_names(self.document, theirs, "thoth", "allow_prereleases")
        return Prereleases(all=everywhere or own.all, names=names)

    def _warn_of_thoth(self, thoth: Table) -> None:
        place = self.document.place("thoth")
        self.warnings.append(
            f"{place}: pipenv takes `[thoth]` for a category of packages and refuses such a file; "
            f"write `allow_prereleases = {{NAME = true}}` below `[pipenv.{OWN_TABLE}]` instead."
        )
        if self.document.flag(thoth, "thoth", "disable_index_adjustment"):
            self.warnings.append(
                f"{self.document.place('thoth', 'disable_index_adjustment')}: `disable_index_adjustment` "
                "changes nothing: pinwise takes no project from an index that the manifest does not name."
            )

    # --- categories

    def _groups(self) -> tuple[Group, ...]:
        groups = [Group(DEFAULT_GROUP, self._category("packages"))]
        for key in self.document.tables:
            if key in {"packages", "thoth", *NO_CATEGORIES}:
                continue
            if key in TAKEN:
                raise self.document.error(
                    f"no category can be named `{key}`, because the lock uses that name itself",
                    key,
                    hint="write `[packages]` or `[dev-packages]`, or choose another name",
                )
            requirements = self._category(key)
            if requirements:
                groups.append(Group(CATEGORIES.get(key, key), requirements))
        return tuple(groups)

    def _category(self, category: str) -> tuple[DirectRequirement, ...]:
        if not isinstance(self.document.tables.get(category, {}), dict):
            raise self.document.error(
                f"`{shown(category)}` must be a table of packages",
                category,
                hint=near(category, (*CATEGORIES, *NO_CATEGORIES)),
            )
        requirements: list[DirectRequirement] = []
        for name, entry in self.document.table(category).items():
            requirement = self._requirement(category, name, entry)
            self._bind(requirement)
            requirements.append(requirement)
        return tuple(requirements)

    def _bind(self, requirement: DirectRequirement) -> None:
        """Note the index of a project, and refuse a second one."""
        if requirement.index is None:
            return
        first = self.bound.setdefault(requirement.name, requirement)
        if first.index != requirement.index:
            raise ManifestError(
                f"`{requirement.name}` is bound to two indexes: `{shown(first.index or '')}` ({first.place}) "
                f"and `{shown(requirement.index)}`",
                file=requirement.place.file,
                line=requirement.place.line,
                hint="bind it to one of them everywhere",
            )

    def _requirement(self, category: str, name: str, entry: object) -> DirectRequirement:
        path = (category, name)
        if isinstance(entry, str) and is_remote(entry.strip()):
            raise remote_error(entry, self.document.place(*path))
        if isinstance(entry, str):
            entry = {"version": entry}
        if not isinstance(entry, dict):
            raise self.document.error(
                f"`{shown(name)}` must be a version in quotes or a table, not `{shown(str(entry))}`",
                *path,
                hint=f'write `{shown(name)} = "*"` or `{shown(name)} = {{version = ">=1.0"}}`',
            )
        for key in entry:
            if key not in ENTRY_KEYS:
                raise self.document.error(
                    f"`{shown(key)}` is not a key of a package (here `{shown(name)}`)",
                    *path,
                    key,
                    hint=near(key, ENTRY_KEYS),
                )
        self._check_name(path)
        if entry.get("path") is not None or entry.get("file") is not None:
            return self._local(path, entry)
        return self._from_index(path, entry)

    def _check_name(self, path: tuple[str, str]) -> None:
        name = path[1]
        bare, bracket, extras = name.partition("[")
        if bracket:
            inside = ", ".join(f'"{extra.strip()}"' for extra in shown(extras).rstrip("]").split(","))
            raise self.document.error(
                f"`{shown(name)}` is not a valid project name",
                *path,
                hint=f'write the extras apart: `{shown(bare)} = {{version = "*", extras = [{inside}]}}`',
            )
        checked_name(name, self.document.place(*path))

    def _from_index(self, path: tuple[str, str], entry: Table) -> DirectRequirement:
        place = self.document.place(*path)
        for key in REMOTE_KEYS:
            if key in entry:
                raise remote_error(f"{path[1]} = {{{key} = {entry[key]}}}", self.document.place(*path, key))
        for key in IGNORED_KEYS:
            if key in entry:
                self.warnings.append(f"{self.document.place(*path, key)}: `{key}` of `{path[1]}` is ignored.")
        if self.document.flag(entry, *path, "no_binary"):
            self.no_binary.add(normalise(path[1]))
        extras = self.document.strings(entry, *path, "extras")
        marker = self._marker(path, entry)
        text = path[1] + (f"[{','.join(extras)}]" if extras else "") + self._version(path, entry)
        text += f"; {marker}" if marker else ""
        return direct_requirement(
            text,
            place,
            index=self._bound_index(path, entry),
            hashes=self._hashes(path, entry),
            limits=self.document.limits,
        )

    def _version(self, path: tuple[str, str], entry: Table) -> str:
        version = (self.document.string(entry, *path, "version") or "").strip()
        if version in {"", "*", "==*"}:
            return ""
        if version.startswith(("(", *OPERATORS)):
            return version
        try:
            Version(version[:200])
        except InvalidVersion:
            raise self.document.error(
                f"`{shown(version)}` is not a version specifier (for `{shown(path[1])}`)",
                *path,
                "version",
                hint='write `"*"`, `"==1.0"`, `"~=1.4"` or `">=1.0,<2"`',
            ) from None
        return f"=={version}"

    def _marker(self, path: tuple[str, str], entry: Table) -> str:
        """Return ``markers`` and pipenv's keys for single variables, joined by ``and``."""
        markers: list[str] = []
        for key in ("markers", "os_markers", *MARKER_KEYS):
            written = self.document.string(entry, *path, key)
            if not written or not written.strip():
                continue
            text = f"{key} {written}" if key in MARKER_KEYS else written
            try:
                markers.append(str(parse_marker(text.strip(), self.document.limits)))
            except ValueError as error:
                raise self.document.error(
                    f"`{shown(written)}` is not a valid marker for `{shown(path[1])}`: {error}",
                    *path,
                    key,
                    hint=f"write it like `{key} = \"== 'linux'\"`" if key in MARKER_KEYS else None,
                ) from None
        if len(markers) == 1:
            return markers[0]
        return " and ".join(f"({marker})" if " or " in marker else marker for marker in markers)

    def _bound_index(self, path: tuple[str, str], entry: Table) -> str | None:
        index = self.document.string(entry, *path, "index")
        if index is None or index in self.indexes:
            return index
        names = [shown(name) for name in self.indexes]
        known = (
            f"the sources are {', '.join(f'`{name}`' for name in names)}"
            if names
            else "there is no `[[source]]`"
        )
        raise self.document.error(
            f"`{shown(path[1])}` is bound to the index `{shown(index)}`, which is not a source of this file",
            *path,
            "index",
            hint=near(index, names) or known,
        )

    def _hashes(self, path: tuple[str, str], entry: Table) -> frozenset[str]:
        hashes = self.document.strings(entry, *path, "hashes")
        for digest in hashes:
            if not is_sha256(digest):
                raise self.document.error(
                    f"`{shown(digest)}` is not a SHA-256 digest",
                    *path,
                    "hashes",
                    hint="write `sha256:` and 64 digits",
                )
        return frozenset(digest.lower() for digest in hashes)

    def _local(self, path: tuple[str, str], entry: Table) -> DirectRequirement:
        key = "path" if entry.get("path") is not None else "file"
        text = (self.document.string(entry, *path, key) or "").strip()
        place = self.document.place(*path, key)
        refuse_variables(text, place, "a path")
        if is_remote(text):
            raise remote_error(text, place)
        if not text:
            raise self.document.error(f"`{key}` of `{shown(path[1])}` is empty", *path, key)
        editable = self.document.flag(entry, *path, "editable")
        project = self.local(LocalPath(text, editable, place))
        self.projects.setdefault(project.path, project)
        extras = self.document.strings(entry, *path, "extras")
        return local_requirement(
            project,
            self.document.place(*path),
            extras=extras,
            marker=self._marker(path, entry),
            limits=self.document.limits,
        )

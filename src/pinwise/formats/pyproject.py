"""Read a ``pyproject.toml`` as a manifest: PEP 621 dependencies and extras, PEP 735 dependency groups.

What the project itself requires is the default group; every extra and every dependency group that is asked
for is a group of its own, extras first, each in the order of the file. The project itself is not locked, only
what it needs: where an extra or a group names the project (``shop[redis]``), what that stands for is put in
its place.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pinwise.formats.entries import (
    LocalPath,
    ReadLocal,
    direct_requirement,
    local_requirement,
    near,
    no_local_projects,
    parse_marker,
    parse_requirement,
    parse_specifiers,
    shown,
)
from pinwise.formats.own_table import OwnTable, read_own_table
from pinwise.formats.requirements import local_path
from pinwise.formats.toml_text import Document, Table
from pinwise.model.errors import ManifestError
from pinwise.model.limits import ACCEPTED, USUAL, TextLimits
from pinwise.model.names import NormalizedName, normalise
from pinwise.model.request import (
    DEFAULT_GROUP,
    PROJECT_ONLY,
    DirectRequirement,
    Group,
    LocalProject,
    Manifest,
    Place,
    Selection,
)

GROUPS_TABLE = "dependency-groups"
EXTRAS_TABLE = "optional-dependencies"
INCLUDE_KEY = "include-group"
MOST_OWN_NAMES = 1_000
"""How often a project's own name may stand in its lists, followed through."""

Item = tuple[str | None, str | None, Place]
"""A requirement, or the group to include, and where it stands."""

OTHER_TOOLS: Mapping[tuple[str, str], str] = {
    ("uv", "sources"): "the projects it names are taken from the indexes",
    ("uv", "index"): "name indexes with `--index-url` and `--extra-index-url`",
    ("uv", "dev-dependencies"): f"write a group `dev` below `[{GROUPS_TABLE}]`",
    ("uv", "constraint-dependencies"): "write them as `constraints` in `[tool.pinwise]`",
    ("uv", "override-dependencies"): "write them as `overrides` in `[tool.pinwise]`",
    ("uv", "exclude-dependencies"): "write them as `exclude` in `[tool.pinwise]`",
    ("poetry", "source"): "name indexes with `--index-url` and `--extra-index-url`",
    ("poetry", "group"): f"write its groups below `[{GROUPS_TABLE}]`",
    ("poetry", "dev-dependencies"): f"write a group `dev` below `[{GROUPS_TABLE}]`",
    ("pdm", "dev-dependencies"): f"write its groups below `[{GROUPS_TABLE}]`",
}
"""Tables of other tools that change what is installed, and what takes their place here."""


def is_manifest(tables: Table) -> bool:
    """Whether a ``pyproject.toml`` says what its project requires, and not only how tools behave."""
    return "project" in tables or GROUPS_TABLE in tables or has_poetry_only(tables)


def has_poetry_only(tables: Table) -> bool:
    """Whether only Poetry's own table of earlier days says what the project requires."""
    tool = tables.get("tool")
    poetry = tool.get("poetry") if isinstance(tool, dict) else None
    return isinstance(poetry, dict) and "dependencies" in poetry and "project" not in tables


def parse_project(
    text: str,
    file: str,
    *,
    selection: Selection | None = PROJECT_ONLY,
    local: ReadLocal = no_local_projects,
    limits: TextLimits = USUAL,
) -> Manifest:
    """Return what a ``pyproject.toml`` says.

    Args:
        text: Its text.
        file: Its name as the user wrote it, for messages.
        selection: Which extras and groups are asked for; None for no requirements at all.
        local: Reads the static metadata of projects that are named by a ``file:`` URL.
        limits: Under which the file is read.

    Raises:
        ManifestError: The file cannot be understood, or lacks what was asked for, with file and line.
    """
    document = Document.parse(text, file, limits)
    _refuse_poetry_only(document)
    return _Reading(document, selection, local).manifest()


def parts_to_choose(text: str, file: str) -> tuple[tuple[NormalizedName, ...], tuple[NormalizedName, ...]]:
    """Return the names of the extras and of the dependency groups of a ``pyproject.toml``."""
    document = Document.parse(text, file, ACCEPTED)
    extras = names_of(document, "extras", "project", EXTRAS_TABLE)
    return tuple(extras), tuple(names_of(document, "dependency groups", GROUPS_TABLE))


def _refuse_poetry_only(document: Document) -> None:
    if has_poetry_only(document.tables) and GROUPS_TABLE not in document.tables:
        raise document.error(
            "only `[tool.poetry]` says what this project requires, and pinwise does not read that table",
            "tool",
            "poetry",
            "dependencies",
            hint="move `dependencies` to `[project]`, which Poetry 2 reads too, or export them to a "
            "requirements file and name that with `-r`",
        )


def requires_python(document: Document, table: Table, *path: str) -> str | None:
    """Return the ``requires-python`` at the end of `path`, whose last table is `table`, as written."""
    written = document.string(table, *path)
    if written is None:
        return None
    try:
        parse_specifiers(written)
    except ValueError as error:
        raise document.error(
            f"`{shown(written)}` is not a range of Python versions: {error}",
            *path,
            hint='write it like `requires-python = ">=3.11"`',
        ) from None
    return written.strip() or None


@dataclass(slots=True)
class Dependencies:
    """Reads dependency specifiers (PEP 508), those of local projects among them.

    Attributes:
        local: Reads the static metadata of local projects.
        limits: Under which they are read.
        projects: Those that were read, by path.
    """

    local: ReadLocal
    limits: TextLimits = USUAL
    projects: dict[str, LocalProject] = field(default_factory=dict)

    def read(self, text: str, place: Place) -> DirectRequirement:
        """Return what one dependency specifier requires.

        Raises:
            ManifestError: It is none, or names something that is neither on an index nor on this disk.
        """
        try:
            requirement = parse_requirement(text, self.limits)
        except ValueError:
            return direct_requirement(text, place, limits=self.limits)  # says what is wrong
        if requirement.url is None or not requirement.url.lower().startswith("file:"):
            return direct_requirement(text, place, limits=self.limits)
        project = self.local(LocalPath(local_path(requirement.url, place), is_editable=False, place=place))
        if project.name != normalise(requirement.name):
            raise ManifestError(
                f"`{shown(requirement.url)}` holds the project `{project.name}`, "
                f"not `{shown(requirement.name)}`",
                file=place.file,
                line=place.line,
                hint="write the name that the project has",
            )
        self.projects.setdefault(project.path, project)
        marker = "" if requirement.marker is None else str(requirement.marker)
        return local_requirement(project, place, extras=requirement.extras, marker=marker, limits=self.limits)


@dataclass(slots=True)
class _Reading:
    """One ``pyproject.toml`` while it is read."""

    document: Document
    selection: Selection | None
    local: ReadLocal

    def manifest(self) -> Manifest:
        """Read everything that is asked for."""
        if not is_manifest(self.document.tables):
            raise ManifestError(
                f"this file has neither a table `[project]` nor `[{GROUPS_TABLE}]`",
                file=self.document.file,
                hint='write `[project]` with `name`, `version` and `dependencies = ["flask"]`',
            )
        own: OwnTable = read_own_table(self.document, "tool", "pinwise")
        project = self.document.table("project")
        dependencies = Dependencies(self.local, self.document.limits)
        groups = self._groups(dependencies)
        return Manifest(
            kind="pyproject",
            files=(self.document.file,),
            groups=groups,
            constraints=own.constraints,
            overrides=own.overrides,
            exclusions=own.exclusions,
            prereleases=own.prereleases,
            requires_python=requires_python(self.document, project, "project", "requires-python"),
            local=tuple(dependencies.projects.values()),
            settings=own.settings,
            settings_places=own.places,
            settings_table=own.header,
            overlays=own.overlays,
            warnings=tuple(self._warnings()),
        )

    def _groups(self, dependencies: Dependencies) -> tuple[Group, ...]:
        """Return the default group, the extras and the dependency groups that are asked for."""
        asked = self.selection
        if asked is None:
            return ()
        expansion = _Expansion.of(self.document, dependencies)
        groups: list[Group] = []
        if not asked.only_groups:
            groups.append(Group(DEFAULT_GROUP, tuple(expansion.of_project())))
        groups += [
            Group(f"[{name}]", tuple(expansion.of_extra(name)), name)
            for name in self._chosen("extra", asked.extras, expansion.extras, is_all=asked.all_extras)
        ]
        names = (*asked.groups, *asked.only_groups)
        for name in self._chosen("dependency group", names, expansion.groups, is_all=asked.all_groups):
            if name == DEFAULT_GROUP:
                raise self.document.error(
                    f"no group can be named `{name}`: that is the name of what the project itself requires",
                    GROUPS_TABLE,
                    expansion.groups[name],
                    hint="choose another name",
                )
            groups.append(Group(name, tuple(expansion.of_group(name))))
        return tuple(groups)

    def _chosen(
        self, word: str, asked: Sequence[str], known: Mapping[NormalizedName, str], *, is_all: bool
    ) -> list[NormalizedName]:
        """Return the names that are asked for, in the order of the file."""
        wanted = {normalise(name): name for name in asked}
        for name, written in wanted.items():
            if name not in known:
                raise _unknown(self.document, word, written, known)
        return [name for name in known if is_all or name in wanted]

    def _warnings(self) -> Iterator[str]:
        """Warn of tables of other tools that would change what is installed."""
        for (tool, key), instead in OTHER_TOOLS.items():
            if key in self._tool(tool):
                place = self.document.place("tool", tool, key)
                yield f"{place}: `tool.{tool}.{key}` is not read: {instead}."

    def _tool(self, name: str) -> Table:
        tool = self.document.tables.get("tool")
        table = tool.get(name) if isinstance(tool, dict) else None
        return table if isinstance(table, dict) else {}


def _unknown(
    document: Document, word: str, name: str, known: Mapping[NormalizedName, str], *, at: Place | None = None
) -> ManifestError:
    """Return the error for an extra or a group that the file does not have."""
    path = ("project", EXTRAS_TABLE) if word == "extra" else (GROUPS_TABLE,)
    place = at or document.place(*path)
    hint = near(name, known)
    if known and not hint:
        hint = f"the {word}s are {', '.join(f'`{shown(each)}`' for each in known)}"
    return ManifestError(
        f"this project has no {word} `{shown(name)}`",
        file=place.file,
        line=place.line,
        hint=hint or _why_none(document, path),
    )


def _why_none(document: Document, path: Sequence[str]) -> str:
    """Return why a file has no extras or no groups at all."""
    if path[-1] in document.strings(document.table("project"), "project", "dynamic"):
        return f"`{path[-1]}` is dynamic: only the project's build knows it, and none is run"
    return f"there is no `[{'.'.join(path)}]`"


@dataclass(slots=True)
class _Expansion:
    """The lists of requirements of a ``pyproject.toml``, with what they include put in place.

    Attributes:
        document: The file.
        dependencies: Reads the single requirements.
        name: The project's own name, None where it has none.
        extras, groups: Normalised name -> name as written, in the order of the file.
        count: How often the project's own name was followed.
    """

    document: Document
    dependencies: Dependencies
    name: NormalizedName | None
    extras: Mapping[NormalizedName, str]
    groups: Mapping[NormalizedName, str]
    count: int = 0

    @classmethod
    def of(cls, document: Document, dependencies: Dependencies) -> "_Expansion":
        """Return the lists of a file.

        Raises:
            ManifestError: Two names are the same once they are normalised.
        """
        name = document.string(document.table("project"), "project", "name")
        return cls(
            document,
            dependencies,
            None if name is None else normalise(name),
            names_of(document, "extras", "project", EXTRAS_TABLE),
            names_of(document, "dependency groups", GROUPS_TABLE),
        )

    def of_project(self) -> Iterator[DirectRequirement]:
        """Yield what the project itself requires."""
        yield from self._expanded(self._project_items(), within=(), is_group=False)

    def of_extra(self, name: NormalizedName) -> Iterator[DirectRequirement]:
        """Yield what an extra adds."""
        yield from self._expanded(self._extra_items(name), within=(name,), is_group=False)

    def of_group(self, name: NormalizedName) -> Iterator[DirectRequirement]:
        """Yield what a dependency group requires, with the groups that it includes."""
        items = list(self._included(name, (), set()))
        yield from self._expanded(items, within=(), is_group=True)

    def _project_items(self) -> tuple[tuple[str, Place], ...]:
        project = self.document.table("project")
        if "dependencies" in self.document.strings(project, "project", "dynamic"):
            raise self.document.error(
                "this project leaves its dependencies to its build, and no code is run to learn them",
                "project",
                "dynamic",
                hint="write them as `dependencies` in `[project]`, or name requirements files with `-r`",
            )
        return self.document.items(project, "project", "dependencies")

    def _extra_items(self, name: NormalizedName) -> tuple[tuple[str, Place], ...]:
        table = self.document.table("project", EXTRAS_TABLE)
        return self.document.items(table, "project", EXTRAS_TABLE, self.extras[name])

    def _expanded(
        self,
        items: Sequence[tuple[str, Place]],
        *,
        within: tuple[NormalizedName, ...],
        is_group: bool,
        marker: str = "",
    ) -> Iterator[DirectRequirement]:
        """Yield the requirements of a list; the project itself stands for what it and its extras require.

        Args:
            items: The list.
            within: The extras that led to it.
            is_group: Whether it is a dependency group's, in which the project's name stands for its own
                dependencies too.
            marker: Under which it was asked for, "" for always.
        """
        for text, place in items:
            direct = self.dependencies.read(text, place)
            if direct.name == self.name and direct.path is None:
                yield from self._itself(direct, within=within, is_group=is_group, marker=marker)
            else:
                yield _under(direct, marker, self.document.limits)

    def _itself(
        self, direct: DirectRequirement, *, within: tuple[NormalizedName, ...], is_group: bool, marker: str
    ) -> Iterator[DirectRequirement]:
        """Yield what the project stands for in one of its own lists."""
        self.count += 1
        if self.count > MOST_OWN_NAMES:
            raise ManifestError(
                f"the extras of this project lead to each other more than {MOST_OWN_NAMES:,} times",
                file=direct.place.file,
                line=direct.place.line,
                hint="ask for fewer of them at a time",
            )
        marker = _joined(marker, direct)
        if is_group:
            items = self._project_items()
            yield from self._expanded(items, within=(), is_group=False, marker=marker)
        for extra in direct.extras:
            if extra in within:
                continue  # an extra that leads back to itself adds nothing
            if extra not in self.extras:
                raise _unknown(self.document, "extra", extra, self.extras, at=direct.place)
            items = self._extra_items(extra)
            yield from self._expanded(items, within=(*within, extra), is_group=False, marker=marker)

    def _included(
        self, name: NormalizedName, within: tuple[NormalizedName, ...], done: set[NormalizedName]
    ) -> Iterator[tuple[str, Place]]:
        """Yield the requirements of a group and of those that it includes, each group once."""
        done.add(name)
        for text, include, place in self._items(name):
            if text is not None:
                yield text, place
                continue
            other = normalise(include or "")
            if other in (*within, name):
                raise self._cycle((*within, name), other, place)
            if other not in self.groups:
                raise _unknown(self.document, "dependency group", include or "", self.groups, at=place)
            if other not in done:
                yield from self._included(other, (*within, name), done)

    def _cycle(
        self, within: tuple[NormalizedName, ...], other: NormalizedName, place: Place
    ) -> ManifestError:
        chain = (*within[within.index(other) :], other)
        message = (
            f"the dependency group `{other}` includes itself"
            if len(chain) == 2  # noqa: PLR2004  # the group and itself
            else f"dependency groups include each other: {' includes '.join(f'`{one}`' for one in chain)}"
        )
        hint = f"leave one of the `{INCLUDE_KEY}` out"
        return ManifestError(message, file=place.file, line=place.line, hint=hint)

    def _items(self, name: NormalizedName) -> list[Item]:
        """Return what the list of one group holds."""
        path = (GROUPS_TABLE, self.groups[name])
        value = self.document.table(GROUPS_TABLE)[path[1]]
        if not isinstance(value, list):
            raise self.document.error(
                f"the dependency group `{shown(path[1])}` must be a list",
                *path,
                hint=f'write it like `{shown(path[1])} = ["pytest", {{{INCLUDE_KEY} = "docs"}}]`',
            )
        texts = [item if isinstance(item, str) else self._include(item, path) for item in value]
        lines = self.document.lines.find_items(texts, *path)
        places = [Place(self.document.file, line) for line in lines]
        return [
            (text, None, place) if isinstance(item, str) else (None, text, place)
            for item, text, place in zip(value, texts, places, strict=True)
        ]

    def _include(self, item: object, path: tuple[str, str]) -> str:
        """Return the group that an entry includes; it is a table with that one key."""
        if isinstance(item, dict) and list(item) == [INCLUDE_KEY] and isinstance(item[INCLUDE_KEY], str):
            return str(item[INCLUDE_KEY])
        raise self.document.error(
            f"the dependency group `{shown(path[1])}` holds `{shown(str(item))}`, which is neither a "
            "requirement nor an included group",
            *path,
            hint=f'write it like `"pytest>=8"` or `{{{INCLUDE_KEY} = "docs"}}`',
        )


def names_of(document: Document, word: str, *path: str) -> dict[NormalizedName, str]:
    """Return the keys of a table by their normalised names.

    Raises:
        ManifestError: Two of them have the same one.
    """
    names: dict[NormalizedName, str] = {}
    for key in document.table(*path):
        name = normalise(key)
        if name in names:
            raise document.error(
                f"the {word} `{shown(names[name])}` and `{shown(key)}` have the same name, `{shown(name)}`",
                *path,
                key,
                hint="give one of them another name: case, `-`, `_` and `.` make no difference",
            )
        names[name] = key
    return names


def _joined(marker: str, direct: DirectRequirement) -> str:
    """Return the marker under which a requirement holds that stands in a list under `marker`."""
    own = "" if direct.requirement.marker is None else str(direct.requirement.marker)
    return f"({marker}) and ({own})" if marker and own else marker or own


def _under(direct: DirectRequirement, marker: str, limits: TextLimits) -> DirectRequirement:
    """Return a requirement that holds only where `marker` does too."""
    if not marker:
        return direct
    requirement = parse_requirement(str(direct.requirement), ACCEPTED)
    try:
        requirement.marker = parse_marker(_joined(marker, direct), limits)
    except ValueError as error:
        raise ManifestError(
            f"the markers that lead to `{shown(str(direct))}` cannot be joined: {error}",
            file=direct.place.file,
            line=direct.place.line,
            hint="nest the project's extras less deep",
        ) from None
    return replace(direct, requirement=requirement)

"""Edit the manifest that was found: put requirements in, or take them out, in memory."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.version import Version

from pinwise.actions.local_projects import LocalProjects
from pinwise.actions.manifest import FoundManifest, Texts
from pinwise.actions.ports import Archives
from pinwise.actions.texts import decoded
from pinwise.actions.write import Manuscript, check_writable
from pinwise.formats.edit.lists import Lists
from pinwise.formats.edit.parts import parse_wanted, parts_of
from pinwise.formats.edit.pipfile import EditedPipfile, add_to_pipfile, remove_from_pipfile
from pinwise.formats.edit.pyproject import add_to_project, remove_from_project
from pinwise.formats.edit.requirements import add_to_requirements, remove_from_requirements
from pinwise.formats.edit.script import add_to_script, remove_from_script
from pinwise.formats.entries import LocalPath, shown
from pinwise.formats.pyproject import parts_to_choose
from pinwise.formats.requirements import local_path
from pinwise.model.edit import Edit, Wanted
from pinwise.model.errors import ManifestError, UsageError
from pinwise.model.names import NormalizedName, normalise
from pinwise.model.outcome import Advice
from pinwise.model.request import DEFAULT_GROUP, DEVELOP_GROUP, Place, Selection

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Room:
    """Where in a manifest a requirement goes, or is looked for, as the options name it.

    Attributes:
        groups: Groups or categories.
        extras: Extras of a ``pyproject.toml``.
        is_develop: Whether the group for development is meant, whatever it is called.
    """

    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    is_develop: bool = False

    def names(self, found: FoundManifest) -> tuple[str, ...]:
        """Return the names of the groups in a manifest of that kind, extras in brackets.

        Raises:
            UsageError: That kind of manifest has no such thing.
        """
        kind, file = found.manifest.kind, shown(found.manifest.files[0])
        if kind not in {"pyproject", "Pipfile"} and (self.groups or self.extras or self.is_develop):
            raise UsageError(
                f"`{file}` has no groups or extras",
                hint="a `pyproject.toml` and a `Pipfile` have groups: leave out `--group` and the like",
            )
        if kind == "Pipfile" and self.extras:
            raise UsageError(f"`{file}` has no extras", hint="name a category with `--group`")
        develop = ("dev" if kind == "pyproject" else DEVELOP_GROUP,) if self.is_develop else ()
        return (*develop, *self.groups, *(f"[{name}]" for name in self.extras))


@dataclass(frozen=True, slots=True)
class Adding:
    """What `pinwise add` is asked to do."""

    wanted: tuple[Wanted, ...]
    room: Room


@dataclass(frozen=True, slots=True)
class Removing:
    """What `pinwise remove` is asked to do."""

    names: tuple[NormalizedName, ...]
    room: Room


@dataclass(frozen=True, slots=True)
class EditedManifest:
    """What an edit made of a manifest.

    Attributes:
        edits: What was changed, and what was asked for and is there already.
        contents: The new content of each file that has changed, by its path as it was named.
        before: The content of the same files as it was.
    """

    edits: tuple[Edit, ...]
    contents: Mapping[Path, bytes]
    before: Mapping[Path, bytes]

    def texts(self) -> Texts:
        """Return a reader that sees the files as they were edited."""
        return Texts({path.resolve(): content for path, content in self.contents.items()})

    def manuscript(self, texts: Texts) -> Manuscript:
        """Return what is to be written, and what must not have changed until then."""
        return Manuscript(self.contents, {**texts.read, **self.before})


def read_wanted(
    requirements: Sequence[str], found: FoundManifest, archives: Archives, *, is_editable: bool
) -> tuple[Wanted, ...]:
    """Return what the arguments of `pinwise add` ask for; local projects are read for their names.

    Raises:
        UsageError: One of them is no requirement, or one project is named twice.
    """
    local = LocalProjects(Path(), archives)
    wanted = tuple(_named(parse_wanted(text, is_editable=is_editable), found, local) for text in requirements)
    known: dict[tuple[NormalizedName, str], Wanted] = {}
    for each in wanted:
        if known.setdefault((each.parts.key, each.parts.condition), each) is not each:
            raise UsageError(f"`{each.parts.key}` is named twice", hint="name each project once")
    return wanted


def _named(wanted: Wanted, found: FoundManifest, local: LocalProjects) -> Wanted:
    """Return a local project with its name, its path relative to the manifest.

    Raises:
        UsageError: There is no such project, or it has another name.
    """
    url = wanted.parts.bound.removeprefix("@").strip() if wanted.parts.bound.startswith("@") else None
    written = wanted.path if url is None else url
    if written is None:
        return wanted
    here = Place("")
    try:
        path = local_path(written, here)
        project = local(LocalPath(path, wanted.is_editable, here))
    except ManifestError as error:  # which would name a file and line
        raise UsageError(error.message, hint=error.hint) from None
    if wanted.parts.name and wanted.parts.key != project.name:
        raise UsageError(
            f"`{shown(written)}` holds the project `{project.name}`, not `{shown(wanted.parts.name)}`",
            hint="write the name that the project has",
        )
    if url is not None and found.manifest.kind != "Pipfile":
        return wanted
    if not os.path.isabs(path) and found.base.resolve() != Path.cwd():  # noqa: PTH117  # a text
        path = Path(os.path.relpath(path, found.base)).as_posix()
        path = path if path.startswith(".") else f"./{path}"
    return replace(wanted, path=path, parts=replace(wanted.parts, name=project.name, bound=""))


def edit_manifest(found: FoundManifest, texts: Texts, change: Adding | Removing) -> EditedManifest:
    """Return what a change makes of a manifest; nothing is written.

    Args:
        found: The manifest, with all its requirements if it is made of requirements files.
        texts: What was read for it.
        change: What is to be done.

    Raises:
        ManifestError: It cannot be done.
        UsageError: Groups are named that such a manifest cannot have.
        OutputError: A file that would change is read-only.
    """
    groups = change.room.names(found)
    before = {file: texts.read[Path(file).resolve()] for file in _editable(found)}
    decoded_texts = {file: decoded(content, file) for file, content in before.items()}
    after, edits = _edited(found, decoded_texts, change, groups)
    changed = {file: text for file, text in after.items() if text != decoded_texts[file]}
    for file in changed:
        check_writable(Path(file))
    return EditedManifest(
        edits,
        {Path(file): _encoded(text, before[file]) for file, text in changed.items()},
        {Path(file): before[file] for file in changed},
    )


def _encoded(text: str, before: bytes) -> bytes:
    return (_BOM if before.startswith(_BOM) else b"") + text.encode()


def _editable(found: FoundManifest) -> tuple[str, ...]:
    """Return the files that hold requirements, the one to which new ones go first."""
    first, *others = found.manifest.files
    holding = {item.place.file for group in found.manifest.groups for item in group.requirements}
    return (first, *(file for file in others if file in holding and found.manifest.kind == "requirements"))


def _edited(
    found: FoundManifest, texts: Mapping[str, str], change: Adding | Removing, groups: Sequence[str]
) -> tuple[Mapping[str, str], tuple[Edit, ...]]:
    """Return the new texts of all files that change, and the edits."""
    if found.manifest.kind == "requirements":
        return _edited_requirements(found, texts, change)
    ((file, text),) = texts.items()
    match found.manifest.kind, change:
        case "pyproject", Adding():
            done: Lists | EditedPipfile = add_to_project(text, file, change.wanted, _only(groups))
        case "pyproject", Removing():
            done = remove_from_project(text, file, change.names, groups)
        case "Pipfile", Adding():
            done = add_to_pipfile(text, file, change.wanted, _only(groups))
        case "Pipfile", Removing():
            done = remove_from_pipfile(text, file, change.names, groups)
        case _, Adding():
            done = add_to_script(text, file, change.wanted)
        case _, Removing():
            done = remove_from_script(text, file, change.names)
    return {file: done.text}, done.edits


def _edited_requirements(
    found: FoundManifest, texts: Mapping[str, str], change: Adding | Removing
) -> tuple[Mapping[str, str], tuple[Edit, ...]]:
    located = found.manifest.groups[0].requirements
    if isinstance(change, Adding):
        done = add_to_requirements(texts, located, change.wanted)
    else:
        done = remove_from_requirements(texts, located, change.names)
    return done.texts, done.edits


def _only(groups: Sequence[str]) -> str:
    """Return the one group to which requirements are added.

    Raises:
        UsageError: There are several.
    """
    if len(groups) > 1:
        named = " and ".join(f"`{group}`" for group in groups[:2])
        raise UsageError(
            f"requirements are added to one group or extra at a time, not to {named}",
            hint="run the command once for each",
        )
    return groups[0] if groups else DEFAULT_GROUP


def selection_after(
    found: FoundManifest, edited: EditedManifest, *, asked: Selection, present: Selection
) -> Selection:
    """Return which extras and groups the lock is for: those it was for, those asked for, those added to.

    Args:
        found: The manifest before the edit.
        edited: What became of it.
        asked: What the options say.
        present: What the present lock was made for.
    """
    if found.manifest.kind != "pyproject":
        return asked
    file = found.manifest.files[0]
    content = edited.contents.get(Path(file))
    if content is None:
        content = Path(file).read_bytes()
    extras, groups = parts_to_choose(decoded(content, file), file)
    of_edits = {edit.group for edit in edited.edits if edit.after is not None}
    kept = {normalise(name) for name in present.groups}
    kept_extras = {normalise(name) for name in present.extras}
    return replace(
        asked,
        extras=tuple(name for name in extras if name in kept_extras or f"[{name}]" in of_edits),
        groups=tuple(name for name in groups if name in kept or name in of_edits),
    )


# --- bounds

BOUNDS = ("none", "lower", "major", "minor", "exact")
"""What a requirement without versions may be bounded by, once a version is chosen."""


def with_bounds(
    wanted: Sequence[Wanted], edits: Sequence[Edit], advice: Advice, kind: str
) -> tuple[Wanted, ...]:
    """Return what is wanted with bounds around the chosen versions, where the manifest would have none.

    Args:
        wanted: What was added.
        edits: What that made of each.
        advice: What was chosen.
        kind: One of `BOUNDS`.
    """
    pins = {pin.name: pin for pin in advice.pins if pin.local is None}
    bounded: list[Wanted] = []
    for each, edit in zip(wanted, edits, strict=True):
        after = parts_of(edit.after or "")
        pin = pins.get(each.parts.key)
        if kind != "none" and edit.is_change and pin is not None and after is not None and not after.bound:
            each = replace(each, parts=replace(each.parts, bound=bound_around(pin.version, kind)))  # noqa: PLW2901
        bounded.append(each)
    return tuple(bounded)


def bound_around(version: Version, kind: str) -> str:
    """Return a bound around a version; zeros at its beginning do not count as its major version.

    >>> [bound_around(Version("3.1.2"), kind) for kind in BOUNDS[1:]]
    ['>=3.1.2', '>=3.1.2,<4', '>=3.1.2,<3.2', '==3.1.2']
    >>> [bound_around(Version("0.1.2"), kind) for kind in ("major", "minor")]
    ['>=0.1.2,<0.2', '>=0.1.2,<0.1.3']
    """
    if kind == "exact":
        return f"=={version}"
    lower = f">={version.public}"
    if kind == "lower":
        return lower
    first = next((n for n, number in enumerate(version.release) if number), len(version.release) - 1)
    first += kind == "minor"
    release = [*version.release, *(0,) * (first + 1 - len(version.release))][: first + 1]
    release[-1] += 1
    epoch = f"{version.epoch}!" if version.epoch else ""
    return f"{lower},<{epoch}{'.'.join(map(str, release))}"

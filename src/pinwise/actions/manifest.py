"""Find the manifest, and read it with all that it includes to a `Manifest`."""

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pinwise.actions.ports import Archives
from pinwise.actions.request import absolute_index
from pinwise.actions.texts import decoded, read_bytes, read_text
from pinwise.formats.entries import LocalPath, ReadLocal, is_remote, shown
from pinwise.formats.requirements import (
    RequirementsReading,
    is_own_lock,
    own_lock_error,
    remote_file_error,
)
from pinwise.model.errors import ManifestError, UsageError
from pinwise.model.request import PROJECT_ONLY, Index, LocalProject, Manifest, Overlay, Place, Selection

THOTH_FILE = ".thoth.yaml"
"""The configuration of the forebear: a folder that has it may keep its manifests elsewhere."""

MANIFESTS = ("Pipfile", "pyproject.toml", "requirements.in", "requirements.txt")
"""What a folder is searched for, in this order; a ``pyproject.toml`` that only configures tools is none."""

SUFFIXES = (".py", ".pyw")
"""What the name of a script ends with."""

_MOST_SCRIPTS = 50
"""How many scripts of a folder without a manifest are looked into."""

_BEGINNING = 8_000
"""How many bytes of a file are read to see what it is."""


class FoundManifest(NamedTuple):
    """A manifest and where it was found.

    Attributes:
        manifest: What it says.
        folder: Its folder: locks are written there.
        base: What the paths of its local projects are relative to; the current folder for files that `-r`
            names, as in pip, else its own.
        passed_over: Other manifests in that folder, which were not read.
    """

    manifest: Manifest
    folder: Path
    base: Path
    passed_over: tuple[str, ...] = ()


@dataclass(slots=True)
class Texts:
    """Gives the texts of manifests: as they are on disk, or as they were edited and not yet written.

    Attributes:
        edited: The content of files that were edited, by their real path.
        read: The content of all others that were read, by their real path.
    """

    edited: Mapping[Path, bytes] = field(default_factory=dict)
    read: dict[Path, bytes] = field(default_factory=dict)

    def text(self, path: Path, file: str, *, asked_by: tuple[str, int | None] | None = None) -> str:
        """Return the text of a file; arguments and errors are those of `read_text`."""
        content = read_bytes(path, file, asked_by=asked_by)
        real = path.resolve()
        if real in self.edited:
            content = self.edited[real]
        else:
            self.read[real] = content
        return decoded(content, file)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked for besides the manifest itself.

    Attributes:
        archives: Reads local projects that are wheels or sdists.
        constraint_files: What ``-c`` names.
        selection: Which extras and groups; None for no requirements at all.
        texts: Gives the texts of files.
    """

    archives: Archives
    texts: Texts
    constraint_files: Sequence[str] = ()
    selection: Selection | None = PROJECT_ONLY


def read_manifest(  # noqa: PLR0913  # what a command names, and how it is read
    where: str | None = None,
    *,
    requirement_files: Sequence[str] = (),
    constraint_files: Sequence[str] = (),
    selection: Selection | None = PROJECT_ONLY,
    archives: Archives,
    texts: Texts | None = None,
) -> FoundManifest:
    """Read the manifest of a folder, or the files that the user names.

    Args:
        where: A folder or a manifest; the current folder where it is None.
        requirement_files: What ``-r`` names; then no folder is searched.
        constraint_files: What ``-c`` names.
        selection: Which extras and groups of a ``pyproject.toml`` are asked for; None for no requirements.
        archives: Reads local projects that are wheels or sdists.
        texts: Gives the texts of files to whoever edits them, who may find or leave no requirement; None for
            what is on disk.

    Raises:
        ManifestError: There is no manifest, it is empty, or it cannot be understood.
        UsageError: Both a folder and files are named, or extras or groups of another kind of manifest.
    """
    asked = _Asked(archives, texts or Texts(), constraint_files, selection)
    found = _read(where, requirement_files, asked)
    return found if texts is not None else _require_something(found)


def read_overlaid(
    overlay: Overlay,
    where: str | None = None,
    *,
    requirement_files: Sequence[str] = (),
    constraint_files: Sequence[str] = (),
    archives: Archives,
) -> FoundManifest:
    """Read a manifest with an overlay laid over it, extras and groups as the overlay has them.

    Arguments and errors are those of `read_manifest`; only together must the two require something.
    """
    from pinwise.actions.overlays import overlaid  # noqa: PLC0415  # for these alone

    asked = _Asked(archives, Texts(), constraint_files, overlay.selection)
    found = _read(where, requirement_files, asked)
    return _require_something(found._replace(manifest=overlaid(found.manifest, overlay)))


def _read(where: str | None, requirement_files: Sequence[str], asked: _Asked) -> FoundManifest:
    """Read what is asked for, which may require nothing."""
    if requirement_files:
        if where is not None:
            raise UsageError(
                f"`{shown(where)}` and `-r {shown(requirement_files[0])}` both name what to read",
                hint="name a folder, or files with `-r`",
            )
        found = _from_files(requirement_files, asked, folder=Path())
    else:
        found = _from_place(where or ".", asked)
    if asked.selection and found.manifest.kind != "pyproject":
        raise UsageError(
            f"`{shown(found.manifest.files[0])}` has no extras or groups to choose from",
            hint="`--extra`, `--group` and the like are for a `pyproject.toml`; "
            "of other manifests everything is locked",
        )
    return found


def _require_something(found: FoundManifest) -> FoundManifest:
    if not any(group.requirements for group in found.manifest.groups):
        raise _nothing_required(found)
    return found


def read_target_manifest(where: str | None, *, archives: Archives) -> Manifest | None:
    """Read of the manifest of a folder what it says about the target; None where its kind says nothing.

    Raises:
        ManifestError: It cannot be understood.
    """
    path = Path(where or ".")
    if path.is_dir():
        paths = _manifests(path)[0]
        if not paths:
            return None
        path = paths[0]
    if _kind(path) is None:
        return None
    return _from_place(str(path), _Asked(archives, Texts(), selection=None)).manifest


def find_manifest(where: str | None, *, archives: Archives) -> tuple[Path, Manifest | None]:
    """Return a folder and what its manifest says beside its requirements; None where it has none.

    Raises:
        UsageError: There is no such folder or file.
        ManifestError: The manifest cannot be understood.
    """
    path = Path(where or ".")
    if not path.exists():
        raise UsageError(
            f"there is no folder or manifest `{shown(str(path))}`", hint="name the project's folder"
        )
    folder = path if path.is_dir() else path.parent
    paths = _manifests(path)[0] if path.is_dir() else [path]
    if not paths:
        return folder, None
    selection = PROJECT_ONLY if _kind(paths[0]) is None else None
    return folder, _from_place(str(paths[0]), _Asked(archives, Texts(), selection=selection)).manifest


def _nothing_required(found: FoundManifest) -> ManifestError:
    """Return the error for a manifest that requires nothing."""
    hints = {
        "pyproject": 'add `dependencies = ["flask"]` to `[project]`, or ask for more: `--all-extras`, '
        "`--all-groups`",
        "script": 'add `# dependencies = ["requests"]` to its block',
        "Pipfile": 'add a line such as `flask = "*"` below `[packages]`',
    }
    hint = hints.get(found.manifest.kind, "add a line such as `flask` or `flask>=3`")
    if found.passed_over:
        hint = f"`{found.passed_over[0]}` in the same folder was not read; to read it instead, name it"
    return ManifestError("this manifest requires nothing", file=found.manifest.files[0], hint=hint)


def _from_place(where: str, asked: _Asked) -> FoundManifest:
    """Read the manifest `where`, or the one in the folder `where`."""
    path, passed_over = Path(where), tuple[str, ...]()
    if path.is_dir():
        path, *others = _find(path)
        passed_over = tuple(map(str, others))
    if _kind(path) is not None:
        found = _from_document(path, asked)
    elif path.suffix in {".toml", ".lock"}:
        raise ManifestError(
            f"`{shown(str(path))}` is not a manifest that pinwise reads",
            hint=f"it reads {_listed(MANIFESTS)}, scripts and other requirements files",
        )
    else:
        found = _from_files([str(path)], asked, folder=path.parent)
    return found._replace(passed_over=passed_over)


def _find(folder: Path) -> list[Path]:
    """Return the manifests in a folder, the one to read first."""
    found, others = _manifests(folder)
    if not found:
        hint = f"write one of {_listed(MANIFESTS)}, or name your requirements with `-r FILE`"
        if scripts := scripts_in(folder):
            hint = f"`{scripts[0]}` is a script that says what it requires: name it; else {hint}"
        if others and others[0].suffix == ".txt":
            hint = f"`{others[0]}` is a lock that pinwise wrote; {hint}"
        elif others:
            hint = f"`{others[0]}` has neither `[project]` nor `[dependency-groups]`; {hint}"
        if (folder / THOTH_FILE).is_file():
            hint = f"for the environments in `{folder / THOTH_FILE}` say `--overlay NAME` or `--all-overlays`"
        raise ManifestError(f"there is no manifest in `{shown(str(folder))}`", hint=hint)
    return found


def _manifests(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the manifests in a folder in their order, and what has the name of one and is none."""
    found: list[Path] = []
    others: list[Path] = []
    for name in MANIFESTS:
        path = folder / name
        if path.is_file():
            is_none = (name.endswith(".txt") and is_own_lock(_beginning(path))) or (
                name == "pyproject.toml" and not _is_project(path)
            )
            (others if is_none else found).append(path)
    return found, others


def scripts_in(folder: Path) -> list[Path]:
    """Return the scripts in a folder that say what they require; only the first files are looked into."""
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES and path.is_file())
    except OSError:
        return []
    return [path for path in files[:_MOST_SCRIPTS] if "# /// script" in _beginning(path).splitlines()]


def _kind(path: Path) -> str | None:
    """Return the kind of a manifest that is a document of its own; None for any other file."""
    if path.name.startswith("Pipfile") and path.suffix != ".lock":
        return "Pipfile"
    if path.name == "pyproject.toml":
        return "pyproject"
    return "script" if path.suffix in SUFFIXES else None


def _is_project(path: Path) -> bool:
    """Whether a ``pyproject.toml`` is a manifest; one that cannot be read is, and reading it says why."""
    from pinwise.formats.pyproject import is_manifest  # noqa: PLC0415  # of four kinds one is read
    from pinwise.formats.toml_text import parse_toml  # noqa: PLC0415  # as above

    try:
        return is_manifest(parse_toml(read_text(path, str(path)), str(path)))
    except ManifestError:
        return True


def _beginning(path: Path) -> str:
    """Return the first characters of a file; "" where it cannot be read, which reading it will say."""
    try:
        with path.open("rb") as file:
            return file.read(_BEGINNING).decode("utf-8-sig", errors="replace")
    except OSError:
        return ""


def is_own_lock_file(path: Path) -> bool:
    """Whether a requirements file is a lock that pinwise wrote."""
    return is_own_lock(_beginning(path))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _from_document(path: Path, asked: _Asked) -> FoundManifest:
    """Read a manifest that is a document of its own, and the constraint files beside it."""
    local = _local_projects(path.parent, asked)
    manifest = _parse(path, local, asked)
    reading = RequirementsReading(_reader(asked.texts), local)
    _read_constraints(reading, asked)
    extra = reading.manifest()
    warnings = manifest.warnings + extra.warnings
    if extra.indexes or extra.replaces_default_index:
        whose = "the sources of the Pipfile count" if manifest.kind == "Pipfile" else "give them as options"
        warnings += (f"Index options in constraint files are ignored: {whose}.",)
    manifest = replace(
        manifest,
        files=manifest.files + extra.files,
        indexes=_absolute(manifest.indexes, path.parent),
        constraints=manifest.constraints + extra.constraints,
        warnings=warnings,
    )
    return FoundManifest(manifest, path.parent, path.parent)


def _parse(path: Path, local: ReadLocal, asked: _Asked) -> Manifest:
    text, file = asked.texts.text(path, str(path)), str(path)
    match _kind(path):
        case "pyproject":
            from pinwise.formats.pyproject import parse_project  # noqa: PLC0415  # of four kinds one is read

            return parse_project(text, file, selection=asked.selection, local=local)
        case "script":
            from pinwise.formats.script import parse_script  # noqa: PLC0415  # as above

            return parse_script(text, file, local=local)
        case _:
            from pinwise.formats.pipfile import parse_pipfile  # noqa: PLC0415  # as above

            return parse_pipfile(text, file, local=local)


def _local_projects(folder: Path, asked: _Asked) -> ReadLocal:
    """Return what reads the local projects of one manifest."""

    @cache
    def projects() -> ReadLocal:
        from pinwise.actions.local_projects import LocalProjects  # noqa: PLC0415  # where there is one

        return LocalProjects(folder, asked.archives)

    def read(local: LocalPath) -> LocalProject:
        return projects()(local)

    return read


def _from_files(requirement_files: Sequence[str], asked: _Asked, *, folder: Path) -> FoundManifest:
    """Read requirements files; paths of local projects in them are relative to `folder`, as in pip."""
    reading = RequirementsReading(_reader(asked.texts), _local_projects(folder, asked))
    for file in requirement_files:
        if _kind(Path(file)) is not None:
            raise ManifestError(
                f"`{shown(file)}` is no requirements file", hint="name it, or its folder, without `-r`"
            )
        name, text = _named_file(file, asked.texts)
        if is_own_lock(text):
            raise own_lock_error(name)
        reading.read_file(text, name)
    _read_constraints(reading, asked)
    manifest = reading.manifest()
    manifest = replace(manifest, indexes=_absolute(manifest.indexes, Path()))
    return FoundManifest(manifest, Path(requirement_files[0]).parent, folder)


def _absolute(indexes: Iterable[Index], folder: Path) -> tuple[Index, ...]:
    return tuple(absolute_index(index, folder) for index in indexes)


def _read_constraints(reading: RequirementsReading, asked: _Asked) -> None:
    for file in asked.constraint_files:
        name, text = _named_file(file, asked.texts)
        reading.read_file(text, name, is_constraint=True)


def _named_file(file: str, texts: Texts) -> tuple[str, str]:
    """Return the normal name and the text of a file that the command line names."""
    if is_remote(file):
        raise remote_file_error(file)
    name = posixpath.normpath(file)
    return name, texts.text(Path(file), name)


def _reader(texts: Texts) -> Callable[[str, Place], str]:
    return lambda path, place: texts.text(Path(path), path, asked_by=(place.file, place.line))

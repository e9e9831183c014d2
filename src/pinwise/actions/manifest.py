"""Find the manifest, and read it with all that it includes to a `Manifest`."""

import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from pinwise.actions.local_projects import Archives, LocalProjects, read_text
from pinwise.actions.request import absolute_index
from pinwise.formats.entries import is_remote, shown
from pinwise.formats.pipfile import parse_pipfile
from pinwise.formats.requirements import (
    RequirementsReading,
    is_own_lock,
    own_lock_error,
    remote_file_error,
)
from pinwise.model.errors import ManifestError, UsageError
from pinwise.model.request import Index, Manifest, Place

MANIFESTS = ("Pipfile", "requirements.in", "requirements.txt")
"""What a folder is searched for, in this order."""


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


def read_manifest(
    where: str | None = None,
    *,
    requirement_files: Sequence[str] = (),
    constraint_files: Sequence[str] = (),
    archives: Archives,
) -> FoundManifest:
    """Read the manifest of a folder, or the files that the user names.

    Args:
        where: A folder or a manifest; the current folder where it is None.
        requirement_files: What ``-r`` names; then no folder is searched.
        constraint_files: What ``-c`` names.
        archives: Reads local projects that are wheels or sdists.

    Raises:
        ManifestError: There is no manifest, it is empty, or it cannot be understood.
        UsageError: Both a folder and files are named.
    """
    if requirement_files:
        if where is not None:
            raise UsageError(
                f"`{shown(where)}` and `-r {shown(requirement_files[0])}` both name what to read",
                hint="name a folder, or files with `-r`",
            )
        found = _from_files(requirement_files, constraint_files, folder=Path(), archives=archives)
    else:
        found = _from_place(where or ".", constraint_files, archives)
    if not any(group.requirements for group in found.manifest.groups):
        raise ManifestError(
            "this manifest requires nothing",
            file=found.manifest.files[0],
            hint='add a requirement, such as `flask = "*"` below `[packages]` of a Pipfile '
            "or a line `flask` in requirements.in",
        )
    return found


def _from_place(where: str, constraint_files: Sequence[str], archives: Archives) -> FoundManifest:
    """Read the manifest `where`, or the one in the folder `where`."""
    path, passed_over = Path(where), tuple[str, ...]()
    if path.is_dir():
        path, *others = _find(path)
        passed_over = tuple(map(str, others))
    if _is_pipfile(path):
        found = _from_pipfile(path, constraint_files, archives)
    elif path.suffix in {".toml", ".lock"}:
        raise ManifestError(
            f"`{shown(str(path))}` is not a manifest that pinwise reads",
            hint=f"it reads {_listed(MANIFESTS)} and other requirements files",
        )
    else:
        found = _from_files([str(path)], constraint_files, folder=path.parent, archives=archives)
    return found._replace(passed_over=passed_over)


def _find(folder: Path) -> list[Path]:
    """Return the manifests in a folder, the one to read first."""
    found: list[Path] = []
    locks: list[Path] = []
    for name in MANIFESTS:
        path = folder / name
        if path.is_file():
            is_lock = name.endswith(".txt") and is_own_lock(_beginning(path))
            (locks if is_lock else found).append(path)
    if not found:
        hint = f"write one of {_listed(MANIFESTS)}, or name your requirements with `-r FILE`"
        if locks:
            hint = f"`{locks[0]}` is a lock that pinwise wrote; {hint}"
        raise ManifestError(f"there is no manifest in `{shown(str(folder))}`", hint=hint)
    return found


def _is_pipfile(path: Path) -> bool:
    return path.name.startswith("Pipfile") and path.suffix != ".lock"


def _beginning(path: Path) -> str:
    """Return the first characters of a file; "" where it cannot be read, which reading it will say."""
    try:
        with path.open("rb") as file:
            return file.read(200).decode("utf-8-sig", errors="replace")
    except OSError:
        return ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _from_pipfile(path: Path, constraint_files: Sequence[str], archives: Archives) -> FoundManifest:
    local = LocalProjects(path.parent, archives)
    manifest = parse_pipfile(read_text(path, str(path)), str(path), local=local)
    reading = RequirementsReading(_read_included, local)
    _read_constraints(reading, constraint_files)
    extra = reading.manifest()
    warnings = manifest.warnings + extra.warnings
    if extra.indexes or extra.replaces_default_index:
        warnings += ("Index options in constraint files are ignored: the sources of the Pipfile count.",)
    manifest = replace(
        manifest,
        files=manifest.files + extra.files,
        indexes=_absolute(manifest.indexes, path.parent),
        constraints=extra.constraints,
        warnings=warnings,
    )
    return FoundManifest(manifest, path.parent, path.parent)


def _from_files(
    requirement_files: Sequence[str], constraint_files: Sequence[str], *, folder: Path, archives: Archives
) -> FoundManifest:
    """Read requirements files; paths of local projects in them are relative to `folder`, as in pip."""
    reading = RequirementsReading(_read_included, LocalProjects(folder, archives))
    for file in requirement_files:
        if _is_pipfile(Path(file)):
            raise ManifestError(
                f"`{shown(file)}` is no requirements file", hint="name its folder, without `-r`"
            )
        name, text = _named_file(file)
        if is_own_lock(text):
            raise own_lock_error(name)
        reading.read_file(text, name)
    _read_constraints(reading, constraint_files)
    manifest = reading.manifest()
    manifest = replace(manifest, indexes=_absolute(manifest.indexes, Path()))
    return FoundManifest(manifest, Path(requirement_files[0]).parent, folder)


def _absolute(indexes: Iterable[Index], folder: Path) -> tuple[Index, ...]:
    return tuple(absolute_index(index, folder) for index in indexes)


def _read_constraints(reading: RequirementsReading, constraint_files: Sequence[str]) -> None:
    for file in constraint_files:
        name, text = _named_file(file)
        reading.read_file(text, name, is_constraint=True)


def _named_file(file: str) -> tuple[str, str]:
    """Return the normal name and the text of a file that the command line names."""
    if is_remote(file):
        raise remote_file_error(file)
    name = posixpath.normpath(file)
    return name, read_text(Path(file), name)


def _read_included(path: str, place: Place) -> str:
    return read_text(Path(path), path, asked_by=(place.file, place.line))

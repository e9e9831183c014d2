"""Read the static metadata of projects that a manifest names by their path: folders, wheels and sdists.

No code of a project is run. A folder is read by the ``[project]`` table of its ``pyproject.toml``, or by the
``PKG-INFO`` of an unpacked sdist; a wheel by its METADATA; an sdist by its ``PKG-INFO``, or by its egg-info.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from pinwise.actions.ports import Archives
from pinwise.actions.texts import MOST_BYTES, read_text
from pinwise.formats.entries import LocalPath, shown
from pinwise.formats.static_metadata import ParsedMetadata, parse_egg_info, parse_metadata, parse_pyproject
from pinwise.model.errors import ManifestError
from pinwise.model.facts import Origin, Unusable
from pinwise.model.names import NormalizedName
from pinwise.model.request import LocalProject


@dataclass(slots=True)
class LocalProjects:
    """Reads local projects for one manifest; a project that is named twice is read once.

    Attributes:
        folder: What relative paths are relative to.
        archives: Reads wheels and sdists.
    """

    folder: Path
    archives: Archives
    _read: dict[Path, LocalProject] = field(default_factory=dict)

    def __call__(self, local: LocalPath) -> LocalProject:
        """Return the project at a path.

        Raises:
            ManifestError: There is none, or it does not state its metadata.
        """
        path = _resolved(self.folder, local)
        project = self._read.get(path)
        if project is None:
            project = self._project(path, local)
            self._refuse_second(project, local)
            self._read[path] = project
        return LocalProject(
            project.name, project.version, project.path, local.is_editable, project.metadata, project.sha256
        )

    def _refuse_second(self, project: LocalProject, local: LocalPath) -> None:
        for other in self._read.values():
            if other.name == project.name:
                raise _error(
                    local,
                    f"holds the project `{project.name}`, and so does `{shown(other.path)}`",
                    "name one",
                )

    def _project(self, path: Path, local: LocalPath) -> LocalProject:
        try:
            if path.is_dir():
                stated, digest = _read_folder(path, local), None
            elif path.is_file():
                stated, digest = self._read_archive(path, local)
            else:
                raise _error(local, "does not exist", f"paths are relative to `{shown(str(self.folder))}`")
        except OSError as error:
            raise _error(local, f"cannot be read: {error.strerror or type(error).__name__}") from None
        metadata = stated.metadata
        return LocalProject(
            stated.name, stated.version, local.path.replace("\\", "/"), local.is_editable, metadata, digest
        )

    def _read_archive(self, path: Path, local: LocalPath) -> tuple[ParsedMetadata, str]:
        if local.is_editable:
            raise _error(
                local, "is a file, and only a folder can be editable", "leave `-e` or `editable` out"
            )
        name, version = _named(path, local)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            try:
                stated = self._stated(file, path.name, name)
            except self.archives.BrokenArchiveError as error:
                raise _error(local, f"cannot be read: {shown(str(error), 160)}") from None
        if isinstance(stated, Unusable):
            raise _error(local, f"cannot be used: {stated.reason}")
        if (stated.name, stated.version) != (name, version):
            raise _error(local, f"states another name or version: {stated.name}=={stated.version}")
        return stated, digest

    def _stated(self, file: BinaryIO, filename: str, name: NormalizedName) -> ParsedMetadata | Unusable:
        if filename.endswith(".whl"):
            text = self.archives.read_wheel(file, name)
            if text is None:
                return Unusable("there is no METADATA in it")
            return parse_metadata(text, origin=Origin.LOCAL, file=filename)
        texts = self.archives.read_sdist(file, filename, name)
        if texts.pkg_info is not None:
            stated = parse_metadata(texts.pkg_info, origin=Origin.LOCAL, file=filename)
            if isinstance(stated, Unusable) or stated.is_static:
                return stated
        if texts.egg_pkg_info is not None or texts.requires is not None:
            pkg_info = texts.egg_pkg_info or texts.pkg_info or b""
            return parse_egg_info(pkg_info, texts.requires or b"", file=filename)
        return Unusable("it does not state what it requires, and no code is run to learn it")


def _resolved(folder: Path, local: LocalPath) -> Path:
    try:
        return (folder / local.path).resolve()
    except (OSError, ValueError, RuntimeError):
        raise _error(local, "is not a path that can be read") from None


def _read_folder(path: Path, local: LocalPath) -> ParsedMetadata:
    """Return what a folder states in ``pyproject.toml``, or in the ``PKG-INFO`` of an unpacked sdist."""
    shown_path = local.path.rstrip("/")
    pyproject = path / "pyproject.toml"
    stated = None
    if pyproject.is_file():
        stated = parse_pyproject(
            read_text(pyproject, f"{shown_path}/pyproject.toml"), f"{shown_path}/pyproject.toml"
        )
        if stated is not None and stated.is_static:
            return stated
    pkg_info = path / "PKG-INFO"
    if pkg_info.is_file():
        with pkg_info.open("rb") as file:
            found = parse_metadata(file.read(MOST_BYTES), origin=Origin.LOCAL, file=f"{shown_path}/PKG-INFO")
        if isinstance(found, ParsedMetadata) and found.is_static:
            return found
    hint = "write `name`, `version` and `dependencies` in the `[project]` table of its `pyproject.toml`"
    if stated is None:
        raise _error(local, "does not state its metadata, and no code is run to learn it", hint)
    raise _error(local, "leaves its dependencies to its build, and no code is run to learn them", hint)


def _named(path: Path, local: LocalPath) -> tuple[NormalizedName, Version]:
    """Return the name and version in the name of a wheel or sdist."""
    try:
        if path.name.endswith(".whl"):
            name, version, _, _ = parse_wheel_filename(path.name)
            return name, version
        return parse_sdist_filename(path.name)
    except (InvalidWheelFilename, InvalidSdistFilename, ValueError):
        raise _error(
            local, "is neither a folder nor a wheel (`.whl`) nor an sdist (`.tar.gz`, `.zip`)"
        ) from None


def _error(local: LocalPath, what: str, hint: str | None = None) -> ManifestError:
    return ManifestError(
        f"the local project `{shown(local.path)}` {what}",
        file=local.place.file,
        line=local.place.line,
        hint=hint,
    )

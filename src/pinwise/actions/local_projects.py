"""Read the static metadata of projects that a manifest names by their path: folders, wheels and sdists.

No code of a project is run. A folder is read by the ``[project]`` table of its ``pyproject.toml``, or by the
``PKG-INFO`` of an unpacked sdist; a wheel by its METADATA; an sdist by its ``PKG-INFO``, or by its egg-info.
"""

import hashlib
from pathlib import Path
from typing import BinaryIO, Protocol

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from pinwise.formats.entries import LocalPath, shown
from pinwise.formats.static_metadata import ParsedMetadata, parse_egg_info, parse_metadata, parse_pyproject
from pinwise.model.errors import ManifestError
from pinwise.model.facts import Origin, Unusable
from pinwise.model.names import NormalizedName
from pinwise.model.request import LocalProject
from pinwise.model.values import dataclass, field

MOST_BYTES = 8 * 1024 * 1024
"""The longest text that is read: a manifest, ``pyproject.toml`` or ``PKG-INFO``."""


class SdistTexts(Protocol):
    """The texts in an sdist that state its metadata; None where it holds no such file."""

    @property
    def pkg_info(self) -> bytes | None:
        """``PKG-INFO`` in its root."""
        ...

    @property
    def egg_pkg_info(self) -> bytes | None:
        """``PKG-INFO`` in its egg-info folder."""
        ...

    @property
    def requires(self) -> bytes | None:
        """``requires.txt`` in its egg-info folder."""
        ...


class Archives(Protocol):
    """Reads wheels and sdists under limits: the module `pinwise.indexes.archives`."""

    @property
    def BrokenArchiveError(self) -> type[Exception]:  # noqa: N802  # an exception class, as the module has it
        """What both readers raise for an archive that cannot be read."""
        ...

    def read_wheel(self, file: BinaryIO, name: NormalizedName, /) -> bytes | None:
        """Return the METADATA of a wheel."""
        ...

    def read_sdist(self, file: BinaryIO, filename: str, name: NormalizedName, /) -> SdistTexts:
        """Return the texts of an sdist."""
        ...


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


def read_text(path: Path, file: str, *, asked_by: tuple[str, int | None] | None = None) -> str:
    """Return the text of a file that the user named, directly or in a manifest.

    Args:
        path: The file.
        file: Its name as the user wrote it, for messages.
        asked_by: File and line that name it, where it is not the command line.

    Raises:
        ManifestError: It does not exist, cannot be read, is too large, or is not UTF-8.
    """
    return decoded(read_bytes(path, file, asked_by=asked_by), file)


def read_bytes(path: Path, file: str, *, asked_by: tuple[str, int | None] | None = None) -> bytes:
    """Return the content of a file that the user named; arguments and errors are those of `read_text`."""
    where, line = asked_by or (None, None)
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise ManifestError(
            f"`{shown(file)}` does not exist",
            file=where,
            line=line,
            hint="is the path spelt as it is on disk?",
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a path"
        raise ManifestError(
            f"`{shown(file)}` cannot be read: {reason}",
            file=where,
            line=line,
            hint="is it a file that you may read?",
        ) from None
    if len(content) > MOST_BYTES:
        raise ManifestError(f"`{shown(file)}` is larger than {MOST_BYTES:,} bytes", file=where, line=line)
    return content


def decoded(content: bytes, file: str) -> str:
    """Return the text of a file, or raise a `ManifestError` with the line that is not UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ManifestError(
            "this file is not UTF-8",
            file=file,
            line=content.count(b"\n", 0, error.start) + 1,
            hint="save it as UTF-8, whatever its first lines say about its encoding",
        ) from None

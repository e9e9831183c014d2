"""The few small members of wheels and sdists that state metadata, read without unpacking anything.

Archives come from strangers: everything is limited by the bytes that are really read, never by what a header
claims, and an archive that two readers could understand differently is not read at all.
"""

import struct
import zipfile
import zlib
from bisect import insort
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple, NoReturn

from packaging.utils import canonicalize_name

from pinwise.indexes import tar_archive
from pinwise.indexes.member_names import BrokenArchiveError
from pinwise.indexes.zip_archive import Entry, Readable, read_directory, read_member
from pinwise.model.limits import Limits
from pinwise.model.names import NormalizedName

__all__ = ["BrokenArchiveError", "MissingBytesError", "RemoteFile", "SdistTexts", "read_sdist", "read_wheel"]

_DEEPEST_EGG_INFO = 4
_LIMITS = Limits()


class MissingBytesError(Exception):
    """Bytes of a remote file that were not fetched yet are needed."""

    def __init__(self, start: int, end: int) -> None:
        super().__init__(start, end)
        self.start = start
        self.end = end


class RemoteFile:
    """A file of which only some ranges are here; reading others raises `MissingBytesError`."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._place = 0
        self._parts: list[tuple[int, bytes]] = []

    def add(self, start: int, content: bytes) -> None:
        """Keep a range that was fetched."""
        insort(self._parts, (start, content))

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move as files do; a place before the beginning is an OSError."""
        place = offset + (0, self._place, self.size)[whence]
        if place < 0:
            raise OSError("a place before the beginning of the file")
        self._place = place
        return place

    def tell(self) -> int:
        """Return the place in the file."""
        return self._place

    def read(self, size: int = -1, /) -> bytes:
        """Return bytes that are here."""
        end = self.size if size < 0 else min(self.size, self._place + size)
        place, pieces = self._place, []
        for start, content in self._parts:
            if start <= place < min(end, start + len(content)):
                piece = content[place - start : end - start]
                pieces.append(piece)
                place += len(piece)
        if place < end:
            raise MissingBytesError(place, end)
        self._place = max(end, self._place)
        return b"".join(pieces)


# --- wheel


def read_wheel(file: Readable, name: NormalizedName, limits: Limits = _LIMITS) -> bytes | None:
    """Return the METADATA of a wheel of project `name`, None if there is none in it.

    Raises:
        BrokenArchiveError: It is no wheel that can be read.
        MissingBytesError: A part of a remote wheel is needed.
    """
    try:
        member = _metadata_member(read_directory(file, limits), name)
        return None if member is None else read_member(file, member, limits)
    except _ZIP_ERRORS as error:
        _broken(error)


_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
)


def _broken(error: Exception) -> NoReturn:
    raise BrokenArchiveError(f"it is no archive that can be read ({type(error).__name__})") from error


def _metadata_member(entries: tuple[Entry, ...], name: NormalizedName) -> zipfile.ZipInfo | None:
    """Return the member ``NAME-VERSION.dist-info/METADATA``."""
    found = [
        (entry.path[0].removesuffix(".dist-info"), entry.info)
        for entry in entries
        if len(entry.path) == 2 and entry.path[1] == "METADATA" and entry.path[0].endswith(".dist-info")  # noqa: PLR2004  # folder and file
    ]
    own = [member for stem, member in found if canonicalize_name(stem.partition("-")[0]) == name]
    if len(own) == 1:
        return own[0]
    if len(found) > 1:
        raise BrokenArchiveError("it holds several METADATA files")
    return found[0][1] if found else None


# --- sdist


class SdistTexts(NamedTuple):
    """What an sdist states of its metadata; None where it holds no such file.

    Attributes:
        pkg_info: ``ROOT/PKG-INFO``.
        egg_pkg_info: ``NAME.egg-info/PKG-INFO``, next to or below the root.
        requires: ``NAME.egg-info/requires.txt``, of the same folder.
    """

    pkg_info: bytes | None
    egg_pkg_info: bytes | None
    requires: bytes | None


def read_sdist(file: BinaryIO, filename: str, name: NormalizedName, limits: Limits = _LIMITS) -> SdistTexts:
    """Read the texts that state the metadata of an sdist of project `name`.

    Raises:
        BrokenArchiveError: It cannot be read, or breaks a limit.
    """

    def is_wanted(path: tuple[str, ...]) -> bool:
        return _is_wanted(path, name)

    is_zip = filename.endswith(".zip")
    try:
        texts = dict((_zip_texts if is_zip else tar_archive.read_texts)(file, is_wanted, limits))
    except _ZIP_ERRORS as error:
        _broken(error)
    folders = sorted({path[:-1] for path in texts if len(path) > 2}, key=lambda folder: (len(folder), folder))  # noqa: PLR2004
    egg_info = folders[0] if folders else ()
    return SdistTexts(
        _pkg_info(texts, filename),
        texts.get((*egg_info, "PKG-INFO")) if egg_info else None,
        texts.get((*egg_info, "requires.txt")) if egg_info else None,
    )


def _pkg_info(texts: dict[tuple[str, ...], bytes], filename: str) -> bytes | None:
    """Return ``ROOT/PKG-INFO``; of several roots that of the file's own name."""
    roots = [path for path in texts if len(path) == 2]  # noqa: PLR2004  # ROOT/PKG-INFO
    if len(roots) > 1:
        stem = filename.removesuffix(".zip").removesuffix(".tar.gz")
        roots = [path for path in roots if path[0] == stem]
        if not roots:
            raise BrokenArchiveError("it holds several PKG-INFO files")
    return texts[roots[0]] if roots else None


def _is_wanted(parts: tuple[str, ...], name: NormalizedName) -> bool:
    """Whether a file states metadata, by the parts of its name."""
    if parts[-1:] not in (("PKG-INFO",), ("requires.txt",)):
        return False
    if len(parts) == 2:  # noqa: PLR2004  # ROOT/PKG-INFO
        return parts[1] == "PKG-INFO"
    if not 2 < len(parts) <= _DEEPEST_EGG_INFO or not parts[-2].endswith(".egg-info"):  # noqa: PLR2004
        return False
    stem = parts[-2].removesuffix(".egg-info")
    return name in (canonicalize_name(stem), canonicalize_name(stem.partition("-")[0]))


def _zip_texts(
    file: BinaryIO, is_wanted: Callable[[tuple[str, ...]], bool], limits: Limits
) -> Iterator[tuple[tuple[str, ...], bytes]]:
    for entry in read_directory(file, limits):
        if is_wanted(entry.path) and not entry.is_folder:
            yield entry.path, read_member(file, entry.info, limits)

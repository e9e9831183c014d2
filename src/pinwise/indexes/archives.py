"""The few small members of wheels and sdists that state metadata, read without unpacking anything.

Archives come from strangers: everything is limited by the bytes that are really read, never by what a header
claims. Tar files are walked by hand, because the standard library's reader takes any claimed size for the
extended headers and has searched them in quadratic time.
"""

import gzip
import struct
import zipfile
import zlib
from bisect import insort
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple, NoReturn, Protocol

from packaging.utils import canonicalize_name

from pinwise.model.names import NormalizedName

LONGEST_TEXT = 4 * 2**20
MOST_UNPACKED = 512 * 2**20
MOST_MEMBERS = 100_000
_LONGEST_DIRECTORY = 8 * 2**20
_LONGEST_HEADER = 2**20
_DEEPEST_EGG_INFO = 4
_BLOCK = 512
_CHUNK = 2**16
_LOCAL_HEADER = 30 + 1024  # the fixed part of a member's header, and room for its name and extra fields


class BrokenArchiveError(Exception):
    """An archive that cannot be read, or breaks a limit; the message says how."""


class MissingBytesError(Exception):
    """Bytes of a remote file that were not fetched yet are needed."""

    def __init__(self, start: int, end: int) -> None:
        super().__init__(start, end)
        self.start = start
        self.end = end


class Readable(Protocol):
    """What reading an archive needs of a file."""

    def read(self, size: int = -1, /) -> bytes: ...  # noqa: D102

    def seek(self, offset: int, whence: int = 0, /) -> int: ...  # noqa: D102

    def tell(self) -> int: ...  # noqa: D102


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


class _CappedFile:
    """A file that refuses to read much at once, as a zip directory of absurd size would have it."""

    def __init__(self, file: Readable) -> None:
        self._file = file
        self.seek = file.seek
        self.tell = file.tell

    def read(self, size: int = -1, /) -> bytes:
        if size > _LONGEST_DIRECTORY:
            raise BrokenArchiveError("its directory is too long")
        return self._file.read(size)

    def seekable(self) -> bool:
        return True


# --- zip


def read_wheel(file: Readable, name: NormalizedName) -> bytes | None:
    """Return the METADATA of a wheel of project `name`, None if there is none in it.

    Raises:
        BrokenArchiveError: It is no wheel that can be read.
        MissingBytesError: A part of a remote wheel is needed.
    """
    try:
        with zipfile.ZipFile(_CappedFile(file)) as archive:
            member = _metadata_member(archive, name)
            return None if member is None else _read_member(archive, member, file)
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


def _metadata_member(archive: zipfile.ZipFile, name: NormalizedName) -> zipfile.ZipInfo | None:
    """Return the member ``NAME-VERSION.dist-info/METADATA``."""
    found = [
        (folder.removesuffix(".dist-info"), member)
        for member in archive.infolist()
        for folder, slash, rest in (member.filename.partition("/"),)
        if rest == "METADATA" and slash and folder.endswith(".dist-info")
    ]
    own = [member for stem, member in found if canonicalize_name(stem.partition("-")[0]) == name]
    if len(own) == 1:
        return own[0]
    if len(found) > 1:
        raise BrokenArchiveError("it holds several METADATA files")
    return found[0][1] if found else None


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, file: Readable) -> bytes:
    if member.compress_size > LONGEST_TEXT:
        raise BrokenArchiveError(f"its {_base(member.filename)} is larger than {LONGEST_TEXT:,} bytes")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BrokenArchiveError(f"its {_base(member.filename)} is packed in a way that wheels do not use")
    file.seek(member.header_offset)
    file.read(_LOCAL_HEADER + member.compress_size)  # so that a remote file is asked once for all of it
    with archive.open(member) as content:
        text = content.read(LONGEST_TEXT + 1)
    if len(text) > LONGEST_TEXT:
        raise BrokenArchiveError(f"its {_base(member.filename)} is larger than {LONGEST_TEXT:,} bytes")
    return text


def _base(path: str) -> str:
    return path.rpartition("/")[2]


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


def read_sdist(file: BinaryIO, filename: str, name: NormalizedName) -> SdistTexts:
    """Read the texts that state the metadata of an sdist of project `name`.

    Raises:
        BrokenArchiveError: It cannot be read, or breaks a limit.
    """
    texts: dict[tuple[str, ...], bytes] = {}
    try:
        members = _zip_texts(file, name) if filename.endswith(".zip") else _tar_texts(file, name)
        for path, text in members:
            texts.setdefault(path, text)
    except _ZIP_ERRORS as error:
        _broken(error)
    roots = sorted(path for path in texts if len(path) == 2)  # noqa: PLR2004  # ROOT/PKG-INFO
    folders = sorted({path[:-1] for path in texts if len(path) > 2}, key=lambda folder: (len(folder), folder))  # noqa: PLR2004
    egg_info = folders[0] if folders else ()
    return SdistTexts(
        texts[roots[0]] if roots else None,
        texts.get((*egg_info, "PKG-INFO")) if egg_info else None,
        texts.get((*egg_info, "requires.txt")) if egg_info else None,
    )


def _wanted(path: str, name: NormalizedName) -> tuple[str, ...] | None:
    """Return the parts of a path that states metadata, None for every other path."""
    if not path.endswith(("/PKG-INFO", "/requires.txt")):
        return None
    parts = tuple(part for part in path.split("/") if part not in ("", "."))
    if len(parts) == 2:  # noqa: PLR2004  # ROOT/PKG-INFO
        return parts if parts[1] == "PKG-INFO" else None
    if not 2 < len(parts) <= _DEEPEST_EGG_INFO or not parts[-2].endswith(".egg-info"):  # noqa: PLR2004
        return None
    stem = parts[-2].removesuffix(".egg-info")
    return parts if name in (canonicalize_name(stem), canonicalize_name(stem.partition("-")[0])) else None


def _zip_texts(file: BinaryIO, name: NormalizedName) -> Iterator[tuple[tuple[str, ...], bytes]]:
    with zipfile.ZipFile(_CappedFile(file)) as archive:
        seen: set[tuple[str, ...]] = set()
        for member in archive.infolist():
            path = _wanted(member.filename, name)
            if path is not None and path not in seen:
                seen.add(path)
                yield path, _read_member(archive, member, file)


class _Unpacked:
    """The content of a gzip file, up to a limit."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = gzip.GzipFile(fileobj=file, mode="rb")
        self._left = MOST_UNPACKED

    def take(self, size: int) -> bytes:
        """Return `size` bytes, or fewer at the end of the file."""
        self._left -= size
        if self._left < 0:
            raise BrokenArchiveError(f"it unpacks to more than {MOST_UNPACKED:,} bytes")
        return self._file.read(size)

    def take_all(self, size: int) -> bytes:
        """Return exactly `size` bytes."""
        content = self.take(size)
        if len(content) < size:
            raise BrokenArchiveError("it ends in the middle of a file")
        return content

    def skip(self, size: int) -> None:
        """Pass over `size` bytes, in steps."""
        while size > 0:
            self.take_all(min(size, _CHUNK))
            size -= _CHUNK


def _tar_texts(file: BinaryIO, name: NormalizedName) -> Iterator[tuple[tuple[str, ...], bytes]]:
    """Walk a gzipped tar file (POSIX ustar and pax, GNU long names) and yield the texts that are wanted."""
    unpacked = _Unpacked(file)
    given: dict[str, str] = {}  # what extended headers say of the next member
    for _ in range(MOST_MEMBERS):
        header = unpacked.take(_BLOCK)
        if len(header) < _BLOCK or not header.strip(b"\0"):
            return
        _check_sum(header)
        kind = header[156:157]
        size = _number(given.get("size", ""), header[124:136])
        padding = -size % _BLOCK
        if kind in b"xL":
            if size > _LONGEST_HEADER:
                raise BrokenArchiveError("it holds a header that is too long")
            content = unpacked.take_all(size)
            given |= _pax(content) if kind == b"x" else {"path": _text(content)}
            unpacked.skip(padding)
            continue
        path = _wanted(given.get("path") or _path(header), name) if kind in b"0\0" else None
        given = {}
        if path is None:
            unpacked.skip(0 if kind in b"123456" else size + padding)
        elif size > LONGEST_TEXT:
            raise BrokenArchiveError(f"its {path[-1]} is larger than {LONGEST_TEXT:,} bytes")
        else:
            yield path, unpacked.take_all(size)
            unpacked.skip(padding)
    raise BrokenArchiveError(f"it holds more than {MOST_MEMBERS:,} files")


def _check_sum(header: bytes) -> None:
    """Hold a header to its check sum, in which the field itself counts as spaces."""
    if sum(header[:148]) + sum(header[156:]) + 8 * 32 != _octal(header[148:156]):
        raise BrokenArchiveError("it is no tar file that can be read")


def _octal(field: bytes) -> int:
    digits = field.strip(b" \0")
    if not digits:
        return 0
    if digits.strip(b"01234567"):
        raise BrokenArchiveError("it is no tar file that can be read")
    return int(digits, 8)


def _number(given: str, field: bytes) -> int:
    """Return a member's size: from an extended header, in GNU's binary form, or in octal digits."""
    if given:
        if not (given.isascii() and given.isdigit() and len(given) < 20):  # noqa: PLR2004  # below 2**63
            raise BrokenArchiveError("it is no tar file that can be read")
        return int(given)
    return int.from_bytes(field[1:], "big") if field[0] == 0x80 else _octal(field)  # noqa: PLR2004


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", errors="replace")


def _path(header: bytes) -> str:
    prefix = _text(header[345:500]) if header[257:263] == b"ustar\0" else ""
    return f"{prefix}/{_text(header[:100])}" if prefix else _text(header[:100])


def _pax(content: bytes) -> dict[str, str]:
    """Read the records (``LENGTH KEY=VALUE`` and a line feed) of an extended header."""
    records: dict[str, str] = {}
    place = 0
    while place < len(content):
        space = content.find(b" ", place, place + 12)
        digits = content[place:space] if space >= 0 else b""
        length = int(digits) if digits.isdigit() else 0
        if length <= len(digits) + 1 or place + length > len(content):
            break
        key, _, value = content[space + 1 : place + length - 1].partition(b"=")
        if key in (b"path", b"size"):
            records[key.decode()] = value.decode("utf-8", errors="replace")
        place += length
    return records

"""ZIP files as wheels are: a row of files, then one directory, and nothing else.

The standard library finds a directory wherever it stands, with anything before, between and behind; other
readers find another one. So what the directory says is held to where the files really are.
"""

import stat
import struct
import zipfile
import zlib
from itertools import chain, pairwise
from typing import NamedTuple, Protocol

from pinwise.indexes.member_names import LONGEST_NAMES, BrokenArchiveError, MemberNames, printable_name
from pinwise.indexes.unpacking import hold_to_ratio
from pinwise.model.limits import Limits

_LOCAL = struct.Struct("<4s5H3L2H")
_LOCAL_SIGNATURE = b"PK\3\4"
_END = struct.Struct("<4s4H2LH")
_END_SIGNATURE = b"PK\5\6"
_LONG_END_SIGNATURE = b"PK\6\6"
_LONG_END = 56 + 20
"""Bytes of the end of a directory in the form for large files (zip64): a record, and where it is."""

_ENTRY = 46
_UNKNOWN_SIZE = 0xFFFFFFFF
_SIZES_FOLLOW = 0x8
_UTF8 = 0x800
_ENCRYPTED = 0x1 | 0x40
_EXTRA = 72
"""Bytes of extra fields that a file's header may have and its entry in the directory not (times, owners)."""

_DESCRIPTOR = 24
"""Bytes of sizes and a check sum that may follow a file whose header leaves them out."""

_ROOM = 1024  # for the name and the extra fields of a header
_SPECIAL = {
    stat.S_IFLNK: "a link",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}


class Readable(Protocol):
    """What reading an archive needs of a file."""

    def read(self, size: int = -1, /) -> bytes: ...  # noqa: D102

    def seek(self, offset: int, whence: int = 0, /) -> int: ...  # noqa: D102

    def tell(self) -> int: ...  # noqa: D102


class _CappedFile:
    """A file that refuses to read much at once, as a directory of absurd size would have it."""

    def __init__(self, file: Readable) -> None:
        self._file = file
        self.seek = file.seek
        self.tell = file.tell

    def read(self, size: int = -1, /) -> bytes:
        if size > LONGEST_NAMES:
            raise BrokenArchiveError("its directory is too long")
        return self._file.read(size)

    def seekable(self) -> bool:
        return True


class Entry(NamedTuple):
    """One file as the directory lists it: the parts of its name, and where it is."""

    path: tuple[str, ...]
    info: zipfile.ZipInfo

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder, which the standard library cannot say of a file without a name."""
        return self.info.orig_filename.endswith("/")


def read_directory(file: Readable, limits: Limits) -> tuple[Entry, ...]:
    """Return the files of a ZIP file.

    Raises:
        BrokenArchiveError: It is not laid out as a wheel is, or names what it must not.
        MissingBytesError: A part of a remote file is needed.
    """
    with zipfile.ZipFile(_CappedFile(file)) as archive:
        infos, start, comment = archive.infolist(), archive.start_dir, archive.comment
    names = MemberNames(limits.archive_members)
    entries = tuple(Entry(_checked(info, names), info) for info in infos)
    _check_end(file, infos, start, comment)
    _check_order(infos, start)
    return entries


def _checked(info: zipfile.ZipInfo, names: MemberNames) -> tuple[str, ...]:
    path = names.add(info.orig_filename, is_folder=info.orig_filename.endswith("/"))
    kind = _SPECIAL.get(stat.S_IFMT(info.external_attr >> 16))
    if kind is not None:
        raise BrokenArchiveError(f"it holds {kind}: `{printable_name(info.filename)}`")
    return path


def _check_end(file: Readable, infos: list[zipfile.ZipInfo], start: int, comment: bytes) -> None:
    """Hold the directory to being the only one, at the end of the file."""
    directory = start + sum(_ENTRY + len(_name(info)) + len(info.extra) + len(info.comment) for info in infos)
    length = file.seek(0, 2) - directory
    before = length - _END.size - len(comment)
    tail = b""
    if before in (0, _LONG_END):
        file.seek(directory)
        tail = file.read(length)
    is_end = tail[before:].startswith(_END_SIGNATURE) and _END_SIGNATURE not in comment
    if not is_end or (before and not tail.startswith(_LONG_END_SIGNATURE)):
        raise BrokenArchiveError("it holds something behind its directory, or a second one")


def _check_order(infos: list[zipfile.ZipInfo], start: int) -> None:
    """Hold the files to standing one behind the other, from the beginning up to the directory."""
    rows = sorted(infos, key=lambda info: info.header_offset)
    first = rows[0].header_offset if rows else start
    if first != 0:
        raise BrokenArchiveError("it holds something before its first file")
    places = chain((info.header_offset for info in rows), (start,))
    for info, (place, following) in zip(rows, pairwise(places), strict=True):
        gap = following - (place + _LOCAL.size + len(_name(info)) + info.compress_size)
        if gap < 0:
            raise BrokenArchiveError("its files overlap")
        if gap > _EXTRA + len(info.extra) + (_DESCRIPTOR if info.flag_bits & _SIZES_FOLLOW else 0):
            raise BrokenArchiveError("it holds something between its files")


def _name(info: zipfile.ZipInfo) -> bytes:
    return info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8 else "cp437")


def read_member(file: Readable, info: zipfile.ZipInfo, limits: Limits) -> bytes:
    """Return the content of one file.

    Raises:
        BrokenArchiveError: It is too large, or its headers contradict each other or the content.
        MissingBytesError: A part of a remote file is needed.
    """
    name = printable_name(info.filename.rpartition("/")[2])
    if info.compress_size > limits.member_bytes or info.file_size > limits.member_bytes:
        raise BrokenArchiveError(f"its {name} is larger than {limits.member_bytes:,} bytes")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BrokenArchiveError(f"its {name} is packed in a way that wheels do not use")
    file.seek(info.header_offset)
    raw = file.read(_LOCAL.size + _ROOM + info.compress_size)  # a remote file is asked once for all of it
    packed = _packed(raw, info)
    if packed is None:  # headers longer than that are rare
        file.seek(info.header_offset)
        packed = _packed(file.read(_LOCAL.size + 2**17 + info.compress_size), info)
    if packed is None:
        raise BrokenArchiveError(f"it ends in the middle of its {name}")
    text = _unpack(packed, info, limits)
    if text is None or len(text) != info.file_size or zlib.crc32(text) != info.CRC:
        raise BrokenArchiveError(f"its {name} is not what its directory says")
    return text


def _packed(raw: bytes, info: zipfile.ZipInfo) -> bytes | None:
    """Return the bytes of a file as they are stored; None where `raw` does not hold all of them."""
    if len(raw) < _LOCAL.size:
        return None
    signature, _, flags, method, _, _, crc, packed, size, name_length, extra = _LOCAL.unpack_from(raw)
    start = _LOCAL.size + name_length + extra
    claims = (method, crc, packed, size)
    truth = (info.compress_type, info.CRC, info.compress_size, info.file_size)
    is_true = all(
        claim in (fact, _UNKNOWN_SIZE) or (flags & _SIZES_FOLLOW and claim == 0)
        for claim, fact in zip(claims, truth, strict=True)
    )
    name = raw[_LOCAL.size : _LOCAL.size + name_length]
    if signature != _LOCAL_SIGNATURE or flags & _ENCRYPTED or not is_true:
        raise BrokenArchiveError("a file in it is not what its directory says")
    if len(name) == name_length and name != _name(info):
        raise BrokenArchiveError("a file in it has two names")
    return None if len(raw) < start + info.compress_size else raw[start : start + info.compress_size]


def _unpack(packed: bytes, info: zipfile.ZipInfo, limits: Limits) -> bytes | None:
    """Return the content, of which no more than the limit is ever made; None where there is more or less."""
    if info.compress_type == zipfile.ZIP_STORED:
        return packed
    stream = zlib.decompressobj(-15)
    text = stream.decompress(packed, info.file_size + 1)
    hold_to_ratio(len(packed), len(text), limits.unpack_ratio, _bomb)
    is_whole = stream.eof and not stream.unused_data and not stream.unconsumed_tail
    return text if is_whole else None


def _bomb(reason: str) -> BrokenArchiveError:
    return BrokenArchiveError(f"a file in it {reason.removeprefix('that ')}")

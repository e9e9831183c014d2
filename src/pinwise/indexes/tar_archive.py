"""Gzipped tar files, walked by hand: POSIX ustar and pax, and GNU long names.

The standard library's reader takes any claimed size for the extended headers and has searched them in
quadratic time; and it stops where the archive says that it ends, whatever comes behind.
"""

import gzip
from collections.abc import Callable, Iterator
from typing import BinaryIO

from pinwise.indexes.member_names import BrokenArchiveError, MemberNames, check_link, printable_name
from pinwise.indexes.unpacking import hold_to_ratio
from pinwise.model.limits import Limits

_LONGEST_HEADER = 2**20
_BLOCK = 512
_CHUNK = 2**16
_FILES = b"\0" + b"07"
_LINKS = b"12"
_DEVICES = b"346"
_EXTENDED = b"xgLK"


class _Unpacked:
    """The content of a gzip file, up to its limits."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self._packed = file
        self._file = gzip.GzipFile(fileobj=file, mode="rb")
        self._limits = limits
        self._taken = 0

    def take(self, size: int) -> bytes:
        """Return `size` bytes, or fewer at the end of the file."""
        self._taken += size
        if self._taken > self._limits.unpacked_bytes:
            raise BrokenArchiveError(f"it unpacks to more than {self._limits.unpacked_bytes:,} bytes")
        content = self._file.read(size)
        hold_to_ratio(self._packed.tell(), self._taken, self._limits.unpack_ratio, _bomb)
        return content

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

    def check_rest(self) -> None:
        """Hold what comes behind the end to being nothing but filling."""
        try:
            while rest := self.take(_CHUNK):
                if rest.strip(b"\0"):
                    raise BrokenArchiveError("it holds something behind its end")
        except gzip.BadGzipFile:
            raise BrokenArchiveError("it holds something behind its end") from None


def _bomb(reason: str) -> BrokenArchiveError:
    return BrokenArchiveError(f"it {reason.removeprefix('that ')}")


def read_texts(
    file: BinaryIO, is_wanted: Callable[[tuple[str, ...]], bool], limits: Limits
) -> Iterator[tuple[tuple[str, ...], bytes]]:
    """Walk a gzipped tar file and yield the files that are wanted, by the parts of their names.

    Raises:
        BrokenArchiveError: It cannot be read, breaks a limit, or names what it must not.
    """
    unpacked = _Unpacked(file, limits)
    names = MemberNames(limits.archive_members)
    given: dict[str, str] = {}  # what extended headers say of the next member
    while header := unpacked.take(_BLOCK):
        if len(header) < _BLOCK:
            raise BrokenArchiveError("it ends in the middle of a file")
        if not header.strip(b"\0"):
            unpacked.check_rest()
            return
        _check_sum(header)
        kind = header[156:157]
        size = _number(given.get("size", ""), header[124:136])
        if kind in _EXTENDED:
            given |= _extended(kind, unpacked, size)
            continue
        path = _checked_path(header, kind, names, given)
        given = {}
        if kind not in _FILES or not is_wanted(path):
            _check_kind(path, kind, is_wanted)
            unpacked.skip(0 if kind in _LINKS + _DEVICES + b"5" else size + -size % _BLOCK)
        elif size > limits.member_bytes:
            raise BrokenArchiveError(f"its {path[-1]} is larger than {limits.member_bytes:,} bytes")
        else:
            yield path, unpacked.take_all(size)
            unpacked.skip(-size % _BLOCK)


def _extended(kind: bytes, unpacked: _Unpacked, size: int) -> dict[str, str]:
    """Return what an extended header says of the next member; one for all members may say nothing of use."""
    if size > _LONGEST_HEADER:
        raise BrokenArchiveError("it holds a header that is too long")
    content = unpacked.take_all(size)
    unpacked.skip(-size % _BLOCK)
    match kind:
        case b"L":
            return {"path": _text(content)}
        case b"K":
            return {"linkpath": _text(content)}
    said = _pax(content)
    if kind == b"g" and said:
        raise BrokenArchiveError("it gives all its files one name or size")
    return said


def _checked_path(header: bytes, kind: bytes, names: MemberNames, given: dict[str, str]) -> tuple[str, ...]:
    name = given.get("path") or _path(header)
    path = names.add(name, is_folder=kind == b"5" or name.endswith("/"))
    if kind in _LINKS:
        target = given.get("linkpath") or _text(header[157:257])
        check_link(path, target, is_hard=kind == b"1")
    if kind in _DEVICES:
        raise BrokenArchiveError(f"it holds a device: `{printable_name(name)}`")
    return path


def _check_kind(path: tuple[str, ...], kind: bytes, is_wanted: Callable[[tuple[str, ...]], bool]) -> None:
    if kind in _LINKS and is_wanted(path):
        raise BrokenArchiveError(f"its {path[-1]} is a link")


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
        if key in (b"path", b"size", b"linkpath"):
            records[key.decode()] = value.decode("utf-8", errors="replace")
        place += length
    return records

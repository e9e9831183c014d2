"""Wheels and sdists that no honest tool builds, each with the reason for which it is left out.

Every one holds the metadata of ``a`` 1 where an honest one does, so that only what is wrong with it can be
what it is refused for.
"""

import gzip
import io
import stat
import struct
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from support.artifacts import metadata_text

METADATA = metadata_text("a", "1").encode()
WHEEL_MEMBERS: Mapping[str, bytes] = {
    "a.py": b"x = 1\n",
    "a-1.dist-info/METADATA": METADATA,
    "a-1.dist-info/WHEEL": b"Wheel-Version: 1.0\n",
}
SDIST_MEMBERS: Mapping[str, bytes] = {"a-1/a.py": b"x = 1\n", "a-1/PKG-INFO": METADATA}
_TIME = (1980, 1, 1, 0, 0, 0)
_END = struct.Struct("<4s4H2LH")


@dataclass(frozen=True, slots=True)
class HostileArchive:
    """One archive.

    Attributes:
        name: What is wrong with it.
        filename: Under which name it would be listed.
        content: Its bytes.
        reason: A part of the reason for which it is left out.
    """

    name: str
    filename: str
    content: bytes
    reason: str


# --- zip


def zipped(members: Mapping[str, bytes] = WHEEL_MEMBERS, *more: tuple[zipfile.ZipInfo | str, bytes]) -> bytes:
    """Return a ZIP file, deflated; `more` may repeat names and have any attributes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for path, content in (*members.items(), *more):
            info = path if isinstance(path, zipfile.ZipInfo) else zipfile.ZipInfo(path, _TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return buffer.getvalue()


def _of_kind(name: str, kind: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _TIME)
    info.create_system = 3
    info.external_attr = (kind | 0o644) << 16
    return info


def _end_of(content: bytes) -> tuple[int, list[int]]:
    """Return the place of the end record and its numbers."""
    place = content.rindex(b"PK\5\6")
    _, *numbers = _END.unpack_from(content, place)
    return place, list(numbers)


def _with_end(content: bytes, place: int, numbers: list[int], comment: bytes = b"") -> bytes:
    return content[:place] + _END.pack(b"PK\5\6", *numbers[:-1], len(comment)) + comment


def _two_directories() -> bytes:
    """A directory, and another one behind it that shows other files; the last one is found first."""
    content = zipped()
    place, numbers = _end_of(content)
    directory = content[numbers[5] : place]
    numbers[5] = len(content)
    return content + directory + _END.pack(b"PK\5\6", *numbers)


def _directory_in_a_comment() -> bytes:
    content = zipped()
    place, numbers = _end_of(content)
    return _with_end(content, place, numbers, b"see " + _END.pack(b"PK\5\6", *numbers))


def _between_files() -> bytes:
    """Two files with bytes between them that the directory does not show."""
    first = zipped({"a.py": b"x = 1\n"})
    place, numbers = _end_of(first)
    cut = numbers[5]
    hidden = zipped({"a-1.dist-info/METADATA": b"hidden" * 1000, "pad": bytes(range(256)) * 20})
    buffer = io.BytesIO(first[:cut] + hidden)
    both = zipped()
    place, numbers = _end_of(both)
    shift = len(first[:cut]) + len(hidden)
    directory = both[numbers[5] : place]
    moved = bytearray(directory)
    at = 0
    for number in range(numbers[2]):
        name, extra, comment = struct.unpack_from("<3H", moved, at + 28)
        (offset,) = struct.unpack_from("<L", moved, at + 42)
        if number:  # the first file stays at the beginning
            struct.pack_into("<L", moved, at + 42, offset - cut + shift)
        at += 46 + name + extra + comment
    buffer.write(buffer.getvalue() + both[cut : numbers[5]])
    numbers[5] = len(buffer.getvalue())
    return buffer.getvalue() + bytes(moved) + _END.pack(b"PK\5\6", *numbers)


def _patched(content: bytes, change: Callable[[bytearray, int, int], None]) -> bytes:
    """Change the headers of METADATA: given are the places of its local and its directory entry."""
    raw = bytearray(content)
    name = b"a-1.dist-info/METADATA"
    local = content.index(name) - 30
    entry = content.rindex(name) - 46
    change(raw, local, entry)
    return bytes(raw)


def _set(place: int, form: str, value: int, *, both: bool = False) -> bytes:
    """Write a number into the directory's entry, and at the same field of the local header with `both`."""

    def change(raw: bytearray, local: int, entry: int) -> None:
        struct.pack_into(form, raw, entry + place, value)
        if both:
            struct.pack_into(form, raw, local + place - 2, value)

    return _patched(zipped(), change)


def _other_name_inside() -> bytes:
    def change(raw: bytearray, local: int, _: int) -> None:
        raw[local + 30 : local + 31] = b"b"

    return _patched(zipped(), change)


def _longer_than_said() -> bytes:
    """METADATA whose headers, check sum included, are those of its first line only."""
    short = METADATA[:10]

    def change(raw: bytearray, local: int, entry: int) -> None:
        for place in (local + 14, entry + 16):
            struct.pack_into("<L", raw, place, zlib.crc32(short))
        for place in (local + 22, entry + 24):
            struct.pack_into("<L", raw, place, len(short))

    return _patched(zipped(), change)


def _overlapping() -> bytes:
    """Two entries of the directory that lead to the same bytes."""
    content = zipped({**WHEEL_MEMBERS, "b-1.dist-info/METADATB": b"x"})

    def change(raw: bytearray, local: int, _: int) -> None:
        other = raw.rindex(b"b-1.dist-info/METADATB") - 46
        struct.pack_into("<L", raw, other + 42, local)

    return _patched(content, change)


# --- tar


def tarred(members: Mapping[str, bytes] = SDIST_MEMBERS, *more: tarfile.TarInfo) -> bytes:
    """Return a tar file, not packed; `more` are members without content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, content in members.items():
            info = tarfile.TarInfo(path)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for info in more:
            archive.addfile(info)
    return buffer.getvalue()


def _member(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def _tar_repeated() -> bytes:
    return tarred()[: -_padding(tarred())] + tarred({"a-1/./a.py": b"x = 2\n"})


def _padding(content: bytes) -> int:
    """Return how many bytes of filling end a tar file."""
    blocks = len(content) // 512
    while not content[(blocks - 1) * 512 : blocks * 512].strip(b"\0"):
        blocks -= 1
    return len(content) - blocks * 512


def _global_name() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(
        fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"path": "a-1/PKG-INFO"}
    ) as archive:
        info = tarfile.TarInfo("a-1/PKG-INFO")
        info.size = len(METADATA)
        archive.addfile(info, io.BytesIO(METADATA))
    return buffer.getvalue()


# --- the table


def _all() -> tuple[HostileArchive, ...]:
    behind = "behind its directory"
    wheels: tuple[tuple[str, bytes, str], ...] = (
        ("a name that climbs", zipped(WHEEL_MEMBERS, ("../../evil.pth", b"x")), "outside of its folder"),
        ("a name that climbs within", zipped(WHEEL_MEMBERS, ("a/../../b", b"x")), "outside of its folder"),
        ("a name that climbs in Windows", zipped(WHEEL_MEMBERS, ("..\\evil", b"x")), "outside of its folder"),
        ("an absolute name", zipped(WHEEL_MEMBERS, ("/etc/evil", b"x")), "absolute name"),
        ("no name", zipped(WHEEL_MEMBERS, ("./.", b"x")), "without a name"),
        ("an absolute name in Windows", zipped(WHEEL_MEMBERS, ("C:\\evil", b"x")), "absolute name"),
        ("a link", zipped(WHEEL_MEMBERS, (_of_kind("b", stat.S_IFLNK), b"/etc/passwd")), "a link"),
        ("a device", zipped(WHEEL_MEMBERS, (_of_kind("b", stat.S_IFCHR), b"")), "a device"),
        ("a pipe", zipped(WHEEL_MEMBERS, (_of_kind("b", stat.S_IFIFO), b"")), "a pipe"),
        ("METADATA twice", zipped(WHEEL_MEMBERS, ("a-1.dist-info/METADATA", b"Name: b\n")), "twice"),
        ("one name in two spellings", zipped(WHEEL_MEMBERS, ("./a.py", b"x = 2\n")), "twice"),
        (
            "two METADATA files",
            zipped(WHEEL_MEMBERS, ("A-1.dist-info/METADATA", METADATA)),
            "several METADATA files",
        ),
        ("two directories", _two_directories(), "between its files"),
        ("a directory in a comment", _directory_in_a_comment(), "cannot be read"),
        ("something behind the end", zipped() + b"x" * 100, behind),
        ("something before the beginning", b"#!/bin/sh\n" + zipped(), "before its first file"),
        ("something between the files", _between_files(), "between its files"),
        ("a tar file before the ZIP", tarred() + zipped(), "before its first file"),
        ("a ZIP before a tar file", zipped() + tarred(), behind),
        ("files that overlap", _overlapping(), "overlap"),
        ("another name inside", _other_name_inside(), "two names"),
        ("a size that is too small", _set(24, "<L", 5), "not what its directory says"),
        ("a size that is too large", _set(24, "<L", 500, both=True), "not what its directory says"),
        ("a size beyond the limit", _set(24, "<L", 2**31), "larger than"),
        ("a packed size beyond the file", _set(20, "<L", 2**20), "overlap"),
        ("content longer than it says", _longer_than_said(), "not what its directory says"),
        ("a wrong check sum", _set(16, "<L", 7, both=True), "not what its directory says"),
        (
            "a bomb as METADATA",
            zipped({"a-1.dist-info/METADATA": METADATA + b"\n" + b" " * 3 * 2**20}),
            "unpacks to more than",
        ),
        (
            "METADATA beyond the limit",
            zipped({"a-1.dist-info/METADATA": bytes(2**23)}),
            "larger than 4,194,304 bytes",
        ),
        ("nothing but a tail", zipped()[-22:], "cannot be read"),
        ("cut off", zipped()[:-10], "cannot be read"),
        ("text", b"<html>not found</html>", "cannot be read"),
    )
    sdists: tuple[tuple[str, bytes, str], ...] = (
        ("a name that climbs", tarred({**SDIST_MEMBERS, "a-1/../../evil": b"x"}), "outside of its folder"),
        ("an absolute name", tarred({**SDIST_MEMBERS, "/etc/evil": b"x"}), "absolute name"),
        (
            "a link that climbs",
            tarred(SDIST_MEMBERS, _member("a-1/b", tarfile.SYMTYPE, "../../etc")),
            "link that leads out",
        ),
        (
            "an absolute link",
            tarred(SDIST_MEMBERS, _member("a-1/b", tarfile.SYMTYPE, "/etc/passwd")),
            "link that leads out",
        ),
        (
            "a hard link that climbs",
            tarred(SDIST_MEMBERS, _member("a-1/b", tarfile.LNKTYPE, "../etc/passwd")),
            "link that leads out",
        ),
        (
            "PKG-INFO as a link",
            tarred({"a-1/x": METADATA}, _member("a-1/PKG-INFO", tarfile.SYMTYPE, "x")),
            "PKG-INFO is a link",
        ),
        ("a device", tarred(SDIST_MEMBERS, _member("a-1/b", tarfile.CHRTYPE)), "a device"),
        ("a block device", tarred(SDIST_MEMBERS, _member("a-1/b", tarfile.BLKTYPE)), "a device"),
        ("a pipe", tarred(SDIST_MEMBERS, _member("a-1/b", tarfile.FIFOTYPE)), "a device"),
        ("one name twice", _tar_repeated(), "twice"),
        (
            "two PKG-INFO files",
            tarred({"b/PKG-INFO": METADATA, "c/PKG-INFO": METADATA}),
            "several PKG-INFO files",
        ),
        ("one name for all files", _global_name(), "one name or size"),
        ("a file behind the end", tarred() + tarred({"a-1/hidden": b"x"}), "behind its end"),
        ("cut off", tarred()[:1800], "ends in the middle"),
        ("a size beyond the end", _tar_size(tarred(), b"00000777777"), "ends in the middle"),
        ("a bomb", tarred({**SDIST_MEMBERS, "a-1/zeros": bytes(2**24)}), "unpacks to more than"),
        ("a wrong check sum", tarred().replace(b"a-1/a.py", b"a-1/b.py", 1), "no tar file"),
    )
    return (
        *(
            HostileArchive(f"wheel: {name}", "a-1-py3-none-any.whl", content, reason)
            for name, content, reason in wheels
        ),
        *(
            HostileArchive(f"sdist: {name}", "a-1.tar.gz", gzip.compress(content, mtime=0), reason)
            for name, content, reason in sdists
        ),
        HostileArchive("sdist: not packed", "a-1.tar.gz", tarred(), "cannot be read"),
        HostileArchive(
            "sdist: a ZIP behind the tar file",
            "a-1.tar.gz",
            gzip.compress(tarred(), mtime=0) + zipped(SDIST_MEMBERS),
            "behind its end",
        ),
        HostileArchive(
            "sdist: a ZIP whose name climbs",
            "a-1.zip",
            zipped(SDIST_MEMBERS, ("a-1/../../evil", b"x")),
            "outside of its folder",
        ),
        HostileArchive(
            "sdist: a ZIP with PKG-INFO twice",
            "a-1.zip",
            zipped(SDIST_MEMBERS, ("a-1//PKG-INFO", b"Name: b\n")),
            "twice",
        ),
    )


def _tar_size(content: bytes, size: bytes) -> bytes:
    """Give the last file of a tar file another size, with a check sum that fits."""
    place = content.index(b"a-1/PKG-INFO")
    header = bytearray(content[place : place + 512])
    header[124:135] = size
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return content[:place] + bytes(header) + content[place + 512 :]


HOSTILE_ARCHIVES = _all()

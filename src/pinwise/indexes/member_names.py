"""The names that files have in an archive: those that would lead out of it make it unusable.

Nothing is ever unpacked here. But what an installer would write outside of its folder, or which of two files
of one name it would keep, nobody can tell: such an archive is left out, with the reason.
"""

import re

LONGEST_NAMES = 16 * 2**20
"""Bytes that all names in an archive may take together."""

_DRIVE = re.compile(r"[A-Za-z]:")


class BrokenArchiveError(Exception):
    """An archive that cannot be read, or breaks a limit; the message says how."""


class MemberNames:
    """The names of an archive's files, each looked at as it comes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._count = self._length = 0
        self._seen: set[tuple[str, ...]] = set()

    def add(self, name: str, *, is_folder: bool = False) -> tuple[str, ...]:
        """Return the parts of one more name.

        Raises:
            BrokenArchiveError: It leads out of the archive, was there before, or is one too many.
        """
        self._count += 1
        self._length += len(name)
        if self._count > self._most:
            raise BrokenArchiveError(f"it holds more than {self._most:,} files")
        if self._length > LONGEST_NAMES:
            raise BrokenArchiveError("the names of its files are too long")
        path = parts_of(name)
        if not is_folder:
            if not path:
                raise BrokenArchiveError("it holds a file without a name")
            if path in self._seen:
                raise BrokenArchiveError(f"it holds `{printable_name(name)}` twice")
            self._seen.add(path)
        return path


def parts_of(name: str) -> tuple[str, ...]:
    """Return the parts of a name in an archive.

    Raises:
        BrokenArchiveError: It leads out of the archive.
    """
    plain_name = name.replace("\\", "/")
    if "\0" in name or plain_name.startswith("/") or _DRIVE.match(name):
        raise BrokenArchiveError(f"it holds a file with the absolute name `{printable_name(name)}`")
    parts = tuple(part for part in plain_name.split("/") if part not in ("", "."))
    if ".." in parts:
        raise BrokenArchiveError(f"it holds a file outside of its folder: `{printable_name(name)}`")
    return parts


def check_link(path: tuple[str, ...], target: str, *, is_hard: bool) -> None:
    """Hold a link to a target in the archive.

    Raises:
        BrokenArchiveError: It leads elsewhere.
    """
    place = [] if is_hard else list(path[:-1])
    for part in target.split("/"):
        if part == "..":
            if not place:
                break
            place.pop()
        elif part not in ("", "."):
            place.append(part)
    else:
        if place and not target.startswith(("/", "\\")) and not _DRIVE.match(target):
            return
    raise BrokenArchiveError(f"it holds a link that leads out of it: `{printable_name('/'.join(path))}`")


def printable_name(name: str) -> str:
    """Return a name as a message may hold it."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in name[:120]).replace("`", "'")
    return f"{shown}…" if len(name) > 120 else shown  # noqa: PLR2004

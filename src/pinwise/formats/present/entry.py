"""What the readers of locks share: checked names, versions, markers, digests and URLs, with file and line."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from packaging.version import Version

from pinwise.formats.entries import (
    checked_name,
    parse_marker,
    parse_specifiers,
    parse_version,
    shown,
)
from pinwise.formats.lock_text import without_credentials
from pinwise.model.errors import ManifestError
from pinwise.model.facts import File
from pinwise.model.lock import PresentPin
from pinwise.model.names import NormalizedName, normalise
from pinwise.model.request import DEFAULT_GROUP, Place

Value = TypeVar("Value")

_DIGEST = re.compile(r"[A-Za-z0-9_-]{1,20}:[0-9A-Fa-f]{8,256}")
_WHEEL_PARTS = 5
_LONGEST_NAME = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a lock while it is read: where it stands, and whose it is.

    Attributes:
        file: The lock.
        what: The entry in a message: a project's name, or ``packages[3]``.
        line: Where it stands, if that is known.
    """

    file: str
    what: str
    line: int | None = None

    def error(self, message: str, hint: str | None = None) -> ManifestError:
        """Return an error about this entry."""
        return ManifestError(message, file=self.file, line=self.line, hint=hint)

    def name(self, text: object) -> NormalizedName:
        """Return the normalised name of a project."""
        checked_name(self.string(text, "the name"), Place(self.file, self.line))
        return normalise(self.string(text, "the name"))

    def names(self, items: Iterable[object]) -> tuple[NormalizedName, ...]:
        """Return normalised names of projects or extras, sorted, each once."""
        return tuple(sorted({self.name(item) for item in items}))

    def string(self, value: object, what: str) -> str:
        """Return a value that must be a string."""
        if not isinstance(value, str):
            raise self.error(f"{what} of `{self.shown}` must be a string, not `{shown(str(value))}`")
        return value

    def clean(self, value: object, what: str) -> str:
        """Return a string that can stand in a line of a file, without credentials."""
        text = without_credentials(self.string(value, what)).strip()
        if not text or not text.isprintable():
            raise self.error(f"{what} of `{self.shown}` is empty or holds a control character")
        return text

    def flag(self, value: object, what: str) -> bool:
        """Return a truth value; None counts as false."""
        if value is None or isinstance(value, bool):
            return bool(value)
        raise self.error(f"{what} of `{self.shown}` must be true or false, not `{shown(str(value))}`")

    def items(self, value: object, what: str) -> list[object]:
        """Return a list; None counts as empty."""
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.error(f"{what} of `{self.shown}` must be a list, not `{shown(str(value))}`")
        return list(value)

    def table(self, value: object, what: str) -> dict[str, object]:
        """Return a table; None counts as empty."""
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.error(f"{what} of `{self.shown}` must be a table, not `{shown(str(value))}`")
        return value

    def tables(self, value: object, what: str) -> list[dict[str, object]]:
        """Return a list of tables; None counts as empty."""
        return [self.table(item, what) for item in self.items(value, what)]

    def version(self, value: object) -> Version:
        """Return the version of an entry."""
        return self._parsed(parse_version, value, "the version")

    def marker(self, value: object) -> str | None:
        """Return a marker as it is printed; None where there is none."""
        return None if value is None or value == "" else str(self._parsed(parse_marker, value, "the marker"))

    def specifiers(self, value: object) -> str | None:
        """Return a specifier as it is printed; None where there is none or it says nothing."""
        return (
            None if value is None else str(self._parsed(parse_specifiers, value, "requires-python")) or None
        )

    def hashes(self, digests: Iterable[object]) -> tuple[str, ...]:
        """Return digests in small letters, sorted, each once."""
        found = {self.string(digest, "a digest").lower() for digest in digests}
        for digest in found:
            if not _DIGEST.fullmatch(digest):
                raise self.error(
                    f"`{shown(digest)}` of `{self.shown}` is not a digest",
                    "it looks like `sha256:` and 64 hexadecimal digits",
                )
        return tuple(sorted(found))

    def listed_file(self, place: str, hashes: Iterable[str], *, name: str = "", **facts: object) -> File:
        """Return a file that a lock names.

        Args:
            place: Its URL or path; "" where only its name is known.
            hashes: Its digests.
            name: Its name, if that is not the last part of `place`.
            facts: ``size`` and ``uploaded`` where the lock has them.
        """
        filename = name or file_name(place)
        if not filename or not filename.isprintable() or len(filename) > _LONGEST_NAME:
            raise self.error(f"a file of `{self.shown}` has no name")
        sha256 = next((digest[7:] for digest in hashes if digest.startswith("sha256:")), None)
        size, uploaded = facts.get("size"), facts.get("uploaded")
        return File(
            filename=filename,
            url=place,
            sha256=sha256,
            size=size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None,
            uploaded=_seconds(uploaded),
            requires_python=None,
            yanked=None,
            metadata="?",
            tags=wheel_tags(filename),
        )

    @property
    def shown(self) -> str:
        """What the entry is called in a message."""
        return shown(self.what)

    def _parsed(self, parse: Callable[[str], Value], value: object, what: str) -> Value:
        try:
            return parse(self.string(value, what))
        except ValueError as error:
            raise self.error(f"{what} of `{self.shown}` cannot be read: {error}") from None


def _seconds(time: object) -> int | None:
    """Return a time as seconds since 1970 (UTC), None where it is none or out of reach."""
    if isinstance(time, str):
        try:
            time = datetime.fromisoformat(time)
        except ValueError:
            return None
    if not isinstance(time, datetime):
        return None
    try:
        seconds = int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None
    return seconds if seconds >= 0 else None


def file_name(place: str) -> str:
    """Return the last part of a URL or path, as the file is named."""
    try:
        path = urlsplit(place).path if "://" in place else place
    except ValueError:
        return ""
    return unquote(path).rpartition("/")[2]


def wheel_tags(filename: str) -> str:
    """Return the tag part of a wheel's name, "" for any other file."""
    parts = filename.removesuffix(".whl").split("-")
    return "-".join(parts[-3:]) if filename.endswith(".whl") and len(parts) >= _WHEEL_PARTS else ""


def in_order(pins: Iterable[PresentPin]) -> tuple[PresentPin, ...]:
    """Return pins by name, then by version; those without a version first, otherwise as they stood."""
    return tuple(
        sorted(pins, key=lambda pin: (pin.name, pin.version is not None, pin.version or Version("0")))
    )


def default_first(groups: Iterable[str]) -> tuple[str, ...]:
    """Return names of groups, each once, ``default`` before the others."""
    names = tuple(dict.fromkeys(groups))
    return (
        (DEFAULT_GROUP, *(name for name in names if name != DEFAULT_GROUP))
        if DEFAULT_GROUP in names
        else names
    )

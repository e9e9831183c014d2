"""The pins of a `pylock.toml` that is written as pinwise writes it, seen without a parser of TOML.

Most of a lock is files, of which a reader of pins wants to know nothing: parsing them takes longer than all
else of a check. Where one character is not as we write it, nothing is said, and the reader of any
`pylock.toml` looks.
"""

import re
from datetime import datetime
from functools import cache
from urllib.parse import unquote

from packaging.markers import Marker
from packaging.utils import canonicalize_name
from packaging.version import Version

from pinwise.formats.entries import parse_index, parse_specifiers, parse_version
from pinwise.formats.present.entry import Entry, default_first, in_order
from pinwise.formats.present.markers import groups_of
from pinwise.formats.present.toml import parse_lock_toml
from pinwise.model.errors import PinwiseError
from pinwise.model.lock import LockFormat, PresentLock, PresentPin
from pinwise.model.request import DEFAULT_GROUP, Index, Place

_NAME = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_NAMES = rf"\"{_NAME}\"(?:, \"{_NAME}\")*"
_TEXT = r"[ !#-\[\]-~]+"
_TIME = r"[12][0-9]{3}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]"  # or what looks like one
_PLACE = r"[!#-\[\]-~]*[!#-.0-\[\]-~]"  # it ends with a name
_FILE = (
    rf"\{{(?:name = \"{_TEXT}\", )?(?:upload-time = {_TIME}Z, )?(?:url|path) = \"{_PLACE}\""
    r"(?:, size = (?:0|[1-9][0-9]{0,17}))?, hashes = \{sha256 = \"[0-9a-f]{64}\"\}\}"
)
_PACKAGE = re.compile(
    rf"\n\[\[packages\]\]\nname = \"(?P<name>{_NAME})\"\n"
    r"(?:version = \"(?P<version>[0-9A-Za-z.!+_-]{1,100})\"\n)?"
    rf"(?:marker = \"(?P<marker>{_TEXT})\"\n)?"
    rf"(?:requires-python = \"(?P<python>{_TEXT})\"\n)?"
    rf"(?:dependencies = \[\n(?:    \{{name = \"{_NAME}\"\}},\n)++\]\n)?"
    rf"(?:directory = \{{path = \"(?P<folder>{_TEXT})\"(?P<editable>, editable = true)?\}}\n"
    rf"|index = \"(?P<index>{_TEXT})\"\n"
    rf"(?:sdist = (?P<sdist>{_FILE})\n)?"
    rf"(?:wheels = \[\n(?P<wheels>(?:    {_FILE},\n)++)\]\n)?)"
)
_HEAD = re.compile(
    rf"lock-version = \"1\.0\"\nenvironments = \[\n    \"(?P<environment>{_TEXT})\",\n\]\n"
    rf"requires-python = \"(?P<python>{_TEXT})\"\n"
    rf"(?:extras = \[(?P<extras>{_NAMES})\]\n)?(?:dependency-groups = \[(?P<groups>{_NAMES})\]\n)?"
    r"created-by = \"pinwise\"\n"
)
_OWN_TABLE = "\n[tool.pinwise]\n"
_UPLOADED = re.compile(rf"\{{(?:name = \"[^\"]*\", )?upload-time = ({_TIME})Z")
_FILE_NAME = re.compile(r"\{(?:name = |[^\"}]*(?:url|path) = (?=\"))\"(?:[^\"/]*/)*+([^\"]+)\"")
_PYTHONS = r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*"
_TAGS = r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*"
_WHEEL = re.compile(
    rf"([A-Za-z0-9.]+(?:_[A-Za-z0-9.]+)*)-([^-]+)(?:-[0-9][^-]*)?-{_PYTHONS}-{_TAGS}-{_TAGS}\.whl"
)
_SDIST = re.compile(r"(.+)-([^-]+)\.(?:tar\.gz|zip)")


class _NotOurs(ValueError):
    """Something is not as pinwise writes it."""


def read_own_pins(text: str, file: str) -> PresentLock | None:
    """Return what a lock of ours pins, but no files, digests and requirements; None where it is none."""
    try:
        return _read(text, file)
    except (ValueError, PinwiseError):
        return None  # whoever reads all of it says what is wrong


def _read(text: str, file: str) -> PresentLock:
    head = _HEAD.match(text)
    if head is None:
        raise _NotOurs
    pins, end = _pins(text, head.end(), file)
    if not text.startswith(_OWN_TABLE, end) or parse_lock_toml(text[end:], file).keys() != {"tool"}:
        raise _NotOurs
    return PresentLock(
        LockFormat.PYLOCK,
        in_order(pins),
        groups=default_first((DEFAULT_GROUP, *_listed(head["groups"]))),
        extras=tuple(map(canonicalize_name, _listed(head["extras"]))),
        indexes=tuple(Index(url) for url in dict.fromkeys(pin.index for pin in pins if pin.index)),
        requires_python=str(parse_specifiers(head["python"])),
        environments=(str(Marker(head["environment"])),),
    )


def _listed(names: str | None) -> list[str]:
    return re.findall(_NAME, names or "")


def _pins(text: str, begin: int, file: str) -> tuple[list[PresentPin], int]:
    """Return the pins from `begin` on, and where the first thing stands that is none."""
    reader = _Reader(file)
    pins: list[PresentPin] = []
    line = text.count("\n", 0, begin) + 2  # an empty one stands before the header
    while found := _PACKAGE.match(text, begin):
        pins.append(reader.pin(found, line))
        line += text.count("\n", begin, found.end())
        begin = found.end()
    return pins, begin


class _Reader:
    """Makes pins of what was matched; what many packages share is parsed once."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.groups = cache(self._groups)
        self.specifiers = cache(self._specifiers)
        self.index = cache(self._index)

    def pin(self, found: re.Match[str], line: int) -> PresentPin:
        """Return the pin of one package."""
        name, version, folder = found["name"], found["version"], found["folder"]
        parsed = None if version is None else parse_version(version)
        if (folder is None) != (version is not None):
            raise _NotOurs  # a folder has no version, all else has one
        if parsed is not None:
            _check_files(found, parsed)
        groups, marker = self.groups(found["marker"])
        return PresentPin(
            name=canonicalize_name(name),
            version=parsed,
            index=self.index(found["index"]),
            groups=groups,
            marker=marker,
            path=None if folder is None else Entry(self.file, name).clean(folder, "the path"),
            is_editable=found["editable"] is not None,
            requires_python=self.specifiers(found["python"]),
            line=line,
        )

    def _groups(self, marker: str | None) -> tuple[tuple[str, ...], str | None]:
        return groups_of(None if marker is None else str(Marker(marker)), Entry(self.file, "the lock"))

    def _specifiers(self, text: str | None) -> str | None:
        return None if text is None else str(parse_specifiers(text)) or None

    def _index(self, url: str | None) -> str | None:
        return None if url is None else parse_index(url, Place(self.file, None)).url


def _check_files(found: re.Match[str], version: Version) -> None:
    """Refuse a package without files, or with one of another name or version or of a time that never was.

    Raises:
        ValueError: It is one.
    """
    written = found["sdist"] or "", found["wheels"] or ""
    for time in _UPLOADED.findall("".join(written)):
        datetime.fromisoformat(time)
    sdists, wheels = map(_FILE_NAME.findall, written)
    if not sdists and not wheels:
        raise _NotOurs
    parted = [_SDIST.fullmatch(unquote(each)) for each in sdists]
    parted += [_WHEEL.fullmatch(unquote(each)) for each in wheels]
    for stem, number in {("", "") if each is None else (each[1], each[2]) for each in parted}:
        is_same = number == found["version"] or parse_version(number) == version
        if canonicalize_name(stem) != found["name"] or not is_same:
            raise _NotOurs

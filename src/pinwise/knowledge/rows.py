"""Facts <-> rows: the columns of `pages` and `documents` as the values of `pinwise.model.facts`.

Requirements are interned: a document's row holds the numbers of their texts. Each distinct text is parsed
once per process, and documents with equal lists share one tuple.
"""

import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple, cast

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from pinwise.knowledge.connection import Connection
from pinwise.knowledge.digests import digest, insert, next_id
from pinwise.knowledge.failures import Unsound
from pinwise.model.facts import Document, Metadata, Origin, Skip, Unusable
from pinwise.model.names import NormalizedName

_AT_ONCE = 500  # variables in one statement

parse_version = lru_cache(maxsize=262_144)(Version)
parse_specifier = lru_cache(maxsize=16_384)(SpecifierSet)
_parse_marker = lru_cache(maxsize=65_536)(Marker)


_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_EXTRA = r"[A-Za-z0-9._-]+"
_HEAD = re.compile(rf"({_NAME})(?:\[({_EXTRA}(?:,{_EXTRA})*)\])?([<>=!~][^;@ ]+)?")
"""A requirement without URL and marker, as `Requirement` writes it: name, extras, specifier."""


@lru_cache(maxsize=262_144)
def _parse_head(text: str) -> Requirement:
    """Return what stands before a marker; the usual form is taken apart here, which is five times as fast."""
    usual = _HEAD.fullmatch(text)
    if usual is None:
        return Requirement(text)
    requirement = Requirement.__new__(Requirement)
    requirement.name, requirement.url, requirement.marker = usual[1], None, None
    requirement.extras = set() if usual[2] is None else set(usual[2].split(","))
    requirement.specifier = parse_specifier(usual[3] or "")
    return requirement


def parse_requirement(text: str) -> Requirement:
    """Return a requirement, read from the form in which `Requirement` writes itself.

    What stands before the marker, and the marker, are each parsed once per process: ``a>=1`` and
    ``a>=1; extra == "test"`` share their specifier. That halves the time of reading a knowledge base.
    """
    head, semicolon, marker = text.partition("; ")
    if not semicolon or "@" in head:  # a URL may hold a semicolon
        return _parse_head(text)
    bare = _parse_head(head)
    requirement = Requirement.__new__(Requirement)
    requirement.name, requirement.url, requirement.extras = bare.name, bare.url, bare.extras
    requirement.specifier, requirement.marker = bare.specifier, _parse_marker(marker)
    return requirement


class DocumentRow(NamedTuple):
    """One answer about a file, with its requirements as JSON numbers of interned texts."""

    answer: str
    reason: str | None = None
    origin: str | None = None
    file: str | None = None
    requires_python: str | None = None
    requirements: str | None = None
    extras: str | None = None


NONE = DocumentRow("none")


def render_skipped(skipped: Iterable[Skip]) -> str:
    """Return what was left out of a page as JSON."""
    return json.dumps(list(skipped))


def parse_skipped(text: str) -> tuple[Skip, ...]:
    """Return what was left out of a page."""
    return tuple(Skip(*entry) for entry in json.loads(text))


class Texts:
    """The interned requirements of one store, as far as they have been met."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}  # for writing
        self._requirements: dict[int, Requirement] = {}
        self._lists: dict[str, tuple[Requirement, ...]] = {}

    def forget_uncommitted(self) -> None:
        """Forget every number, for some may belong to a transaction that was taken back."""
        self._numbers.clear()
        self._requirements.clear()
        self._lists.clear()

    def to_row(self, connection: Connection, document: Document | None) -> DocumentRow:
        """Return an answer as a row, its requirements interned."""
        match document:
            case None:
                return NONE
            case Unusable(reason):
                return DocumentRow("unusable", reason)
            case Metadata():
                numbers = [self._number(connection, str(entry)) for entry in document.requirements]
                return DocumentRow(
                    "metadata",
                    origin=document.origin.value,
                    file=document.file,
                    requires_python=None
                    if document.requires_python is None
                    else str(document.requires_python),
                    requirements=json.dumps(numbers, separators=(",", ":")),
                    extras=json.dumps(sorted(document.extras)),
                )

    def _number(self, connection: Connection, text: str) -> int:
        number = self._numbers.get(text)
        if number is None:
            row = connection.execute("SELECT id FROM requirements WHERE text = ?", (text,)).fetchone()
            number = self._numbers[text] = next_id(connection, "requirements") if row is None else int(row[0])
            if row is None:
                insert(connection, "requirements", [(number, text)])
        return number

    def load(self, connection: Connection, rows: Iterable[DocumentRow]) -> None:
        """Read the requirements of documents, those that have not been met yet."""
        new = {row.requirements for row in rows if row.requirements not in self._lists} - {None}
        numbers = {text: cast("list[int]", json.loads(text)) for text in new if text is not None}
        missing = {n for entries in numbers.values() for n in entries if n not in self._requirements}
        for number, text, written in _interned(connection, sorted(missing)):
            if digest((number, text)) != written:
                raise Unsound(f"the requirement `{text}`")
            self._requirements[number] = parse_requirement(text)
        for text, entries in numbers.items():
            self._lists[text] = tuple(self._requirements[number] for number in entries)

    def to_document(self, row: DocumentRow) -> Document | None:
        """Return the answer that a row holds; its requirements have been loaded."""
        match row.answer:
            case "none":
                return None
            case "unusable":
                return Unusable(row.reason or "")
            case "metadata":
                return Metadata(
                    requires_python=None
                    if row.requires_python is None
                    else parse_specifier(row.requires_python),
                    requirements=self._lists[row.requirements or ""],
                    extras=_parse_extras(row.extras or ""),
                    origin=Origin(row.origin or ""),
                    file=row.file or "",
                )
            case answer:
                raise ValueError(answer)


@lru_cache(maxsize=16_384)
def _parse_extras(text: str) -> frozenset[NormalizedName]:
    return frozenset(json.loads(text))


def _interned(connection: Connection, numbers: list[int]) -> Iterator[tuple[int, str, int]]:
    for start in range(0, len(numbers), _AT_ONCE):
        part = numbers[start : start + _AT_ONCE]
        marks = ",".join("?" * len(part))
        query = f"SELECT id, text, digest FROM requirements WHERE id IN ({marks})"  # noqa: S608  # marks only
        yield from connection.execute(query, part)

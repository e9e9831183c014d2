"""TOML under limits, with checked access to its values and the line on which a key stands."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from pinwise.formats.entries import shown
from pinwise.model.errors import ManifestError
from pinwise.model.limits import USUAL, TextLimits
from pinwise.model.request import Place

MOST_CHARACTERS = 524_288
"""The longest TOML text that is read."""

MOST_DOTS = 256
"""How many dots a line may have: tomllib takes quadratic time for dotted keys."""

_AT_LINE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")
_HEADER = re.compile(r"\s*\[\[?\s*[\"'A-Za-z0-9_.\- ]+\]\]?\s*(?:#.*)?$")
_SEGMENT = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*(\.)?""")

Path = tuple[str, ...]
Table = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Document:
    """A TOML file whose values are read by their type; errors say where the value stands.

    Attributes:
        file: Its name as the user wrote it.
        tables: Its content.
        lines: Where its keys stand.
        limits: Under which it was read, and its entries are.
    """

    file: str
    tables: Table
    lines: "KeyLines"
    limits: TextLimits = USUAL

    @classmethod
    def parse(cls, text: str, file: str, limits: TextLimits = USUAL) -> Self:
        """Return the document, or raise a `ManifestError` where it is not valid TOML or breaks a limit."""
        return cls(file, parse_toml(text, file, limits), KeyLines(text), limits)

    def place(self, *path: str) -> Place:
        """Return where the key `path` stands."""
        return Place(self.file, self.lines.find(*path))

    def error(self, message: str, *path: str, hint: str | None = None) -> ManifestError:
        """Return an error about the key `path`."""
        return ManifestError(message, file=self.file, line=self.lines.find(*path), hint=hint or None)

    def table(self, *path: str) -> Table:
        """Return the table at `path`, empty where there is none."""
        table: object = self.tables
        for depth, key in enumerate(path, start=1):
            table = table.get(key, {}) if isinstance(table, dict) else {}
            if not isinstance(table, dict):
                raise self.error(f"`{shown('.'.join(path[:depth]))}` must be a table", *path[:depth])
        return table if isinstance(table, dict) else {}

    def string(self, table: Table, *path: str) -> str | None:
        """Return the string at the end of `path`, whose last table is `table`; None where there is none."""
        value = table.get(path[-1])
        if value is None or isinstance(value, str):
            return value
        raise self.error(
            f"`{path[-1]}` must be a string, not `{shown(str(value))}`",
            *path,
            hint=f'write it in quotes: `{path[-1]} = "{shown(str(value))}"`',
        )

    def flag(self, table: Table, *path: str) -> bool:
        """Return the truth value at the end of `path`; False where there is none."""
        value = table.get(path[-1], False)
        if isinstance(value, bool):
            return value
        raise self.error(f"`{shown(path[-1])}` must be `true` or `false`, not `{shown(str(value))}`", *path)

    def items(self, table: Table, *path: str) -> tuple[tuple[str, Place], ...]:
        """Return the list of strings at the end of `path`, each with the place where it stands."""
        strings = self.strings(table, *path)
        lines = self.lines.find_items(strings, *path)
        return tuple((text, Place(self.file, line)) for text, line in zip(strings, lines, strict=True))

    def strings(self, table: Table, *path: str) -> tuple[str, ...]:
        """Return the list of strings at the end of `path`; an empty one where there is none."""
        value = table.get(path[-1], [])
        items: list[object] = value if isinstance(value, list) else [value]
        strings = tuple(item for item in items if isinstance(item, str))
        if not isinstance(value, list) or len(strings) != len(items):
            raise self.error(
                f"`{shown(path[-1])}` must be a list of strings, not `{shown(str(value))}`", *path
            )
        return strings


def parse_toml(text: str, file: str, limits: TextLimits = USUAL) -> dict[str, object]:
    """Return the tables of a TOML document.

    Raises:
        ManifestError: It is not valid TOML or breaks a limit.
    """
    if len(text) > MOST_CHARACTERS:
        raise ManifestError(f"this file is longer than {MOST_CHARACTERS:,} characters", file=file)
    for number, line in enumerate(text.split("\n"), start=1):
        if line.count(".") > MOST_DOTS:
            raise ManifestError(f"this line has more than {MOST_DOTS} dots", file=file, line=number)
    try:
        tables: dict[str, object] = tomllib.loads(text)
    except RecursionError:
        raise nested_too_deep(file) from None
    except ValueError as error:
        raise invalid_toml(error, text, file) from None
    if is_too_deep(tables, limits.toml_depth):
        raise nested_too_deep(file)
    return tables


def nested_too_deep(file: str) -> ManifestError:
    """Return the error for tables or arrays that are nested too deep."""
    hint = "how deep a manifest may be nested says `toml_depth`, in the configuration file or a variable"
    return ManifestError("tables or arrays are nested too deep", file=file, hint=hint)


def invalid_toml(error: ValueError, text: str, file: str) -> ManifestError:
    """Return the error for what tomllib cannot read, with its line."""
    message = str(error)
    at = _AT_LINE.search(message)
    line = None if at is None else int(at[1]) if at[1] else text.count("\n", 0, len(text.rstrip())) + 1
    reason = shown(_AT_LINE.sub("", message), 160)
    return ManifestError(f"this is not valid TOML: {reason}", file=file, line=line)


def is_too_deep(tables: dict[str, object], deepest: int = USUAL.toml_depth) -> bool:
    """Whether tables and arrays are nested deeper than is read; without recursion."""
    depth, level = 0, [tables]
    while level and depth <= deepest:
        depth += 1
        inner: list[object] = []
        for value in level:
            inner.extend(value.values() if isinstance(value, dict) else value)
        level = [value for value in inner if isinstance(value, dict | list)]  # type: ignore[misc]
    return depth > deepest


class KeyLines:
    """Finds the line of a key in a TOML text, for messages.

    It reads headers and the beginnings of lines only, so that it finds every key that stands at the
    beginning of a line; for a key inside of an inline table it gives the line of the table's own key.
    An entry of an array of tables is a number in the path: ``("source", "1", "url")``.
    """

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {}
        self._text = text.split("\n")
        counts: dict[Path, int] = {}
        table: Path = ()
        for number, line in enumerate(self._text, start=1):
            stripped = line.strip()
            if stripped.startswith("["):
                is_array = stripped.startswith("[[")
                path, _ = _key(stripped[2 if is_array else 1 :])
                if is_array:
                    counts[path] = counts.get(path, -1) + 1
                    self._add(path, number)
                    path = (*path, str(counts[path]))
                table = path
                self._add(table, number)
            elif stripped and not stripped.startswith("#"):
                path, rest = _key(stripped)
                if rest.startswith("="):
                    self._add((*table, *path), number)

    def _add(self, path: Path, number: int) -> None:
        for length in range(1, len(path) + 1):
            self._lines.setdefault(path[:length], number)

    def find(self, *path: str) -> int | None:
        """Return the line of `path`, or of the longest part of it that is known."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._lines:
                return self._lines[path[:length]]
        return None

    def find_items(self, items: Iterable[str], *path: str) -> list[int | None]:
        """Return the line of each string of the list at `path`, in order, or else the list's own.

        A string with escapes is not found; those after it still are.
        """
        start = self.find(*path)
        if start is None:
            return [None for _ in items]
        found: list[int | None] = []
        line, column = start, 0
        for item in items:
            place = self._find_quoted(item, line, column)
            found.append(start if place is None else place[0])
            line, column = place or (line, column)
        return found

    def _find_quoted(self, item: str, line: int, column: int) -> tuple[int, int] | None:
        """Return the line that holds `item` in quotes and the column behind it, before the next table."""
        for number in range(line, len(self._text) + 1):
            text = self._text[number - 1]
            if number > line and _HEADER.match(text):
                return None
            for quote in "\"'":
                at = text.find(f"{quote}{item}{quote}", column if number == line else 0)
                if at >= 0:
                    return number, at + len(item) + 2
        return None


def _key(text: str) -> tuple[Path, str]:
    """Return the dotted key at the beginning of `text` and what comes after it."""
    path: list[str] = []
    position = 0
    while (segment := _SEGMENT.match(text, position)) is not None:
        path.append(next(group for group in segment.groups()[:3] if group is not None))
        position = segment.end()
        if segment[4] is None:
            break
    return tuple(path), text[position:]

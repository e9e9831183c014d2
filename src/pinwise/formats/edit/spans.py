r"""Where keys and values stand in a TOML text that was found to be valid: spans, so that the rest can stay.

>>> document = scan('[project]\ndependencies = ["a", "b"] # why\n')
>>> value = document.find("project", "dependencies")
>>> [item.string for item in value.items]
['a', 'b']
"""

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pinwise.formats.toml_text import Path

_KEY = re.compile(r"""[ \t]*("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_-]+)[ \t]*""")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}(?!")' + r"|'''.*?'{3,5}(?!')" + r'|"(?:[^"\\\n]|\\.)*"' + r"|'[^'\n]*'",
    re.DOTALL,
)
_PLAIN = re.compile(r"[^,\]}#\n]+")
_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")


@dataclass(frozen=True, slots=True)
class Value:
    """A value: a string, an array, an inline table, or anything else.

    Attributes:
        start, end: Its span in the text.
        string: What it says where it is a string, else None.
        items: Of an array its values, of an inline table its entries.
        commas: Where the comma after each item stands, None where there is none.
        is_array, is_table: What it is.
    """

    start: int
    end: int
    string: str | None = None
    items: tuple["Value | Entry", ...] = ()
    commas: tuple[int | None, ...] = ()
    is_array: bool = False
    is_table: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A key and its value; `path` has several parts where the key has dots."""

    path: Path
    start: int
    value: Value

    @property
    def end(self) -> int:
        """Where its value ends."""
        return self.value.end


@dataclass(slots=True)
class Section:
    """A table with its header, or what stands before the first header.

    Attributes:
        path: Its name; an entry of an array of tables has its number at the end.
        start: Where the line of its header begins.
        head: Where that line ends, behind its end of line.
        is_array: Whether it is an entry of an array of tables.
        entries: In the order of the text.
    """

    path: Path
    start: int
    head: int
    is_array: bool = False
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Spans:
    """All sections of a TOML text, in their order; the first one has no header."""

    text: str
    sections: tuple[Section, ...]

    def find(self, *path: str) -> Value | None:
        """Return the value at `path`; None where there is none, or a table with lines of its own."""
        for section in self.sections:
            rest = _rest(section.path, path)
            if rest is not None and not section.is_array:
                found = _find(section.entries, rest)
                if found is not None:
                    return found
        return None

    def section(self, *path: str) -> Section | None:
        """Return the table with the header `path`, None where there is none."""
        return next((each for each in self.sections if each.path == path and not each.is_array), None)


def _rest(start: Path, path: Path) -> Path | None:
    return path[len(start) :] if path[: len(start)] == start else None


def _find(entries: "list[Entry] | tuple[Value | Entry, ...]", path: Path) -> Value | None:
    for entry in entries:
        if not isinstance(entry, Entry):
            continue
        rest = _rest(entry.path, path)
        if rest == ():
            return entry.value
        if rest is not None and entry.value.is_table:
            return _find(entry.value.items, rest)
    return None


def scan(text: str) -> Spans:
    """Return where everything stands in a text that is valid TOML."""
    return Spans(text, tuple(_Scanner(text).sections()))


@dataclass(slots=True)
class _Scanner:
    """A valid TOML text while it is read; `at` is the next character."""

    text: str
    at: int = 0

    def sections(self) -> Iterator[Section]:
        section = Section((), 0, 0)
        counts: dict[Path, int] = {}
        while self._skip(_SPACE) < len(self.text):
            if self.text[self.at] == "[":
                yield section
                section = self._header(counts)
            else:
                section.entries.append(self._entry())
        yield section

    def _skip(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.at

    def _header(self, counts: dict[Path, int]) -> Section:
        start = line_start(self.text, self.at)
        is_array = self.text.startswith("[[", self.at)
        self.at += 2 if is_array else 1
        path = self._key()
        for length in range(1, len(path)):
            if path[:length] in counts:
                path = (*path[:length], str(counts[path[:length]]), *path[length:])
        if is_array:
            counts[path] = counts.get(path, -1) + 1
            path = (*path, str(counts[path]))
        self.at = line_end(self.text, self.at)
        return Section(path, start, self.at, is_array)

    def _key(self) -> Path:
        parts: list[str] = []
        while found := _KEY.match(self.text, self.at):
            self.at = found.end()
            parts.append(_string(found[1]) if found[1][0] in "\"'" else found[1])
            if self.text[self.at : self.at + 1] != ".":
                break
            self.at += 1
        return tuple(parts)

    def _entry(self) -> Entry:
        start = self._skip(_BLANK)
        path = self._key()
        self.at += 1  # the equals sign
        self._skip(_BLANK)
        return Entry(path, start, self._value())

    def _value(self) -> Value:
        start = self.at
        match self.text[start]:
            case "[":
                return self._items("]", self._value)
            case "{":
                return self._items("}", self._entry)
            case '"' | "'":
                self._skip(_STRING)
                return Value(start, self.at, string=_string(self.text[start : self.at]))
            case _:
                self._skip(_PLAIN)
                end = start + len(self.text[start : self.at].rstrip())
                self.at = end
                return Value(start, end)

    def _items(self, closing: str, read: "Callable[[], Value] | Callable[[], Entry]") -> Value:
        start = self.at
        items: list[Value | Entry] = []
        commas: list[int | None] = []
        self.at += 1
        while self.text[self._skip(_SPACE)] != closing:
            items.append(read())
            has_comma = self.text[self._skip(_SPACE)] == ","
            commas.append(self.at if has_comma else None)
            self.at += has_comma
        self.at += 1
        is_array = closing == "]"
        return Value(
            start, self.at, items=tuple(items), commas=tuple(commas), is_array=is_array, is_table=not is_array
        )


def _string(literal: str) -> str:
    value = tomllib.loads(f"value = {literal}")["value"]
    return str(value)


def line_start(text: str, at: int) -> int:
    """Return where the line begins that holds the character `at`."""
    return text.rfind("\n", 0, at) + 1


def line_end(text: str, at: int) -> int:
    """Return where the next line begins, or the end of the text."""
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1

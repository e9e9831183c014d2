"""Lists of dependency specifiers in TOML: those of a ``pyproject.toml`` and of a script's block."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from pinwise.formats.edit.parts import amended, matching, parts_of, sorted_place
from pinwise.formats.edit.spans import Spans, Value, scan
from pinwise.formats.edit.splices import (
    INDENT,
    body_end,
    insert_item,
    insert_line,
    insert_table,
    newline_at,
    remove_item,
    splice,
)
from pinwise.formats.entries import shown
from pinwise.formats.toml_text import Path, parse_toml
from pinwise.formats.toml_write import toml_key, toml_string
from pinwise.model.edit import Edit, Parts, Wanted
from pinwise.model.errors import ManifestError
from pinwise.model.limits import ACCEPTED
from pinwise.model.names import NormalizedName


@dataclass(frozen=True, slots=True)
class Lists:
    """A TOML document whose lists of requirements are edited, one after the other.

    Attributes:
        text: Its text.
        file: Its name, for messages.
        edits: What was changed so far.
    """

    text: str
    file: str
    edits: tuple[Edit, ...] = ()

    def add(self, path: Path, group: str, wanted: Wanted) -> "Lists":
        """Return the document with a requirement in the list at `path`, which is made where it is missing.

        Raises:
            ManifestError: The list cannot be edited, or it is not clear which of its requirements is meant.
        """
        if wanted.path is not None:
            raise ManifestError(
                f"`{shown(wanted.path)}` is a path, and this file takes absolute URLs only",
                file=self.file,
                hint=f"write `{wanted.parts.name} @ file:///…` with the whole path, or keep such projects in "
                "a requirements file or a Pipfile",
            )
        items = self._items(path)
        present = [(number, parts) for number, parts in enumerate(map(_parts, items)) if parts is not None]
        where = f"`{'.'.join(path)}`"
        at = matching([parts for _, parts in present], wanted.parts, where, self.file)
        if at is None:
            return self._insert(path, group, wanted.parts, items)
        number, old = present[at]
        return self._replace(path, group, number, (old, amended(old, wanted.parts)))

    def remove(self, path: Path, group: str, name: NormalizedName) -> "Lists":
        """Return the document without the requirements of a project in the list at `path`."""
        done = self
        while True:
            items = done._items(path)
            found = next((n for n, item in enumerate(items) if (p := _parts(item)) and p.key == name), None)
            if found is None:
                return done
            array = done._array(path)
            after = [*items[:found], *items[found + 1 :]]
            edit = Edit(name, str(items[found]).strip(), None, group, self.file)
            done = done._checked(remove_item(done.text, array, found), path, after, edit)

    def names(self, path: Path) -> list[NormalizedName]:
        """Return the projects that the list at `path` requires."""
        return [parts.key for parts in map(_parts, self._items(path)) if parts is not None]

    def _items(self, path: Path) -> list[Any]:
        value: Any = parse_toml(self.text, self.file, ACCEPTED)
        for key in path:
            value = value.get(key, []) if isinstance(value, dict) else []
        if not isinstance(value, list):
            raise ManifestError(f"`{'.'.join(path)}` must be a list", file=self.file)
        return value

    def _array(self, path: Path) -> Value:
        value = scan(self.text).find(*path)
        if value is None or not value.is_array:
            raise uneditable(self.file, path)
        return value

    def _insert(self, path: Path, group: str, parts: Parts, items: Sequence[Any]) -> "Lists":
        spans, text = scan(self.text), str(parts)
        array = spans.find(*path)
        names = [None if (p := _parts(item)) is None else p.key for item in items]
        place = sorted_place(names, parts.key)
        if array is None:
            new = _with_list(spans, path, _literal(text, '"'))
        else:
            new = insert_item(self.text, self._array(path), place, _literal(text, _quote(self.text, array)))
        after = [*items[:place], text, *items[place:]]
        return self._checked(new, path, after, Edit(parts.key, None, text, group, self.file))

    def _replace(self, path: Path, group: str, number: int, change: tuple[Parts, Parts]) -> "Lists":
        items = self._items(path)
        old, new = change
        written = str(items[number]).strip()
        if old == new:
            return self._with(self.text, Edit(new.key, written, written, group, self.file))
        item = self._array(path).items[number]
        literal = _literal(str(new), self.text[item.start])
        edit = Edit(new.key, written, str(new), group, self.file)
        after = [*items[:number], str(new), *items[number + 1 :]]
        return self._checked(splice(self.text, item.start, item.end, literal), path, after, edit)

    def _checked(self, text: str, path: Path, after: Sequence[Any], edit: Edit) -> "Lists":
        check(self.text, text, self.file, path, list(after))
        return self._with(text, edit)

    def _with(self, text: str, edit: Edit) -> "Lists":
        return Lists(text, self.file, (*self.edits, edit))


def check(before: str, after: str, file: str, path: Path, value: object | None) -> None:
    """Make sure that an edit did what it should: `value` at `path` (None: nothing), all else as it was.

    Raises:
        ManifestError: It did not, for the file is written in a way that the edit does not understand.
    """
    try:
        tables = parse_toml(after, file, ACCEPTED)
    except ManifestError:
        raise uneditable(file, path) from None
    if tables != _with_value(parse_toml(before, file, ACCEPTED), path, value):
        raise uneditable(file, path)


def _with_value(tables: dict[str, Any], path: Path, value: object | None) -> dict[str, Any]:
    tables = deepcopy(tables)
    table = tables
    for key in path[:-1]:
        table = table.setdefault(key, {})
    if value is None:
        table.pop(path[-1], None)
    else:
        table[path[-1]] = value
    return tables


def uneditable(file: str, path: Path) -> ManifestError:
    """Return the error for a place that is written in a way which no edit understands."""
    return ManifestError(
        f"`{shown('.'.join(path))}` is written in a way that pinwise cannot edit",
        file=file,
        hint="make this change by hand, and then run `pinwise advise`",
    )


def _parts(item: object) -> Parts | None:
    return parts_of(item) if isinstance(item, str) else None


def _literal(text: str, quote: str) -> str:
    """Return a string as TOML, in the given quotes if it can stand in them without escapes."""
    for each in (quote, '"', "'"):
        if each not in text and "\\" not in text:
            return f"{each}{text}{each}"
    return toml_string(text)


def _quote(text: str, array: Value) -> str:
    """Return the quotes that the items of an array have."""
    used = [text[item.start] for item in array.items if isinstance(item, Value) and item.string is not None]
    return "'" if used and used.count("'") > used.count('"') else '"'


def _with_list(spans: Spans, path: Path, literal: str) -> str:
    """Return the text with a new list at `path`."""
    text = spans.text
    table, key = path[:-1], toml_key(path[-1])
    lines = [f"{key} = [", f"{INDENT}{literal},", "]"]
    section = spans.section(*table) if table else spans.sections[0]
    if section is None:
        return insert_table(spans, f"[{'.'.join(map(toml_key, table))}]", lines, beside="project")
    place = body_end(text, section)
    if not table and not section.entries and text:
        lines.append("")
    return insert_line(text, place, newline_at(text, place).join(lines))

"""Edit the categories of a ``Pipfile``."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pinwise.formats.edit.lists import check, uneditable
from pinwise.formats.edit.parts import amended, not_there, sorted_place
from pinwise.formats.edit.spans import Entry, Spans, Value, line_end, line_start, scan
from pinwise.formats.edit.splices import (
    body_end,
    cut_lines,
    insert_item,
    insert_line,
    insert_table,
    remove_item,
    splice,
)
from pinwise.formats.entries import near, shown
from pinwise.formats.pipfile import TAKEN
from pinwise.formats.pipfile_hash import CATEGORIES, NO_CATEGORIES
from pinwise.formats.toml_text import Path, parse_toml
from pinwise.formats.toml_write import toml_key, toml_value
from pinwise.model.edit import Edit, Parts, Wanted
from pinwise.model.errors import ManifestError, UsageError
from pinwise.model.limits import ACCEPTED
from pinwise.model.names import NormalizedName, normalise, parse_name

_TABLES = {group: table for table, group in CATEGORIES.items()}
_DIGESTS_GONE = "its digests, which were those of other files, are left out"


def add_to_pipfile(text: str, file: str, wanted: Sequence[Wanted], group: str) -> "EditedPipfile":
    """Return a Pipfile with all that is wanted in one of its categories, which is made where it is missing.

    Args:
        text: Its text.
        file: Its name, for messages.
        wanted: What to add.
        group: `default`, `develop` or the name of a category.

    Raises:
        ManifestError: There can be no such category, or it cannot be edited.
    """
    table = _TABLES.get(group, group)
    if table in (*NO_CATEGORIES, *TAKEN, "thoth"):
        raise ManifestError(
            f"no category can be named `{shown(group)}`", file=file, hint="choose another name"
        )
    try:
        parse_name(table)
    except UsageError as error:
        raise UsageError(f"`{shown(group)}` cannot be the name of a category", hint=error.hint) from None
    done = EditedPipfile(text, file)
    for each in wanted:
        done = done.add(table, each)
    return done


def remove_from_pipfile(
    text: str, file: str, names: Sequence[NormalizedName], groups: Sequence[str] = ()
) -> "EditedPipfile":
    """Return a Pipfile without some projects, in the given categories or in all of them.

    Raises:
        ManifestError: One of them is not there, or there is no such category.
    """
    done = EditedPipfile(text, file)
    tables = list(done.categories())
    for group in groups:
        if _TABLES.get(group, group) not in tables:
            listed = ", ".join(f"`{shown(each)}`" for each in tables)
            hint = near(group, tables) or (f"the categories are {listed}" if listed else None)
            raise ManifestError(f"this file has no category `{shown(group)}`", file=file, hint=hint)
    chosen = [_TABLES.get(group, group) for group in groups] or tables
    known = [normalise(name) for table in chosen for name in done.entries(table)]
    where = f" by {' or '.join(f'`{shown(group)}`' for group in groups)}" if groups else ""
    for name in names:
        if name not in known:
            raise not_there(name, known, where, file)
        for table in chosen:
            done = done.remove(table, name)
    return done


@dataclass(frozen=True, slots=True)
class EditedPipfile:
    """A Pipfile that is edited, one entry after the other.

    Attributes:
        text: Its text.
        file: Its name, for messages.
        edits: What was changed so far.
    """

    text: str
    file: str
    edits: tuple[Edit, ...] = ()

    def categories(self) -> Iterator[str]:
        """Yield the names of the tables of packages."""
        for key, value in parse_toml(self.text, self.file, ACCEPTED).items():
            if key not in (*NO_CATEGORIES, "thoth") and isinstance(value, dict):
                yield key

    def entries(self, table: str) -> Mapping[str, Any]:
        """Return what a category holds."""
        value = parse_toml(self.text, self.file, ACCEPTED).get(table, {})
        if not isinstance(value, dict):
            raise ManifestError(f"`{shown(table)}` must be a table of packages", file=self.file)
        return value

    def add(self, table: str, wanted: Wanted) -> "EditedPipfile":
        """Return the file with one more entry, or with a changed one."""
        entries = self.entries(table)
        key = next((name for name in entries if normalise(name) == wanted.parts.key), None)
        if key is None:
            return self._insert(table, wanted)
        entry = entries[key] if isinstance(entries[key], dict) else {"version": entries[key]}
        path = (table, key)
        before = _shown(key, entry)
        is_local = any(each in entry for each in ("path", "file"))
        if wanted.path is not None or (is_local and wanted.parts.bound):
            return self._whole(path, before, wanted)
        old = _parts(key, entry)
        new = amended(old, wanted.parts)
        if new == old:
            return self._with(self.text, Edit(old.key, before, before, _group(table), self.file))
        if not isinstance(entries[key], dict):
            return self._whole(path, before, Wanted(new))
        return self._keys(path, entry, old, new)

    def remove(self, table: str, name: NormalizedName) -> "EditedPipfile":
        """Return the file without the entries of a project in one category."""
        done = self
        for key, value in self.entries(table).items():
            if normalise(key) == name:
                entry = value if isinstance(value, dict) else {"version": value}
                edit = Edit(name, _shown(key, entry), None, _group(table), self.file)
                done = done._checked(_without(done.text, (table, key)), (table, key), None, edit)
        return done

    def _insert(self, table: str, wanted: Wanted) -> "EditedPipfile":
        value = _value(wanted)
        key, literal = wanted.parts.name, toml_value(value)
        spans = scan(self.text)
        inline = spans.find(table)
        section = spans.section(table)
        line = f"{toml_key(key)} = {literal}"
        if inline is not None:
            text = insert_item(self.text, inline, len(inline.items), line)
        elif section is None:
            categories = [
                each.path[0] for each in spans.sections if each.path[:1] and each.path[0] not in NO_CATEGORIES
            ]
            beside = categories[-1] if categories else ""
            text = insert_table(spans, f"[{toml_key(table)}]", [line], beside=beside)
        else:
            known = [normalise(entry.path[0]) for entry in section.entries]
            place = sorted_place(known, wanted.parts.key)
            at = body_end(self.text, section)
            if place < len(known):
                at = (
                    line_end(self.text, section.entries[place - 1].end)
                    if place
                    else line_start(self.text, section.entries[0].start)
                )
            text = insert_line(self.text, at, line)
        edit = Edit(wanted.parts.key, None, _shown(key, value), _group(table), self.file)
        return self._checked(text, (table, key), value, edit)

    def _whole(self, path: Path, before: str, wanted: Wanted) -> "EditedPipfile":
        """Put a new value in the place of a whole entry."""
        value = _value(wanted)
        present = scan(self.text).find(*path)
        if present is None:
            raise uneditable(self.file, path)
        literal = toml_value(value)
        if isinstance(value, str) and self.text[present.start] == "'":
            literal = f"'{value}'"
        edit = Edit(wanted.parts.key, before, _shown(path[1], value), _group(path[0]), self.file)
        return self._checked(splice(self.text, present.start, present.end, literal), path, value, edit)

    def _keys(self, path: Path, entry: Mapping[str, Any], old: Parts, new: Parts) -> "EditedPipfile":
        """Change single keys of an entry that is a table."""
        text, value, note = self.text, dict(entry), ""
        if new.bound != old.bound:
            value["version"] = _version(new)
            text = _set(text, (*path, "version"), value["version"], self.file)
            if "hashes" in value:
                note = _DIGESTS_GONE
                del value["hashes"]
                text = _without(text, (*path, "hashes"))
        if new.extras != old.extras:
            value["extras"] = list(new.extras)
            text = _set(text, (*path, "extras"), value["extras"], self.file)
        if new.marker != old.marker:
            value["markers"] = _marker(new)
            text = _set(text, (*path, "markers"), value["markers"], self.file)
        edit = Edit(new.key, _shown(path[1], entry), _shown(path[1], value), _group(path[0]), self.file, note)
        return self._checked(text, path, value, edit)

    def _checked(self, text: str, path: Path, value: object | None, edit: Edit) -> "EditedPipfile":
        check(self.text, text, self.file, path, value)
        return self._with(text, edit)

    def _with(self, text: str, edit: Edit) -> "EditedPipfile":
        return EditedPipfile(text, self.file, (*self.edits, edit))


# --- entries as values


def _group(table: str) -> str:
    return CATEGORIES.get(table, table)


def _version(parts: Parts) -> str:
    return parts.bound.strip("()").strip() or "*"


def _marker(parts: Parts) -> str:
    """Return the marker with quotes that need no escapes in TOML, where that is possible."""
    return parts.marker if "'" in parts.marker else parts.marker.replace('"', "'")


def _value(wanted: Wanted) -> "str | dict[str, Any]":
    """Return the entry for a requirement, as short as it can be."""
    parts, entry = wanted.parts, dict[str, Any]()
    if wanted.path is not None:
        entry["path"] = wanted.path
        if wanted.is_editable:
            entry["editable"] = True
    else:
        entry["version"] = _version(parts)
    if parts.extras:
        entry["extras"] = list(parts.extras)
    if parts.marker:
        entry["markers"] = _marker(parts)
    return str(entry["version"]) if list(entry) == ["version"] else entry


def _parts(key: str, entry: Mapping[str, Any]) -> Parts:
    """Return what an entry says; "" as its bound for any version."""
    version = str(entry.get("version", "")).strip()
    extras = tuple(str(extra) for extra in entry.get("extras", ()))
    return Parts(key, extras, "" if version == "*" else version, str(entry.get("markers", "")).strip())


def _shown(key: str, entry: "str | Mapping[str, Any]") -> str:
    """Return an entry as people see it: as a requirement, with its path where it has one."""
    entry = {"version": entry} if isinstance(entry, str) else entry
    parts = _parts(key, entry)
    place = entry.get("path", entry.get("file"))
    if place is not None:
        return f"{Parts(key, parts.extras)} @ {place}{f' ; {parts.marker}' if parts.marker else ''}"
    bound = f"=={parts.bound}" if parts.bound[:1].isalnum() else parts.bound
    return str(Parts(key, parts.extras, bound, parts.marker))


# --- entries as text


def _set(text: str, path: Path, value: object, file: str) -> str:
    """Return the text with a key of an entry set: in its inline table, or below its header."""
    spans = scan(text)
    present = spans.find(*path)
    literal = toml_value(value)
    if present is not None:
        if isinstance(value, str) and text[present.start] == "'" and "'" not in value:
            literal = f"'{value}'"
        return splice(text, present.start, present.end, literal)
    line = f"{path[-1]} = {literal}"
    inline = spans.find(*path[:-1])
    if inline is not None and inline.is_table:
        return insert_item(text, inline, len(inline.items), line)
    section = spans.section(*path[:-1])
    if section is None:
        raise uneditable(file, path[:-1])
    return insert_line(text, body_end(text, section), line)


def _without(text: str, path: Path) -> str:
    """Return the text without all that stands at `path`: an item of an inline table, lines, a table."""
    while (place := _place(scan(text), path)) is not None:
        if isinstance(place, tuple):
            text = cut_lines(text, *place)
        else:
            text = remove_item(text, *_inline(place, path))
    return text


def _place(spans: Spans, path: Path) -> "tuple[int, int] | Value | None":
    """Return the lines to cut, or the inline table that holds `path`; None where nothing of it is left."""
    text = spans.text
    for section in spans.sections:
        if section.path and section.path[: len(path)] == path:
            return section.start, body_end(text, section)
        for entry in section.entries:
            whole = (*section.path, *entry.path)
            if whole[: len(path)] == path:
                return line_start(text, entry.start), line_end(text, entry.end)
    parent = spans.find(*path[:-1])
    is_there = parent is not None and any(
        isinstance(item, Entry) and item.path[:1] == path[-1:] for item in parent.items
    )
    return parent if is_there else None


def _inline(table: Value, path: Path) -> tuple[Value, int]:
    index = next(
        n for n, item in enumerate(table.items) if isinstance(item, Entry) and item.path[:1] == path[-1:]
    )
    return table, index

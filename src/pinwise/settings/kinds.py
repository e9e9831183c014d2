"""The values of settings: from an option's text, a variable or TOML to a checked value."""

import math
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from packaging.version import Version

from pinwise.formats.entries import parse_requirement, parse_specifiers, parse_version, shown
from pinwise.model.errors import UsageError
from pinwise.model.facts import Metadata, Origin
from pinwise.model.names import NormalizedName, parse_name
from pinwise.model.request import ALL

NONE = ":none:"
"""Empties a list of names, as in pip."""

MOST_SECONDS = 10_000_000
LARGEST_COUNT = 1_000_000_000

GIVEN_KEYS = ("name", "version", "requires-dist", "requires-python", "provides-extra")
"""The keys of one ``[[metadata]]`` table, named as the fields of METADATA."""


class Kind(StrEnum):
    """What a setting's value looks like; the word is the one of the reference."""

    TEXT = "text"
    CHOICE = "one of"
    FLAG = "yes or no"
    COUNT = "whole number"
    SECONDS = "seconds"
    NAMES = "project names"
    FILES = "file names"
    PATH = "path"
    URL = "URL"
    URLS = "URLs"
    TABLES = "tables"


_TRUE = frozenset(("1", "true", "yes", "on"))
_FALSE = frozenset(("0", "false", "no", "off"))


def parse_value(kind: Kind, value: object) -> object:
    """Return the checked value of a setting; URLs and tables are left to whoever knows their place.

    Args:
        kind: What it should look like.
        value: A text, or what TOML gives.

    Raises:
        ValueError: It does not; the message goes on after the setting's name (``must be …``).
    """
    match kind:
        case Kind.TEXT | Kind.CHOICE | Kind.PATH | Kind.URL:
            return _text(value)
        case Kind.FLAG:
            return _flag(value)
        case Kind.COUNT:
            return _count(value)
        case Kind.SECONDS:
            return _seconds(value)
        case Kind.NAMES:
            return _names(_texts(value, ","))
        case Kind.FILES | Kind.URLS:
            return _texts(value)
        case Kind.TABLES:
            return _tables(value)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError("must be a text of one line")
    return value.strip()


def _texts(value: object, separators: str = "") -> tuple[str, ...]:
    """Return the items of a list, or of a text whose items stand between white space (and `separators`)."""
    if isinstance(value, str):
        value = re.split(rf"[\s{separators}]+", value.strip(f"{separators} \t\n"))
    if not isinstance(value, Sequence):
        raise ValueError("must be a list of texts")  # noqa: TRY004  # one kind of error for every value
    items = [
        part for item in value for part in (re.split(r"[,\s]+", _text(item)) if separators else [_text(item)])
    ]
    return tuple(item for item in items if item)


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    text = value.strip().lower() if isinstance(value, str) else ""
    if text not in _TRUE | _FALSE:
        raise ValueError("must be `true` or `false`")
    return text in _TRUE


def _count(value: object) -> int:
    if isinstance(value, str) and re.fullmatch(r"\s*[0-9]{1,12}\s*", value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST_COUNT:
        raise ValueError("must be a whole number, 0 or more")
    return value


def _seconds(value: object) -> float:
    if isinstance(value, str) and re.fullmatch(r"\s*[0-9]{1,12}(\.[0-9]{0,6})?\s*", value):
        value = float(value)
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError("must be a number of seconds")
    if not 0 < value <= MOST_SECONDS:
        raise ValueError(f"must be a number of seconds above 0, at most {MOST_SECONDS:,}")
    return float(value)


def _names(items: Sequence[str]) -> tuple[str, ...]:
    """Return normalised names, or `ALL`; as in pip, `NONE` drops what stands before it."""
    names: list[str] = []
    for item in items:
        if item == NONE:
            names.clear()
        elif item == ALL:
            names.append(ALL)
        else:
            try:
                names.append(parse_name(item))
            except UsageError:
                raise ValueError(
                    f"must be names of projects, `{ALL}` or `{NONE}`, not `{shown(item)}`"
                ) from None
    return tuple(dict.fromkeys(names))


def _tables(value: object) -> tuple[Mapping[str, object], ...]:
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise ValueError("must be an array of tables (`[[metadata]]`)")
    return tuple(value)


def parse_given(table: Mapping[str, object]) -> tuple[tuple[NormalizedName, Version], Metadata]:
    """Return the release that one ``[[metadata]]`` table is about, and what the user says of it.

    Raises:
        ValueError: The table has unknown keys or values that cannot be read.
    """
    unknown = sorted(set(table) - set(GIVEN_KEYS))
    if unknown:
        raise ValueError(f"has the unknown key `{shown(unknown[0])}`; the keys are {', '.join(GIVEN_KEYS)}")
    try:
        name = parse_name(_field(table, "name"))
        version = parse_version(_field(table, "version"))
        requires_python = _field(table, "requires-python", required=False)
        metadata = Metadata(
            requires_python=parse_specifiers(requires_python) if requires_python else None,
            requirements=tuple(parse_requirement(text) for text in _items(table, "requires-dist")),
            extras=frozenset(parse_name(text) for text in _items(table, "provides-extra")),
            origin=Origin.USER,
        )
    except UsageError as error:
        raise ValueError(f"cannot be read: {error.message}") from None
    return (name, version), metadata


def _field(table: Mapping[str, object], key: str, *, required: bool = True) -> str:
    value = table.get(key)
    if value is None and not required:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"needs a text for `{key}`" if required else f"needs `{key}` to be a text")  # noqa: TRY004
    return value


def _items(table: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"needs `{key}` to be a list of texts")
    return tuple(value)

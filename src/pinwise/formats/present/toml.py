"""TOML of locks: long texts under limits, and the lines of their ``[[package]]`` headers."""

import re
import tomllib

from pinwise.formats.entries import shown
from pinwise.formats.present.entry import Entry
from pinwise.formats.toml_text import MOST_DOTS, invalid_toml, is_too_deep, nested_too_deep
from pinwise.model.errors import ManifestError

_STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'")
_LONG_STRING = re.compile(r"\"\"\"|'''")


def parse_lock_toml(text: str, file: str) -> dict[str, object]:
    """Return the tables of a lock; dots inside of strings do not count against the limit for dotted keys.

    Raises:
        ManifestError: It is not valid TOML or breaks a limit.
    """
    text = text.removeprefix("\ufeff")
    has_long_strings = _LONG_STRING.search(text) is not None
    for number, line in enumerate(text.split("\n"), start=1):
        if line.count(".") <= MOST_DOTS:
            continue
        if has_long_strings or _STRING.sub("", line).count(".") > MOST_DOTS:
            raise ManifestError(f"this line has more than {MOST_DOTS} dots", file=file, line=number)
    try:
        tables: dict[str, object] = tomllib.loads(text)
    except RecursionError:
        raise nested_too_deep(file) from None
    except ValueError as error:
        raise invalid_toml(error, text, file) from None
    if is_too_deep(tables):
        raise nested_too_deep(file)
    return tables


def header_lines(text: str, header: str) -> tuple[int, ...]:
    """Return the lines on which the headers of an array of tables stand: the n-th is that of entry n."""
    return tuple(
        number for number, line in enumerate(text.split("\n"), start=1) if line.rstrip() == f"[[{header}]]"
    )


def entries(
    tables: dict[str, object], text: str, file: str, *, key: str
) -> list[tuple[Entry, dict[str, object]]]:
    """Return the tables of an array of packages, each with the place where it stands."""
    head = Entry(file, f"`{key}`")
    lines = header_lines(text, key)
    items: list[dict[str, object]] = head.tables(tables.get(key), "the content")
    known = len(lines) == len(items)
    return [
        (Entry(file, _what(item, number, key), lines[number] if known else None), item)
        for number, item in enumerate(items)
    ]


def _what(item: dict[str, object], number: int, key: str) -> str:
    name = item.get("name")
    return shown(name) if isinstance(name, str) and name else f"{key}[{number}]"


def whole_number(value: object) -> int | None:
    """Return a whole number, None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None

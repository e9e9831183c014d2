"""Write TOML by hand where the layout matters: one entry per line."""

import re
from collections.abc import Iterable, Iterator, Mapping

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPED = re.compile(r'[\x00-\x1f\x7f"\\\ud800-\udfff]')


class Raw(str):
    """A value that is already TOML."""

    __slots__ = ()


def toml_array(key: str, items: Iterable[str]) -> Iterator[str]:
    """Yield the lines of an array with one item, which is already TOML, on each."""
    yield f"{key} = ["
    for item in items:
        yield f"    {item},"
    yield "]"


def inline_table(**values: str | int | None) -> str:
    """Return an inline table of the values that are there; ``upload_time`` becomes ``upload-time``."""
    pairs = [
        f"{key.replace('_', '-')} = {_value(value)}" for key, value in values.items() if value is not None
    ]
    return "{" + ", ".join(pairs) + "}"


def _value(value: str | int) -> str:
    if isinstance(value, Raw):
        return value
    if isinstance(value, str):
        return toml_string(value)
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def toml_string(text: str) -> str:
    """Return `text` as a basic string; a lone surrogate, which TOML cannot hold, becomes U+FFFD."""
    return f'"{_ESCAPED.sub(_escape, text)}"' if _ESCAPED.search(text) else f'"{text}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    if character in '"\\':
        return "\\" + character
    return "\ufffd" if character >= "\ud800" else f"\\u{ord(character):04X}"


def toml_key(name: str) -> str:
    """Return a key, in quotes where it needs them."""
    return name if _BARE_KEY.fullmatch(name) else toml_string(name)


def toml_value(value: object) -> str:
    """Return a value that was read from TOML, on one line."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return toml_string(value)
        case list() | tuple():
            return "[" + ", ".join(toml_value(item) for item in value) + "]"
        case Mapping():
            return (
                "{" + ", ".join(f"{toml_key(key)} = {toml_value(item)}" for key, item in value.items()) + "}"
            )
        case _:
            return str(value)

"""The kinds of lock that pinwise writes: which one a file name means, and whether two say the same."""

import json
import re
import tomllib
from pathlib import PurePath

from pinwise.formats.lock_text import one_line
from pinwise.model.errors import UsageError
from pinwise.model.lock import LockFormat

__all__ = ["LockFormat", "lock_format", "says_the_same"]

_PYLOCK = re.compile(r"pylock(\.[^.]+)?\.toml")
_LONGEST_NAME = 100


def lock_format(filename: str) -> LockFormat:
    """Return the kind of lock that a file name, or a path that ends with one, means.

    Raises:
        UsageError: It means none.
    """
    name = PurePath(filename).name
    if _PYLOCK.fullmatch(name):
        return LockFormat.PYLOCK
    if name == "Pipfile.lock":
        return LockFormat.PIPFILE_LOCK
    if name.endswith(".txt") and name != ".txt":
        return LockFormat.REQUIREMENTS
    raise UsageError(
        f"`{one_line(filename)[:_LONGEST_NAME]}` is not the name of a lock",
        hint="name it `pylock.toml`, `pylock.NAME.toml`, `Pipfile.lock` or `NAME.txt`",
    )


def says_the_same(old_text: str, new_text: str, format: LockFormat) -> bool:  # noqa: A002  # the plain word
    """Whether a lock need not be rewritten: `old_text` holds all that `new_text` does.

    Layout does not count in TOML and JSON. Neither does our own note of the cost, which grows as newer
    releases appear while the pins stay. Digests, files and everything else do.
    """
    if old_text == new_text:
        return True
    match format:
        case LockFormat.PYLOCK:
            return _is_same(_read_pylock(old_text), _read_pylock(new_text))
        case LockFormat.PIPFILE_LOCK:
            return _is_same(_read_json(old_text), _read_json(new_text))
        case LockFormat.REQUIREMENTS:
            return old_text.splitlines() == new_text.splitlines()


def _is_same(old: object, new: object) -> bool:
    return old is not None and old == new


def _read_pylock(text: str) -> dict[str, object] | None:
    """Return the content of a `pylock.toml` without our note of the cost, None if it cannot be read."""
    try:
        content: dict[str, object] = tomllib.loads(text)
    except (ValueError, RecursionError):
        return None
    match content:
        case {"tool": {"pinwise": {"cost": _, **others} as ours}}:
            ours.clear()
            ours.update(others)
        case _:
            pass
    return content


def _read_json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None

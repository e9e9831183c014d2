"""The kinds of lock that pinwise writes: which one a file name means, and whether two say the same."""

import json
import re
import tomllib
from pathlib import PurePath

from pinwise.formats.lock_origin import KEYS
from pinwise.formats.lock_text import one_line
from pinwise.model.errors import UsageError
from pinwise.model.lock import LockFormat

__all__ = ["LockFormat", "lock_format", "lock_name_with", "says_the_same"]

_PYLOCK = re.compile(r"pylock(\.[^.]+)?\.toml")
_PIPFILE_LOCK = re.compile(r"Pipfile(\.[^.]+)?\.lock")
_LONGEST_NAME = 100
_OUR_COST = re.compile(r"\ncost = (?:0|[1-9][0-9]{0,17})\n")


def lock_format(filename: str) -> LockFormat:
    """Return the kind of lock that a file name, or a path that ends with one, means.

    Raises:
        UsageError: It means none.
    """
    name = PurePath(filename).name
    if _PYLOCK.fullmatch(name):
        return LockFormat.PYLOCK
    if _PIPFILE_LOCK.fullmatch(name):
        return LockFormat.PIPFILE_LOCK
    if name.endswith(".txt") and name != ".txt":
        return LockFormat.REQUIREMENTS
    raise UsageError(
        f"`{one_line(filename)[:_LONGEST_NAME]}` is not the name of a lock",
        hint="name it `pylock.toml`, `pylock.NAME.toml`, `Pipfile.lock`, `Pipfile.NAME.lock` or `NAME.txt`",
    )


def lock_name_with(filename: str, word: str) -> str:
    """Return the name of a lock with a word put in, so that it is another file of the same kind.

    A letter of the word that no file name should have becomes a dash.

    >>> lock_name_with("pylock.toml", "gpu"), lock_name_with("locks/pylock.tool.toml", "gpu")
    ('pylock.gpu.toml', 'locks/pylock.tool-gpu.toml')
    >>> lock_name_with("Pipfile.lock", "rhel:8"), lock_name_with("requirements.txt", "gpu")
    ('Pipfile.rhel-8.lock', 'requirements.gpu.txt')
    """
    path = PurePath(filename)
    stem = path.name.removesuffix(path.suffix)
    joint = "-" if "." in stem and path.suffix != ".txt" else "."
    return path.with_name(f"{stem}{joint}{re.sub(r'[^A-Za-z0-9_-]', '-', word)}{path.suffix}").as_posix()


def says_the_same(old_text: str, new_text: str, format: LockFormat) -> bool:  # noqa: A002  # the plain word
    """Whether a lock need not be rewritten: `old_text` holds all that `new_text` does.

    Layout does not count in TOML and JSON. Neither does our own note of the cost, which grows as newer
    releases appear while the pins stay, and of the manifest's name. Digests, files and everything else do.
    """
    if old_text == new_text:
        return True
    match format:
        case LockFormat.PYLOCK if _differs_in_cost_only(old_text, new_text):
            return True
        case LockFormat.PYLOCK:
            return _is_same(_read_pylock(old_text), _read_pylock(new_text))
        case LockFormat.PIPFILE_LOCK:
            return _is_same(_read_json(old_text), _read_json(new_text))
        case LockFormat.REQUIREMENTS:
            return old_text.splitlines() == new_text.splitlines()


def _differs_in_cost_only(old_text: str, new_text: str) -> bool:
    """Whether a text of ours differs from another one only in the number that our note of the cost gives.

    No other line that we write begins like it, and no line of ours is inside of a string. Quick to see; to
    parse both texts takes longer than all else of a check.
    """
    start = new_text.rfind("\ncost = ")
    new, old = (_OUR_COST.match(text, max(start, 0)) for text in (new_text, old_text))
    if new is None or old is None:
        return False
    return new_text[:start] == old_text[:start] and new_text[new.end() :] == old_text[old.end() :]


def _is_same(old: object, new: object) -> bool:
    return old is not None and old == new


def _read_pylock(text: str) -> dict[str, object] | None:
    """Return the content of a `pylock.toml` without our notes on it, None if it cannot be read."""
    try:
        content: dict[str, object] = tomllib.loads(text)
    except (ValueError, RecursionError):
        return None
    match content:
        case {"tool": {"pinwise": dict(ours)}}:
            for key in ("cost", *KEYS):
                ours.pop(key, None)
        case _:
            pass
    return content


def _read_json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None

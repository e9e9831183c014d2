"""Markers as text: taken apart at ``and`` and ``or`` outside of parentheses and quotes."""

import re

from pinwise.formats.present.entry import Entry
from pinwise.model.request import DEFAULT_GROUP

_TOKEN = re.compile(r"'[^']*'|\"[^\"]*\"|[()]|\s(and|or)\s")
_GROUP = re.compile(r"""(?:'([^']+)'|"([^"]+)") in dependency_groups""")
_MENTIONS = re.compile(r"\b(?:dependency_groups|extras)\b")


def split_marker(text: str, word: str) -> list[str]:
    """Return the parts of a marker between each outer `word` ("and" or "or").

    >>> split_marker("(a == '1' or b == '2') and c == ' and '", "and")
    ["(a == '1' or b == '2')", "c == ' and '"]
    """
    parts: list[str] = []
    depth = start = 0
    for token in _TOKEN.finditer(text):
        depth += (token[0] == "(") - (token[0] == ")")
        if token[1] == word and depth == 0:
            parts.append(text[start : token.start()].strip())
            start = token.end()
    return [*parts, text[start:].strip()]


def bare(text: str) -> str:
    """Return a marker without the parentheses around all of it."""
    while text.startswith("(") and text.endswith(")") and _is_one_bracket(text):
        text = text[1:-1].strip()
    return text


def _is_one_bracket(text: str) -> bool:
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += (token[0] == "(") - (token[0] == ")")
        if depth == 0:
            return token.end() == len(text)
    return False


def all_of(markers: list[str]) -> str | None:
    """Return the marker that holds where each of `markers` does, None for none of them."""
    parts = [f"({part})" if len(split_marker(part, "or")) > 1 else part for part in dict.fromkeys(markers)]
    return bare(" and ".join(parts)) if parts else None


def mentions_groups(marker: str) -> bool:
    """Whether a marker speaks of the groups or extras of a `pylock.toml`, which no other format knows."""
    return _MENTIONS.search(marker) is not None


def groups_and_rest(marker: str) -> tuple[tuple[str, ...], str | None] | None:
    """Part a marker of a `pylock.toml` into the groups that it names and what it says beside them.

    None is returned where groups or extras are named in another way than ``"NAME" in dependency_groups``,
    joined by ``or``, with the rest joined to them by ``and``.
    """
    if not _MENTIONS.search(marker):
        return (DEFAULT_GROUP,), marker
    parts = [marker] if len(split_marker(marker, "or")) > 1 else split_marker(marker, "and")
    naming = [part for part in parts if _MENTIONS.search(part)]
    if len(naming) != 1:
        return None
    found = [_GROUP.fullmatch(part) for part in split_marker(bare(naming[0]), "or")]
    groups = [match[1] or match[2] for match in found if match is not None]
    if len(groups) != len(found):
        return None
    return tuple(dict.fromkeys(groups)), all_of([part for part in parts if part is not naming[0]])


def groups_of(marker: str | None, entry: Entry) -> tuple[tuple[str, ...], str | None]:
    """Part the marker of a package in a `pylock.toml` into the groups that need it and the rest.

    One whose marker names groups in another way is taken for one of the default group, marker and all.
    """
    if marker is None:
        return (DEFAULT_GROUP,), None
    parted = groups_and_rest(marker)
    if parted is None:
        return (DEFAULT_GROUP,), entry.clean(marker, "the marker")
    groups, rest = parted
    return groups, entry.marker(rest)

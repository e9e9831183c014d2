"""JSON from outside, held to limits before it becomes objects: 30 MB can hold ten million of them."""

import json
import re
from typing import Any

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[][{}]', re.DOTALL)
_BRACKETS = b"[]{}"
_OTHERS = bytes(set(range(256)) - set(_BRACKETS))
_ROUNDS = 8
_COMMAS = 4  # for each object


class BrokenJsonError(Exception):
    """A text is no JSON, or breaks a limit; the message says how."""


def read_json(text: bytes, *, depth: int, objects: int) -> Any:
    """Return the value of a JSON text.

    Args:
        text: The text, in UTF-8.
        depth: How deep objects and lists may be nested.
        objects: How many of them there may be.

    Raises:
        BrokenJsonError: It is none, or breaks a limit.
    """
    if text.count(b"[") + text.count(b"{") > objects or text.count(b",") > _COMMAS * objects:
        raise BrokenJsonError(f"holds more than {objects:,} objects")
    if _is_deeper(text, depth):
        raise BrokenJsonError(f"is nested deeper than {depth:,} levels")
    try:
        return json.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise BrokenJsonError("is no valid JSON") from None


def _is_deeper(text: bytes, depth: int) -> bool:
    """Whether brackets outside of strings are nested deeper than a limit; in linear time.

    Pairs with nothing between them are taken away, level by level; only where that leaves something (a
    bracket in a string, or more levels than a page has) each token is looked at.
    """
    left = text.translate(None, _OTHERS)
    for _ in range(min(depth, _ROUNDS)):
        if not left:
            return False
        left = left.replace(b"[]", b"").replace(b"{}", b"")
    return bool(left) and _depth_of(text, depth) > depth


def _depth_of(text: bytes, most: int) -> int:
    """Return how deep brackets are nested; past `most` it is not looked at any more."""
    depth = deepest = 0
    for token in _TOKEN.finditer(text):
        if token[0] in (b"[", b"{"):
            depth += 1
            deepest = max(deepest, depth)
            if deepest > most:
                break
        elif token[0] in (b"]", b"}"):
            depth -= 1
    return deepest

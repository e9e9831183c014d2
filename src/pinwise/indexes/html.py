"""The start tags of an HTML page, in linear time whatever the page holds.

The standard library's parser starts over at every unfinished tag: 30 KB of ``<a `` take it ten seconds.
This scanner never moves back, which is also what the HTML standard asks for. A tag, comment or quoted value
that never ends would swallow the rest of the page, as a browser has it; here it is an error, for a page that
was cut off must not pass for one that lists less.
"""

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

_TAG_NAME = re.compile(r"[A-Za-z][^\s/>]*")
_ATTRIBUTE = re.compile(r"[\s/]*(?:>|([^\s/>][^\s/>=]*)(\s*=\s*)?)")
_UNQUOTED = re.compile(r"[^\s>]*")
_RAW_TEXT = {
    name: re.compile(rf"</{name}", re.IGNORECASE) for name in ("script", "style", "title", "textarea")
}
_WANTED = frozenset({"a", "base", "meta"})
LONGEST_VALUE = 4_000  # html.unescape makes an int of digits, and Python refuses more than 4,300 of them


class UnfinishedTagError(Exception):
    """A page ends inside of a tag or a comment."""


class StartTag(NamedTuple):
    """A start tag with its attributes, names in lower case, the first of a name outweighing the others."""

    name: str
    attributes: dict[str, str]


def start_tags(text: str) -> Iterator[StartTag]:
    """Yield the ``a``, ``base`` and ``meta`` tags of a page, in order.

    Raises:
        UnfinishedTagError: It ends inside of one.
    """
    place = 0
    while (place := text.find("<", place)) >= 0:
        if text.startswith("<!--", place):
            end = text.find("-->", place + 4)
            if end < 0:
                raise UnfinishedTagError
            place = end + 3
            continue
        opened = _TAG_NAME.match(text, place + 1)
        if opened is None:
            place += 1
            continue
        name = opened[0].lower()
        attributes, place = _attributes(text, opened.end())
        if place < 0:
            raise UnfinishedTagError
        if name in _WANTED:
            yield StartTag(name, attributes)
        elif name in _RAW_TEXT:
            closing = _RAW_TEXT[name].search(text, place)
            place = len(text) if closing is None else closing.end()


def _attributes(text: str, place: int) -> tuple[dict[str, str], int]:
    """Read attributes up to the end of the tag; the place is -1 where the tag never ends."""
    attributes: dict[str, str] = {}
    while found := _ATTRIBUTE.match(text, place):
        place = found.end()
        if found[1] is None:
            return attributes, place
        value = ""
        if found[2] is not None:
            value, place = _value(text, place)
            if place < 0:
                break
        attributes.setdefault(found[1].lower(), value)
    return attributes, -1


def _value(text: str, place: int) -> tuple[str, int]:
    quote = text[place : place + 1]
    if quote in ('"', "'") and quote:
        end = text.find(quote, place + 1)
        return (_unescape(text[place + 1 : end]), end + 1) if end >= 0 else ("", -1)
    found = _UNQUOTED.match(text, place)
    return (_unescape(found[0]), found.end()) if found else ("", place)


def _unescape(value: str) -> str:
    """Resolve character references; an overlong value is nothing that an index page means."""
    return html.unescape(value) if "&" in value and len(value) <= LONGEST_VALUE else value

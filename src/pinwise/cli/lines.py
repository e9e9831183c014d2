"""Lines of text in 80 columns, and their styles."""

import re
from collections.abc import Iterator
from typing import NamedTuple

WIDTH = 80
_HARD_SPACE = "\x00"  # no message holds one
_QUOTED = re.compile("`[^`]*`")


class Line(NamedTuple):
    """One line of text and its style: "" or a word that `STYLES` of the command line knows."""

    text: str = ""
    style: str = ""


def wrap(text: str, *, first: str = "", indent: str = "") -> Iterator[Line]:
    """Yield `text` in lines of at most `WIDTH` characters."""
    import textwrap  # noqa: PLC0415  # a check has short lines

    for line in textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    ):
        yield Line(line)


def folded(message: str) -> str:
    """Return a message in lines of at most `WIDTH` characters.

    What stands in backticks, a command to copy for example, stays on one line.
    """
    if len(message) <= WIDTH:
        return message
    whole = _QUOTED.sub(lambda quoted: quoted[0].replace(" ", _HARD_SPACE), message)
    lines = wrap(whole, indent="  ")
    return "\n".join(line.text.replace(_HARD_SPACE, " ") for line in lines)

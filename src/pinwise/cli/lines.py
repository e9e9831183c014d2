"""Lines of text in 80 columns, and their styles."""

from collections.abc import Iterator
from typing import NamedTuple

WIDTH = 80


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

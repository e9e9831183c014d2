"""Where results and notes are written: stdout carries the result only, everything else goes to stderr."""

from collections.abc import Iterable

import click

from pinwise.cli.habits import current_habits
from pinwise.cli.lines import Line
from pinwise.cli.streams import printable, write_err, write_out

STYLES: dict[str, dict[str, bool | str]] = {
    "": {},
    "title": {"bold": True},
    "head": {"dim": True},
    "good": {"fg": "green"},
    "weak": {"fg": "yellow"},
    "bad": {"fg": "red"},
}

_NO_REPORT = -2


def write_lines(lines: Iterable[Line]) -> None:
    """Write a report for people, unless `-qq` wants none; colours go where they are wanted."""
    if current_habits().level > _NO_REPORT:
        write_out("\n".join(map(_styled, lines)))


def _styled(line: Line) -> str:
    """Return a line as a terminal shows it; whatever its text came from moves no cursor."""
    text = printable(line.text)
    return click.style(text, **STYLES[line.style]) if line.style else text  # type: ignore[arg-type]


def write_warnings(warnings: Iterable[str]) -> None:
    """Write each warning once, on stderr."""
    for warning in dict.fromkeys(warnings):
        write_err(f"warning: {warning}")


def write_notes(notes: Iterable[str], *, level: int = 1) -> None:
    """Write what only those want to know who give `-v` so many times; `notes` is made for them only."""
    if current_habits().level >= level:
        for note in notes:
            write_err(f"note: {note}")

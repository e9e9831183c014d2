"""Where results and notes are written: stdout carries the result only, everything else goes to stderr."""

from collections.abc import Iterable

import click

from pinwise.cli.lines import Line
from pinwise.cli.streams import write_err, write_out

STYLES: dict[str, dict[str, bool | str]] = {
    "": {},
    "title": {"bold": True},
    "head": {"dim": True},
    "good": {"fg": "green"},
    "weak": {"fg": "yellow"},
    "bad": {"fg": "red"},
}


def write_lines(lines: Iterable[Line], *, is_plain: bool) -> None:
    """Write a report for people; colours go to a terminal only, and not where the user wants none."""
    write_out(
        "\n".join(
            line.text if is_plain or not line.style else click.style(line.text, **STYLES[line.style])  # type: ignore[arg-type]
            for line in lines
        )
    )


def write_warnings(warnings: Iterable[str]) -> None:
    """Write each warning once, on stderr."""
    for warning in dict.fromkeys(warnings):
        write_err(f"warning: {warning}")

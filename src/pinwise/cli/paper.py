"""Where results and summaries are written: stdout carries the result only, everything else goes to stderr."""

from collections.abc import Iterable

import click

from pinwise.cli.render import Line

STYLES: dict[str, dict[str, bool | str]] = {
    "": {},
    "title": {"bold": True},
    "head": {"dim": True},
    "good": {"fg": "green"},
    "weak": {"fg": "yellow"},
    "bad": {"fg": "red"},
}


def write_result(text: str) -> None:
    """Write a result as it is; click keeps it plain where stdout is no terminal."""
    click.echo(text, nl=not text.endswith("\n"))


def write_lines(lines: Iterable[Line], *, is_plain: bool) -> None:
    """Write a report for people, with colours if it goes to a terminal and the user wants them."""
    text = "\n".join(
        line.text if is_plain or not line.style else click.style(line.text, **STYLES[line.style])  # type: ignore[arg-type]
        for line in lines
    )
    write_result(text)


def write_note(text: str) -> None:
    """Write a sentence about the work on stderr."""
    click.echo(text, err=True)


def write_warnings(warnings: Iterable[str]) -> None:
    """Write each warning once, on stderr."""
    for warning in dict.fromkeys(warnings):
        click.echo(
            "warning: " + "".join(letter if letter.isprintable() else " " for letter in warning), err=True
        )

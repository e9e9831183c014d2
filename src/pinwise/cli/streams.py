"""The two streams of a process, and what happens when nobody reads them."""

import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import click

from pinwise.cli.habits import current_habits
from pinwise.cli.lines import folded
from pinwise.model.errors import OutputError

_LABELS: dict[str, dict[str, bool | str]] = {
    "error: ": {"fg": "red", "bold": True},
    "warning: ": {"fg": "yellow", "bold": True},
    "hint: ": {"fg": "cyan", "bold": True},
    "note: ": {"dim": True},
}
"""How each kind of message begins, and how that is styled."""


def printable(text: str) -> str:
    """Return a message without control characters, for it may hold text from outside."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def prepare_streams() -> None:
    """Let both streams take any text: a closed one leads nowhere, a letter without a code is escaped."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # for the whole process
            setattr(sys, name, nowhere)
        elif isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def write_out(text: str) -> None:
    """Write a result on stdout; a reader that went away is no error.

    Raises:
        OutputError: It cannot be written, on a full disk for example.
    """
    try:
        click.echo(text, nl=not text.endswith("\n"), color=current_habits().wants_color())
        sys.stdout.flush()
    except BrokenPipeError:
        _forget(sys.stdout)
    except OSError as error:
        _forget(sys.stdout)
        reason = (error.strerror or type(error).__name__).lower()
        raise OutputError(f"the result cannot be written: {reason}", hint="look where stdout goes") from error


def write_err(text: str) -> None:
    """Write a line about the work on stderr, unless `-q` wants none."""
    if current_habits().level >= 0:
        write_error(text)


def write_error(text: str) -> None:
    """Write a line on stderr that nobody may miss; its label is coloured where colours are wanted.

    A terminal gets a long one in several lines; a file gets it whole, for those who search it.
    """
    line = folded(printable(text)) if sys.stderr.isatty() else printable(text)
    label = next((each for each in _LABELS if line.startswith(each)), "")
    if label:
        line = click.style(label.rstrip(), **_LABELS[label]) + line[len(label) - 1 :]  # type: ignore[arg-type]
    try:
        click.echo(line, err=True, color=current_habits().wants_color())
    except OSError:
        _forget(sys.stderr)


def _forget(stream: TextIO) -> None:
    """Point a stream at nothing, so that flushing it at the end of the process stays quiet."""
    with suppress(OSError, ValueError):  # a stream without a descriptor, as in tests
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())

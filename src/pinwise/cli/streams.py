"""The two streams of a process, and what happens when nobody reads them."""

import os
import sys

import click


def printable(text: str) -> str:
    """Return a message without control characters, for it may hold text from outside."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def write_out(text: str) -> None:
    """Write a result on stdout; a reader that went away is no error."""
    try:
        click.echo(text, nl=not text.endswith("\n"))
        sys.stdout.flush()
    except BrokenPipeError:
        forget_output()


def write_err(text: str) -> None:
    """Write a line about the work on stderr."""
    try:
        click.echo(printable(text), err=True)
    except OSError:
        forget_output()


def forget_output() -> None:
    """Point both streams at nothing, so that flushing them at the end of the process stays quiet."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            os.dup2(nothing, stream.fileno())
        except (OSError, ValueError):  # a stream without a descriptor, as in tests
            continue

"""The command line: a file per command."""

from pinwise.cli.command import command as main

__all__ = ["main"]

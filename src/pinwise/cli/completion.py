"""`pinwise completion`: what a shell needs to complete commands, options and names."""

import click

from pinwise.cli.exits import ExitCode

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS), metavar="SHELL")
def completion_command(shell: str) -> int:
    """Print the completion script for SHELL: bash, zsh or fish.

    Completed are commands, options, their choices, files, and names of projects: those of the manifest and
    its locks, and those that the knowledge base knows.
    """
    from pinwise.cli.streams import write_out  # noqa: PLC0415  # `--help` need not pay for it
    from pinwise.completion.scripts import SCRIPTS  # noqa: PLC0415

    write_out(SCRIPTS[shell])
    return ExitCode.OK

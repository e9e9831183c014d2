"""`pinwise install`: what the lock says, into the project's virtual environment."""

from typing import Any

import click

from pinwise.cli.options import installing_options


@click.command("install", short_help="Install what a lock says; leave alone what else is there.")
@click.argument("folder", required=False)
@installing_options
def install_command(folder: str | None, **options: Any) -> int:
    """Install what a lock says, and leave alone what else is installed.

    FOLDER holds the manifest and the lock; it is the current folder if it is not given, and may be the
    manifest or the lock itself. pip or uv does the work, with digests checked and nothing added to the lock.
    It goes into the activated virtual environment, else into `.venv` in FOLDER, which is made where there is
    none.
    """
    from pinwise.cli.installing import install  # noqa: PLC0415  # `--help` need not pay for it

    return install("install", folder, options)

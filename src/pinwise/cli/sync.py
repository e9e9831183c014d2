"""`pinwise sync`: an environment that holds what the lock says and nothing else."""

from typing import Any

import click

from pinwise.cli.options import installing_options


@click.command("sync")
@click.argument("folder", required=False)
@installing_options
def sync_command(folder: str | None, **options: Any) -> int:
    """Install what a lock says, and remove what it does not.

    Like `pinwise install`, and what the lock does not hold goes. Installers (pip, uv, before Python 3.12
    setuptools and wheel), the project itself, and pinwise where it runs from there are left alone.
    """
    from pinwise.cli.installing import install  # noqa: PLC0415  # `--help` need not pay for it

    return install("sync", folder, options)

"""`pinwise remove`: take projects out of the manifest, and advise."""

from typing import Any

import click

from pinwise.cli.options import edit_options


@click.command("remove", short_help="Remove projects from the manifest, and advise.")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--group", metavar="NAME", multiple=True, help="Only from a dependency group or category.")
@click.option("--extra", metavar="NAME", multiple=True, help="Only from an extra of a `pyproject.toml`.")
@click.option("--dev", is_flag=True, help="Only from the group for development.")
@edit_options
def remove_command(names: tuple[str, ...], folder: str | None, **options: Any) -> int:
    """Remove projects from the manifest, wherever it requires them, and advise.

    All of them are removed, or none. Manifest and lock are written together, and only if there is a stack.
    """
    from pinwise.cli.editing import remove  # noqa: PLC0415  # `--help` need not pay for it

    return remove(names, folder, options)

"""`pinwise add`: put requirements into the manifest, and advise."""

from typing import Any

import click

from pinwise.cli.options import edit_options


@click.command("add")
@click.argument("requirements", nargs=-1, required=True, metavar="REQUIREMENT...")
@click.option("--group", metavar="NAME", multiple=True, help="Add to a dependency group or category.")
@click.option("--extra", metavar="NAME", multiple=True, help="Add to an extra of a `pyproject.toml`.")
@click.option("--dev", is_flag=True, help="Add to the group `dev`, in a Pipfile to `dev-packages`.")
@click.option(
    "--bounds",
    type=click.Choice(("none", "lower", "major", "minor", "exact")),
    default="none",
    show_default=True,
    help="Which versions a requirement written without any allows from then on, around the chosen one.",
)
@click.option("--editable", is_flag=True, help="Install the local projects that are added editable.")
@edit_options
def add_command(requirements: tuple[str, ...], folder: str | None, **options: Any) -> int:
    """Add requirements to the manifest, and advise.

    A REQUIREMENT is written as in a requirements file: flask, "flask>=3", "httpx[http2]", ./folder. Of a
    project that is required already, what is written takes the place of what stands there, and the rest
    stays. Manifest and lock are written together, and only if there is a stack.
    """
    from pinwise.cli.editing import add  # noqa: PLC0415  # `--help` need not pay for it

    return add(requirements, folder, options)

"""`pinwise advise`: from a manifest to the best lock."""

from typing import Any

import click

from pinwise.cli.options import (
    SEARCH,
    TARGET,
    config_file_option,
    format_option,
    manifest_options,
    setting_options,
)


@click.command("advise")
@click.argument("folder", required=False)
@manifest_options
@setting_options(*TARGET, "lock")
@format_option("text", "json")
@click.option("--dry-run", is_flag=True, help="Show the advice and write no lock.")
@click.option("--no-hints", is_flag=True, help="Try no changes to the manifest where no stack satisfies it.")
@setting_options(*SEARCH)
@config_file_option
def advise_command(folder: str | None, **options: Any) -> int:
    """Find the best stack of a project and write its lock.

    FOLDER holds the manifest; it is the current folder if it is not given, and may be the manifest itself.
    """
    from pinwise.cli.advising import run  # noqa: PLC0415  # `--help` need not pay for it

    return run(folder, options)

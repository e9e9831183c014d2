"""`pinwise advise`: from a manifest to the best lock."""

from typing import Any

import click

from pinwise.cli.options import (
    SEARCH,
    TARGET,
    config_file_option,
    format_option,
    manifest_options,
    overlays_options,
    setting_options,
)


@click.command("advise")
@click.argument("folder", required=False)
@manifest_options
@overlays_options
@setting_options(*TARGET, "lock")
@format_option("text", "json")
@click.option("-U", "--upgrade", is_flag=True, help="Choose every pin anew, whatever the present lock has.")
@click.option(
    *("-P", "--upgrade-package"),
    metavar="NAME",
    multiple=True,
    help="Let go of the present pin of one project. May be given several times.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a lock is stale or missing.")
@click.option("--dry-run", is_flag=True, help="Show the advice and write no lock.")
@click.option("--no-hints", is_flag=True, help="Try no changes to the manifest where no stack satisfies it.")
@setting_options(*SEARCH)
@config_file_option
def advise_command(folder: str | None, **options: Any) -> int:
    """Find the best stack of a project and write its lock.

    FOLDER holds the manifest; it is the current folder if it is not given, and may be the manifest itself,
    or a script with a `# /// script` block.
    """
    from pinwise.cli.advising import run  # noqa: PLC0415  # `--help` need not pay for it

    return run(folder, options)

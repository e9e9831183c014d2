"""`pinwise check`: whether the lock still answers the manifest, or the environment the lock."""

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
from pinwise.model.errors import UsageError


@click.command("check", short_help="Check the locks against the manifest, or what is installed.")
@click.argument("folder", required=False)
@manifest_options
@overlays_options
@setting_options(*TARGET, "lock")
@format_option("text", "json")
@click.option("--installed", is_flag=True, help="Check what is installed against the lock, not the lock.")
@click.option("--exact", is_flag=True, help="With `--installed`: let what the lock does not hold count, too.")
@setting_options(*SEARCH)
@config_file_option
def check_command(folder: str | None, **options: Any) -> int:
    """Check that the locks are up to date, or that the environment holds what the lock says.

    Without `--installed` this is `pinwise advise --check`. With it, what is installed is read from the files
    of the virtual environment, of which nothing is run, and held against the lock; what is missing or of
    another version is listed, and what the lock does not hold. No file is written. The exit code is 1 where
    something is stale or differs.
    """
    if not options["installed"]:
        if options["exact"]:
            raise UsageError("`--exact` is for `--installed`", hint="give both, or neither")
        from pinwise.cli.advising import run  # noqa: PLC0415  # `--help` need not pay for it

        none = {"upgrade": False, "upgrade_package": (), "dry_run": False, "no_hints": True}
        return run(folder, {**options, **none, "check": True})
    if options["requirement"] or options["constraint"]:
        raise UsageError(
            "`--installed` reads a lock, no requirements or constraints files",
            hint="name the lock with `--lock`, or the folder of the manifest",
        )
    from pinwise.cli.installing import check_installed  # noqa: PLC0415  # as above

    return check_installed(folder, options)

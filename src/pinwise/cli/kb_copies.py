"""`pinwise kb backup`, `kb restore` and `kb rebuild`: copies of the knowledge base, and a fresh file."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pinwise.cli.exits import ExitCode
from pinwise.cli.options import config_file_option, setting_options

if TYPE_CHECKING:
    from pinwise.actions.care import Keeper


@click.command("backup")
@click.argument("target")
@click.option("--force", is_flag=True, help="Replace TARGET if it is there.")
@click.option("--dry-run", is_flag=True, help="Only say whether it could be copied; write nothing.")
@setting_options("kb")
@config_file_option
def backup_command(target: str, *, force: bool, dry_run: bool, **options: Any) -> int:
    """Copy the knowledge base to the file TARGET.

    Others may write it meanwhile: the copy is as it was at one moment.
    The copy is read again before it takes its name. A backup that is there is replaced with `--force` only,
    a file that is no backup never.
    """
    from pinwise.cli.streams import write_err  # noqa: PLC0415  # `--help` need not pay for it

    care = _care(options)
    care.back_up(Path(target), replaces=force, is_dry=dry_run)
    write_err(
        f"`{care.path}` would be copied to `{target}` (`--dry-run`)."
        if dry_run
        else f"`{care.path}` is copied to `{target}`."
    )
    return ExitCode.OK


@click.command("restore")
@click.argument("file")
@click.option("--dry-run", is_flag=True, help="Only say whether FILE could be restored; change nothing.")
@setting_options("kb")
@config_file_option
def restore_command(file: str, *, dry_run: bool, **options: Any) -> int:
    """Put the backup FILE in the place of what is known.

    The backup is read first; one that is damaged is refused, and nothing is changed.
    """
    from pinwise.cli.streams import write_err  # noqa: PLC0415  # `--help` need not pay for it

    care = _care(options)
    care.restore(Path(file), is_dry=dry_run)
    write_err(f"`{file}` is sound." if dry_run else f"`{care.path}` holds what `{file}` holds.")
    return ExitCode.OK


@click.command("rebuild")
@click.option("--dry-run", is_flag=True, help="Only say whether there is one to build anew; change nothing.")
@setting_options("kb")
@config_file_option
def rebuild_command(*, dry_run: bool, **options: Any) -> int:
    """Make anew all that follows from the facts.

    Those are the search indexes, the order in the file and its seal; what was compiled is dropped, and made
    when it is needed. The facts stay as they are; the file takes no more room than they need.
    """
    from pinwise.cli.streams import write_err  # noqa: PLC0415  # `--help` need not pay for it

    care = _care(options)
    care.rebuild(is_dry=dry_run)
    write_err(
        f"`{care.path}` would be built anew (`--dry-run`)." if dry_run else f"`{care.path}` is built anew."
    )
    return ExitCode.OK


def _care(options: dict[str, Any]) -> "Keeper":
    from pinwise import wiring  # noqa: PLC0415  # `--help` need not pay for it
    from pinwise.cli.streams import write_err  # noqa: PLC0415
    from pinwise.settings import read_settings  # noqa: PLC0415

    return wiring.care_for(read_settings(options), lambda sentence: write_err(f"warning: {sentence}"))

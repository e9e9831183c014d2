"""`pinwise kb verify`: find what is damaged, keep what is sound, fetch the rest anew."""

from typing import TYPE_CHECKING, Any

import click

from pinwise.cli.exits import ExitCode
from pinwise.cli.options import config_file_option, format_option, setting_options

if TYPE_CHECKING:
    from pinwise.actions.care import Verification
    from pinwise.settings import Settings


@click.command("verify")
@click.option("--dry-run", is_flag=True, help="Only say what is damaged; change nothing.")
@format_option("text", "json")
@setting_options("offline", "kb")
@config_file_option
def verify_command(form: str, *, dry_run: bool, **options: Any) -> int:
    """Find damage, keep what is sound, and fetch the rest anew.

    Every row is read, and every byte of a file that is sealed. Exits with 1 where something was damaged; the
    damaged file then stays beside the new one. With `--offline`, what was lost is left to the next command
    that needs it.
    """
    from pinwise.cli.paper import write_lines  # noqa: PLC0415  # `--help` need not pay for it
    from pinwise.cli.render_care import render_verification, verification_json  # noqa: PLC0415
    from pinwise.cli.streams import write_out  # noqa: PLC0415
    from pinwise.settings import read_settings  # noqa: PLC0415

    settings = read_settings(options)
    verification = _verify(settings, is_dry=dry_run)
    if form == "json":
        write_out(verification_json(verification))
    else:
        write_lines(render_verification(verification))
    return ExitCode.REFUSED if verification.examination.damage else ExitCode.OK


def _verify(settings: "Settings", *, is_dry: bool) -> "Verification":
    """Verify the knowledge base and, where something was lost and may be asked for, fetch it."""
    import time  # noqa: PLC0415
    from dataclasses import replace  # noqa: PLC0415

    from pinwise import wiring  # noqa: PLC0415  # `--help` need not pay for it
    from pinwise.actions.care import verify_knowledge  # noqa: PLC0415
    from pinwise.cli.streams import write_err  # noqa: PLC0415

    def warn(sentence: str) -> None:
        write_err(f"warning: {sentence}")

    verification = verify_knowledge(wiring.care_for(settings, warn), is_dry=is_dry)
    if verification.aside is None or settings.offline or not verification.left:
        return verification
    fetched, left = wiring.refetch(settings, verification.left, now=int(time.time()), warn=warn)
    return replace(verification, fetched=fetched, left=left)

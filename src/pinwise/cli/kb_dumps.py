"""`pinwise kb export` and `kb import`: facts that go from one knowledge base to another."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pinwise.cli.exits import ExitCode
from pinwise.cli.options import config_file_option, setting_options

if TYPE_CHECKING:
    from pinwise.actions.bulk import Tally


@click.command("export", short_help="Write what is known of projects to a file, a dump.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("-o", "--output", metavar="FILE", required=True, help="The file that is written.")
@click.option("--dry-run", is_flag=True, help="Say what would be written and write nothing.")
@setting_options("kb")
@config_file_option
def export_command(names: tuple[str, ...], output: str, *, dry_run: bool, **options: Any) -> int:
    """Write what is known of projects to a file, a dump; of all where no NAME is given.

    `pinwise kb import` takes it in elsewhere, so that nothing has to be fetched there a second time. Equal
    facts give equal files. There is no login in it, and nothing of projects that a folder of this machine
    serves.
    """
    from pinwise import wiring  # noqa: PLC0415  # `--help` need not pay for it
    from pinwise.actions.bulk import Tally  # noqa: PLC0415
    from pinwise.cli.progress import Progress  # noqa: PLC0415
    from pinwise.cli.streams import write_err  # noqa: PLC0415
    from pinwise.explain.words import count  # noqa: PLC0415
    from pinwise.model.names import parse_name  # noqa: PLC0415
    from pinwise.settings import read_settings  # noqa: PLC0415

    chosen = [parse_name(name) for name in names]
    started, tally = time.monotonic(), Tally()
    with Progress.on_stderr() as progress:
        size = wiring.export_facts(
            read_settings(options),
            chosen,
            Path(output),
            tally,
            is_dry=dry_run,
            told=lambda so_far: progress.say(f"Exporting: {count(so_far.projects, 'project')} …"),
        )
    did = "Would export" if dry_run else "Exported"
    write_err(f"{did} {_amount(tally)} to `{output}`: {size / 1000:,.0f} kB, {_seconds(started)}.")
    return ExitCode.OK


@click.command("import")
@click.argument("source", metavar="FILE")
@click.option("--dry-run", is_flag=True, help="Say what would be new and change nothing.")
@setting_options("kb")
@config_file_option
def import_command(source: str, *, dry_run: bool, **options: Any) -> int:
    """Take in what FILE knows.

    FILE is a dump that `pinwise kb export` wrote, or a knowledge base. All of it is taken in, or nothing: a
    file that is not what was exported, or that gives a known file another digest, is refused. What is known
    here from a later time stays. Take dumps only from those whom you would let choose what you install.
    """
    from pinwise import wiring  # noqa: PLC0415  # `--help` need not pay for it
    from pinwise.cli.progress import Progress  # noqa: PLC0415
    from pinwise.cli.streams import write_err  # noqa: PLC0415
    from pinwise.explain.words import count  # noqa: PLC0415
    from pinwise.settings import read_settings  # noqa: PLC0415

    started = time.monotonic()
    with Progress.on_stderr() as progress:
        tally = wiring.import_facts(
            read_settings(options),
            Path(source),
            is_dry=dry_run,
            told=lambda so_far: progress.say(f"Importing: {count(so_far.projects, 'project')} …"),
            warn=lambda sentence: write_err(f"warning: {sentence}"),
        )
    did = "Would import" if dry_run else "Imported"
    write_err(f"{did} {_amount(tally)} from `{source}`, {_seconds(started)}.")
    write_err(_news(tally))
    return ExitCode.OK


def _amount(tally: "Tally") -> str:
    from pinwise.explain.words import count  # noqa: PLC0415  # `--help` need not pay for it

    return f"{count(tally.projects, 'project')} and the metadata of {count(tally.documents, 'file')}"


def _news(tally: "Tally") -> str:
    """Return what of an import was not known before."""
    from pinwise.explain.words import count  # noqa: PLC0415  # `--help` need not pay for it

    if not tally.has_changes:
        return "Nothing of it is new here."
    parts = [
        (tally.pages_new, count(tally.pages_new, "page")),
        (tally.pages_newer, f"{count(tally.pages_newer, 'page')} from a later time"),
        (tally.documents_new, f"{count(tally.documents_new, 'answer')} about metadata"),
    ]
    return f"New here: {', '.join(text for number, text in parts if number)}."


def _seconds(started: float) -> str:
    return f"{time.monotonic() - started:,.1f} s"

"""`pinwise advise`: from a manifest to the best lock."""

from typing import Any

import click

from pinwise.cli.options import config_file_option, format_option, setting_options


@click.command("advise")
@click.argument("folder", required=False)
@click.option("-r", "--requirement", metavar="FILE", multiple=True, help="A requirements file.")
@click.option("-c", "--constraint", metavar="FILE", multiple=True, help="A constraints file.")
@setting_options(
    *("python", "platform", "environment", "goal", "predictor", "pre", "no_binary", "only_binary"),
    *("index_url", "extra_index_url", "find_links", "lock"),
)
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
@setting_options("offline", "refresh", "fetch_limit", "time_limit", "kb")
@config_file_option
def advise_command(folder: str | None, **options: Any) -> int:
    """Find the best stack of a project and write its lock.

    FOLDER holds the manifest; it is the current folder if it is not given, and may be the manifest itself.
    """
    from pinwise.cli.advising import run  # noqa: PLC0415  # `--help` need not pay for it

    return run(folder, options)

"""`pinwise config`: which settings hold here, and where each comes from."""

import json
from typing import Any

import click

from pinwise.cli.exits import ExitCode
from pinwise.cli.options import SEARCH, TARGET, config_file_option, format_option, setting_options


@click.group("config")
def config_command() -> None:
    """Show the settings."""


@config_command.command("show")
@click.argument("folder", required=False)
@format_option("text", "json")
@setting_options(*TARGET, "lock", *SEARCH)
@config_file_option
def show_command(folder: str | None, **options: Any) -> int:
    """Show every setting with its value, and where that comes from.

    FOLDER holds the manifest whose own settings count, if there is one; it is the current folder if it is
    not given. Options of other commands can be given to see what they would change. Passwords are never
    shown.
    """
    from pinwise import wiring  # noqa: PLC0415  # `--help` need not pay for it
    from pinwise.cli.paper import write_lines  # noqa: PLC0415
    from pinwise.cli.render_config import config_facts, render_config  # noqa: PLC0415
    from pinwise.cli.streams import write_out  # noqa: PLC0415
    from pinwise.settings import read_settings, read_text_limits  # noqa: PLC0415
    from pinwise.settings.sources import read_config_path  # noqa: PLC0415

    manifest = wiring.read_target_manifest(folder, limits=read_text_limits(options))
    settings = read_settings(options, manifest)
    path = read_config_path(options["config_file"])
    if options["form"] == "json":
        write_out(json.dumps(config_facts(settings, path), indent=2))
    else:
        write_lines(render_config(settings, path, manifest))
    return ExitCode.OK


@config_command.command("path", short_help="Show where the configuration file is.")
@config_file_option
def path_command(**options: Any) -> int:
    """Show where the configuration file is, whether or not there is one yet."""
    from pinwise.cli.streams import write_out  # noqa: PLC0415  # `--help` need not pay for it
    from pinwise.settings.sources import read_config_path  # noqa: PLC0415

    write_out(str(read_config_path(options["config_file"])))
    return ExitCode.OK

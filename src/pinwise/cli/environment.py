"""`pinwise environment`: the target that an advice would be for."""

import json
from typing import Any

import click

from pinwise.cli.exits import ExitCode
from pinwise.cli.options import config_file_option, format_option, overlay_option, setting_options


@click.command("environment")
@click.argument("folder", required=False)
@overlay_option
@setting_options("python", "platform", "environment")
@format_option("text", "toml", "json")
@config_file_option
def environment_command(folder: str | None, **options: Any) -> int:
    """Show the target of an advice, detected or declared."""
    from pinwise.cli.paper import write_lines, write_warnings  # noqa: PLC0415  # `--help` need not pay for it
    from pinwise.cli.reading import read_target  # noqa: PLC0415
    from pinwise.cli.render import environment_facts, render_environment, to_toml  # noqa: PLC0415
    from pinwise.cli.streams import write_out  # noqa: PLC0415

    environment, _, notes = read_target(folder, options)
    write_warnings(notes)
    match options["form"]:
        case "toml":
            write_out(to_toml(environment_facts(environment)))
        case "json":
            write_out(json.dumps(environment_facts(environment), indent=2))
        case _:
            write_lines(render_environment(environment))
    return ExitCode.OK

"""`pinwise kb`: what is known, where it is, and how to forget it."""

import json
from typing import Any

import click

from pinwise.cli.exits import ExitCode
from pinwise.cli.kb_copies import backup_command, rebuild_command, restore_command
from pinwise.cli.kb_dumps import export_command, import_command
from pinwise.cli.kb_verify import verify_command
from pinwise.cli.options import config_file_option, format_option, setting_options


@click.group("kb")
def kb_command() -> None:
    """Look after what was learnt of the indexes."""


@kb_command.command("status")
@format_option("text", "json")
@setting_options("kb")
@config_file_option
def status_command(**options: Any) -> int:
    """Show what is known of which index, and how much room it takes."""
    from pinwise import wiring  # noqa: PLC0415  # `--help` need not pay for it
    from pinwise.actions.knowledge import knowledge_status  # noqa: PLC0415
    from pinwise.cli.paper import write_lines  # noqa: PLC0415
    from pinwise.cli.render_kb import render_status, status_facts  # noqa: PLC0415
    from pinwise.cli.streams import write_out  # noqa: PLC0415
    from pinwise.settings import read_settings  # noqa: PLC0415

    settings = read_settings(options)
    with wiring.open_knowledge(settings, read_only=True) as store:
        status = knowledge_status(store)
    if options["form"] == "json":
        write_out(json.dumps(status_facts(status), indent=2))
    else:
        write_lines(render_status(status))
    return ExitCode.OK


@kb_command.command("forget", short_help="Forget all that is known of the project NAME.")
@click.argument("name")
@click.option("--dry-run", is_flag=True, help="Say what would be forgotten and forget nothing.")
@setting_options("kb")
@config_file_option
def forget_command(name: str, **options: Any) -> int:
    """Forget all that is known of the project NAME, so that it is asked for anew."""
    from pinwise import wiring  # noqa: PLC0415  # `--help` need not pay for it
    from pinwise.actions.knowledge import forget_project, would_forget  # noqa: PLC0415
    from pinwise.cli.paper import write_lines  # noqa: PLC0415
    from pinwise.cli.render_kb import render_forgetting  # noqa: PLC0415
    from pinwise.model.errors import UsageError  # noqa: PLC0415
    from pinwise.model.names import parse_name  # noqa: PLC0415
    from pinwise.settings import read_settings  # noqa: PLC0415

    project = parse_name(name)
    settings = read_settings(options)
    is_dry = options["dry_run"]
    with wiring.open_knowledge(settings, read_only=is_dry) as store:
        forgetting = (would_forget if is_dry else forget_project)(store, project)
    if not forgetting.forgotten:
        near = forgetting.near
        raise UsageError(
            f"nothing is known of `{project}`",
            hint=f"did you mean `{near[0]}`?" if near else "`pinwise kb status` says what is known",
        )
    write_lines(render_forgetting(forgetting, is_dry=is_dry))
    return ExitCode.OK


@kb_command.command("path", short_help="Show where the knowledge base is.")
@setting_options("kb")
@config_file_option
def path_command(**options: Any) -> int:
    """Show where the knowledge base is, whether or not there is one yet."""
    from pinwise.actions.knowledge import knowledge_path  # noqa: PLC0415  # `--help` need not pay for it
    from pinwise.cli.streams import write_out  # noqa: PLC0415
    from pinwise.settings import read_settings  # noqa: PLC0415

    write_out(str(knowledge_path(read_settings(options).kb)))
    return ExitCode.OK


for command in (
    *(export_command, import_command),
    *(verify_command, backup_command, restore_command, rebuild_command),
):
    kb_command.add_command(command)

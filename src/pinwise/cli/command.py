"""The command `pinwise`, and how every command ends: with an exit code, never with a traceback."""

import sys
from typing import Any, NoReturn

import click

from pinwise.cli.add import add_command
from pinwise.cli.advise import advise_command
from pinwise.cli.check import check_command
from pinwise.cli.common import dress, dress_outermost
from pinwise.cli.completion import completion_command
from pinwise.cli.config import config_command
from pinwise.cli.convert import convert_command
from pinwise.cli.environment import environment_command
from pinwise.cli.exits import ExitCode
from pinwise.cli.install import install_command
from pinwise.cli.kb import kb_command
from pinwise.cli.outdated import outdated_command
from pinwise.cli.remove import remove_command
from pinwise.cli.streams import prepare_streams, write_error
from pinwise.cli.sync import sync_command
from pinwise.cli.tree import tree_command
from pinwise.cli.usage import describe
from pinwise.cli.why import why_command
from pinwise.model.errors import PinwiseError


class CommandLine(click.Group):
    """A group of commands whose errors are said in our own form."""

    def __init__(self, *args: Any, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        dress_outermost(self)

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Add a command, with the options that every command has and a variable for each of its own."""
        dress(cmd)
        super().add_command(cmd, name)

    def main(self, *args: Any, **options: Any) -> NoReturn:
        """Run one command and end the process; the arguments are click's."""
        prepare_streams()
        sys.exit(self._run(*args, **{"prog_name": "pinwise", **options, "standalone_mode": False}))

    def _run(self, *args: Any, **options: Any) -> int:
        """Run one command and return its exit code."""
        try:
            code = super().main(*args, **options)
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message(), err=True)
            return ExitCode.USAGE
        except click.ClickException as error:
            say_error(*describe(error))
            return ExitCode.USAGE
        except click.Abort:
            return ExitCode.INTERRUPTED
        return code if isinstance(code, int) else ExitCode.OK

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command inside of click, which would say some errors in its own way."""
        try:
            return super().invoke(ctx)
        except PinwiseError as error:
            say_error(str(error), error.hint)
            return error.exit_code
        except KeyboardInterrupt:
            write_error("interrupted")
            return ExitCode.INTERRUPTED


def say_error(message: str, hint: str | None = None) -> None:
    """Print an error in the one form that all have."""
    write_error(f"error: {message}")
    if hint:
        write_error(f"hint: {hint}")


def _show_version(context: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001  # click's
    if value:
        from pinwise.wiring import own_version  # noqa: PLC0415  # for this option only

        click.echo(f"pinwise {own_version()}")
        context.exit()


@click.group(
    cls=CommandLine,
    name="pinwise",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
def command() -> None:
    """Find the best software stack for a Python project, with a proof and a reason for every pin."""


command.add_command(advise_command)
command.add_command(add_command)
command.add_command(remove_command)
command.add_command(check_command)
command.add_command(install_command)
command.add_command(sync_command)
command.add_command(why_command)
command.add_command(tree_command)
command.add_command(outdated_command)
command.add_command(convert_command)
command.add_command(environment_command)
command.add_command(kb_command)
command.add_command(config_command)
command.add_command(completion_command)

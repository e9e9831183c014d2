"""The command `pinwise`, and how every command ends: with an exit code, never with a traceback."""

import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, NoReturn

import click

from pinwise.cli.common import dress, dress_outermost
from pinwise.cli.exits import ExitCode
from pinwise.cli.streams import prepare_streams, write_error
from pinwise.model.errors import PinwiseError

COMMANDS = (
    *("advise", "add", "remove", "check", "install", "sync", "why", "tree", "outdated", "convert"),
    *("environment", "kb", "config", "completion"),
)
"""The commands in the order of the reference; `pinwise.cli.NAME` defines ``NAME_command``."""


class Commands(Mapping[str, click.Command]):
    """The commands by name; each is imported, and dressed, when it is first asked for: a run needs one."""

    def __init__(self) -> None:
        self._loaded: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in COMMANDS:
            raise KeyError(name)
        if name not in self._loaded:
            module = import_module(f"pinwise.cli.{name}")
            self._loaded[name] = getattr(module, f"{name}_command")
            dress(self._loaded[name])
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class CommandLine(click.Group):
    """A group of commands whose errors are said in our own form."""

    def __init__(self, *args: Any, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.commands = Commands()  # type: ignore[assignment]  # nothing is added to it
        dress_outermost(self)

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
            from pinwise.cli.usage import describe  # noqa: PLC0415  # for wrong words only

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

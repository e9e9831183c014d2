"""What every command gets when it is loaded: the common options, and a variable for each option.

A command's own module says nothing of either.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any

import click
from click.core import ParameterSource

from pinwise.cli.habits import current_habits, note_habit
from pinwise.cli.paper import write_warnings
from pinwise.settings.table import BY_NAME, PREFIX

COMMON = ("verbose", "quiet", "color", "no_progress", "directory")
"""The names of the options that every command has."""

OWN_VARIABLES: Mapping[tuple[str, str], str] = {
    (command, f"--{option}"): f"{PREFIX}{command.upper()}_{option.upper()}"
    for command in ("add", "remove")
    for option in ("group", "extra")  # where to write, not what to lock
}
"""(Command, option) -> variable, where the option means something else than other commands' of that name."""


def dress(command: click.Command, *, group: str = "") -> None:
    """Give a command, and all commands in it, the common options and the variables of its own options.

    Args:
        command: What was loaded.
        group: The names of the groups that it stands in.
    """
    name = f"{group} {command.name}".strip()
    for option in options_of(command):
        if not is_setting(long_name(option)):  # the variables of settings are read with the settings
            option.envvar = variable_of(name, long_name(option))
    command.params += common_options()
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            dress(inner, group=name)
    elif command.callback is not None:
        command.callback = _with_habits(command.callback)


def dress_outermost(command: click.Group) -> None:
    """Give the outermost command the common options; it alone reads their variables."""
    command.params += common_options()
    for option in options_of(command):
        if option.name in COMMON:
            option.envvar = variable_of("", long_name(option))


def variable_of(command: str, option: str) -> str:
    """Return the variable of an option ``--like-this``.

    >>> variable_of("advise", "--upgrade-package")
    'PINWISE_UPGRADE_PACKAGE'
    """
    return OWN_VARIABLES.get((command, option), PREFIX + option.removeprefix("--").replace("-", "_").upper())


def is_setting(option: str) -> bool:
    """Whether an option is a setting, whose variable is read with the others."""
    return option == "--config-file" or option.removeprefix("--").replace("-", "_") in BY_NAME


def long_name(option: click.Option) -> str:
    """Return ``--like-this``."""
    return next((name for name in option.opts if name.startswith("--")), option.opts[0])


def options_of(command: click.Command) -> Iterator[click.Option]:
    """Yield the options of a command."""
    return (each for each in command.params if isinstance(each, click.Option))


def variables(command: click.Command) -> set[str]:
    """Return the variables that click reads for a command and all commands in it."""
    found = {str(option.envvar) for option in options_of(command) if option.envvar}
    if isinstance(command, click.Group):
        found = found.union(*map(variables, command.commands.values()))
    return found


# --- the common options


def common_options() -> list[click.Parameter]:
    """Return the options anew, for a command keeps its own."""

    def note(context: click.Context, parameter: click.Parameter, value: object) -> None:
        source = context.get_parameter_source(parameter.name or "")
        if source in (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT):
            is_variable = source is ParameterSource.ENVIRONMENT
            note_habit(context, parameter.name or "", value, is_variable=is_variable)

    def option(*names: str, **attributes: Any) -> click.Option:
        return click.Option(names, expose_value=False, callback=note, **attributes)

    return [
        option("-v", "--verbose", count=True, help="Say more on stderr; twice: each fetch, too."),
        option("-q", "--quiet", count=True, help="Only errors on stderr; twice: no report on stdout either."),
        option(
            "--color",
            type=click.Choice(("auto", "always", "never", "none")),
            metavar="[auto|always|never]",
            default="auto",
            show_default=True,
            help="When to use colours; `none` is `never`.",
        ),
        option("--no-progress", is_flag=True, help="Show no progress."),
        option("--directory", metavar="FOLDER", help="Run as if started in FOLDER."),
    ]


def _with_habits(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Return what a command does, done in its folder, after a look at the variables."""

    @wraps(callback)
    def run(*arguments: Any, **options: Any) -> Any:
        from pinwise.settings.variables import unknown_variables  # noqa: PLC0415  # `--help` need not pay

        root = click.get_current_context().find_root().command
        write_warnings(unknown_variables(lambda: variables(root)))
        with current_habits().there():
            return callback(*arguments, **options)

    return run

"""The options that choose extras and groups of a `pyproject.toml`."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from pinwise.model.errors import UsageError
from pinwise.model.request import Selection

Function = TypeVar("Function", bound=Callable[..., Any])


def selection_options(verb: str) -> Callable[[Function], Function]:
    """Add the options; `verb` says what becomes of what they choose: "lock" or "install"."""
    options = (
        click.option(
            "--extra", metavar="NAME", multiple=True, help=f"Also {verb} an extra of a `pyproject.toml`."
        ),
        click.option("--all-extras", is_flag=True, help=f"Also {verb} all of its extras."),
        click.option(
            "--group", metavar="NAME", multiple=True, help=f"Also {verb} one of its dependency groups."
        ),
        click.option(
            "--only-group",
            metavar="NAME",
            multiple=True,
            help=f"{verb.capitalize()} a dependency group without what the project itself requires.",
        ),
        click.option("--all-groups", is_flag=True, help=f"Also {verb} all of its dependency groups."),
    )

    def add(function: Function) -> Function:
        for option in reversed(options):
            function = option(function)
        return function

    return add


def selection_of(options: Mapping[str, Any]) -> Selection:
    """Return what the options choose.

    Raises:
        UsageError: They contradict each other.
    """
    selection = Selection(
        extras=tuple(options["extra"]),
        groups=tuple(options["group"]),
        only_groups=tuple(options["only_group"]),
        all_extras=options["all_extras"],
        all_groups=options["all_groups"],
    )
    if selection.only_groups and selection != Selection(only_groups=selection.only_groups):
        raise UsageError(
            "`--only-group` leaves out what the other options ask for",
            hint="repeat `--only-group` for several groups, or use `--group` to add to the project",
        )
    return selection

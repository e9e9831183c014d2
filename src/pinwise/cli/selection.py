"""The options that choose extras and groups of a `pyproject.toml`."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from pinwise.model.errors import UsageError
from pinwise.model.request import Selection

Function = TypeVar("Function", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--extra", metavar="NAME", multiple=True, help="Also lock an extra of a `pyproject.toml`."),
    click.option("--all-extras", is_flag=True, help="Also lock all extras of a `pyproject.toml`."),
    click.option("--group", metavar="NAME", multiple=True, help="Also lock one of its dependency groups."),
    click.option(
        "--only-group",
        metavar="NAME",
        multiple=True,
        help="Lock a dependency group without what the project itself requires.",
    ),
    click.option("--all-groups", is_flag=True, help="Also lock all dependency groups of a `pyproject.toml`."),
)


def selection_options(function: Function) -> Function:
    """Add the options."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


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

"""Options that several commands share; their meanings are those of the settings' table."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from pinwise.cli.selection import selection_options
from pinwise.settings.table import BY_NAME

Function = TypeVar("Function", bound=Callable[..., Any])

_METAVARS = {
    "index_url": "URL",
    "index_name": "NAME",
    "extra_index_url": "URL",
    "find_links": "PLACE",
    "kb": "FILE",
    "goal": "GOAL",
    "predictor": "NAME",
    "platform": "TAG",
    "python": "PYTHON",
    "environment": "FILE",
    "no_binary": "NAME",
    "only_binary": "NAME",
    "fetch_limit": "N",
    "time_limit": "SECONDS",
    "lock": "NAME",
}
_MULTIPLE = frozenset(("extra_index_url", "find_links", "no_binary", "only_binary", "lock"))
_FLAGS = frozenset(("pre", "offline", "refresh"))


def setting_options(*names: str) -> Callable[[Function], Function]:
    """Add an option for each of the settings `names`, in this order; values are checked with the settings."""

    def add(function: Function) -> Function:
        for name in reversed(names):
            function = _setting_option(name)(function)
        return function

    return add


def _setting_option(name: str) -> Callable[[Function], Function]:
    setting = BY_NAME[name]
    text = setting.meaning
    if name in _MULTIPLE:
        text += " May be given several times."
    if setting.choices:
        text += f" One of {', '.join(setting.choices)}."
    if name in _FLAGS:
        return click.option(setting.option, is_flag=True, default=False, help=text)
    return click.option(
        setting.option,
        metavar=_METAVARS[name],
        multiple=name in _MULTIPLE,
        help=f"{text}  [default: {setting.default}]" if setting.default != "none" else text,
    )


TARGET = (
    *("python", "platform", "environment", "goal", "predictor", "pre", "no_binary", "only_binary"),
    *("index_url", "index_name", "extra_index_url", "find_links"),
)
"""Settings that say for what a stack is, and where it comes from."""

SEARCH = ("offline", "refresh", "fetch_limit", "time_limit", "kb")
"""Settings that say how far the search may go."""


UPGRADE = (
    click.option(
        *("-P", "--upgrade-package"),
        metavar="NAME",
        multiple=True,
        help="Let go of the present pin of one project. May be given several times.",
    ),
    click.option(
        "-U", "--upgrade", is_flag=True, help="Choose every pin anew, whatever the present lock has."
    ),
)
"""Options that say which present pins are kept, the last one first."""


config_file_option = click.option(
    "--config-file",
    metavar="FILE",
    help="The configuration file.  [default: `config.toml` in the user's folder]",
)


def manifest_options(function: Function) -> Function:
    """Add the options that name requirements and constraints files, and choose extras and groups."""
    constraint = click.option("-c", "--constraint", metavar="FILE", multiple=True, help="A constraints file.")
    requirement = click.option(
        "-r", "--requirement", metavar="FILE", multiple=True, help="A requirements file."
    )
    return requirement(constraint(selection_options("lock")(function)))


overlay_option = click.option(
    "--overlay",
    metavar="NAME",
    help="Take an overlay, a named environment of the project, instead of its own stack.",
)


def overlays_options(function: Function) -> Function:
    """Add the options that choose overlays, one or several."""
    one = click.option(
        "--overlay",
        metavar="NAME",
        multiple=True,
        help="Lock an overlay, a named environment of the project, instead of its own stack. May be given "
        "several times.",
    )
    every = click.option("--all-overlays", is_flag=True, help="Lock all overlays, each in its own lock.")
    return one(every(function))


def question_options(function: Function) -> Function:
    """Add the options of a question about a stack: those of an advice that writes no lock."""
    function = config_file_option(function)
    function = setting_options(*SEARCH)(function)
    function = format_option("text", "json")(function)
    return manifest_options(overlay_option(setting_options(*TARGET)(function)))


def edit_options(function: Function) -> Function:
    """Add the options of a command that edits the manifest and writes the lock."""
    for option in (
        config_file_option,
        setting_options(*SEARCH),
        click.option(
            "--no-hints", is_flag=True, help="Try no changes to the manifest where no stack satisfies it."
        ),
        click.option(
            "--no-lock", is_flag=True, help="Only edit the manifest: search nothing, write no lock."
        ),
        click.option("--dry-run", is_flag=True, help="Show what would change and write nothing."),
        *UPGRADE,
        format_option("text", "json"),
        setting_options(*TARGET, "lock"),
        click.option(
            "--all-groups", is_flag=True, help="Also lock all dependency groups of a `pyproject.toml`."
        ),
        click.option("--all-extras", is_flag=True, help="Also lock all extras of a `pyproject.toml`."),
        click.option("-c", "--constraint", metavar="FILE", multiple=True, help="A constraints file."),
        click.option(
            *("-r", "--requirement"),
            metavar="FILE",
            multiple=True,
            help="A requirements file; the first one gets what is new.",
        ),
        click.option(
            "--folder",
            metavar="FOLDER",
            help="Where the manifest is, or the manifest itself.  [default: the current folder]",
        ),
    ):
        function = option(function)
    return function


def format_option(*forms: str) -> Callable[[Function], Function]:
    """Add ``--format`` with these forms, the first of which is the default."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(forms),
        default=forms[0],
        show_default=True,
        help="How the result is written.",
    )


def installing_options(function: Function) -> Function:
    """Add the options of the commands that install from a lock."""
    function = config_file_option(function)
    function = setting_options("index_name")(function)
    function = click.option(
        "--index-url", metavar="URL", help="An index that is asked in place of the one that the lock names."
    )(function)
    function = click.option("--dry-run", is_flag=True, help="Say what would be done and do nothing.")(
        function
    )
    function = format_option("text", "json")(function)
    function = click.option(
        "--installer",
        type=click.Choice(("pip", "uv")),
        help="What installs.  [default: uv where there is one, else pip]",
    )(function)
    function = click.option(
        "--python",
        metavar="PYTHON",
        help="Where to install: an interpreter or a virtual environment; or which Python it must be: `3.12`.",
    )(function)
    function = click.option(
        "--lock",
        metavar="NAME",
        multiple=True,
        help="The lock, by file name, in the manifest's folder.  [default: that of `pinwise advise`]",
    )(function)
    function = click.option(
        "--overlay",
        metavar="NAME",
        multiple=True,
        help="Take the lock of an overlay, with the extras and groups that it names.",
    )(function)
    return selection_options("install")(function)

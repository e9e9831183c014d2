"""Wrong words on a command line, said as all our errors are: click knows what is wrong, we say it."""

import re
from collections.abc import Iterable
from typing import Any

import click
from click.core import ParameterSource

from pinwise.cli.common import long_name

_ELSEWHERE = {
    "compile": "advise",
    "export": "convert",
    "graph": "tree",
    "list": "tree",
    "lock": "advise",
    "resolve": "advise",
    "show": "why",
    "uninstall": "remove",
    "update": "advise --upgrade",
    "upgrade": "advise --upgrade",
}
"""What other tools call a command of ours."""

_VALUE = re.compile(r"'?(?P<value>.*?)'? is not ", re.DOTALL)


def describe(error: click.ClickException) -> tuple[str, str]:
    """Return click's error in our words: message and hint."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context else "pinwise"
    see = f"see `{path} --help`"
    match error:
        case click.NoSuchOption():
            name, known = error.option_name, _options(context) if context else ()
            return f"`{path}` has no option `{name}`", _near(name, known) or see
        case click.exceptions.NoSuchCommand():
            name, known = error.command_name, _commands(context) if context else ()
            known_as = f"`{path} {_ELSEWHERE[name]}` does that" if name in _ELSEWHERE else ""
            return f"`{path}` has no command `{name}`", known_as or _near(name, known) or see
        case click.MissingParameter(param=click.Parameter() as parameter):
            return f"`{path}` needs {_name(parameter, context)}", see
        case click.BadParameter(param=click.Parameter() as parameter):
            reason, hint = _bad_value(parameter.type, error.message)
            return f"{_name(parameter, context)} {reason}", hint or see
    return _own_quotes(error.format_message()), see


def _name(parameter: click.Parameter, context: click.Context | None) -> str:
    """Return what gave a value, or should have: an option, an argument, a variable."""
    source = context.get_parameter_source(parameter.name or "") if context else None
    if source is ParameterSource.ENVIRONMENT:
        return f"the variable `{parameter.envvar}`"
    if isinstance(parameter, click.Option):
        return f"`{long_name(parameter)}`"
    return f"`{parameter.human_readable_name.removesuffix('...')}`"


def _bad_value(kind: Any, message: str) -> tuple[str, str | None]:
    """Return what is wrong with a value, to go on after the option's name, and a hint."""
    found = _VALUE.match(message)
    value = found["value"] if found else ""
    match kind:
        case click.Choice(choices=choices):
            known = " or ".join(f"`{choice}`" for choice in choices)
            return f"has no choice `{value}`", _near(value, map(str, choices)) or f"it may be {known}"
        case click.types.BoolParamType():
            return f"must be `true` or `false`, not `{value}`", None
        case click.types.IntParamType():
            least = kind.min if isinstance(kind, click.IntRange) else None
            return (
                f"must be a whole number{'' if least is None else f', {least} or more'}, not `{value}`",
                None,
            )
    return f"cannot be that: {_own_quotes(message)}", None


def _own_quotes(message: str) -> str:
    """Return the first sentence of click's message with backticks and without its full stop."""
    first = message.strip().partition(". ")[0].rstrip(".")
    text = re.sub(r"'([^'`]*)'|\(([^()`]*)\)", lambda quoted: f"`{quoted[1] or quoted[2]}`", first)
    return text[:1].lower() + text[1:]


def _options(context: click.Context) -> Iterable[str]:
    for parameter in context.command.get_params(context):
        yield from (name for name in parameter.opts if name.startswith("--"))


def _commands(context: click.Context) -> Iterable[str]:
    return context.command.list_commands(context) if isinstance(context.command, click.Group) else ()


def _near(name: str, known: Iterable[str]) -> str:
    from pinwise.explain.names import near_names  # noqa: PLC0415  # for an error only

    near = near_names(name, known)
    return f"did you mean `{near[0]}`?" if near else ""

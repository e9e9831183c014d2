"""The pages on commands, options and exit codes."""

import inspect
from collections.abc import Iterator

import click

from pinwise.cli import main as command
from pinwise.cli.common import COMMON, long_name, options_of
from pinwise.cli.exits import ExitCode
from pinwise.model.errors import PinwiseError
from pinwise.model.outcome import Advice, Refusal, Undecided
from reference_pages.text import code, first_line, table

CLI = """\
# Commands and options

stdout carries the result only; progress, warnings and errors go to stderr. What the exit codes mean is in
[exit codes](exit-codes.md). What asks indexes, searches or writes ends with a line on stderr that sums it up;
what only shows something that is known (`kb status`, `kb path`, `environment`, `config`) has no such line.
Every command explains itself with `-h` or `--help`. Most options are settings, which can be given elsewhere
too: see [settings](settings.md).

## Options of every command

They may stand before the command's name or after it.

{common}
`-v` and `-q` cancel each other out. With `-q` stderr carries errors only; with `-qq` no report goes to stdout
either, but what is asked for as data does: `--format json`, a converted text, a path.

`--color` outranks `PINWISE_COLOR`. Where neither says `always` or `never`, colours are off if `NO_COLOR` is
set, else on if `FORCE_COLOR` or `CLICOLOR_FORCE` is set and not `0`, else off if `TERM` is `dumb`, else on
where the stream is a terminal.

## Variables

Every option can be given by a variable, which the option outranks. Those of settings are in
[settings](settings.md); these are the others. A flag is `true` or `false`, `-v` and `-q` are numbers; what
may be given several times stands between white space. An empty variable counts as not set.

{variables}"""


def cli() -> str:
    """Describe every command and every option."""
    context = command.make_context("pinwise", [], resilient_parsing=True)
    common = (_option(each, context) for each in options_of(command) if each.name in COMMON)
    head = CLI.format(common=table(("option", "meaning"), common), variables=_variables())
    return head + "".join(_commands(command, context))


def _option(option: click.Option, context: click.Context) -> tuple[str, str]:
    names, meaning = option.get_help_record(context) or ("", "")
    return f"`{names}`", meaning


def _variables() -> str:
    """Return a table of the variables that are not those of settings."""
    found: dict[str, list[str]] = {}
    for path, each in _within(command, ""):
        for option in options_of(each):
            if option.envvar:
                found.setdefault(f"`{option.envvar}`\n`{long_name(option)}`", []).append(path)
    rows = (
        (*names.split("\n"), code(paths) if all(paths) else "every command") for names, paths in found.items()
    )
    return table(("variable", "option", "commands"), sorted(rows))


def _within(described: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, described
    if isinstance(described, click.Group):
        for name, inner in described.commands.items():
            yield from _within(inner, f"{path} {name}".strip())


def _commands(described: click.Command, context: click.Context) -> Iterator[str]:
    usage = " ".join(described.collect_usage_pieces(context))
    help_text = inspect.cleandoc(described.help or "").replace("\b\n", "")
    yield f"\n## {context.command_path}\n\n```text\n{context.command_path} {usage}\n```\n\n{help_text}\n"
    rows = [_option(option, context) for option in options_of(described) if option.name not in COMMON]
    if rows:
        yield "\n" + table(("option", "meaning"), rows)
    if isinstance(described, click.Group):
        for name in described.list_commands(context):
            inner = described.get_command(context, name)
            assert inner is not None
            yield from _commands(inner, click.Context(inner, info_name=name, parent=context))


EXIT_CODES = """\
# Exit codes

{codes}
Of several overlays, the largest of their codes counts. Those that have a stack are locked all the same.

## Outcomes

An outcome is an answer, also where there is no stack.

{outcomes}
## Errors

An error says what happened, to what, and where; `hint:` says what to do next. Every file stays as it was;
only an environment into which an installer was putting things may be half changed, as the hint then says.

{errors}"""


def exit_codes() -> str:
    """Describe the exit codes: outcomes and errors."""
    outcomes = ((ExitCode.OK, Advice), (ExitCode.REFUSED, Refusal), (ExitCode.FAILED, Undecided))
    errors = sorted(_below(PinwiseError), key=lambda error: error.exit_code)
    return EXIT_CODES.format(
        codes=table(("code", "meaning"), ((int(code), code.meaning) for code in ExitCode)),
        outcomes=table(
            ("code", "outcome", "meaning"),
            ((int(code), each.__name__.lower(), first_line(each)) for code, each in outcomes),
        ),
        errors=table(
            ("code", "error", "meaning"),
            ((each.exit_code, f"`{each.__name__}`", first_line(each)) for each in errors),
        ),
    )


def _below(error: type[PinwiseError]) -> Iterator[type[PinwiseError]]:
    for inner in error.__subclasses__():
        yield inner
        yield from _below(inner)

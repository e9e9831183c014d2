"""The commands as completion reads them, made from the commands themselves by `docs/generate.py`."""

from collections.abc import Iterator

import click

from pinwise.actions.convert import SOURCES, TARGETS
from pinwise.cli.common import COMMON, long_name, options_of
from pinwise.completion.commands import FLAG, TEXT
from pinwise.settings.kinds import Kind
from pinwise.settings.table import BY_NAME

_BY_OPTION = {
    "--upgrade-package": "pinned",
    "--invert": "pinned",
    "--no-binary": "known",
    "--only-binary": "known",
    "--extra": "extra",
    "--group": "group",
    "--only-group": "group",
    "--overlay": "overlay",
    "--from": f"choice {'|'.join(form.value for form in SOURCES)}",
    "--to": f"choice {'|'.join(form.value for form in TARGETS)}",
    "--index-url": TEXT,
    "--extra-index-url": TEXT,
}
"""What completes the values of an option, where its metavar does not tell."""

_BY_METAVAR = {"FILE": "file", "PLACE": "folder", "FOLDER": "folder"}
_OF_PROJECTS = frozenset(("name", "names", "project", "projects", "requirement", "requirements", "packages"))
"""Arguments that name projects."""

_NOT_PINNED_YET = frozenset(("add", "kb export", "kb forget"))
"""Commands whose projects need not be among those of the manifest."""

_LONGEST = 60


def completion_table(command: click.Group) -> str:
    """Return the text of ``completion/commands.txt``."""
    return "".join("\t".join(row) + "\n" for row in _rows(command, ""))


def _rows(command: click.Command, name: str) -> Iterator[tuple[str, ...]]:
    yield "command", name, _first_words(command.help or "")
    for option in options_of(command):
        word = "everywhere" if option.name in COMMON else "option"
        if word == "option" or not name:
            names = ",".join((*option.opts, *option.secondary_opts))
            yield word, names, _kind(option), _first_words(option.help or "")
    if not name:
        yield "everywhere", "-h,--help", FLAG, "Show what a command does"
    for argument in command.params:
        if isinstance(argument, click.Argument):
            yield "argument", _kind_of_argument(argument, name) + ("…" if argument.nargs < 0 else "")
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            yield from _rows(inner, f"{name} {inner.name}".strip())


def _first_words(text: str) -> str:
    """Return the first sentence, or as much of it as fits beside an option."""
    sentence = " ".join(text.split()).partition(". ")[0].rstrip(".")
    return sentence if len(sentence) <= _LONGEST else f"{sentence[: _LONGEST - 1].rstrip()}…"


def _kind(option: click.Option) -> str:
    name = long_name(option)
    setting = BY_NAME.get(name.removeprefix("--").replace("-", "_"))
    if option.is_flag or option.count:
        return FLAG
    if isinstance(option.type, click.Choice):
        return f"choice {'|'.join(map(str, option.type.choices))}"
    if setting is not None and setting.choices:
        return f"choice {'|'.join(setting.choices)}"
    if name in _BY_OPTION:
        return _BY_OPTION[name]
    is_file = setting is not None and setting.kind in (Kind.PATH, Kind.FILES)
    return "file" if is_file else _BY_METAVAR.get(option.metavar or "", TEXT)


def _kind_of_argument(argument: click.Argument, command: str) -> str:
    if isinstance(argument.type, click.Choice):
        return f"choice {'|'.join(map(str, argument.type.choices))}"
    if argument.name in _OF_PROJECTS:
        return "known" if command in _NOT_PINNED_YET else "pinned"
    return "file" if argument.name in ("file", "folder", "source", "target") else TEXT

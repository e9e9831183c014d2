"""The commands and options as a shell completes them, read from a small file that is made from the commands.

A line is a word and its fields, between tabs: a ``command`` with its ``option`` and ``argument`` lines below,
or ``everywhere``, an option that every command has.
"""

import os

FLAG = "flag"
"""The kind of an option without a value."""

TEXT = "text"
"""The kind of a value that nothing can complete."""


class Command:
    """A command.

    Attributes:
        meaning: In a few words.
        options: Every spelling -> (kind of its value, meaning, whether this is the spelling to offer).
        everywhere: The same for options of every command; of the outermost command only.
        arguments: The kind of each; the last one counts for all further ones where it ends with ``…``.
    """

    def __init__(self, meaning: str) -> None:
        self.meaning = meaning
        self.options: dict[str, tuple[str, str, bool]] = {}
        self.everywhere: dict[str, tuple[str, str, bool]] = {}
        self.arguments: list[str] = []


def read_commands() -> dict[str, Command]:
    """Return every command by its full name, the outermost one under ""."""
    path = os.path.join(os.path.dirname(__file__), "commands.txt")  # noqa: PTH118, PTH120  # pathlib costs 5 ms
    with open(path, encoding="utf-8") as file:  # noqa: PTH123  # as above
        return parse_commands(file.read())


def parse_commands(text: str) -> dict[str, Command]:
    r"""Return every command by its full name.

    >>> list(parse_commands("command\\t\\tAll.\\noption\\t-v,--verbose\\tflag\\tMore.\\n")[""].options)
    ['-v', '--verbose']
    """
    commands: dict[str, Command] = {}
    current = Command("")
    for line in text.splitlines():
        word, *fields = line.split("\t")
        if word == "command":
            name, meaning = fields
            current = commands[name] = Command(meaning)
        elif word in ("option", "everywhere"):
            names, kind, meaning = fields
            spellings = names.split(",")
            options = current.options if word == "option" else current.everywhere
            for spelling in spellings:
                options[spelling] = (kind, meaning, spelling == spellings[-1])
        elif word == "argument":
            current.arguments.append(fields[0])
    return commands

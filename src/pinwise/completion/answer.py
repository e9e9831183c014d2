"""What may stand next on a command line."""

import os
import sys
from collections.abc import Iterator

from pinwise.completion.commands import FLAG, TEXT, Command, read_commands

COMPLETE = "__complete"
"""The first argument of a process that completes; the next is the shell, then the words typed so far."""

FILES, FOLDERS = "/file/", "/folder/"
"""Lines that ask the shell to complete names of files or folders itself."""


def complete(arguments: list[str]) -> None:
    """Print what may stand in the place of the last word, a line each, its meaning after a tab.

    Whatever goes wrong, nothing else is printed: an error has no place in the middle of typing.
    """
    shell, *words = arguments or [""]
    try:
        lines = "".join(f"{line}\n" for line in answers(words or [""], shell=shell))
        sys.stdout.write(lines)
        sys.stdout.flush()
    except Exception:  # noqa: BLE001, S110  # see above
        pass


def answers(words: list[str], *, shell: str = "") -> Iterator[str]:
    """Yield what may stand in the place of the last of the words."""
    line = CommandLine.read(words[:-1] if shell != "bash" else _joined(words[:-1]))
    word = words[-1] if words[-1] != "=" or shell != "bash" else ""
    if line.waiting:
        yield from line.values(line.waiting, word)
    elif word.startswith("-") and not line.is_over:
        name, equals, value = word.partition("=")
        if equals:
            kind = line.options.get(name, ("", "", False))[0]
            yield from (f"{name}={each}" for each in line.values(kind, value) if each not in (FILES, FOLDERS))
        else:
            yield from line.matching_options(word)
    else:
        yield from line.matching_commands(word)
        kind = line.argument()
        if kind:
            yield from line.values(kind, word)


def _joined(words: list[str]) -> list[str]:
    """Return the words without the equals signs that bash makes words of their own."""
    return [word for word in words if word != "="]


class CommandLine:
    """What was typed before the word that is completed.

    Attributes:
        commands: All there are.
        name: The command that was typed, "" if none was yet.
        options: Those that it takes.
        given: The value of each option that has one, by its spelling.
        placed: How many arguments there are.
        waiting: The kind of the value that an option waits for, "" if none does.
        is_over: Whether ``--`` was typed, after which nothing is an option.
    """

    def __init__(self, commands: dict[str, Command]) -> None:
        self.commands = commands
        self.name = ""
        self.options = commands[""].options | commands[""].everywhere
        self.given: dict[str, str] = {}
        self.placed = 0
        self.waiting = ""
        self.is_over = False
        self._option = ""

    @classmethod
    def read(cls, words: list[str]) -> "CommandLine":
        """Return what the words say."""
        line = cls(read_commands())
        for word in words:
            line.take(word)
        return line

    def take(self, word: str) -> None:
        """Take in the next word."""
        if self.waiting:
            self.given[self._option], self.waiting = word, ""
        elif word == "--":
            self.is_over = True
        elif word.startswith("-") and not self.is_over:
            name, equals, value = word.partition("=")
            kind = self.options.get(name, (FLAG,))[0]
            if equals:
                self.given[name] = value
            elif kind != FLAG:
                self._option, self.waiting = name, kind
        elif (inner := f"{self.name} {word}".strip()) in self.commands:
            self.name = inner
            self.options = self.commands[inner].options | self.commands[""].everywhere
        else:
            self.placed += 1

    def argument(self) -> str:
        """Return the kind of the next argument, "" if there is none."""
        kinds = self.commands[self.name].arguments
        if self.placed < len(kinds):
            return kinds[self.placed].removesuffix("…")
        return kinds[-1].removesuffix("…") if kinds and kinds[-1].endswith("…") else ""

    def matching_options(self, word: str) -> Iterator[str]:
        """Yield the options that begin as typed, short ones only where they are typed whole."""
        for name, (_, meaning, is_offered) in self.options.items():
            if name.startswith(word) and (is_offered or name == word):
                yield f"{name}\t{meaning}"

    def matching_commands(self, word: str) -> Iterator[str]:
        """Yield the commands that may follow."""
        if self.placed:
            return
        for name, command in self.commands.items():
            group, _, last = name.rpartition(" ")
            if name and group == self.name and last.startswith(word):
                yield f"{last}\t{command.meaning}"

    def values(self, kind: str, word: str) -> Iterator[str]:
        """Yield the values of a kind that begin as typed."""
        word_kind, _, choices = kind.partition(" ")
        if word_kind == "file":
            yield FILES
        elif word_kind == "folder":
            yield FOLDERS
        elif word_kind == "choice":
            yield from (choice for choice in choices.split("|") if choice.startswith(word))
        elif word_kind != TEXT:
            from pinwise.completion.names import names_of  # noqa: PLC0415  # only where names are wanted

            self._enter_folder()
            kb, config = self.given.get("--kb"), self.given.get("--config-file")
            yield from names_of(word_kind, word, kb=kb, config=config)

    def _enter_folder(self) -> None:
        """Go where the command would start."""
        from pinwise.settings.places import starting_folder  # noqa: PLC0415  # as above

        folder = starting_folder(self.given.get("--directory"))
        if folder:
            os.chdir(folder)

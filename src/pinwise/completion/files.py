"""The names that manifests and locks hold, found by a look at their lines.

Parsing them would take longer than a shell may wait. A name too many or too few does no harm here; whatever
is done with it goes through the real parsers.
"""

from collections.abc import Iterable, Iterator

FILES = ("Pipfile", "Pipfile.lock", "pyproject.toml", "pylock.toml")
"""Looked at beside ``requirements*.txt``, ``requirements*.in`` and ``pylock.*.toml``."""

MOST_CHARACTERS = 4_000_000
"""How much of a file is looked at."""

_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
_PROJECT, _EXTRAS, _GROUPS = "project", "project.optional-dependencies", "dependency-groups"
_OVERLAYS = "tool.pinwise.overlays"


class Named:
    """What some files name: projects, and the extras, groups and overlays of a ``pyproject.toml``."""

    def __init__(self) -> None:
        self.projects: set[str] = set()
        self.extras: set[str] = set()
        self.groups: set[str] = set()
        self.overlays: set[str] = set()


def read_named(files: Iterable[str]) -> Named:
    """Return what files of the current folder name; one that cannot be read names nothing."""
    named = Named()
    for name in files:
        try:
            with open(name, encoding="utf-8", errors="replace") as file:  # noqa: PTH123  # pathlib costs 5 ms
                note(name, file.read(MOST_CHARACTERS), named)
        except OSError:
            continue
    return named


def note(name: str, text: str, named: Named) -> None:
    """Add what the file `name` holds."""
    lines = text.splitlines()
    if name == "pyproject.toml":
        _note_project(lines, named)
    elif name.startswith("pylock."):
        named.projects |= {line[8:].partition('"')[0] for line in lines if line.startswith('name = "')}
    elif name == "Pipfile.lock":
        named.projects |= set(_locked(lines))
    elif name == "Pipfile":
        named.projects |= set(_packages(lines))
    else:
        named.projects |= {_leading(line) for line in lines if line[:1].isalnum()}
    named.projects.discard("")


def _leading(text: str) -> str:
    """Return the name that a requirement begins with, as names are compared."""
    end = next((place for place, letter in enumerate(text) if letter not in _LETTERS), len(text))
    return text[:end].lower().replace("_", "-").replace(".", "-").strip("-")


def _locked(lines: Iterable[str]) -> Iterator[str]:
    """Yield the keys of the categories of a ``Pipfile.lock``, as pipenv and pinwise indent it."""
    is_category = False
    for line in lines:
        if line.startswith('    "'):
            is_category = not line.startswith('    "_meta"')
        elif is_category and line.startswith('        "') and line.endswith("{"):
            yield line[9:].partition('"')[0]


def _packages(lines: Iterable[str]) -> Iterator[str]:
    """Yield the keys of the categories of a ``Pipfile``."""
    is_category = False
    for line in lines:
        if line.startswith("["):
            table = line.strip("[] \t")
            is_category = table not in ("source", "pipenv", "requires", "scripts") and "." not in table
        elif is_category and "=" in line and not line.startswith("#"):
            yield _leading(line.strip(" \t\"'"))


def _note_project(lines: Iterable[str], named: Named) -> None:
    """Add what a ``pyproject.toml`` names: its requirements, extras, groups and overlays."""
    table, is_list, is_wanted = "", False, False
    for line in map(str.strip, lines):
        if line.startswith("[") and not is_list:
            table = line.strip("[] \t")
            if table.startswith(f"{_OVERLAYS}."):
                named.overlays.add(table.removeprefix(f"{_OVERLAYS}.").partition(".")[0].strip("\"'"))
            continue
        key, equals, rest = line.partition("=")
        key = key.strip(" \"'")
        if equals and not is_list:
            _note_key(table, key, named)
            is_wanted = table in (_EXTRAS, _GROUPS) or (table == _PROJECT and key == "dependencies")
            line, is_list = rest.strip(), rest.strip().startswith("[")  # noqa: PLW2901  # the list begins here
        if is_list:
            texts, bare = _parted(line)
            is_list = "]" not in bare
            named.projects |= {_leading(text) for text in texts} if is_wanted else set()


def _note_key(table: str, key: str, named: Named) -> None:
    if table == _EXTRAS:
        named.extras.add(key)
    elif table == _GROUPS:
        named.groups.add(key)
    elif table == _OVERLAYS:
        named.overlays.add(key)


def _parted(text: str) -> tuple[list[str], str]:
    """Return what stands between quotes, and what stands outside of them and before a comment."""
    quoted: list[str] = []
    bare, quote, begin = "", "", 0
    for place, letter in enumerate(text):
        if quote:
            if letter == quote:
                quoted.append(text[begin:place])
                quote = ""
        elif letter == "#":
            break
        elif letter in "\"'":
            quote, begin = letter, place + 1
        else:
            bare += letter
    return quoted, bare

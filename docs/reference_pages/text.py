"""The small parts of pages: tables, names in backticks, what docstrings say of attributes."""

import inspect
from collections.abc import Iterable


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a markdown table."""
    titles = list(head)
    lines = [titles, ["---"] * len(titles), *([_cell(each) for each in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")


def code(names: Iterable[str]) -> str:
    """Return names in backticks."""
    return ", ".join(f"`{name}`" for name in names)


def attributes(described: type) -> dict[str, str]:
    """Return what the docstring of a class says of each of its attributes."""
    block = (inspect.getdoc(described) or "").partition("Attributes:\n")[2]
    meanings: dict[str, str] = {}
    names: list[str] = []
    for line in block.splitlines():
        if line.startswith(" " * 4) and not line.startswith(" " * 5) and ": " in line:
            head, _, meaning = line.strip().partition(": ")
            names = head.split(", ")
            meanings |= dict.fromkeys(names, meaning)
        elif line.strip():
            meanings |= {name: f"{meanings[name]} {line.strip()}" for name in names}
    return meanings


def first_line(described: object) -> str:
    """Return the first line of a docstring."""
    return (inspect.getdoc(described) or "").partition("\n")[0]

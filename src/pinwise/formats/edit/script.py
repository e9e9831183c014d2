"""Edit what a script requires, in its ``# /// script`` block."""

from collections.abc import Sequence
from dataclasses import replace

from pinwise.formats.edit.lists import Lists
from pinwise.formats.edit.parts import not_there
from pinwise.formats.script import block_of, lines_of_block
from pinwise.model.edit import Wanted
from pinwise.model.names import NormalizedName
from pinwise.model.request import DEFAULT_GROUP

PATH = ("dependencies",)


def add_to_script(text: str, file: str, wanted: Sequence[Wanted]) -> Lists:
    """Return a script with all that is wanted in its block.

    Raises:
        ManifestError: It has no block, or the block cannot be edited.
    """
    lists = _block(text, file)
    for each in wanted:
        lists = lists.add(PATH, DEFAULT_GROUP, each)
    return _put_back(text, file, lists)


def remove_from_script(text: str, file: str, names: Sequence[NormalizedName]) -> Lists:
    """Return a script without what its block requires of some projects.

    Raises:
        ManifestError: One of them is not required.
    """
    lists = _block(text, file)
    known = lists.names(PATH)
    for name in names:
        if name not in known:
            raise not_there(name, known, "", file)
        lists = lists.remove(PATH, DEFAULT_GROUP, name)
    return _put_back(text, file, lists)


def _block(text: str, file: str) -> Lists:
    block = block_of(text, file)
    first, _ = lines_of_block(text, file)
    return Lists("\n".join(block.split("\n")[first:]), file)


def _put_back(text: str, file: str, lists: Lists) -> Lists:
    """Return the script with the lines of its block that are new; every other line stays as it is."""
    first, end = lines_of_block(text, file)
    script = text.split("\n")
    old, new = _block(text, file).text.split("\n"), lists.text.split("\n")
    head = next(
        (n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new))
    )
    most = min(len(old), len(new)) - head
    tail = next((n for n in range(most) if old[-1 - n] != new[-1 - n]), most)
    carriage = "\r" if script[first - 1].endswith("\r") else ""
    changed = [(f"# {line}" if line else "#") + carriage for line in new[head : len(new) - tail]]
    script[first + head : first + len(old) - tail] = changed
    assert end >= first, "a block has a beginning and an end"
    return replace(lists, text="\n".join(script))

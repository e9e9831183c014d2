"""Names for a shell to complete: what the project's own files name, and what the knowledge base knows."""

import os
from collections.abc import Iterator

from pinwise.completion.files import FILES, Named, read_named
from pinwise.knowledge.names import known_names
from pinwise.settings.places import knowledge_base

MOST = 200
"""How many names are offered at once; whoever wants others types on."""


def names_of(kind: str, word: str, *, kb: str | None, config: str | None) -> Iterator[str]:
    """Yield the names of a kind that begin as typed.

    Args:
        kind: "pinned" for projects of the manifest and its locks, or any where these name none that fits;
            "known" for projects of the knowledge base; "extra", "group", "overlay" of a ``pyproject.toml``.
        word: What was typed.
        kb: What the option for the knowledge base says, None if it is not there.
        config: The same for the configuration file.
    """
    prefix = normalised(word)
    if kind in ("extra", "group", "overlay"):
        named = read_named(["pyproject.toml"])
        known = {"extra": named.extras, "group": named.groups, "overlay": named.overlays}[kind]
        yield from (name for name in sorted(known) if name.startswith(word))
        return
    if kind == "pinned":
        own = [name for name in sorted(_own().projects) if name.startswith(prefix)]
        if own:
            yield from own
            return
    if prefix or kind == "known":
        yield from known_names(knowledge_base(kb, config), prefix, most=MOST)


def _own() -> Named:
    """Return what the files of the current folder name."""
    try:
        there = os.listdir()  # noqa: PTH208  # pathlib costs 5 ms
    except OSError:
        return Named()
    return read_named(name for name in there if name in FILES or _is_requirements(name))


def _is_requirements(name: str) -> bool:
    return name.startswith(("requirements", "pylock.")) and name.endswith((".txt", ".in", ".toml"))


def normalised(word: str) -> str:
    """Return the beginning of a name as names are compared: ``Flask_S`` is ``flask-s``."""
    text = word.lower().replace("_", "-").replace(".", "-")
    while "--" in text:
        text = text.replace("--", "-")
    return text

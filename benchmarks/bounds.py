"""Bounds that change a request and leave its best stack as it is, so that no answer that was kept can serve.

Each is a lower bound, a release below the one that was chosen: it rules releases out, and what is chosen, and
all facts that show that nothing is better, stay within it.
"""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from packaging.version import Version
from peers import Pins

from pinwise.knowledge.store import open_store
from pinwise.model.names import normalise


def lower_bounds(store: Path, index: str, stacks: Sequence[Pins], *, seed: int) -> Iterator[str]:
    """Yield constraints, each another one, that none of the stacks breaks.

    Args:
        store: A knowledge base that has the pages of all their projects.
        index: The URL under which it has them.
        stacks: At least one.
        seed: Decides which constraints come first.
    """
    shared = set.intersection(*(set(stack) for stack in stacks))
    possible = []
    with open_store(store, read_only=True) as known:
        for name in sorted(shared):
            page = known.page(index, normalise(name))
            releases = page.project.releases if page is not None and page.project is not None else ()
            chosen = min(Version(stack[name]) for stack in stacks)
            older = [each.version for each in releases if each.version < chosen]
            possible += [f"{name}>={version}" for version in older[1:] if not version.is_prerelease]
    random.Random(seed).shuffle(possible)
    yield from possible

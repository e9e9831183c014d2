"""What the programs that disturb a knowledge base have in common: facts to write, a judge of what is left.

Run as a program it writes: ``python benchmarks/write_facts.py FILE PREFIX PROJECTS`` commits project after
project and says so, a line on stdout for each commit that was acknowledged. It ends with status 0, or with 3
and one line ``failure: …`` where the knowledge base failed in words. A fourth argument, ``early``, lets it
say so before the commit.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from pinwise.knowledge.store import Store, open_store
from pinwise.model.errors import StoreFailure
from pinwise.model.facts import Document, File, Metadata, Origin, Project, Release
from pinwise.model.names import NormalizedName, normalise

INDEX = "https://index.example/simple"
COMMITS = 2
"""Commits per project: the second brings a changed page and more documents."""

Facts = tuple[Project | None, Mapping[tuple[str, str], Document | None]]


@dataclass(slots=True)
class Tally:
    """What the rounds so far have shown."""

    acknowledged: int = 0
    lost: int = 0
    half: int = 0


def generate(name: NormalizedName, commit: int) -> Facts:
    """Return all that the store must hold of a project after its `commit`-th commit (none after the 0th)."""
    if not commit:
        return None, {}
    releases = tuple(_release(name, number) for number in range(commit - 1, commit + 12))
    stated = releases[: 5 * commit]
    documents = {(each.files[0].filename, Origin.WHEEL.value): _document(each) for each in stated}
    return Project(name, INDEX, releases), {**generate(name, commit - 1)[1], **documents}


def _release(name: NormalizedName, number: int) -> Release:
    filename = f"{name.replace('-', '_')}-{number}-py3-none-any.whl"
    digest = f"{number:064x}"
    url = f"https://files.example/{filename}"
    return Release(
        Version(str(number)), (File(filename, url, digest, 10, number, None, None, None, "py3-none-any"),)
    )


def _document(release: Release) -> Metadata:
    number = release.version.major
    requirements = tuple(Requirement(f"needed-{each}>={number}") for each in range(8))
    return Metadata(SpecifierSet(">=3.8"), requirements, frozenset(), Origin.WHEEL, release.files[0].filename)


def write_commit(store: Store, name: NormalizedName, commit: int) -> None:
    """Put what the `commit`-th commit brings."""
    page, documents = generate(name, commit)
    with store.batch():
        store.put_page(INDEX, name, page, etag=str(commit), last_modified=None, checked=commit)
        for (filename, kind), document in documents.items():
            store.put_document(INDEX, name, filename, kind, document, checked=commit)


def judge(path: Path, acknowledged: Mapping[NormalizedName, int], tally: Tally) -> None:
    """Open the store again and compare every project in it with what was written."""
    with open_store(path) as store:
        for name in {*acknowledged, *store.names()}:
            held = _held(store, name)
            tally.half += held is None
            tally.lost += held is not None and held < acknowledged.get(name, 0)
    tally.acknowledged += sum(acknowledged.values())


def _held(store: Store, name: NormalizedName) -> int | None:
    """Return the commit whose facts the store holds, None if they are those of no commit."""
    page = store.page(INDEX, name)
    facts = (None if page is None else page.project, store.documents(INDEX, name))
    return next((commit for commit in range(COMMITS + 1) if generate(name, commit) == facts), None)


def read_acknowledged(text: str) -> dict[NormalizedName, int]:
    """Return the last commit of each project that a writer has told of."""
    lines = [line.split() for line in text.splitlines()]
    return {normalise(line[0]): int(line[1]) for line in lines if len(line) == 2 and line[1].isdecimal()}


def main() -> int:
    """Write, and acknowledge."""
    path, prefix, projects = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    is_early = "early" in sys.argv[4:]
    try:
        with open_store(path) as store:
            for number in range(projects):
                name = normalise(f"{prefix}-{number}")
                for commit in range(1, COMMITS + 1):
                    said = f"{name} {commit}\n".encode()
                    os.write(1, said * is_early)
                    write_commit(store, name, commit)
                    os.write(1, said * (not is_early))
    except StoreFailure as failure:
        os.write(1, f"failure: {failure}\n".encode())
        return failure.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Kill writing processes at random moments: what a knowledge base acknowledged must be there afterwards.

    python benchmarks/kill_store.py --kills 1000 --writers 2 --seed 1

Each round two processes write generated projects into one store and say so after every commit; both are
killed (SIGKILL) somewhere, the store is opened again, and every project in it is compared with what was
written: an acknowledged commit that is missing is *lost*, a project that equals no commit is *half*. Any of
either ends the program with status 1. ``--early`` acknowledges before the commit, which must be noticed.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from pinwise.knowledge.store import Store, open_store
from pinwise.model.facts import Document, File, Metadata, Origin, Project, Release
from pinwise.model.names import NormalizedName, normalise

INDEX = "https://index.example/simple"
COMMITS = 2
"""Commits per project: the second brings a changed page and more documents."""

ROUNDS_PER_STORE = 10
MOST = 12  # acknowledgements that are waited for before the kill
LONGEST = 0.02  # seconds from there to the kill

Facts = tuple[Project | None, Mapping[tuple[str, str], Document | None]]


@dataclass(frozen=True, slots=True)
class Moment:
    """When writers are killed: `seconds` after so many acknowledgements, however slow the machine is."""

    acknowledged: int
    seconds: float


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


def write_until_killed(path: Path, prefix: str, said: int, *, is_early: bool) -> None:
    """Write project after project; a line on the descriptor `said` acknowledges each commit."""
    with open_store(path) as store:
        for number in count():
            name = normalise(f"{prefix}-{number}")
            for commit in range(1, COMMITS + 1):
                if is_early:
                    os.write(said, f"{name} {commit}\n".encode())
                _commit(store, name, commit)
                if not is_early:
                    os.write(said, f"{name} {commit}\n".encode())


def _commit(store: Store, name: NormalizedName, commit: int) -> None:
    page, documents = generate(name, commit)
    with store.batch():
        store.put_page(INDEX, name, page, etag=str(commit), last_modified=None, checked=commit)
        for (filename, kind), document in documents.items():
            store.put_document(INDEX, name, filename, kind, document, checked=commit)


def run_round(
    path: Path, prefixes: list[str], moment: Moment, *, is_early: bool
) -> dict[NormalizedName, int]:
    """Let writers live up to a moment and return the last acknowledged commit of each project."""
    reading, said = os.pipe()
    writers = [_fork(path, prefix, said, is_early=is_early) for prefix in prefixes]
    os.close(said)
    lines = os.fdopen(reading)
    heard = [lines.readline() for _ in range(moment.acknowledged)]
    time.sleep(moment.seconds)
    for writer in writers:
        os.kill(writer, signal.SIGKILL)
    for writer in writers:
        _, status = os.waitpid(writer, 0)
        if os.WTERMSIG(status) != signal.SIGKILL:
            message = f"a writer ended by itself, with status {status}"
            raise SystemExit(message)
    with lines:
        heard += lines
    return {normalise(name): int(commit) for name, commit in map(str.split, heard)}


def _fork(path: Path, prefix: str, said: int, *, is_early: bool) -> int:
    child = os.fork()
    if not child:
        try:
            write_until_killed(path, prefix, said, is_early=is_early)
        except BaseException:  # noqa: BLE001  # a child must not go on as a second parent
            traceback.print_exc()
        finally:
            os._exit(1)
    return child


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


def stores(folder: Path) -> Iterator[Path]:
    """Yield the store of each round: a new one every few rounds, so that some are killed while they begin."""
    for number in count():
        yield folder / f"{number // ROUNDS_PER_STORE}" / "knowledge.sqlite"


def main() -> int:
    """Run the rounds and say what they showed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=100, help="processes to kill")
    parser.add_argument("--writers", type=int, default=2, help="processes that write at the same time")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--early", action="store_true", help="acknowledge before the commit")
    options = parser.parse_args()
    chance, tally = random.Random(options.seed), Tally()
    rounds = -(-options.kills // options.writers)
    with tempfile.TemporaryDirectory() as folder:
        for number, path in zip(range(rounds), stores(Path(folder)), strict=False):
            prefixes = [f"round-{number}-{writer}" for writer in range(options.writers)]
            moment = Moment(chance.randrange(MOST), chance.uniform(0, LONGEST))
            judge(path, run_round(path, prefixes, moment, is_early=options.early), tally)
    print(
        f"{rounds * options.writers} writers killed, {tally.acknowledged} commits acknowledged, "
        f"{tally.lost} lost, {tally.half} projects half written"
    )
    return 1 if tally.lost or tally.half else 0


if __name__ == "__main__":
    sys.exit(main())

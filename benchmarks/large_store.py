"""How much longer an advice takes out of a large knowledge base than out of a small one.

    python benchmarks/large_store.py --slice slice.zip --set benchmarks/sets/7-scheduler.txt

A first run learns what the set needs; that is the small knowledge base. The large one has the same facts in
the midst of so many generated releases, each with a file and its metadata, half of them written before and
half after. Then both are asked in turn, offline, whole processes, each pair with another bound. Shown are the
medians of both and of the differences, and the least of each, which a busy machine changes least. With
`--online`, each run asks the index for what is new, and writes down that it did.
"""

import argparse
import hashlib
import json
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median

import measure
from bounds import lower_bounds
from measure import Spent
from peers import Pins, Pinwise, Task
from serve_slice import index_of

from pinwise.knowledge.digests import insert, listing_digest, next_id
from pinwise.knowledge.listing import read_files
from pinwise.knowledge.schema import create

RELEASES = 10  # of a generated project
AT_ONCE = 2_000  # projects in a transaction
INDEX = "https://index.example/simple"


@dataclass(frozen=True, slots=True)
class Filling:
    """So many generated projects, from a first one on, as rows."""

    first: int
    projects: int

    def write(self, path: Path) -> None:
        """Add all of them to a knowledge base, which is made where there is none."""
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            create(connection)
        if not connection.execute("SELECT count(*) FROM indexes WHERE url = ?", (INDEX,)).fetchone()[0]:
            insert(connection, "indexes", [(next_id(connection, "indexes"), INDEX)])
            texts = ((number, f"needed-{number}>=1.{number}") for number in range(10_000, 20_000))
            insert(connection, "requirements", texts)
        (index,) = connection.execute("SELECT id FROM indexes WHERE url = ?", (INDEX,)).fetchone()
        for start in range(self.first, self.first + self.projects, AT_ONCE):
            numbers = range(start, min(start + AT_ONCE, self.first + self.projects))
            self._write_some(connection, index, numbers)
            connection.execute("COMMIT")
            connection.execute("BEGIN IMMEDIATE")
        connection.execute("COMMIT")
        connection.close()

    def _write_some(self, connection: sqlite3.Connection, index: int, numbers: range) -> None:
        shift = next_id(connection, "projects") - numbers[0]
        names = {number + shift: _name(number) for number in numbers}
        first = next_id(connection, "releases")
        insert(connection, "projects", ((number, index, name) for number, name in names.items()))
        releases = [
            (first + place * RELEASES + minor, project, f"1.{minor}")
            for place, project in enumerate(names)
            for minor in range(RELEASES)
        ]
        insert(connection, "releases", releases)
        insert(connection, "files", (_file(names[project], *row) for row in releases for project in row[1:2]))
        insert(connection, "documents", (_document(names[row[1]], *row) for row in releases))
        pages = (
            (
                project,
                1,
                1,
                "active",
                "[]",
                None,
                None,
                1,
                listing_digest(INDEX, name, read_files(connection, project)),
            )
            for project, name in names.items()
        )
        insert(connection, "pages", pages)


def _name(number: int) -> str:
    """Return a name; neighbours in number are far from each other in the order of names."""
    return f"{hashlib.sha256(str(number).encode()).hexdigest()[:8]}-generated-{number}"


def _filename(name: str, version: str) -> str:
    return f"{name.replace('-', '_')}-{version}-py3-none-any.whl"


def _file(name: str, release: int, project: int, version: str) -> tuple[object, ...]:
    filename = _filename(name, version)
    digest = hashlib.sha256(filename.encode()).hexdigest()
    url = f"https://files.example/{digest[:2]}/{filename}"
    facts = (url, digest, 100_000, 1_600_000_000 + release, ">=3.8", None, digest, "py3-none-any")
    return (project, filename, 1, release, *facts, 1, None)


def _document(name: str, release: int, project: int, version: str) -> tuple[object, ...]:
    filename = _filename(name, version)
    needed = json.dumps(
        sorted(random.Random(release).sample(range(10_000, 20_000), 4)), separators=(",", ":")
    )
    answer = ("metadata", None, "metadata file", filename, ">=3.8", needed, "[]")
    return (project, filename, "metadata file", 1, *answer, 1)


@dataclass(frozen=True, slots=True)
class Bench:
    """A set, its two knowledge bases, and how often they are asked."""

    requirements: Path
    index: str
    metadata: Path | None
    scratch: Path
    pinwise: Pinwise
    repeat: int

    def pairs(self, releases: int, *, online: bool) -> Iterator[tuple[Spent, Spent]]:
        """Yield what the small and the large one took."""
        small, large = self._task("small"), self._task("large")
        pins = self._learn(small)
        large.store.mkdir(parents=True)
        half = releases // RELEASES // 2
        Filling(0, half).write(large.store / "kb.sqlite")
        self._learn(large)
        Filling(half, half).write(large.store / "kb.sqlite")
        for task in (small, large):
            size = (task.store / "kb.sqlite").stat().st_size / 2**20
            print(f"{task.store.name}: {size:,.0f} MiB", flush=True)
        bounds = lower_bounds(small.store / "kb.sqlite", self.index, [pins], seed=1)
        for number, bound in enumerate(islice(bounds, self.repeat + 1)):
            constraint = self.scratch / "bound.txt"
            constraint.write_text(f"{bound}\n", encoding="utf-8")
            order = ("small", "large") if number % 2 else ("large", "small")
            spent = {name: self._ask(self._task(name, constraint), pins, online=online) for name in order}
            if number:  # the first fills caches
                yield spent["small"], spent["large"]

    def _learn(self, task: Task) -> Pins:
        run = self.pinwise.run(task)
        if run.pins is None:
            raise SystemExit(f"{self.requirements.stem} has no stack:\n{run.said}")
        return run.pins

    def _ask(self, task: Task, pins: Pins, *, online: bool) -> Spent:
        run = self.pinwise.run(task, offline=not online)
        if run.pins != pins:
            raise SystemExit(f"other pins out of the {task.store.name} knowledge base:\n{run.said}")
        return run.spent

    def _task(self, name: str, constraint: Path | None = None) -> Task:
        return Task(self.requirements, self.index, self.scratch / name, self.metadata, constraint)


def report(pairs: Sequence[tuple[Spent, Spent]]) -> None:
    """Print a table of medians and of the least; all times in milliseconds."""
    print("\n| | small | large | difference | least: small, large |\n|---|---|---|---|---|")
    for what, unit in (("wall", 1e3), ("processor", 1e3), ("memory", 1.0)):
        both = [(unit * getattr(small, what), unit * getattr(large, what)) for small, large in pairs]
        medians = [median(each) for each in zip(*both, strict=True)]
        difference = median(large - small for small, large in both)
        name = f"{what}, ms" if unit > 1 else f"{what}, MiB"
        least = ", ".join(f"{min(each):.1f}" for each in zip(*both, strict=True))
        print(f"| {name} | {medians[0]:.1f} | {medians[1]:.1f} | {difference:+.1f} | {least} |")


def main() -> None:
    """Make both knowledge bases, ask them, and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--index", help="URL of the index's simple API")
    where.add_argument("--slice", type=Path, help="a file that make_slice.py wrote, to be served meanwhile")
    parser.add_argument("--delay-ms", type=float, default=0, help="with --slice: wait before every answer")
    parser.add_argument("--set", type=Path, required=True, help="a requirements file")
    parser.add_argument("--metadata", type=Path, help="[[dependency-metadata]] tables, as uv reads them")
    parser.add_argument("--releases", type=int, default=1_000_000, help="how many (default: 1000000)")
    parser.add_argument("--predictor", choices=("exact", "latest"), default="exact")
    parser.add_argument("--online", action="store_true", help="let each run ask the index")
    parser.add_argument("--repeat", type=int, default=15, help="pairs of runs (default: 15)")
    asked = parser.parse_args()
    metadata = asked.metadata.resolve() if asked.metadata else None
    with tempfile.TemporaryDirectory() as name, index_of(asked) as index:
        scratch = Path(name)
        shutil.copy(asked.set, scratch / "requirements.in")
        pinwise = Pinwise(asked.predictor, scratch / "bytecode")
        bench = Bench(scratch / "requirements.in", index, metadata, scratch, pinwise, asked.repeat)
        print(f"{asked.set.stem}, {asked.predictor}; {asked.releases:,} releases; {measure.machine()}")
        report(list(bench.pairs(asked.releases, online=asked.online)))


if __name__ == "__main__":
    main()

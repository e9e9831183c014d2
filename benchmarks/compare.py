"""Compare pinwise with uv: the same requirement sets, one index, one machine, one run; print a table.

    python benchmarks/compare.py --slice slice.zip --sets benchmarks/sets --repeat 7

For each set, each resolver runs once through a relay that counts what it fetches; then `--repeat` rounds
follow in which all run in turn, cold (nothing known) and warm (``--offline``, all known), and the medians are
shown. pinwise runs in two modes: `exact`, its default, proves that nothing is better; `latest` takes the
first stack that it finds, as the others do. All that can write digests of all files do so.

Every timed run has another bound: one constraint that rules some old releases out and leaves the best stack
as it is. So no answer that was kept from an earlier run can serve.

pinwise's stack and uv's are given to each other as constraints: that tells what they cost, and whether they
are valid there. Only ratios mean anything: they come from one machine in one run.
"""

import argparse
import itertools
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bounds import lower_bounds
from judge import rules_broken
from measure import Spent, machine
from peers import Peer, Pins, Pinwise, Pip, Run, Task, Uv, write_pins
from relay import Relay
from serve_slice import index_of

TRIES = 5
"""How many bounds are tried where one leads offline to what is not known."""

NOTHING = "-"

Attempt = Callable[[Sequence[Peer]], Mapping[str, Spent]]
"""One round: let these resolvers run, in this order, and return what each of them took."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one resolver did on one set.

    Attributes:
        set_name: The requirement set.
        resolver: Who.
        packages: How many it pins.
        fetched: How much metadata it fetched, cold.
        cold: Medians of its cold runs, None if it was not timed.
        warm: Medians of its warm runs.
        cost: What its stack costs by pinwise's prices, or "?".
        verdict: What there is to say of its stack.
    """

    set_name: str
    resolver: str
    packages: int
    fetched: int
    cold: Spent | None
    warm: Spent | None
    cost: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows as markdown; `clock` says whether times are of the wall or of the processor."""

    clock: str

    def header(self) -> str:
        """Return the two lines at the top."""
        columns = ["set", "resolver", "packages", "metadata fetched", "cold, s", "warm, s"]
        columns += ["cold, MiB", "warm, MiB", "cost", "stack"]
        return f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|"

    def line(self, row: Row, uv: Row) -> str:
        """Return a row; behind a time stands the ratio to uv's."""
        cells = [row.set_name, row.resolver, row.packages or NOTHING, row.fetched]
        cells += [self._time(row.cold, uv.cold), self._time(row.warm, uv.warm)]
        cells += [f"{spent.memory:.0f}" if spent else NOTHING for spent in (row.cold, row.warm)]
        return f"| {' | '.join(map(str, (*cells, row.cost, row.verdict)))} |"

    def _time(self, spent: Spent | None, uv: Spent | None) -> str:
        if spent is None:
            return NOTHING
        if uv is None or uv is spent:
            return f"{self.seconds(spent):.3f}"
        return f"{self.seconds(spent):.3f} ({self.seconds(spent) / self.seconds(uv):.1f})"

    def seconds(self, spent: Spent) -> float:
        """Return the time that is shown."""
        return spent.wall if self.clock == "wall" else spent.processor


@dataclass(frozen=True, slots=True)
class Bench:
    """What all sets share: resolvers, index, the metadata that is given, a scratch folder, repetitions.

    The first resolver is pinwise with its default predictor, the last one is uv.
    """

    peers: Sequence[Peer]
    index: str
    metadata: Path | None
    scratch: Path
    repeat: int
    repeat_cold: int

    def compare(self, requirements: Path) -> list[Row]:
        """Run all resolvers on one set."""
        counted = {peer.name: self._counted(peer, requirements) for peer in self.peers}
        stacks = {name: run.pins for name, (run, _) in counted.items() if run.pins is not None}
        cold: Mapping[str, Spent] = {}
        warm: Mapping[str, Spent] = {}
        if self.peers[0].name in stacks:
            fixed = stacks[self.peers[0].name]
            bounds = self._bounds(requirements, list(stacks.values()))
            able = [peer for peer in self.peers if peer.name in stacks]
            cold = self._rounds(able, self.repeat_cold, self._cold(requirements, fixed, bounds))
            for peer in able:
                peer.run(self._task(peer, requirements, "warm"))
            warm = self._rounds(able, self.repeat, self._warm(requirements, fixed, bounds))
        told = self._judge(requirements, {name: run for name, (run, _) in counted.items()})
        return [
            Row(
                requirements.stem,
                name,
                len(run.pins or ()),
                documents,
                cold.get(name),
                warm.get(name),
                *told[name],
            )
            for name, (run, documents) in counted.items()
        ]

    def _counted(self, peer: Peer, requirements: Path) -> tuple[Run, int]:
        """Run once, cold, through a relay; return the run and how much metadata it fetched."""
        with Relay(self.index) as relay:
            task = self._task(peer, requirements, "counted", index=relay.url)
            run = peer.run(task, is_judged=True)
            (task.store / "index").write_text(relay.url, encoding="utf-8")
            return run, relay.documents

    def _bounds(self, requirements: Path, stacks: Sequence[Pins]) -> Iterator[Path]:
        """Yield files of one constraint each, each another one."""
        known = self._task(self.peers[0], requirements, "counted").store
        index = (known / "index").read_text(encoding="utf-8")
        for number, bound in enumerate(lower_bounds(known / "kb.sqlite", index, stacks, seed=len(stacks))):
            path = self.scratch / f"{requirements.stem}-bound-{number}.txt"
            path.write_text(f"{bound}\n", encoding="utf-8")
            yield path

    def _rounds(
        self,
        able: Sequence[Peer],
        repeat: int,
        attempt: Attempt,
    ) -> dict[str, Spent]:
        """Return the medians of several rounds, the order of the resolvers turned each time."""
        spent: dict[str, list[Spent]] = {peer.name: [] for peer in able}
        for number in range(repeat):
            for name, each in attempt(able if number % 2 == 0 else able[::-1]).items():
                spent[name].append(each)
        return {name: _median(each) for name, each in spent.items() if each}

    def _cold(self, requirements: Path, best: Pins, bounds: Iterator[Path]) -> Attempt:
        """Return what one cold round does: each resolver begins with an empty store."""

        def attempt(peers: Sequence[Peer]) -> Mapping[str, Spent]:
            bound = next(bounds)
            spent = {}
            for peer in peers:
                task = self._task(peer, requirements, "cold", constraints=bound)
                run = peer.run(task)
                shutil.rmtree(task.store)
                self._check(peer, run, best, bound)
                spent[peer.name] = run.spent
            return spent

        return attempt

    def _warm(self, requirements: Path, best: Pins, bounds: Iterator[Path]) -> Attempt:
        """Return what one warm round does: each resolver knows what it learned without the bound."""

        def attempt(peers: Sequence[Peer]) -> Mapping[str, Spent]:
            for bound in itertools.islice(bounds, TRIES):
                runs = [
                    (peer, peer.run(self._task(peer, requirements, "warm", constraints=bound), offline=True))
                    for peer in peers
                ]
                if all(run.pins is not None for _, run in runs):
                    for peer, run in runs:
                        self._check(peer, run, best, bound)
                    return {peer.name: run.spent for peer, run in runs}
            raise SystemExit(f"{requirements.stem}: nothing can be resolved offline: {runs[0][1].said}")

        return attempt

    def _check(self, peer: Peer, run: Run, best: Pins, bound: Path) -> None:
        """See that the best stack is still found: what is timed must be right."""
        if peer is self.peers[0] and run.pins != best:
            raise SystemExit(f"with {bound.read_text(encoding='utf-8')}other pins: {run.said}")

    def _task(
        self,
        peer: Peer,
        requirements: Path,
        run: str,
        *,
        index: str | None = None,
        constraints: Path | None = None,
    ) -> Task:
        store = self.scratch / requirements.stem / f"{peer.name.replace(' ', '-')}-{run}"
        return Task(requirements.resolve(), index or self.index, store, self.metadata, constraints)

    def _judge(self, requirements: Path, runs: Mapping[str, Run]) -> dict[str, tuple[str, str]]:
        """Return what each stack costs, and how it stands to that of pinwise's default predictor."""
        exact = self.peers[0]
        best = runs[exact.name]
        return {
            peer.name: self._told(requirements, peer, runs[peer.name], best)
            if peer is not exact
            else self._told_of_best(best)
            for peer in self.peers
        }

    def _told_of_best(self, best: Run) -> tuple[str, str]:
        if best.pins is None:
            return "?", "no stack"
        proof = best.report["proof"]
        return str(proof["cost"]), "proven" if proof["optimal"] else "not proven"

    def _told(self, requirements: Path, peer: Peer, run: Run, best: Run) -> tuple[str, str]:
        if run.pins is None:
            return "?", "no stack"
        if best.pins is None:
            return "?", "a stack"
        if run.pins == best.pins:
            return str(best.report["proof"]["cost"]), "the same"
        differ = sum(run.pins.get(name) != best.pins.get(name) for name in {*run.pins, *best.pins})
        cost, objection = self._priced(requirements, run.pins)
        if isinstance(peer, Pinwise):
            return cost, f"{differ} differ{objection}"
        verb = "accepts" if self._accepts(peer, requirements, best.pins) else "refuses"
        return cost, f"{differ} differ{objection}; {peer.name} {verb} the best"

    def _priced(self, requirements: Path, pins: Pins) -> tuple[str, str]:
        """Return what a stack costs by pinwise's prices, or why it is no stack by pinwise's policies."""
        task = self._constrained(self.peers[0], requirements, pins)
        run = self.peers[0].run(task, is_judged=True)
        if run.pins is None:
            return "?", f"; it breaks a rule: {'; '.join(rules_broken(task, pins)) or 'unknown'}"
        dropped = sorted(set(pins) - set(run.pins))
        return str(run.report["proof"]["cost"]), f"; it holds {', '.join(dropped)} too" if dropped else ""

    def _accepts(self, peer: Peer, requirements: Path, pins: Pins) -> bool:
        return peer.run(self._constrained(peer, requirements, pins)).pins == pins

    def _constrained(self, peer: Peer, requirements: Path, pins: Pins) -> Task:
        path = self.scratch / f"{requirements.stem}-for-{peer.name.replace(' ', '-')}.txt"
        return self._task(peer, requirements, "warm", constraints=write_pins(path, pins))


def _median(spent: Sequence[Spent]) -> Spent:
    return Spent(
        median(each.wall for each in spent),
        median(each.processor for each in spent),
        median(each.memory for each in spent),
    )


def summary(rows: Sequence[Row], table: Table) -> str:
    """Return a table of what all sets together show: multiples of what uv took."""
    uv = {row.set_name: row for row in rows if row.resolver == Uv.name}
    lines = [
        "| resolver | fetched: in sum, worst | cold: median, worst | warm: median, worst | MiB: cold, warm |",
        "|---|---|---|---|---|",
    ]
    for resolver in dict.fromkeys(row.resolver for row in rows):
        its = [row for row in rows if row.resolver == resolver and row.packages and uv[row.set_name].packages]
        if not its:
            continue
        fetched = [(row.fetched, uv[row.set_name].fetched) for row in its]
        in_sum = sum(ours for ours, _ in fetched) / max(1, sum(its for _, its in fetched))
        worst = max(ours / max(1, its) for ours, its in fetched)
        cells = [resolver, f"{in_sum:.2f}, {worst:.2f}"]
        cells += [_ratios(its, uv, table, warm=warm) for warm in (False, True)]
        cells.append(", ".join(_most([each(row) for row in its]) for each in (_cold_of, _warm_of)))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _cold_of(row: Row) -> Spent | None:
    return row.cold


def _warm_of(row: Row) -> Spent | None:
    return row.warm


def _ratios(rows: Sequence[Row], uv: Mapping[str, Row], table: Table, *, warm: bool) -> str:
    of = _warm_of if warm else _cold_of
    pairs = [(of(row), of(uv[row.set_name])) for row in rows]
    ratios = [table.seconds(ours) / table.seconds(its) for ours, its in pairs if ours and its]
    return f"{median(ratios):.2f}, {max(ratios):.2f}" if ratios else NOTHING


def _most(spent: Sequence[Spent | None]) -> str:
    return f"{max((each.memory for each in spent if each), default=0):.0f}"


def compare_all(bench: Bench, sets: Sequence[Path], table: Table) -> None:
    """Print the rows of each set as soon as they are known, and what they show together."""
    versions = dict.fromkeys(peer.version() for peer in bench.peers)
    print(f"{', '.join(versions)}; {machine()}; times of the {table.clock}; medians of {bench.repeat}\n")
    print(table.header(), flush=True)
    every: list[Row] = []
    for requirements in sets:
        rows = bench.compare(requirements)
        for row in rows:
            print(table.line(row, rows[-1]), flush=True)
        every += rows
    print(f"\n{summary(every, table)}", flush=True)


def options() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--index", help="URL of the index's simple API")
    where.add_argument("--slice", type=Path, help="a file that make_slice.py wrote, to be served meanwhile")
    parser.add_argument("--delay-ms", type=float, default=0, help="with --slice: wait before every answer")
    parser.add_argument("--sets", type=Path, required=True, help="folder of requirement sets (*.txt)")
    parser.add_argument("--only", default="", help="only sets whose name has this in it")
    parser.add_argument("--metadata", type=Path, help="[[dependency-metadata]] tables, as uv reads them")
    parser.add_argument("--repeat", type=int, default=7, help="rounds of runs (default: 7)")
    parser.add_argument("--repeat-cold", type=int, help="rounds of cold runs (default: as --repeat)")
    parser.add_argument("--no-latest", action="store_true", help="pinwise's default predictor alone")
    parser.add_argument("--pip", action="store_true", help="let pip resolve too, from wheels only")
    parser.add_argument("--clock", choices=("wall", "processor"), default="wall", help="which times to show")
    return parser.parse_args()


def main() -> None:
    """Compare on every set of a folder."""
    asked = options()
    sets = [path for path in sorted(asked.sets.glob("*.txt")) if asked.only in path.stem]
    if not sets:
        sys.exit(f"no sets in {asked.sets}")
    metadata = asked.metadata.resolve() if asked.metadata else None
    repeat_cold = asked.repeat if asked.repeat_cold is None else asked.repeat_cold
    with tempfile.TemporaryDirectory() as scratch, index_of(asked) as index:
        bytecode = Path(scratch, "bytecode")
        peers: list[Peer] = [Pinwise("exact", bytecode)]
        peers += [] if asked.no_latest else [Pinwise("latest", bytecode)]
        peers += [Pip(), Uv()] if asked.pip else [Uv()]
        bench = Bench(peers, index, metadata, Path(scratch), asked.repeat, repeat_cold)
        compare_all(bench, sets, Table(asked.clock))


if __name__ == "__main__":
    main()

"""Compare pinwise with uv: the same requirement sets, one index, one machine, one run; print a table.

    python benchmarks/compare.py --index http://127.0.0.1:8765/simple --sets benchmarks/sets --repeat 5

For each set, each resolver runs once through a relay that counts what it fetches; then `--repeat` pairs of
runs follow in turn, cold (nothing known) and warm (``--offline``, all known), and the medians are shown.
Each resolver's stack is given to the other as constraints: that tells what it costs, and whether it is valid
there. Only ratios mean anything: they come from one machine in one run.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from judge import rules_broken
from peers import Peer, Pins, Pinwise, Run, Task, Uv, write_pins
from relay import Relay

PINWISE, UV = Pinwise(), Uv()
PEERS: tuple[Peer, ...] = (PINWISE, UV)


@dataclass(frozen=True, slots=True)
class Pair:
    """A figure of pinwise beside the same one of uv."""

    pinwise: float
    uv: float

    def __str__(self) -> str:
        """Return both seconds and their ratio."""
        return f"{self.pinwise:.2f} / {self.uv:.2f} ({self.pinwise / self.uv:.1f})"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One row of the table."""

    name: str
    packages: str
    fetched: str
    cold: Pair
    warm: Pair
    costs: str
    verdict: str

    def __str__(self) -> str:
        """Return the row as markdown."""
        cells = (self.name, self.packages, self.fetched, self.cold, self.warm, self.costs, self.verdict)
        return f"| {' | '.join(map(str, cells))} |"


HEADER = """\
| set | packages | metadata fetched | cold, s (ratio) | warm, s (ratio) | cost | stacks |
|---|---|---|---|---|---|---|"""


@dataclass(frozen=True, slots=True)
class Bench:
    """What all sets share: the index, the metadata that is given, a scratch folder, how often to repeat."""

    index: str
    metadata: Path | None
    scratch: Path
    repeat: int

    def compare(self, requirements: Path) -> Comparison:
        """Run both resolvers on one set."""
        pinwise, uv = (self._counted(peer, requirements) for peer in PEERS)
        cold = self._timed(requirements, offline=False)
        warm = self._timed(requirements, offline=True)
        costs, verdict = self._judge(requirements, pinwise[0], uv[0])
        return Comparison(
            name=requirements.stem,
            packages=_beside(len(pinwise[0].pins or ()), len(uv[0].pins or ())),
            fetched=_beside(pinwise[1], uv[1]),
            cold=cold,
            warm=warm,
            costs=costs,
            verdict=verdict,
        )

    def _counted(self, peer: Peer, requirements: Path) -> tuple[Run, int]:
        """Run once, cold, through a relay; return the run and how much metadata it fetched."""
        with Relay(self.index) as relay:
            run = peer.run(self._task(peer, requirements, "counted", index=relay.url))
            return run, relay.documents

    def _timed(self, requirements: Path, *, offline: bool) -> Pair:
        """Return the median seconds of both; an offline run uses what the first cold run learned."""
        seconds: dict[str, list[float]] = {peer.name: [] for peer in PEERS}
        for attempt in range(self.repeat):
            for peer in PEERS if attempt % 2 == 0 else PEERS[::-1]:
                task = self._task(peer, requirements, "0" if offline else str(attempt))
                seconds[peer.name].append(peer.run(task, offline=offline).seconds)
        return Pair(median(seconds[PINWISE.name]), median(seconds[UV.name]))

    def _task(
        self,
        peer: Peer,
        requirements: Path,
        run: str,
        *,
        index: str | None = None,
        constraints: Path | None = None,
    ) -> Task:
        store = self.scratch / requirements.stem / f"{peer.name}-{run}"
        return Task(requirements.resolve(), index or self.index, store, self.metadata, constraints)

    def _judge(self, requirements: Path, pinwise: Run, uv: Run) -> tuple[str, str]:
        """Return both costs, and what each resolver says of the other's stack."""
        if pinwise.pins is None or uv.pins is None:
            found = [
                peer.name for peer, run in zip(PEERS, (pinwise, uv), strict=True) if run.pins is not None
            ]
            return "?", f"only {found[0]} found a stack" if found else "neither found a stack"
        cost = pinwise.report["proof"]["cost"]
        proof = "proven" if pinwise.report["proof"]["optimal"] else "not proven"
        if pinwise.pins == uv.pins:
            return _beside(cost, cost), f"same pins, {proof}"
        uv_cost, objection = self._priced(requirements, uv.pins)
        accepted = "uv accepts ours" if self._uv_accepts(requirements, pinwise.pins) else "uv refuses ours"
        differ = sum(pinwise.pins.get(name) != uv.pins.get(name) for name in {*pinwise.pins, *uv.pins})
        verdict = f"{differ} differ, {proof}; {accepted}{objection}"
        return _beside(cost, uv_cost), verdict

    def _priced(self, requirements: Path, pins: Pins) -> tuple[str, str]:
        """Return what uv's stack costs by pinwise's prices, or why it is no stack by pinwise's policies."""
        task = self._constrained(PINWISE, requirements, pins)
        run = PINWISE.run(task)
        if run.pins is None:
            return "?", f"; uv's breaks a rule: {'; '.join(rules_broken(task, pins)) or 'unknown'}"
        dropped = sorted(set(pins) - set(run.pins))
        return str(run.report["proof"]["cost"]), f"; uv's holds {', '.join(dropped)} too" if dropped else ""

    def _uv_accepts(self, requirements: Path, pins: Pins) -> bool:
        run = UV.run(self._constrained(UV, requirements, pins))
        return run.pins == pins

    def _constrained(self, peer: Peer, requirements: Path, pins: Pins) -> Task:
        path = write_pins(self.scratch / f"{requirements.stem}-for-{peer.name}.txt", pins)
        return self._task(peer, requirements, "0", constraints=path)


def _beside(pinwise: object, uv: object) -> str:
    return f"{pinwise} / {uv}"


def compare_all(bench: Bench, sets: Sequence[Path]) -> None:
    """Print a row per set, as soon as it is known."""
    print(HEADER, flush=True)
    for requirements in sets:
        print(bench.compare(requirements), flush=True)


def main() -> None:
    """Compare on every set of a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--index", required=True, help="URL of the index's simple API")
    parser.add_argument("--sets", type=Path, required=True, help="folder of requirement sets (*.txt)")
    parser.add_argument("--metadata", type=Path, help="[[dependency-metadata]] tables, as uv reads them")
    parser.add_argument("--repeat", type=int, default=5, help="pairs of runs, cold and warm (default: 5)")
    parser.add_argument("--only", default="", help="only sets whose name has this in it")
    arguments = parser.parse_args()
    sets = [path for path in sorted(arguments.sets.glob("*.txt")) if arguments.only in path.stem]
    if not sets:
        sys.exit(f"no sets in {arguments.sets}")
    metadata = arguments.metadata.resolve() if arguments.metadata else None
    with tempfile.TemporaryDirectory() as scratch:
        compare_all(Bench(arguments.index, metadata, Path(scratch), arguments.repeat), sets)


if __name__ == "__main__":
    main()

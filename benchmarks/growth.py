"""How time, memory and fetches grow with the world: a table, and a picture of it.

    python benchmarks/growth.py --svg docs/growth.svg

A generated knowledge base (see `generated.py`) knows everything of so many projects with so many releases
each. A whole process, offline, finds the stack and writes the lock; each run has another bound, as in
`compare.py`. Measured are the predictor `latest` and, up to `--exact-up-to` releases, `exact`, which has the
engine prove the optimum. The sampler (`sampler.py`) tells how the time of one more run is divided.

Fetches are those of a first run on an empty knowledge base, the same world served as an index.

Groups are prices on pairs, in process, for no unit sets such prices yet: `--groups` pairs of releases cost
more together than apart.

The slope is that of the line between two neighbours on a picture whose axes are both logarithmic: 1.0 means
that twice as many releases take twice as long. The steepest one counts. The second slope is that of the time
without what a world of one project takes, from `NOTABLE` releases on: less is lost in the noise.
"""

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import measure
from bounds import lower_bounds
from generated import World, name_of, served
from measure import Spent, python_settings
from pair_prices import priced_world
from peers import SOURCE, Pinwise, Run, Task, advise_words
from phases import profiled
from plot import Line, render_plot

PREDICTORS = ("latest", "exact")
SHOWN = ("imports", "facts", "compile", "search", "engine", "lock", "report")
"""Phases that have a column."""

NOTABLE = 2_000

SLOPE = 1.3
"""The goal: no steeper between any two neighbours, up to 500 projects with 500 releases each."""


@dataclass(frozen=True, slots=True)
class Point:
    """What one size took.

    Attributes:
        world: The size.
        predictor: How it was searched.
        spent: Medians of the whole processes.
        phases: Seconds by phase, of one run.
        fetched: Metadata that a first run fetches, None if it was not asked.
    """

    world: World
    predictor: str
    spent: Spent
    phases: Mapping[str, float]
    fetched: int | None

    @property
    def releases(self) -> int:
        """How many releases the world has."""
        return self.world.projects * self.world.versions


@dataclass(frozen=True, slots=True)
class Bench:
    """Where worlds are made, and how often each is searched."""

    scratch: Path
    repeat: int
    exact_up_to: int
    fetch_up_to: int

    def points(self, world: World) -> Iterator[Point]:
        """Measure one size."""
        folder = self.scratch / f"{world.projects}-{world.versions}"
        folder.mkdir(exist_ok=True)
        (folder / "requirements.in").write_text(f"{name_of(0)}\n", encoding="utf-8")
        world.write(folder / "kb.sqlite")
        size = world.projects * world.versions
        for predictor in PREDICTORS if size <= self.exact_up_to else PREDICTORS[:1]:
            yield self._point(world, folder, predictor)
        (folder / "kb.sqlite").unlink()

    def _point(self, world: World, folder: Path, predictor: str) -> Point:
        task = Task(folder / "requirements.in", world.url, folder)
        peer = Pinwise(predictor, self._bytecode)
        pins = _found(peer.run(task, offline=True)).pins or {}
        constraint = folder / "bound.txt"
        task = Task(task.requirements, task.index, folder, constraints=constraint)
        bounds = lower_bounds(folder / "kb.sqlite", world.url, [pins], seed=1)
        spent = []
        for bound, _ in zip(bounds, range(self.repeat), strict=False):
            constraint.write_text(f"{bound}\n", encoding="utf-8")
            spent.append(_found(peer.run(task, offline=True)).spent)
        constraint.write_text(f"{next(bounds)}\n", encoding="utf-8")
        (folder / "pylock.toml").unlink()
        phases = profiled([*advise_words(task, predictor), "--offline"], folder, self._bytecode).phases()
        return Point(world, predictor, _median(spent), phases, self._fetched(world, predictor))

    def _fetched(self, world: World, predictor: str) -> int | None:
        """Return how much metadata a first run fetches from the same world, served."""
        if world.projects * world.versions > self.fetch_up_to:
            return None
        with tempfile.TemporaryDirectory() as name, served(world) as there:
            folder = Path(name)
            (folder / "requirements.in").write_text(f"{name_of(0)}\n", encoding="utf-8")
            words = advise_words(Task(folder / "requirements.in", there.url, folder), predictor)
            command = [sys.executable, "-m", "pinwise", *words, "--format", "json"]
            done = measure.run(command, folder, python_settings(SOURCE, self._bytecode))
            return int(json.loads(done.out)["effort"]["documents"])

    @property
    def _bytecode(self) -> Path:
        return self.scratch / "bytecode"


def _found(run: Run) -> Run:
    if run.pins is None:
        raise SystemExit(f"a generated world has no stack:\n{run.said}")
    return run


def _median(spent: Sequence[Spent]) -> Spent:
    return Spent(
        median(each.wall for each in spent),
        median(each.processor for each in spent),
        median(each.memory for each in spent),
    )


def sizes(asked: str) -> list[World]:
    """Return worlds: ``10x10 20x20`` gives two."""
    pairs = [word.split("x") for word in asked.split()]
    return [World(int(projects), int(versions)) for projects, versions in pairs]


def slope(before: Point, point: Point, idle: float = 0.0) -> float:
    """Return the slope between two sizes, of the processor's time over the releases, less `idle` seconds."""
    times = [max(1e-3, each.spent.processor - idle) for each in (before, point)]
    return math.log(times[1] / times[0]) / math.log(point.releases / before.releases)


@dataclass(slots=True)
class Table:
    """A table that is printed row by row.

    Attributes:
        idle: What a world of one project takes, by predictor.
        points: All rows so far.
        steepest: By predictor, the steepest slopes so far: of the whole time, and without the start.
    """

    idle: Mapping[str, float]
    points: list[Point] = field(default_factory=list)
    steepest: dict[str, tuple[float, float]] = field(default_factory=dict)

    def begin(self, name: str) -> None:
        """Print the head."""
        heads = ["projects x releases", "predictor", "wall, s", "processor, s", "MiB", "fetched", "slope"]
        heads += ["without start", *SHOWN]
        print(f"\n{name} grow:\n\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}", flush=True)

    def add(self, point: Point) -> None:
        """Print a row."""
        spent = point.spent
        cells = [f"{point.world.projects} x {point.world.versions}", point.predictor]
        cells += [f"{spent.wall:.2f}", f"{spent.processor:.2f}", f"{spent.memory:.0f}"]
        cells += ["-" if point.fetched is None else str(point.fetched), *self._slopes(point)]
        cells += [f"{point.phases[phase]:.2f}" for phase in SHOWN]
        print(f"| {' | '.join(cells)} |", flush=True)
        self.points.append(point)

    def _slopes(self, point: Point) -> list[str]:
        before = next((each for each in self.points[::-1] if each.predictor == point.predictor), None)
        if before is None:
            return ["-", "-"]
        whole = slope(before, point)
        net = -math.inf if before.releases < NOTABLE else slope(before, point, self.idle[point.predictor])
        most = self.steepest.get(point.predictor, (-math.inf, -math.inf))
        self.steepest[point.predictor] = (max(most[0], whole), max(most[1], net))
        return [_shown(whole), _shown(net)]

    def end(self) -> None:
        """Print the steepest slopes."""
        print()
        for predictor, (whole, net) in self.steepest.items():
            verdict = "within" if whole <= SLOPE else "above"
            print(
                f"`{predictor}`: the steepest slope is {_shown(whole)}, {verdict} the goal of {SLOPE}; "
                f"without the start {_shown(net)}.",
                flush=True,
            )


def _shown(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "-"


def lines_of(points: Sequence[Point], name: str) -> list[Line]:
    """Return what a picture shows of the points."""
    return [
        Line(
            f"{name}, {predictor}",
            [(p.releases, p.spent.processor) for p in points if p.predictor == predictor],
        )
        for predictor in PREDICTORS
        if any(p.predictor == predictor for p in points)
    ]


def report_groups(world: World, numbers: Sequence[int], scratch: Path) -> None:
    """Print a table of what prices on pairs cost."""
    heads = ["pair prices", "compile, s", "first stack, s", "optimum, s", "proven"]
    print(f"\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for number in numbers:
        priced = priced_world(world, number, scratch)
        seconds = (priced.compiled, priced.first, priced.proven)
        words = [str(number), *(f"{each:.3f}" for each in seconds), "yes" if priced.is_optimal else "no"]
        print(f"| {' | '.join(words)} |", flush=True)


def main() -> None:
    """Measure the sizes that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    both = "10x10 20x20 50x50 100x100 200x200 500x500"
    parser.add_argument("--both", default=both, help=f"sizes at which both grow (default: {both})")
    projects = "10x50 50x50 200x50 500x50 2000x50"
    parser.add_argument("--projects", default=projects, help=f"sizes at which projects grow ({projects})")
    versions = "50x10 50x50 50x200 50x500 50x2000"
    parser.add_argument("--versions", default=versions, help=f"sizes at which releases grow ({versions})")
    groups = "0 10 100 300 1000"
    parser.add_argument("--groups", default=groups, help=f"numbers of prices on pairs ({groups})")
    parser.add_argument("--groups-in", default="100x50", help="the world of the pairs (default: 100x50)")
    parser.add_argument("--exact-up-to", type=int, default=40_000, metavar="RELEASES")
    parser.add_argument("--fetch-up-to", type=int, default=10_000, metavar="RELEASES")
    parser.add_argument("--repeat", type=int, default=5, help="runs of each size (default: 5)")
    parser.add_argument("--svg", type=Path, help="write a picture")
    asked = parser.parse_args()
    print(f"{measure.machine()}; medians of {asked.repeat}")
    pictured: list[Line] = []
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(Path(scratch), asked.repeat, asked.exact_up_to, asked.fetch_up_to)
        idle = {point.predictor: point.spent.processor for point in bench.points(World(1, 20))}
        for name in ("both", "projects", "versions"):
            worlds, table = sizes(getattr(asked, name)), Table(idle)
            if worlds:
                table.begin(name)
                for world in worlds:
                    for point in bench.points(world):
                        table.add(point)
                table.end()
                pictured += lines_of(table.points, name)
        if asked.groups:
            (world,) = sizes(asked.groups_in)
            report_groups(world, [int(number) for number in asked.groups.split()], Path(scratch))
    if asked.svg:
        title = "Seconds of the processor (whole process, offline) by releases in the knowledge base"
        asked.svg.write_text(render_plot(title, pictured), encoding="utf-8")


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main()

"""Time what is done every day on a project that is locked: whole processes, everything known, offline.

    python benchmarks/daily.py --index http://127.0.0.1:8765/simple --set benchmarks/sets/7-scheduler.txt

A first run fills a knowledge base and writes the lock. Then each command runs `--repeat` times, in turn with
the others, and the medians are shown. `--before` names the source tree of another pinwise (its ``src``),
which runs in turn with this one: only ratios from one run mean anything. Beside the wall time stands the time
of the processor, which a busy machine changes less.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import measure
from measure import Spent
from peers import PLATFORM, PYTHON, SOURCE


@dataclass(frozen=True, slots=True)
class Place:
    """A locked project, its knowledge base, and where byte code is kept: one for each pinwise.

    Attributes:
        source: The source tree of the pinwise.
        folder: Holds the manifest, the lock and the knowledge base.
        options: What every command is given.
        bytecode: Where byte code is cached, as an installed pinwise has it.
    """

    source: Path
    folder: Path
    options: Sequence[str]
    bytecode: Path

    @classmethod
    def make(cls, source: Path, folder: Path, manifest: Path, options: Sequence[str]) -> "Place":
        """Lock a manifest in a new folder, with a knowledge base that only this pinwise writes."""
        folder.mkdir()
        shutil.copy(manifest, folder / "requirements.in")
        options = [*options, "--kb", str(folder / "kb.sqlite")]
        place = cls(source, folder, options, folder.with_suffix(".bytecode"))
        place.run(["advise"])
        return place

    def run(self, command: Sequence[str], *more: str) -> Spent:
        """Run a command; return what it took."""
        words = [sys.executable, "-m", "pinwise", *command, *self.options, *more]
        done = measure.run(words, self.folder, measure.python_settings(self.source, self.bytecode))
        if done.status:
            raise SystemExit(f"{' '.join(words)}\nended with {done.status}:\n{done.said}")
        return done.spent


def commands(asked: str) -> Mapping[str, Sequence[str]]:
    """Return what is timed."""
    return {
        "advise --check": ["advise", "--check"],
        f"why {asked}": ["why", asked],
        "advise": ["advise"],
        "advise --upgrade": ["advise", "--upgrade"],
    }


def timed(places: Sequence[Place], asked: str, repeat: int) -> None:
    """Print a table of the medians."""
    seconds: dict[tuple[str, Path], list[tuple[float, float]]] = {}
    for attempt in range(repeat + 1):  # the first fills the caches of byte code and files
        for name, command in commands(asked).items():
            for place in places if attempt % 2 else places[::-1]:
                spent = place.run(command, "--offline")
                if attempt:
                    seconds.setdefault((name, place.source), []).append((spent.wall, spent.processor))
    both = "wall (processor)"
    print(f"| command | s, {both} |" if len(places) == 1 else f"| {both} | before, s | now, s | ratio |")
    print("|---|---|" if len(places) == 1 else "|---|---|---|---|")
    for name in commands(asked):
        medians = [tuple(map(median, zip(*seconds[name, place.source], strict=True))) for place in places]
        cells = [f"{wall:.2f} ({busy:.2f})" for wall, busy in medians]
        if len(places) > 1:
            cells.append(f"{medians[-1][0] / medians[0][0]:.2f} ({medians[-1][1] / medians[0][1]:.2f})")
        print(f"| `{name}` | {' | '.join(cells)} |")


def main() -> None:
    """Make the place, then time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--index", required=True, help="URL of the simple API")
    parser.add_argument("--set", required=True, type=Path, help="a requirements file")
    parser.add_argument("--config-file", type=Path, help="settings, such as the metadata of silent releases")
    parser.add_argument("--before", type=Path, help="the `src` of another pinwise")
    parser.add_argument("--why", default="", help="the project to ask about; the first one of the set")
    parser.add_argument("--repeat", type=int, default=9)
    given = parser.parse_args()
    asked = given.why or given.set.read_text(encoding="utf-8").split("==")[0].split()[0]
    options = ["--index-url", given.index, "--python", PYTHON, "--platform", PLATFORM]
    if given.config_file:
        options += ["--config-file", str(given.config_file.resolve())]
    with tempfile.TemporaryDirectory() as scratch:
        sources = [*([given.before.resolve()] if given.before else []), SOURCE]
        places = [
            Place.make(source, Path(scratch, f"project-{number}"), given.set, options)
            for number, source in enumerate(sources)
        ]
        timed(places, asked, given.repeat)


if __name__ == "__main__":
    main()

"""What a run of pinwise spends its time on, by phase: which module is at work, as `sampler.py` noted it."""

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import measure
from bounds import lower_bounds
from flame import render_flame, render_tree, tree_of, without
from measure import Spent, python_settings
from peers import SOURCE, Pinwise, Task, advise_words
from sampler import WRITING
from serve_slice import index_of

SAMPLER = Path(__file__).with_name("sampler.py")
EVERY = 1.0  # milliseconds between two notes

FRAME = ("sampler:", "pinwise/__main__", "click/", "importlib._bootstrap")
"""What is left out of the trees, as it only calls what is of interest."""

PYTHON, IMPORTS, OTHER = "Python itself", "imports", "the rest"

PHASES: Mapping[str, tuple[str, ...]] = {
    "settings": ("settings/", "environment/"),
    "manifest": (
        *(
            "formats/requirements",
            "formats/pyproject",
            "formats/pipfile",
            "formats/script",
            "actions/manifest",
        ),
        *("actions/request", "actions/local_projects", "cli/reading", "formats/edit/", "formats/toml_text"),
    ),
    "fetch": (
        *("indexes/transport", "indexes/client", "indexes/courier", "indexes/wire", "indexes/intake"),
        *("indexes/flows", "indexes/credentials", "indexes/netrc", "indexes/web", "indexes/plain"),
        "actions/ingest",
    ),
    "decode": ("indexes/", "formats/static_metadata", "formats/distributions"),
    "store": (),
    "facts": ("knowledge/",),
    "compile": ("space/", "units/"),
    "search": ("search/",),
    "engine": ("search/programme", "search/engine"),
    "lock": (
        *("formats/pylock", "formats/entries", "formats/lock", "formats/requirements_lock", "actions/write"),
        *("formats/pipfile_lock", "formats/present/", "formats/toml_write", "formats/digest"),
    ),
    "report": ("cli/render", "formats/report", "cli/paper", "cli/streams", "actions/stack", "explain/"),
}
"""Phases in the order of a run, and the modules whose work they are; the longest name that fits wins."""

_WRITING = frozenset(("Database.writing", "Database.close", "transaction", "insert", "write_listing"))
"""Functions of `knowledge` inside which it writes: the phase `store`."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Where one or more runs were.

    Attributes:
        chains: Seconds by chain of functions, each ``module:function``, the outermost first.
        spent: What each whole process took.
        writing: Seconds that were spent on writing the notes, which is no part of a run.
    """

    chains: Mapping[tuple[str, ...], float]
    spent: Sequence[Spent]
    writing: float

    def phases(self) -> dict[str, float]:
        """Return the seconds of each phase of one run, in the order of a run."""
        runs = len(self.spent)
        seconds = dict.fromkeys((PYTHON, IMPORTS, *PHASES, OTHER), 0.0)
        for chain, spent in self.chains.items():
            seconds[phase_of(chain)] += spent / runs
        total = (sum(each.wall for each in self.spent) - self.writing) / runs
        seconds[PYTHON] = max(0.0, total - sum(seconds.values()))
        return seconds


def profiled(command: Sequence[str], folder: Path, bytecode: Path) -> Profile:
    """Run one command of pinwise under the sampler."""
    notes = folder / "notes.txt"
    words = [sys.executable, str(SAMPLER), str(notes), str(EVERY), *command]
    done = measure.run(words, folder, python_settings(SOURCE, bytecode))
    if done.status:
        raise SystemExit(f"{' '.join(command)}\nended with {done.status}:\n{done.said}")
    chains: dict[tuple[str, ...], float] = {}
    for line in notes.read_text(encoding="utf-8").splitlines():
        microseconds, _, names = line.partition(" ")
        chain = tuple(_short(name) for name in names.split(";"))
        chains[chain] = chains.get(chain, 0.0) + int(microseconds) / 1e6
    return Profile(chains, [done.spent], chains.pop((_short(WRITING),)))


def together(profiles: Sequence[Profile]) -> Profile:
    """Return several profiles as one."""
    chains: dict[tuple[str, ...], float] = {}
    for each in profiles:
        for chain, seconds in each.chains.items():
            chains[chain] = chains.get(chain, 0.0) + seconds
    spent = [spent for each in profiles for spent in each.spent]
    return Profile(chains, spent, sum(each.writing for each in profiles))


def phase_of(chain: Sequence[str]) -> str:
    """Return the phase of a chain: of the innermost function of pinwise that has one."""
    if any(name.startswith("importlib._bootstrap") for name in chain):
        return IMPORTS
    for name in reversed(chain):
        module, _, function = name.partition(":")
        if module.startswith("pinwise/knowledge/") and _is_writing(chain):
            return "store"
        if module.startswith("pinwise/") and function:
            found = _phase_of_module(module.removeprefix("pinwise/"))
            if found is not None:
                return found
    return OTHER


def _is_writing(chain: Sequence[str]) -> bool:
    names = (name.partition(":") for name in chain)
    return any(m.startswith("pinwise/knowledge/") and function in _WRITING for m, _, function in names)


def _phase_of_module(module: str) -> str | None:
    fits = [(prefix, phase) for phase, prefixes in PHASES.items() for prefix in prefixes]
    best = max((fit for fit in fits if module.startswith(fit[0])), default=None, key=lambda fit: len(fit[0]))
    return None if best is None else best[1]


def _short(name: str) -> str:
    """Return ``module:function`` for the name of a file and a function."""
    file, _, function = name.rpartition(":")
    if file.startswith("<frozen"):
        return f"{file.removeprefix('<frozen ').removesuffix('>')}:{function}"
    parts = Path(file).with_suffix("").parts
    for root in ("site-packages", "src", f"python{sys.version_info[0]}.{sys.version_info[1]}"):
        if root in parts:
            place = len(parts) - 1 - parts[::-1].index(root)
            return f"{'/'.join(parts[place + 1 :])}:{function}"
    return f"{parts[-1]}:{function}"


# --- the program


@dataclass(frozen=True, slots=True)
class Bench:
    """A requirement set, where it is resolved, and how often it is profiled.

    Attributes:
        requirements: The set.
        index: URL of the simple API.
        metadata: Tables of metadata, as uv reads them, or None.
        scratch: An empty folder.
        predictor: How to search.
        repeat: Runs of each kind.
    """

    requirements: Path
    index: str
    metadata: Path | None
    scratch: Path
    predictor: str
    repeat: int

    def profiles(self) -> dict[str, Profile]:
        """Return the profile of warm and of cold runs."""
        known = Task(self.requirements, self.index, self.scratch / "known", self.metadata)
        run = Pinwise(self.predictor, self._bytecode).run(known)
        if run.pins is None:
            raise SystemExit(f"{self.requirements.stem} has no stack:\n{run.said}")
        bounds = lower_bounds(known.store / "kb.sqlite", self.index, [run.pins], seed=1)
        warm = [self._profile(known.store, bound, "--offline") for bound in islice(bounds, self.repeat + 1)]
        cold = []
        for number, bound in enumerate(islice(bounds, self.repeat)):
            folder = self.scratch / f"cold-{number}"
            folder.mkdir()
            cold.append(self._profile(folder, bound))
        return {"warm": together(warm[1:]), "cold": together(cold)}  # the first fills the cache of byte code

    @property
    def _bytecode(self) -> Path:
        return self.scratch / "bytecode"

    def _profile(self, store: Path, bound: str, *more: str) -> Profile:
        constraint, lock = store / "bound.txt", store / "pylock.toml"
        constraint.write_text(f"{bound}\n", encoding="utf-8")
        lock.unlink(missing_ok=True)
        task = Task(self.requirements, self.index, store, self.metadata, constraint)
        return profiled([*advise_words(task, self.predictor), *more], store, self._bytecode)


def phase_table(profiles: Mapping[str, Profile]) -> str:
    """Return the seconds of each phase as a table, a column per profile."""
    columns = [profile.phases() for profile in profiles.values()]
    lines = [
        f"| phase | {' | '.join(f'{name}, ms' for name in profiles)} |",
        f"|{'---|' * (1 + len(profiles))}",
    ]
    for phase in columns[0]:
        cells = [f"{each[phase] * 1e3:.0f}" for each in columns]
        lines.append(f"| {phase} | {' | '.join(cells)} |")
    totals = [sum(each.values()) for each in columns]
    lines.append(f"| whole process | {' | '.join(f'{total * 1e3:.0f}' for total in totals)} |")
    return "\n".join(lines)


def main() -> None:
    """Profile, print tables and trees, and write pictures if asked."""
    parser = argparse.ArgumentParser(
        prog="profile.py",
        description=(
            "Profile warm and cold runs of a requirement set: a table of phases, and trees of where in each "
            "the time is. Each run is a whole process that notes every millisecond where it is; every run "
            "has another bound, as in compare.py. Shown is the mean of all runs."
        ),
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--index", help="URL of the index's simple API")
    where.add_argument("--slice", type=Path, help="a file that make_slice.py wrote, to be served meanwhile")
    parser.add_argument("--delay-ms", type=float, default=0, help="with --slice: wait before every answer")
    parser.add_argument("--set", type=Path, required=True, help="a requirements file")
    parser.add_argument("--metadata", type=Path, help="[[dependency-metadata]] tables, as uv reads them")
    parser.add_argument("--predictor", choices=("exact", "latest"), default="exact")
    parser.add_argument("--repeat", type=int, default=7, help="runs of each kind (default: 7)")
    parser.add_argument("--least", type=float, default=0.02, help="smallest share shown (default: 0.02)")
    parser.add_argument("--svg", metavar="PREFIX", help="write PREFIX-warm.svg and PREFIX-cold.svg")
    asked = parser.parse_args()
    metadata = asked.metadata.resolve() if asked.metadata else None
    with tempfile.TemporaryDirectory() as scratch, index_of(asked) as index:
        bench = Bench(asked.set.resolve(), index, metadata, Path(scratch), asked.predictor, asked.repeat)
        profiles = bench.profiles()
    print(f"{asked.set.stem}, {asked.predictor}; {measure.machine()}; means of {asked.repeat} runs\n")
    print(phase_table(profiles))
    for name, profile in profiles.items():
        root = tree_of(without(profile.chains, FRAME))
        print(f"\n{name}:\n\n{render_tree(root, least=asked.least)}")
        if asked.svg:
            picture = render_flame(root, f"{asked.set.stem}, {name}", least=0.003)
            Path(f"{asked.svg}-{name}.svg").write_text(picture, encoding="utf-8")

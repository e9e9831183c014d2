"""Time what a prepared knowledge base gives, in this process: from slices to a stack, and to the best one.

    python benchmarks/prepared.py --index http://127.0.0.1:8765/simple --kb kb.sqlite benchmarks/sets/*.txt

The knowledge base is one that `pinwise advise` has filled for the same index and target. Each set is compiled
from the facts once, with its slices kept, and then `--repeat` times from its slices: to a space, to the first
stack of the predictor `latest`, and to the proven best one of `exact`. Every run opens the file anew and has
a constraint of its own, so that nothing memoised can win. The medians are shown, in milliseconds; the last
column is the compilation of all slices from facts.
"""

import argparse
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from packaging.requirements import Requirement
from peers import PLATFORM, PYTHON

from pinwise import wiring
from pinwise.actions.request import build_request
from pinwise.knowledge.derived import drop
from pinwise.knowledge.files import open_writer
from pinwise.knowledge.store import open_store
from pinwise.knowledge.view import KnowledgeView
from pinwise.model.request import DirectRequirement, Place, Request
from pinwise.search import Budget, Found
from pinwise.search.exact import exact
from pinwise.search.latest import latest
from pinwise.settings import read_settings
from pinwise.space.compile import Compiler
from pinwise.space.space import Space
from pinwise.units.context import context_for


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of one run.

    Attributes:
        load: From the closed file to a space.
        feasible: From the space to the first stack.
        proven: From the space to the best stack.
    """

    load: float
    feasible: float
    proven: float


def request_of(path: Path, given: argparse.Namespace) -> Request:
    """Return the request that a set makes of the index."""
    found = wiring.read_manifest(None, [str(path)], [])
    options = {"offline": True, "kb": str(given.kb), "python": PYTHON, "platform": PLATFORM}
    options |= {"index_url": given.index, "config_file": given.config_file}
    settings = read_settings(options, found.manifest)
    environment = wiring.choose_environment(settings, found.folder, found.manifest)
    return build_request(found.manifest, settings.choices(), environment)


def with_bound(request: Request, number: int) -> Request:
    """Return the request with one more constraint, which rules nothing out and is new in every run."""
    first = request.direct[0]
    bound = DirectRequirement(
        first.name, (), Requirement(f"{first.name}<9999.{number}"), Place("the benchmark")
    )
    return replace(request, constraints=(*request.constraints, bound))


@contextmanager
def opened(store: Path, request: Request) -> Iterator[tuple[KnowledgeView, Callable[[], Space]]]:
    """Open a knowledge base; what is given compiles the request."""
    with open_store(store, read_only=True) as opened_store:
        view = KnowledgeView(opened_store, request, now=0, max_age=None)
        context = context_for(request, [group.name for group in request.groups])
        yield view, Compiler(view, context, roots=request.direct).compile


def run(store: Path, request: Request, clock: Callable[[], float]) -> Times:
    """Time one run from slices."""
    started = clock()
    with opened(store, request) as (_, compiled):
        space = compiled()
        loaded = clock()
        assert isinstance(latest(space, Budget()), Found), "the set has a stack"
        first = clock()
        best = exact(space, Budget())
        assert isinstance(best, Found) and best.is_optimal, "it is proven"  # noqa: PT018  # no test
        ended = clock()
    return Times(1000 * (loaded - started), 1000 * (first - loaded), 1000 * (ended - first))


def from_facts(store: Path, request: Request, clock: Callable[[], float]) -> float:
    """Compile all that a request reaches from facts, keep it, and return the milliseconds of the former."""
    writer = open_writer(store)
    drop(writer)
    writer.close()
    with opened(store, request) as (view, compiled):
        started = clock()
        compiled()
        ended = clock()
        view.put_slices()
    return 1000 * (ended - started)


def main() -> None:
    """Time every set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--index", required=True, help="URL of the simple API")
    parser.add_argument("--kb", required=True, type=Path, help="a knowledge base that was filled from it")
    parser.add_argument("--config-file", help="settings, such as the metadata of silent releases")
    parser.add_argument("--repeat", type=int, default=15)
    parser.add_argument(
        "--processor", action="store_true", help="time of the processor, on a machine that others use too"
    )
    parser.add_argument("sets", nargs="+", type=Path, help="requirements files")
    given = parser.parse_args()
    clock = process_time if given.processor else perf_counter
    print("| set | nodes | slices to space | to first stack | together | to proven best | facts to slices |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        store = Path(shutil.copy(given.kb, scratch))
        for path in given.sets:
            request = request_of(path, given)
            compiling = median(from_facts(store, with_bound(request, n), clock) for n in range(3))
            with opened(store, request) as (_, compiled):
                nodes = len(compiled().nodes)
            times = [run(store, with_bound(request, 10 + n), clock) for n in range(given.repeat)]
            cells = [
                median(each.load for each in times),
                median(each.feasible for each in times),
                median(each.load + each.feasible for each in times),
                median(each.proven for each in times),
                compiling,
            ]
            print(f"| {path.stem} | {nodes} | {' | '.join(f'{cell:.1f}' for cell in cells)} |", flush=True)


if __name__ == "__main__":
    main()

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
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from pinwise.knowledge.store import open_store
from pinwise.model.names import NormalizedName, normalise

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]

from write_facts import COMMITS, Tally, judge, write_commit  # noqa: E402  # after the path is set

ROUNDS_PER_STORE = 10
MOST = 12  # acknowledgements that are waited for before the kill
LONGEST = 0.02  # seconds from there to the kill


@dataclass(frozen=True, slots=True)
class Moment:
    """When writers are killed: `seconds` after so many acknowledgements, however slow the machine is."""

    acknowledged: int
    seconds: float


def write_until_killed(path: Path, prefix: str, said: int, *, is_early: bool) -> None:
    """Write project after project; a line on the descriptor `said` acknowledges each commit."""
    with open_store(path) as store:
        for number in count():
            name = normalise(f"{prefix}-{number}")
            for commit in range(1, COMMITS + 1):
                if is_early:
                    os.write(said, f"{name} {commit}\n".encode())
                write_commit(store, name, commit)
                if not is_early:
                    os.write(said, f"{name} {commit}\n".encode())


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

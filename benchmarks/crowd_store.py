"""Let eight processes use one knowledge base at the same time: all finish, and nothing is lost.

    python benchmarks/crowd_store.py --processes 8 --seconds 60

Half of the processes write projects of their own, opening the store anew now and then as runs do; the others
read projects at random and compare them with what was written. Every process says what it did; at the end
every acknowledged commit must be there. A process that fails (``database is locked``, a wait without end), or
a fact that is lost, ends the program with status 1.
"""

import argparse
import os
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from itertools import count
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]

from write_facts import COMMITS, INDEX, Tally, generate, judge, read_acknowledged, write_commit  # noqa: E402

from pinwise.knowledge.care import StoreCare  # noqa: E402  # after the path is set
from pinwise.knowledge.database import Terms  # noqa: E402
from pinwise.knowledge.store import open_store  # noqa: E402
from pinwise.model.names import normalise  # noqa: E402

PER_OPENING = 10
"""Commits after which a process closes the store and opens it again."""

KNOWN = 20  # projects that are there from the beginning, for the readers
GRACE = 30.0  # seconds after which a process that does not end is stuck


def write(path: Path, number: int, end: float, said: int) -> None:
    """Write projects until the time is up, and acknowledge each commit."""
    names = (normalise(f"writer-{number}-{project}") for project in count())
    while time.monotonic() < end:
        with open_store(path) as store:
            for _ in range(PER_OPENING // COMMITS):
                name = next(names)
                for commit in range(1, COMMITS + 1):
                    write_commit(store, name, commit)
                    os.write(said, f"{name} {commit}\n".encode())


def read(path: Path, number: int, end: float, said: int) -> None:
    """Read what is known, and compare, until the time is up."""
    chance, reads = random.Random(number), 0
    while time.monotonic() < end:
        with open_store(path, read_only=True) as store:
            for _ in range(PER_OPENING):
                name = normalise(f"known-{chance.randrange(KNOWN)}")
                page = store.page(INDEX, name)
                if page is None or (page.project, store.documents(INDEX, name)) != generate(name, COMMITS):
                    raise LookupError(name)
                reads += 1
    os.write(said, f"reads:{reads}\n".encode())


def fork(
    task: Callable[[Path, int, float, int], None], path: Path, number: int, end: float, said: int
) -> int:
    """Run a task in a child process."""
    child = os.fork()
    if not child:
        status = 1
        try:
            task(path, number, end, said)
            status = 0
        except BaseException:  # noqa: BLE001  # a child must not go on as a second parent
            traceback.print_exc()
        finally:
            os._exit(status)
    return child


def main() -> int:
    """Let them all work, and look at what they did."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=60.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kb.sqlite"
        with open_store(path) as store:
            for number in range(KNOWN):
                for commit in range(1, COMMITS + 1):
                    write_commit(store, normalise(f"known-{number}"), commit)
        reading, said = os.pipe()
        end = time.monotonic() + asked.seconds
        children = [fork((write, read)[n % 2], path, n, end, said) for n in range(asked.processes)]
        os.close(said)
        with os.fdopen(reading) as lines:
            text = lines.read()
        failed = sum(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0 for child in children)
        late = max(0.0, time.monotonic() - end)
        tally = Tally()
        judge(path, read_acknowledged(text), tally)
        damage = StoreCare(path, Terms()).examine().damage
    reads = sum(int(line.removeprefix("reads:")) for line in text.splitlines() if line.startswith("reads:"))
    print(
        f"{asked.processes} processes, {asked.seconds:g} s: {tally.acknowledged} commits, {reads} reads, "
        f"{failed} processes failed, {tally.lost} lost, {tally.half} projects half written, "
        f"{len(damage)} damaged rows"
    )
    return 1 if failed or tally.lost or tally.half or damage or late > GRACE else 0


if __name__ == "__main__":
    sys.exit(main())

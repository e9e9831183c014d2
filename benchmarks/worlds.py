"""Random worlds before every judge: ``python benchmarks/worlds.py --count N --seed S``.

Every world is answered from full, empty and random partial knowledge. Small worlds are judged by trying all
stacks, one in five is larger and judged by MaxSAT; every stack is checked by the independent checker. The
exit status is 1 if anything disagrees; the world is then printed as text that a scenario can hold.
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "src"), str(HERE.parent / "tests")]

from pinwise.model.outcome import Advice  # noqa: E402  # after the path is set
from support.judges import advise_from, complaints  # noqa: E402
from support.oracle import by_trying_all  # noqa: E402
from support.random_worlds import MEDIUM, SMALL, random_case  # noqa: E402
from support.sat import by_satisfiability  # noqa: E402


def main() -> int:
    """Run the worlds and print a summary."""
    parser = argparse.ArgumentParser(description="Random worlds before every judge.")
    parser.add_argument("--count", type=int, default=300, help="how many worlds (default: 300)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first world (default: 0)")
    parser.add_argument(
        "--partial", type=int, default=20, help="random partial knowledge bases (default: 20)"
    )
    asked = parser.parse_args()
    began = time.monotonic()
    seen: Counter[str] = Counter()
    for seed in range(asked.seed, asked.seed + asked.count):
        judge(seed, asked.partial, seen)
        if (seed - asked.seed) % 100 == 99:
            print(f"{seed - asked.seed + 1} worlds, {time.monotonic() - began:.0f} s", file=sys.stderr)
    print(f"worlds {asked.count}, first seed {asked.seed}, partial knowledge bases each {asked.partial + 1}")
    for what, count in sorted(seen.items()):
        print(f"{what}: {count}")
    print(f"{time.monotonic() - began:.0f} s")
    return 1 if seen["disagreements"] else 0


def judge(seed: int, partial: int, seen: Counter[str]) -> None:
    """Run one world and count what it was."""
    is_medium = seed % 5 == 0
    case = random_case(seed, MEDIUM if is_medium else SMALL)
    step = by_satisfiability if is_medium else by_trying_all
    found = complaints(case, step, partial=partial)
    seen["judged by MaxSAT" if is_medium else "judged by trying all"] += 1
    outcome = advise_from(case, case.snapshot(), 0)
    seen[f"outcome {type(outcome).__name__.lower()}"] += 1
    if isinstance(outcome, Advice):
        seen["jointly solved"] += outcome.proof.is_joint
        seen["projects pinned"] += len(outcome.pins)
    if found:
        seen["disagreements"] += 1
        print(case, *found, sep="\n")


if __name__ == "__main__":
    sys.exit(main())

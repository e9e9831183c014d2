"""Feed every parser of texts from outside with damaged ones, for as long as asked.

    python benchmarks/fuzz.py --seconds 20
    python benchmarks/fuzz.py --seconds 3600 --first 1000000 --target uv.lock

A seed always makes the same text; a fault is printed with the seed that shows it, and ends with exit code 1.
"""

import argparse
import itertools
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from support.fuzz_targets import TARGETS
from support.fuzzing import Target, damaged, trial


def fuzz(target: Target, *, first: int, seconds: float) -> int:
    """Feed one parser for some seconds and print what came of it; return the number of faults."""
    end, found = time.monotonic() + seconds, 0
    for seed in itertools.count(first):
        if time.monotonic() > end:
            break
        wrong = trial(target, seed)
        if wrong is not None:
            found += 1
            print(f"{target.name}: seed {seed}: {wrong}\n    {damaged(target, seed)[:200]!r}")
    print(f"{target.name}: {seed - first:,} texts, {found} faults", flush=True)
    return found


def main() -> int:
    """Read the arguments and feed the parsers in turn."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=20, help="for each parser")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument(
        "--target", action="append", help="only this parser", choices=[t.name for t in TARGETS]
    )
    asked = parser.parse_args()
    chosen = [target for target in TARGETS if not asked.target or target.name in asked.target]
    return min(1, sum(fuzz(target, first=asked.first, seconds=asked.seconds) for target in chosen))


if __name__ == "__main__":
    sys.exit(main())

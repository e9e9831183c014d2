"""Feed every parser of what comes from outside with damaged texts and bytes, for as long as asked.

    python benchmarks/fuzz.py --seconds 20
    python benchmarks/fuzz.py --seconds 3600 --first 1000000 --target uv.lock

A seed always makes the same text; a fault is printed with the seed that shows it, and ends with exit code 1.
Bytes that show a fault are kept in `tests/indexes/seeds`, made as small as they still show it.
"""

import argparse
import itertools
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from support.fuzz_targets import TARGETS
from support.fuzzing import Target, damaged, trial
from support.fuzzing_bytes import PARSERS, Parser, damaged_bytes


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


def fuzz_bytes(parser: Parser, *, first: int, seconds: float) -> int:
    """Feed one parser of bytes, as `fuzz` does; of one kind of fault the first is kept."""
    end, found = time.monotonic() + seconds, set[str]()
    for seed in itertools.count(first):
        if time.monotonic() > end:
            break
        content = damaged_bytes(parser, seed)
        wrong = parser.failure_on(content)
        if wrong and wrong not in found:
            found.add(wrong)
            print(f"{parser.name}: seed {seed}: {wrong}\n    {parser.keep(content)}")
    print(f"{parser.name}: {seed - first:,} inputs, {len(found)} faults", flush=True)
    return len(found)


def main() -> int:
    """Read the arguments and feed the parsers in turn."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [*(target.name for target in TARGETS), *(each.name for each in PARSERS)]
    parser.add_argument("--seconds", type=float, default=20, help="for each parser")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--target", action="append", help="only this parser", choices=names)
    asked = parser.parse_args()
    texts = [target for target in TARGETS if not asked.target or target.name in asked.target]
    inputs = [parser for parser in PARSERS if not asked.target or parser.name in asked.target]
    found = sum(fuzz(target, first=asked.first, seconds=asked.seconds) for target in texts)
    found += sum(fuzz_bytes(parser, first=asked.first, seconds=asked.seconds) for parser in inputs)
    return min(1, found)


if __name__ == "__main__":
    sys.exit(main())

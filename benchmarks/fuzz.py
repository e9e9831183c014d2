"""Feed every parser of what comes from outside with damaged texts and bytes, for as long as asked.

    python benchmarks/fuzz.py --seconds 20 --jobs 2
    python benchmarks/fuzz.py --seconds 3600 --first 1000000 --target uv.lock

A seed always makes the same text; a fault is printed with the seed that shows it, and ends with exit code 1.
What once found something is tried first. Bytes that show a fault are kept in `tests/indexes/seeds`, made as
small as they still show it; the seed of a text that does belongs into `FOUND` of `support.fuzz_targets`.
"""

import argparse
import itertools
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from support.fuzz_targets import FOUND, TARGETS
from support.fuzzing import Target, damaged, trial
from support.fuzzing_bytes import PARSERS, Parser, damaged_bytes

TEXTS = {target.name: target for target in TARGETS}
INPUTS = {parser.name: parser for parser in PARSERS}


Fed = tuple[int, list[str]]
"""How many inputs a parser was fed, and what to tell of each that it took badly."""


def fuzz(target: Target, *, first: int, seconds: float) -> Fed:
    """Feed one parser for some seconds, after what it once took badly."""
    again = FOUND.get(target.name, ())
    told: list[str] = []
    for seed in itertools.chain(again, _until(seconds, first)):
        wrong = trial(target, seed)
        if wrong is not None:
            told.append(f"{target.name}: seed {seed}: {wrong}\n    {damaged(target, seed)[:200]!r}")
    return len(again) + 1 + seed - first, told


def fuzz_bytes(parser: Parser, *, first: int, seconds: float) -> Fed:
    """Feed one parser of bytes, as `fuzz` does; of one kind of fault the first is kept."""
    found: dict[str, str] = {}
    again = parser.kept()
    for content in again:
        wrong = parser.failure_on(content)
        if wrong:
            found[wrong] = f"{parser.name}: {wrong}, found before\n    {content[:200]!r}"
    for seed in _until(seconds, first):
        content = damaged_bytes(parser, seed)
        wrong = parser.failure_on(content)
        if wrong and wrong not in found:
            found[wrong] = f"{parser.name}: seed {seed}: {wrong}\n    {parser.keep(content)}"
    return len(again) + 1 + seed - first, [*found.values()]


def _until(seconds: float, first: int) -> Iterator[int]:
    """Yield seeds from the first one on, at least that, for so long."""
    end = time.monotonic() + seconds
    for seed in itertools.count(first):
        yield seed
        if time.monotonic() > end:
            return


def fuzz_one(kind: str, name: str, first: int, seconds: float) -> Fed:
    """Feed the parser of that name, in whichever process."""
    if kind == "text":
        return fuzz(TEXTS[name], first=first, seconds=seconds)
    return fuzz_bytes(INPUTS[name], first=first, seconds=seconds)


def main() -> int:
    """Read the arguments and feed the parsers, so many at a time."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=20, help="for each parser")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=1, help="how many parsers are fed at a time")
    parser.add_argument("--target", action="append", help="only this parser", choices=[*TEXTS, *INPUTS])
    asked = parser.parse_args()
    wanted = [("text", name) for name in TEXTS] + [("bytes", name) for name in INPUTS]
    chosen = [each for each in wanted if not asked.target or each[1] in asked.target]
    fed = faults = 0
    with ProcessPoolExecutor(max_workers=asked.jobs) as pool:
        waiting = {pool.submit(fuzz_one, *each, asked.first, asked.seconds): each[1] for each in chosen}
        for done in as_completed(waiting):
            count, told = done.result()
            fed, faults = fed + count, faults + len(told)
            print(f"{waiting[done]}: {count:,} inputs, {len(told)} faults", *told, sep="\n", flush=True)
    print(f"{len(chosen)} parsers, {fed:,} inputs, {faults} faults")
    return min(1, faults)


if __name__ == "__main__":
    sys.exit(main())

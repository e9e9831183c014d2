"""Feed the parsers for as long as one likes, and keep what makes one of them fail.

    PYTHONPATH=src:tests python -m support.fuzz --minutes 60 --seed 7
    PYTHONPATH=src:tests python -m support.fuzz --only tar --only wheel

Every input is made from the seeds by a few changes; what finds something is made as small as it stays so,
and written to ``tests/indexes/seeds``, from where `tests/indexes/test_fuzz.py` tries it for ever. The exit
code is 1 where anything was found.
"""

import argparse
import hashlib
import random
import sys
import time
from collections.abc import Sequence

from support.parsers import PARSERS, SEEDS, Edit, Parser, mutate

_LENGTHS = (0, 0, 0, 1, 2, 4, 20, 100, 1000)


def failure_of(parser: Parser, content: bytes) -> str:
    """Return what a parser does wrong, "" where it does nothing wrong."""
    try:
        parser.try_on(content)
    except Exception as error:  # noqa: BLE001  # that is what is looked for
        return type(error).__name__
    return ""


def some_edits(parser: Parser, others: Sequence[bytes], rng: random.Random) -> list[Edit]:
    """Return changes: tokens, noise, and pieces of other seeds."""
    edits: list[Edit] = []
    for _ in range(rng.randint(1, 10)):
        other = rng.choice(others)
        start = rng.randrange(len(other) + 1)
        piece = rng.choice(
            (
                rng.choice(parser.tokens),
                rng.randbytes(rng.randint(0, 6)),
                other[start : start + rng.choice(_LENGTHS)],
            )
        )
        edits.append((rng.randrange(2**16), rng.choice(_LENGTHS), piece * rng.choice((1, 1, 1, 2, 100))))
    return edits


def smaller(parser: Parser, content: bytes, kind: str) -> bytes:
    """Return the input without what it does not need to fail in the same way."""
    step = len(content) // 2
    while step:
        place = 0
        while place < len(content):
            shorter = content[:place] + content[place + step :]
            if failure_of(parser, shorter) == kind:
                content = shorter
            else:
                place += step
        step //= 2
    return content


def run(parsers: Sequence[Parser], *, seconds: float, rng: random.Random) -> int:
    """Feed the parsers in turn; return how many kinds of failures were found."""
    end = time.monotonic() + seconds
    found: set[tuple[str, str]] = set()
    count = 0
    while time.monotonic() < end:
        for parser in parsers:
            inputs = (*parser.seeds, *parser.kept())
            for _ in range(200):
                content = mutate(rng.choice(inputs), some_edits(parser, inputs, rng))
                count += 1
                kind = failure_of(parser, content)
                if kind and (parser.name, kind) not in found:
                    found.add((parser.name, kind))
                    content = smaller(parser, content, kind)
                    digest = hashlib.sha256(content).hexdigest()[:12]
                    SEEDS.mkdir(exist_ok=True)
                    path = SEEDS / f"{parser.name}-{digest}.bin"
                    path.write_bytes(content)
                    print(f"{parser.name}: {kind}, kept as {path}", flush=True)  # noqa: T201  # a command
    print(f"{count:,} inputs, {len(found)} findings")  # noqa: T201  # a command
    return len(found)


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=1.0, help="how long; 1 by default")
    parser.add_argument("--seed", type=int, default=0, help="the same seed tries the same inputs")
    parser.add_argument(
        "--only", action="append", choices=[each.name for each in PARSERS], help="which parsers"
    )
    options = parser.parse_args()
    chosen = [each for each in PARSERS if not options.only or each.name in options.only]
    rng = random.Random(options.seed)  # no secret
    return 1 if run(chosen, seconds=60 * options.minutes, rng=rng) else 0


if __name__ == "__main__":
    sys.exit(main())

"""Advise under other time zones, locales, hash seeds and clocks: the lock is the same, to the byte.

    python benchmarks/same_lock.py              # every combination of zone and locale with twenty seeds
    python benchmarks/same_lock.py --runs 12    # a dozen of them

Each run is a process of its own, which advises offline from a prepared knowledge base: in one of six time
zones and three locales, with one of twenty hash seeds, and with the clock as it is, ten years ahead or ten
years behind. Its lock and its report (but for the time that the run took) are compared with those of the
first run. A locale that is not installed stands for C: it is left out, and the last line names those that
were used.
``--shuffled`` puts the hash seed into the requirements, which must be noticed.
"""

import argparse
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src"), str(HERE.parent / "tests")]

from flip_store import INDEX, fill  # noqa: E402  # after the path is set

ZONES = ("UTC", "America/St_Johns", "Asia/Kathmandu", "Pacific/Kiritimati", "Pacific/Marquesas", "XYZ+23:59")
LOCALES = ("C", "C.UTF-8", "tr_TR.UTF-8")
SEEDS = 20
TEN_YEARS = 315_576_000  # seconds
CLOCKS = (0, TEN_YEARS, -TEN_YEARS)

CODE = """
import sys, time
real, offset = time.time, int(sys.argv.pop(1))
time.time = lambda: real() + offset
from pinwise.cli import main
main()
"""


class Habitat(NamedTuple):
    """Where a process runs."""

    zone: str
    locale: str
    seed: int
    offset: int


def installed_locales() -> tuple[str, ...]:
    """Return those of the locales that this machine has."""
    code = "import locale, sys; locale.setlocale(locale.LC_ALL, sys.argv[1])"
    tried = {
        name: subprocess.run([sys.executable, "-c", code, name], check=False, capture_output=True)
        for name in LOCALES
    }
    return tuple(name for name in LOCALES if not tried[name].returncode)


def habitats(runs: int, locales: Sequence[str] = LOCALES) -> list[Habitat]:
    """Return so many habitats, spread over all of them; 0 for all."""
    every = [
        Habitat(zone, locale, seed, CLOCKS[(number + number // 3 + number // 18) % len(CLOCKS)])
        for number, (seed, zone, locale) in enumerate(itertools.product(range(SEEDS), ZONES, locales))
    ]
    if not runs:
        return every
    return [every[0], *random.Random(0).sample(every[1:], runs - 1)]


def advise(habitat: Habitat, folder: Path) -> tuple[bytes, object]:
    """Return the lock and the report of an advice."""
    lock = folder / "pylock.toml"
    lock.unlink(missing_ok=True)
    environ = {
        name: text for name, text in os.environ.items() if not name.startswith(("LC_", "LANG", "PINWISE_"))
    }
    environ |= {"TZ": habitat.zone, "LC_ALL": habitat.locale, "PYTHONHASHSEED": str(habitat.seed + 1)}
    environ["PIP_CONFIG_FILE"] = os.devnull
    command = ["advise", "--offline", "--format", "json", "--kb", "kb.sqlite", "--index-url", INDEX]
    target = ["--python", "3.12", "--platform", "manylinux_2_28_x86_64"]
    process = [sys.executable, "-c", CODE, str(habitat.offset), *command, *target]
    done = subprocess.run(process, check=False, capture_output=True, cwd=folder, env=environ)
    if done.returncode:
        raise SystemExit(done.stderr.decode())
    report = json.loads(done.stdout)
    report["effort"].pop("seconds")
    return lock.read_bytes(), report


def main() -> int:
    """Advise in every habitat and say how many answers there were."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=0, help="how many runs (default: all)")
    parser.add_argument("--shuffled", action="store_true", help="order the requirements by the hash seed")
    asked = parser.parse_args()
    others, count = 0, 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder / "kb.sqlite", random.Random(1))
        (folder / "requirements.txt").write_text("p0\np3\np7\n", encoding="utf-8")
        expected = None
        locales = installed_locales()
        for habitat in habitats(asked.runs, locales):
            if asked.shuffled:
                text = "p0\np3\np7\n" if habitat.seed % 2 else "p7\np3\np0\n"
                (folder / "requirements.txt").write_text(text, encoding="utf-8")
            answer = advise(habitat, folder)
            expected = expected or answer
            if answer != expected:
                others += 1
                print(f"another answer: {habitat}", file=sys.stderr)
            count += 1
    print(f"{count} runs in the locales {', '.join(locales)}: {others} with another lock or report")
    return 1 if others else 0


if __name__ == "__main__":
    sys.exit(main())

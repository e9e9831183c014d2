"""Flip random bits of a knowledge base: `kb verify` must find them, and no advice may change.

    python benchmarks/flip_store.py --flips 200 --seed 1
    python benchmarks/flip_store.py --kb FILE --requirement requirements.txt -- --index-url URL --python 3.12

Each trial copies the store, flips one bit anywhere in the file, runs `pinwise kb verify` and an advice from
the copy alone, and compares the advice (the whole report but for the time it took and the digest of all that
is known) with that of the undamaged store. Then the store is repaired, and must be sound. Without ``--kb`` a
store is generated. More than 2 % that are not found, an advice that changes, or a store that is not sound
after its repair ends the program with status 1; ``--unchecked`` switches the checks of reading off, which
must be noticed.
"""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "src"), str(HERE.parent / "tests")]

from click.testing import CliRunner  # noqa: E402  # after the path is set

from pinwise.cli import main as pinwise  # noqa: E402
from pinwise.knowledge import digests  # noqa: E402
from pinwise.knowledge.store import open_store  # noqa: E402
from pinwise.model.facts import Metadata, Project  # noqa: E402
from support.worlds import world  # noqa: E402

INDEX = "https://index.example/simple"
PROJECTS, RELEASES = 100, 4
ENOUGH = 0.98  # of the flips must be found


def fill(path: Path, chance: random.Random) -> None:
    """Make a store of a generated world in which much depends on much."""
    lines = []
    for number in range(PROJECTS):
        for release in range(1, RELEASES + 1):
            further = [each for each in range(number + 2, number + 5) if chance.random() < 0.5]
            needed = [each for each in (number + 1, *further) if each < PROJECTS]
            needs = " ".join(f"p{each}>={chance.randint(1, release)}" for each in needed)
            lines.append(f"p{number} {release}: {needs}" if needs else f"p{number} {release}")
    snapshot = world("\n".join(lines))
    with open_store(path) as store:
        for name, project in snapshot.projects.items():
            assert isinstance(project, Project)
            with store.batch():
                store.put_page(INDEX, name, project, etag=None, last_modified=None, checked=1)
                for version, document in snapshot.known_documents(name).items():
                    assert isinstance(document, Metadata)
                    (file,) = next(each.files for each in project.releases if each.version == version)
                    kind = document.origin.value
                    store.put_document(INDEX, name, file.filename, kind, document, checked=1)


def advice(kb: Path, requirement: Path, options: Sequence[str]) -> tuple[int, object]:
    """Return how an offline advice ends, and its report: pins, reasons, cost and proof."""
    arguments = ["advise", "-r", str(requirement), "--dry-run", "--offline", "--format", "json"]
    result = CliRunner().invoke(pinwise, [*arguments, "--kb", str(kb), *options])
    if result.exit_code:
        return result.exit_code, result.stderr
    report = json.loads(result.stdout)
    report.pop("effort")
    report.pop("snapshot")  # the digest of all that is known: a proof that needs not all of it stays a proof
    return 0, report


def verify(kb: Path, *options: str) -> int:
    """Return how `kb verify` ends."""
    arguments = ["kb", "verify", "--offline", "--format", "json", "--kb", str(kb), *options]
    return CliRunner().invoke(pinwise, arguments).exit_code


def flip(content: bytes, path: Path, bit: int) -> None:
    """Write a file with one bit turned over, and nothing beside it."""
    for beside in path.parent.glob(f"{path.name}*"):
        beside.unlink()
    damaged = bytearray(content)
    damaged[bit // 8] ^= 1 << bit % 8
    path.write_bytes(damaged)


def run(kb: Path, requirement: Path, asked: argparse.Namespace, folder: Path) -> Counter[str]:
    """Flip bits and count what came of it."""
    content, trial = kb.read_bytes(), folder / "trial.sqlite"
    expected = advice(kb, requirement, asked.options)
    if expected[0]:
        raise SystemExit(expected[1])
    chance, seen = random.Random(asked.seed), Counter[str]()
    for _ in range(asked.flips):
        bit = chance.randrange(len(content) * 8)
        flip(content, trial, bit)
        is_found = verify(trial, "--dry-run") != 0
        seen["found"] += is_found
        if not is_found:
            print(f"not found: bit {bit}", file=sys.stderr)
        code, report = advice(trial, requirement, asked.options)
        seen["advice refused"] += code != 0
        if code == 0 and report != expected[1]:
            seen["advice changed"] += 1
            print(f"changed the advice: bit {bit}", file=sys.stderr)
        if verify(trial) == 1 and verify(trial) != 0:
            seen["not sound after the repair"] += 1
            print(f"not repaired: bit {bit}", file=sys.stderr)
    return seen


def main() -> int:
    """Run the trials and say what they showed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--flips", type=int, default=200, help="bits to flip, one at a time")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kb", type=Path, help="a store that can answer offline (default: a generated one)")
    parser.add_argument("--requirement", type=Path, help="the requirements file, with --kb")
    parser.add_argument("--unchecked", action="store_true", help="read rows without looking at their digests")
    parser.add_argument("options", nargs="*", help="further options of the advice, with --kb")
    asked = parser.parse_args()
    os.environ["PIP_CONFIG_FILE"] = os.devnull
    if asked.unchecked:
        setattr(digests, "crc32", lambda _: 0)  # noqa: B010  # every row holds, whatever it says
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kb, requirement = folder / "store.sqlite", folder / "requirements.txt"
        if asked.kb is None:
            fill(kb, random.Random(asked.seed))
            requirement.write_text("p0\np3\np7\n", encoding="utf-8")
            asked.options = ["--index-url", INDEX, "--python", "3.12"]
        else:
            shutil.copyfile(asked.kb, kb)
            shutil.copyfile(asked.requirement, requirement)
        seen = run(kb, requirement, asked, folder)
        size = kb.stat().st_size
    print(
        f"{asked.flips} bits flipped in {size:,} bytes, {seen['found']} found, "
        f"{seen['advice changed']} advices changed, {seen['advice refused']} refused, "
        f"{seen['not sound after the repair']} not sound after the repair"
    )
    is_good = seen["found"] >= ENOUGH * asked.flips and not seen["advice changed"]
    return 0 if is_good and not seen["not sound after the repair"] else 1


if __name__ == "__main__":
    sys.exit(main())

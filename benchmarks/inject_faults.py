"""Let every write, sync and rename of a writing process fail, one run for each: nothing acknowledged is lost.

    python benchmarks/inject_faults.py --fault kill EIO ENOSPC [--every 5]

Under `strace -e inject` a process writes facts into a fresh knowledge base and says which are in. In each run
the N-th call of one kind on the files of the knowledge base is the point of the fault: the process is killed
there, or the call answers with an error. Then the store must open, hold all that was acknowledged and no half
project; where the process was not killed it must have ended with a failure in words, or with success (an
error that it may survive). `--every 5` takes each fifth point, `--early` acknowledges before the commit,
which must be noticed. Status 4: `strace` is missing or may not trace here.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]

from write_facts import Tally, judge, read_acknowledged  # noqa: E402

from pinwise.model.errors import StoreFailure  # noqa: E402  # after the path is set

CALLS = ("pwrite64", "write", "fsync", "fdatasync", "rename", "ftruncate", "unlink", "openat")
PROJECTS = 3
UNAVAILABLE = 4
_BESIDE = ("", "-wal", "-journal", "-shm", ".new", ".new-journal", ".new-wal", ".lock")


@dataclass(frozen=True, slots=True)
class Point:
    """The `number`-th call of one kind, and what happens there."""

    call: str
    number: int
    fault: str

    @property
    def injection(self) -> str:
        """What strace is told."""
        what = "signal=KILL" if self.fault == "kill" else f"error={self.fault}"
        return f"inject={self.call}:{what}:when={self.number}"


def trace(path: Path, log: Path, *options: str, is_early: bool = False) -> subprocess.CompletedProcess[str]:
    """Let a process write into `path`, its calls on the files of the store traced."""
    paths = [option for end in _BESIDE for option in ("-P", f"{path}{end}")]
    command = ["strace", "-f", "-qq", "-o", str(log), *paths, *options]
    writer = [sys.executable, str(HERE / "write_facts.py"), str(path), "round", str(PROJECTS)]
    writer += ["early"] * is_early
    return subprocess.run([*command, *writer], check=False, capture_output=True, text=True, timeout=120)


def points(folder: Path, faults: list[str], every: int) -> Iterator[Point]:
    """Yield the points of an undisturbed run: each fault at each `every`-th call."""
    log = folder / "log"
    done = trace(folder / "undisturbed" / "kb.sqlite", log, "-e", f"trace={','.join(CALLS)}")
    if done.returncode:
        raise SystemExit(done.stderr)
    calls = [
        line.split("(")[0].split()[-1] for line in log.read_text(encoding="utf-8").splitlines() if "(" in line
    ]
    for call, count in sorted(Counter(calls).items()):
        for number in range(1, count + 1, every):
            for fault in faults:
                yield Point(call, number, fault)


def run(point: Point, folder: Path, tally: Tally, seen: Counter[str], *, is_early: bool) -> None:
    """Let one point fail and look at what is left."""
    path = folder / "kb.sqlite"
    done = trace(path, folder / "log", "-e", f"trace={point.call}", "-e", point.injection, is_early=is_early)
    is_in_words = done.returncode == 0 or (done.returncode == 3 and "failure: " in done.stdout)
    if point.fault == "kill":
        seen["killed"] += done.returncode != 0
    else:
        seen["survived" if done.returncode == 0 else "failed in words"] += is_in_words
    if not is_in_words and point.fault != "kill":
        seen["not in words"] += 1
        print(f"{point}: {done.returncode}\n{done.stdout}{done.stderr}", file=sys.stderr)
    before = (tally.lost, tally.half)
    try:
        judge(path, read_acknowledged(done.stdout), tally)
    except StoreFailure as failure:
        seen["do not open"] += 1
        print(f"{point}: {failure}", file=sys.stderr)
    if before != (tally.lost, tally.half):
        print(f"{point}: lost or half", file=sys.stderr)


def can_trace() -> bool:
    """Whether there is a strace that may trace and inject here."""
    if shutil.which("strace") is None:
        return False
    command = ["strace", "-qq", "-o", "/dev/null", "-e", "inject=close:error=EIO:when=60000", "true"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def main() -> int:
    """Run all points and say what they showed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--fault", nargs="+", choices=("kill", "EIO", "ENOSPC", "EROFS"), default=["kill"])
    parser.add_argument("--every", type=int, default=1, help="take each N-th point only")
    parser.add_argument("--early", action="store_true", help="acknowledge before the commit")
    asked = parser.parse_args()
    if not can_trace():
        print("there is no strace that may trace here", file=sys.stderr)
        return UNAVAILABLE
    tally, seen, count = Tally(), Counter[str](), 0
    with tempfile.TemporaryDirectory() as name:
        for point in list(points(Path(name), asked.fault, asked.every)):
            with tempfile.TemporaryDirectory() as folder:
                run(point, Path(folder), tally, seen, is_early=asked.early)
            count += 1
    ends = ", ".join(f"{number} {what}" for what, number in sorted(seen.items()))
    print(
        f"{count} points ({ends}), {tally.acknowledged} commits acknowledged, {tally.lost} lost, "
        f"{tally.half} projects half written"
    )
    return 1 if tally.lost or tally.half or seen["do not open"] or seen["not in words"] else 0


if __name__ == "__main__":
    sys.exit(main())

"""Run a command and tell what it took of the wall clock, of the processor and of memory.

The command is the child of a small Python of its own: Linux counts to a process's peak memory what the
process that started it held, which for a benchmark with its imports would be more than the command needs.
"""

import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LIMIT = 1800  # seconds after which a command is ended

_STARTER = f"""
import os, signal, sys, time
report, command = sys.argv[1], sys.argv[2:]
began = time.perf_counter()
child = os.posix_spawnp(command[0], command, os.environ)
signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
signal.alarm({LIMIT})
_, status, used = os.wait4(child, 0)
seconds = time.perf_counter() - began
with open(report, "w") as file:
    file.write(f"{{seconds}} {{used.ru_utime + used.ru_stime}} {{used.ru_maxrss}}")
sys.exit(min(255, abs(os.waitstatus_to_exitcode(status))))
"""

FOREIGN = ("PIP_", "UV_", "PINWISE_", "XDG_", "VIRTUAL_ENV", "PYTHON")
"""How settings begin that a measured command does not get from outside."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a process took.

    Attributes:
        wall: Seconds.
        processor: Seconds, of all its threads and of the processes that it waited for.
        memory: Its peak resident size in MiB.
    """

    wall: float
    processor: float
    memory: float


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended, what it said, and what it took."""

    status: int
    out: str
    said: str
    spent: Spent


def run(command: Sequence[str], folder: Path, settings: Mapping[str, str]) -> Done:
    """Run a command in a folder, which is its home too, with these settings and none from outside."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
    environment |= {"HOME": str(folder), "PIP_CONFIG_FILE": os.devnull, **settings}
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch, "spent")
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _STARTER, str(report), *command],
            check=False,
            capture_output=True,
            text=True,
            env=environment,
            cwd=folder,
        )
        if not report.exists():
            raise SystemExit(f"`{command[0]}` could not be started:\n{done.stderr}")
        wall, processor, kibibytes = report.read_text(encoding="utf-8").split()
    spent = Spent(float(wall), float(processor), float(kibibytes) / 1024)
    return Done(done.returncode, done.stdout, done.stderr, spent)


def python_settings(source: Path, bytecode: Path) -> dict[str, str]:
    """Return what lets a Python run the pinwise of a source tree, its byte code kept as if installed."""
    return {"PYTHONPATH": str(source), "PYTHONPYCACHEPREFIX": str(bytecode)}


def machine() -> str:
    """Return a line that says where figures come from."""
    return (
        f"{os.cpu_count()} cores ({_processor()}), {platform.system()}, CPython {platform.python_version()}"
    )


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text(encoding="utf-8").splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()

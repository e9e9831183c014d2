"""What is left of a knowledge base when processes are killed, the power goes, or many use it."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(program: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run one of the programs that disturb a knowledge base."""
    command = [sys.executable, str(ROOT / "benchmarks" / program), *options]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=300, cwd=ROOT)


def test_a_killed_ingestion_goes_on_to_the_same_facts() -> None:
    """Killed again and again, `pinwise advise` leaves a sound store and ends with the same lock."""
    done = run("kill_ingestion.py", "--kills", "8", "--seed", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith(
        ", 0 stores not sound, 0 rounds with other facts or another lock in the end\n"
    )


def test_the_power_may_fail_at_any_moment() -> None:
    """Whatever had reached the disk, the store opens and holds all that was acknowledged."""
    done = run("power_cuts.py", "--images", "60", "--seed", "3")
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.fullmatch(
        r"60 cuts in \d+ events, (\d+) commits acknowledged, 0 lost, 0 projects half written, "
        r"0 stores do not open\n",
        done.stdout,
    )
    assert found is not None, done.stdout
    assert int(found[1]) > 100


def test_a_power_cut_that_loses_would_be_noticed() -> None:
    """Written without waiting for the disk, acknowledged commits are lost, and the judge sees it."""
    done = run("power_cuts.py", "--images", "30", "--seed", "3", "--asynchronous")
    assert done.returncode == 1, done.stdout + done.stderr
    assert ", 0 lost," not in done.stdout


def test_eight_processes_get_on_with_each_other() -> None:
    """Writers and readers of one store all come to their end, and every commit is there."""
    done = run("crowd_store.py", "--processes", "8", "--seconds", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 processes failed, 0 lost, 0 projects half written, 0 damaged rows" in done.stdout

"""What is left of a knowledge base when system calls fail; skipped where nothing may be traced."""

import re
import shutil
import subprocess

import pytest

from knowledge.test_store_disturbed import run

UNAVAILABLE = 4  # of `inject_faults.py`: no strace that may trace here


def injected(*options: str) -> subprocess.CompletedProcess[str]:
    """Run the program that lets system calls fail, or skip where nothing may be traced."""
    done = run("inject_faults.py", *options)
    if done.returncode == UNAVAILABLE:
        assert shutil.which("strace") is None or "may trace" in done.stderr
        pytest.skip("there is no strace that may trace here")
    return done


def test_every_kind_of_call_may_fail() -> None:
    """Killed, or told of a full or broken disk, at a write, sync or rename, a writer loses nothing."""
    done = injected("--every", "60", "--fault", "kill", "EIO", "ENOSPC")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"killed.* 0 lost, 0 projects half written\n", done.stdout), done.stdout


def test_a_fault_that_loses_would_be_noticed() -> None:
    """Of a writer that acknowledges too early something is lost, and the judge sees it."""
    done = injected("--every", "20", "--fault", "kill", "--early")
    assert done.returncode == 1, done.stdout + done.stderr

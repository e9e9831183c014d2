"""Ctrl-C at any moment: the command ends at once, nothing is half-written, and what was fetched is kept."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pinwise.knowledge.store import open_store
from pinwise.model.facts import Project
from pinwise.model.names import normalise
from support.fault_server import FaultServer, Line, Play
from support.loopback import JSON_TYPE
from support.place import TARGET

LONGEST = 0.3
"""Seconds from Ctrl-C to the end of the process."""

TRIES = 8
"""Others share the processor: the quickest of so many counts."""

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.pypi.simple.v1+json\r\n"


def page(name: str, *files: object) -> bytes:
    return json.dumps({"meta": {"api-version": "1.1"}, "name": name, "files": files}).encode()


def drip(before: bytes, piece: bytes) -> Play:
    def play(line: Line) -> None:
        line.send(before)
        line.forever(piece, 0.02)

    return play


def _busy(line: Line) -> None:
    """Ask for a minute of patience."""
    line.answer(b"", status="503 Busy", retry_after="60")


def many_files(line: Line) -> None:
    """Send a page that takes seconds to read."""
    files = [
        {
            "filename": f"bad-{number}-py3-none-any.whl",
            "url": f"https://files.example/{number}",
            "hashes": {},
            "requires-python": ">=" + ",>=".join(f"3.{number}.{minor}" for minor in range(30)),
        }
        for number in range(20_000)
    ]
    line.answer(page("bad", *files))


@dataclass(frozen=True)
class Moment:
    """When the command is interrupted: while one project's page is in this state."""

    name: str
    play: Play


MOMENTS = (
    Moment("waiting for an answer", lambda line: line.silence()),
    Moment("headers that drip", drip(HEAD + b"X-Long: ", b"x")),
    Moment("a body that drips", drip(HEAD + b"\r\n", b" " * 100)),
    Moment("a body that rushes", lambda line: line.forever(HEAD + b"\r\n" + b" " * 1000, 0.001)),
    Moment("waiting as asked", _busy),
    Moment("reading a long page", many_files),
)


def start(folder: Path, server: FaultServer) -> "subprocess.Popen[str]":
    """Start an advice on two projects, one of which never comes to an end."""
    folder.mkdir()
    (folder / "requirements.in").write_text("good\nbad\n", encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, "-m", "pinwise", "advise", *TARGET, "--index-url", server.url],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PINWISE_KB": str(folder / "kb.sqlite")},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def wait_for(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def interrupted(folder: Path, server: FaultServer) -> float:
    """Interrupt a command, look at what it leaves, and return how long it took to end."""
    asked = server.count("/simple/bad/")
    running = start(folder, server)
    wait_for(lambda: server.count("/simple/bad/") > asked)
    time.sleep(0.3)
    started = time.monotonic()
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=20)
    passed = time.monotonic() - started
    assert (running.returncode, out, err) == (130, "", "interrupted\n")
    assert not [path for path in folder.iterdir() if "lock" in path.name and "kb" not in path.name]
    with open_store(folder / "kb.sqlite", read_only=True) as store:
        good, bad = (store.page(server.url, normalise(name)) for name in ("good", "bad"))
    assert good is not None
    assert isinstance(good.project, Project)
    assert bad is None
    return passed


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.name)
def test_ctrl_c_at_any_moment(moment: Moment, tmp_path: Path) -> None:
    """It takes at most three tenths of a second, whatever an index is doing."""
    with FaultServer() as server:
        server.honest("/simple/good/", JSON_TYPE, page("good"))
        server.play("/simple/bad/", moment.play)
        quickest = 99.0
        for number in range(TRIES):
            quickest = min(quickest, interrupted(tmp_path / str(number), server))
            if quickest <= LONGEST:
                break
    assert quickest <= LONGEST


COMPUTING = """
import hashlib, sys
from pathlib import Path
from pinwise import search
from pinwise.cli import interrupts

def compute(space, budget):
    Path("begun").touch()
    hashlib.pbkdf2_hmac("sha256", b"", b"", 30_000_000)
    raise SystemExit("it came to its end")

search.PREDICTORS = {**search.PREDICTORS, "exact": compute}
import pinwise.actions.advise
pinwise.actions.advise.PREDICTORS = search.PREDICTORS
interrupts.PATIENCE = float(sys.argv.pop(1))
from pinwise.cli import main
main()
"""
"""An advice whose predictor computes for seconds in a library that hears no signals, as a proof may."""


def interrupted_while_it_computes(folder: Path, patience: float) -> float:
    """Interrupt a search inside of a library; return how long it took to end."""
    folder.mkdir()
    (folder / "requirements.in").write_text("good\n", encoding="utf-8")
    running = subprocess.Popen(
        [sys.executable, "-c", COMPUTING, str(patience), "advise", *TARGET, "--offline"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PINWISE_KB": str(folder / "kb.sqlite")},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    wait_for((folder / "begun").exists)
    time.sleep(0.1)
    started = time.monotonic()
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=120)
    passed = time.monotonic() - started
    assert (running.returncode, out) == (130, "")
    assert err.endswith("interrupted\n")
    return passed


def test_ctrl_c_while_a_library_computes(tmp_path: Path) -> None:
    """It ends as soon inside of a library that hears no signals; without the watcher it would not."""
    quickest = 99.0
    for number in range(TRIES):
        quickest = min(quickest, interrupted_while_it_computes(tmp_path / str(number), 0.15))
        if quickest <= LONGEST:
            break
    assert quickest <= LONGEST
    assert interrupted_while_it_computes(tmp_path / "unwatched", 1000) > 1

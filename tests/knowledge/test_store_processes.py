"""Several processes on one store, and processes that are killed."""

import os
import platform
import re
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from knowledge.generated_facts import INDEX
from knowledge.processes import run_all, start, wait
from pinwise.knowledge import lock
from pinwise.knowledge.database import Terms
from pinwise.knowledge.lock import WriteLock
from pinwise.knowledge.store import StoredPage, open_store
from pinwise.model.errors import StoreFailure
from pinwise.model.facts import Document, Project
from pinwise.model.names import normalise
from support.worlds import world

ROOT = Path(__file__).resolve().parents[2]
PROJECTS = 25


def facts(name: str) -> tuple[Project, Document]:
    """Return a project and the document of its first release."""
    snapshot = world(f"{name} 1: {name}-needs>=1 shared\n{name} 2")
    project = snapshot.projects[normalise(name)]
    assert isinstance(project, Project)
    return project, snapshot.known_documents(normalise(name))[project.releases[0].version]


def write_projects(path: Path, prefix: str) -> bool:
    """Put projects one commit each, opening the store as a run of pinwise does."""
    with open_store(path) as store:
        for number in range(PROJECTS):
            name = f"{prefix}-{number}"
            project, document = facts(name)
            with store.batch():
                store.put_page(INDEX, normalise(name), project, etag=None, last_modified=None, checked=1)
                store.put_document(INDEX, normalise(name), "a.whl", "wheel", document, checked=1)
    return True


def read_meanwhile(path: Path, prefixes: list[str]) -> bool:
    """Read until everything is there; a project must never be seen without its document."""
    deadline = time.monotonic() + 20
    names = [normalise(f"{prefix}-{number}") for prefix in prefixes for number in range(PROJECTS)]
    with open_store(path, read_only=True) as store:
        while time.monotonic() < deadline:
            pages = {name: store.page(INDEX, name) for name in names}
            if any(page is not None and not store.documents(INDEX, name) for name, page in pages.items()):
                return False
            if None not in pages.values():
                return True
    return False


def test_processes_on_one_store_all_finish_with_everything_present(tmp_path: Path) -> None:
    """Writers wait for each other and lose nothing; a reader sees whole projects only and never waits."""
    path = tmp_path / "knowledge.sqlite"
    open_store(path).close()
    prefixes = ["first", "second", "third"]
    tasks = [partial(write_projects, path, prefix) for prefix in prefixes]
    assert run_all([*tasks, partial(read_meanwhile, path, prefixes)]) == [0, 0, 0, 0]
    with open_store(path) as store:
        for prefix in prefixes:
            for number in range(PROJECTS):
                name = f"{prefix}-{number}"
                project, document = facts(name)
                assert store.page(INDEX, normalise(name)) == StoredPage(project, None, None, 1)
                assert store.documents(INDEX, normalise(name)) == {("a.whl", "wheel"): document}


def test_processes_may_create_one_store_at_the_same_time(tmp_path: Path) -> None:
    """Whoever comes first creates the tables, the others use them."""
    path = tmp_path / "new" / "knowledge.sqlite"
    assert run_all([partial(write_projects, path, prefix) for prefix in "abcd"]) == [0] * 4
    with open_store(path, read_only=True) as store:
        assert len(store.names()) == 4 * PROJECTS


def test_a_writer_that_waits_too_long_is_told_for_whom(tmp_path: Path) -> None:
    """Where another process does not let go, the failure names it; reading goes on."""
    path = tmp_path / "knowledge.sqlite"
    write_projects(path, "there")
    with WriteLock(path, patience=1).held(), open_store(path, terms=Terms(patience=0.05)) as store:
        assert len(store.names()) == PROJECTS
        with pytest.raises(StoreFailure, match=f"process {os.getpid()} ") as failure:
            store.touch_page(INDEX, normalise("there-1"), checked=2)
    assert failure.value.hint


def test_a_writer_that_waits_says_for_whom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a moment of waiting it says, once, which process on which host holds the lock, and since when."""
    monkeypatch.setattr(lock, "_QUIET", 0.02)
    path, sign = tmp_path / "knowledge.sqlite", tmp_path / "held"
    write_projects(path, "there")
    said: list[str] = []
    child = start(partial(hold_a_moment, path, sign))
    while not sign.exists():
        time.sleep(0.01)
    with open_store(path, terms=Terms(patience=30, waiting=said.append)) as store:
        store.touch_page(INDEX, normalise("there-1"), checked=2)
    assert wait(child) == 0
    (sentence,) = said
    since = r"since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"
    expected = f"waiting for process {child} on `{re.escape(platform.node())}` \\({since}\\), which writes `"
    assert re.match(expected, sentence), sentence


def hold_a_moment(path: Path, sign: Path) -> bool:
    """Hold the lock for a moment that is long enough to wait for."""
    with WriteLock(path, patience=5).held():
        sign.touch()
        time.sleep(0.5)
    return True


def hold_for_ever(path: Path, sign: Path) -> bool:
    """Take the lock, say so, and never let go."""
    with WriteLock(path, patience=5).held():
        sign.touch()
        time.sleep(60)
    return False


def test_a_killed_process_lets_go_of_the_lock(tmp_path: Path) -> None:
    """The lock of a process that was killed is free at once."""
    path, sign = tmp_path / "knowledge.sqlite", tmp_path / "held"
    child = start(lambda: hold_for_ever(path, sign))
    while not sign.exists():
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    assert wait(child) == -signal.SIGKILL
    with open_store(path, terms=Terms(patience=0.5)) as store:
        assert store.names() == ()


def kill_writers(*options: str) -> subprocess.CompletedProcess[str]:
    """Run the program that kills writing processes."""
    command = [sys.executable, str(ROOT / "benchmarks" / "kill_store.py"), *options]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60, cwd=ROOT)


def test_what_was_acknowledged_survives_a_kill() -> None:
    """Killed at any moment, a store opens again, holds every acknowledged commit and no half project."""
    done = kill_writers("--kills", "20", "--seed", "7")
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.fullmatch(
        r"20 writers killed, (\d+) commits acknowledged, 0 lost, 0 projects half written\n", done.stdout
    )
    assert found is not None, done.stdout
    assert int(found[1]) > 20


def test_a_lost_commit_would_be_noticed() -> None:
    """The judge of the kills sees what a writer that acknowledges too early loses."""
    done = kill_writers("--kills", "10", "--seed", "7", "--early")
    assert done.returncode == 1, done.stdout + done.stderr

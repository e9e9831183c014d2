"""Every kind of fault as a user meets it: a sentence and an exit code, in time, and nothing known is lost."""

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

import pytest
from click.testing import CliRunner, Result

from pinwise.cli import main
from pinwise.knowledge.store import open_store
from pinwise.model.facts import Project, Release
from pinwise.model.names import normalise
from support.fault_kinds import FAULTS
from support.fault_server import FaultServer
from support.faults import Fault, prepare, set_up, take_back
from support.place import TARGET

BAD = normalise("bad")
LONGEST = 5.0
"""Seconds for a command whose fetches may take 0.6; others share the processor."""


@dataclass(frozen=True)
class Known:
    """A server with a project, and a knowledge base that knows release 1 of it."""

    server: FaultServer
    kb: Path


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Known]:
    folder = tmp_path_factory.mktemp("known")
    with FaultServer() as server:
        prepare(server)
        with pytest.MonkeyPatch.context() as patch:
            run = Run(folder, server, patch)
            assert run.advise().exit_code == 0
        yield Known(server, folder / "kb.sqlite")


class Run:
    """A folder in which commands are run."""

    def __init__(self, folder: Path, server: FaultServer, patch: pytest.MonkeyPatch) -> None:
        self.kb = folder / "kb.sqlite"
        self.project = folder / "project"
        self.project.mkdir()
        (self.project / "requirements.in").write_text("bad\n", encoding="utf-8")
        self._server = server
        patch.chdir(self.project)
        for name, value in {"PINWISE_KB": self.kb, "PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": 1}.items():
            patch.setenv(name, str(value))
        self._patch = patch

    def hold_to(self, limits: Mapping[str, float]) -> None:
        """Set the limits of the commands to come."""
        for name, limit in limits.items():
            self._patch.setenv(f"PINWISE_{name.upper()}", str(limit))

    def advise(self, *arguments: str) -> Result:
        """Advise for a declared target."""
        return CliRunner().invoke(main, ["advise", *TARGET, "--index-url", self._server.url, *arguments])

    def facts(self) -> tuple[Project | None, object]:
        """Return what is known: the page, and the documents of release 1."""
        with open_store(self.kb, read_only=True) as store:
            stored = store.page(self._server.url, BAD)
            documents = store.documents(self._server.url, BAD)
        first = {key: document for key, document in documents.items() if key[0].startswith("bad-1-")}
        return None if stored is None else stored.project, first


def first_release(project: Project | None) -> Release | None:
    return None if project is None else project.releases[0]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_faults(fault: Fault, known: Known, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends in time with its exit code and its reason, without a traceback, and what was known stays."""
    run = Run(tmp_path, known.server, monkeypatch)
    run.hold_to(fault.limits())
    copyfile(known.kb, run.kb)
    before = run.facts()
    set_up(known.server, fault)
    started = time.monotonic()
    try:
        result = run.advise("--refresh")
    finally:
        take_back(known.server, fault)
    assert time.monotonic() - started < LONGEST
    told = " ".join((result.stdout + result.stderr).split())
    assert fault.expected in told
    assert "Traceback" not in told
    assert all(letter.isprintable() or letter == "\n" for letter in result.stdout + result.stderr)
    after = run.facts()
    if fault.ending == "failure":
        assert (result.exit_code, result.stdout) == (3, ""), result.output
        assert "hint: " in result.stderr
        assert sorted(path.name for path in run.project.iterdir()) == ["requirements.in"]
    else:
        assert result.exit_code == 0, result.output
        assert "bad" in (run.project / "pylock.toml").read_text(encoding="utf-8")
    if fault.where == "page" and fault.ending != "left out":
        assert after == before
    assert first_release(after[0]) == first_release(before[0])
    assert after[1] == before[1]

"""A folder and an index for tests of commands."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.artifacts import sdist, wheel
from support.loopback import LoopbackIndex
from support.place import Place


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    """Return an index with a small world."""
    with LoopbackIndex() as loopback:
        loopback.add(wheel("flask", "2.0", requires=["click<8"]), uploaded="2023-01-01T00:00:00Z")
        loopback.add(wheel("flask", "3.0", requires=["click>=8"]), uploaded="2024-01-01T00:00:00Z")
        loopback.add(wheel("click", "7.0"), uploaded="2022-01-01T00:00:00Z")
        loopback.add(wheel("click", "8.0"), uploaded="2023-06-01T00:00:00Z")
        loopback.add(wheel("pytest", "8.0"))
        loopback.add(sdist("broken", "1.0"), sha256="0" * 64, metadata="none")
        yield loopback


@pytest.fixture
def place(tmp_path: Path, index: LoopbackIndex, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return an empty folder as the current one, with a knowledge base elsewhere and pip's settings off."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PINWISE_KB", str(tmp_path / "kb.sqlite"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    return Place(folder, index)

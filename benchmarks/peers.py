"""The two resolvers that are compared, run as a user runs them: one process, one requirement set."""

import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PYTHON = "3.11.7"
PLATFORM = "manylinux_2_28_x86_64"

Pins = Mapping[str, str]
"""Normalised name -> version."""


@dataclass(frozen=True, slots=True)
class Run:
    """One process: how long it took, and what it chose (None: it found no stack).

    Attributes:
        seconds: Wall time of the whole process.
        pins: The stack.
        report: pinwise's report, empty for uv.
        said: What it said on stderr.
    """

    seconds: float
    pins: Pins | None
    report: Mapping[str, Any]
    said: str


@dataclass(frozen=True, slots=True)
class Task:
    """What is resolved.

    Attributes:
        requirements: The requirement set.
        index: URL of the simple API.
        store: Folder that holds all that the resolver learns; empty is cold.
        metadata: File of ``[[dependency-metadata]]`` tables, or None.
        constraints: File of constraints, or None.
    """

    requirements: Path
    index: str
    store: Path
    metadata: Path | None = None
    constraints: Path | None = None


class Peer(Protocol):
    """One resolver."""

    name: str

    def run(self, task: Task, *, offline: bool = False) -> Run:
        """Resolve once."""
        ...


def _process(command: list[str], settings: Mapping[str, str], folder: Path) -> tuple[float, int, str, str]:
    """Run a command with no settings from outside; return its seconds, status, stdout and stderr."""
    foreign = ("PIP_", "UV_", "PINWISE_", "XDG_", "VIRTUAL_ENV")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
    environment |= {"HOME": str(folder), "PIP_CONFIG_FILE": os.devnull, **settings}
    started = time.perf_counter()
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env=environment, cwd=folder, timeout=1800
    )
    return time.perf_counter() - started, done.returncode, done.stdout, done.stderr


class Pinwise:
    """pinwise itself, with its defaults."""

    name = "pinwise"

    def run(self, task: Task, *, offline: bool = False) -> Run:
        """Resolve once; the lock is written beside the knowledge base."""
        task.store.mkdir(parents=True, exist_ok=True)
        script = Path(sys.executable).with_name("pinwise")
        command = [str(script)] if script.exists() else [sys.executable, "-m", "pinwise"]
        command += ["advise", "-r", str(task.requirements), "--lock", str(task.store / "pylock.toml")]
        command += ["--python", PYTHON, "--platform", PLATFORM, "--index-url", task.index]
        command += ["--kb", str(task.store / "kb.sqlite"), "--format", "json"]
        command += ["--offline"] if offline else []
        command += ["-c", str(task.constraints)] if task.constraints else []
        command += [
            part
            for name, file in settings_file(task).items()
            for part in (f"--{name.replace('_', '-')}", file)
        ]
        seconds, status, out, said = _process(command, {}, task.store)
        if status not in {0, 1} or not out:
            raise RuntimeError(f"pinwise failed on {task.requirements.name}: {said}")
        report = json.loads(out)
        pins = {package["name"]: package["version"] for package in report["packages"]}
        return Run(seconds, pins if report["outcome"] == "advice" else None, report, said)


def settings_file(task: Task) -> dict[str, str]:
    """Write the given metadata as pinwise reads it, and return the option that names the file."""
    if task.metadata is None:
        return {}
    tables = tomllib.loads(task.metadata.read_text(encoding="utf-8"))["dependency-metadata"]
    lines: list[str] = []
    for table in tables:
        lines += ["[[metadata]]", *(f"{key} = {json.dumps(value)}" for key, value in table.items()), ""]
    path = task.store / "settings.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return {"config_file": str(path)}


class Uv:
    """uv's `pip compile`, with its defaults."""

    name = "uv"

    def run(self, task: Task, *, offline: bool = False) -> Run:
        """Resolve once."""
        task.store.mkdir(parents=True, exist_ok=True)
        command = [_uv(), "pip", "compile", str(task.requirements), "--quiet", "--no-header", "--no-annotate"]
        command += ["--python", sys.executable, "--python-version", PYTHON]
        command += ["--python-platform", "x86_64-manylinux_2_28", "--generate-hashes"]
        command += ["--default-index", task.index, "--cache-dir", str(task.store / "cache")]
        command += ["--offline"] if offline else []
        command += ["--config-file", str(task.metadata)] if task.metadata else ["--no-config"]
        command += ["--constraints", str(task.constraints)] if task.constraints else []
        seconds, status, out, said = _process(command, {}, task.store)
        return Run(seconds, _read_pins(out) if status == 0 else None, {}, said)


def _uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        raise RuntimeError("uv is not installed; `pip install --group clients` installs it")
    return found


def _read_pins(text: str) -> Pins:
    """Read ``name==version`` lines, hashes left aside."""
    pins: dict[str, str] = {}
    for line in text.splitlines():
        if line and line[0] not in " #":
            requirement = Requirement(line.removesuffix("\\").strip())
            pins[canonicalize_name(requirement.name)] = next(iter(requirement.specifier)).version
    return pins


def write_pins(path: Path, pins: Pins) -> Path:
    """Write a stack as a file of constraints and return its path."""
    path.write_text(
        "".join(f"{name}=={version}\n" for name, version in sorted(pins.items())), encoding="utf-8"
    )
    return path

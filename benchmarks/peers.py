"""The resolvers that are compared, run as a user runs them: one process, one requirement set."""

import json
import re
import shutil
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import measure
from measure import Done, Spent
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PYTHON = "3.11.7"
PLATFORM = "manylinux_2_28_x86_64"
SOURCE = Path(__file__).resolve().parents[1] / "src"

Pins = Mapping[str, str]
"""Normalised name -> version."""


@dataclass(frozen=True, slots=True)
class Run:
    """One process: what it took, and what it chose (None: it found no stack).

    Attributes:
        spent: What the whole process took.
        pins: The stack.
        report: pinwise's report where it was asked for, else empty.
        said: What it said on stderr.
    """

    spent: Spent
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

    @property
    def name(self) -> str:
        """What it is called in tables."""
        ...

    def run(self, task: Task, *, offline: bool = False, is_judged: bool = False) -> Run:
        """Resolve once; with `is_judged`, tell all that can be told of the stack, which may take longer."""
        ...

    def version(self) -> str:
        """Return its name and version."""
        ...


@dataclass(frozen=True, slots=True)
class Pinwise:
    """pinwise itself, with its defaults but for the predictor.

    Attributes:
        predictor: How it searches.
        bytecode: Where byte code is kept, as an installed pinwise has it.
    """

    predictor: str
    bytecode: Path

    @property
    def name(self) -> str:
        """What it is called in tables."""
        return f"pinwise {self.predictor}"

    def run(self, task: Task, *, offline: bool = False, is_judged: bool = False) -> Run:
        """Resolve once, with no lock present; the lock is written beside the knowledge base."""
        task.store.mkdir(parents=True, exist_ok=True)
        lock = task.store / "pylock.toml"
        lock.unlink(missing_ok=True)
        command = [sys.executable, "-m", "pinwise", *advise_words(task, self.predictor)]
        command += ["--format", "json"] if is_judged else []
        command += ["--offline"] if offline else []
        done = measure.run(command, task.store, measure.python_settings(SOURCE, self.bytecode))
        if done.status not in {0, 1, 3}:
            raise SystemExit(f"pinwise failed on {task.requirements.name}: {done.said}")
        report = json.loads(done.out) if is_judged and done.status in {0, 1} else {}
        return Run(done.spent, _locked(lock) if done.status == 0 else None, report, done.said)

    def version(self) -> str:
        """Return its name and version."""
        command = [sys.executable, "-m", "pinwise", "--version"]
        return _said(measure.run(command, Path.cwd(), measure.python_settings(SOURCE, self.bytecode)))


def advise_words(task: Task, predictor: str) -> list[str]:
    """Return the words of a command of pinwise that resolves a task; the lock is beside its store."""
    words = ["advise", "-r", str(task.requirements), "--lock", str(task.store / "pylock.toml")]
    words += ["--predictor", predictor, "--python", PYTHON, "--platform", PLATFORM]
    words += ["--index-url", task.index, "--kb", str(task.store / "kb.sqlite")]
    words += ["-c", str(task.constraints)] if task.constraints else []
    for name, file in settings_file(task).items():
        words += [f"--{name.replace('_', '-')}", file]
    return words


def _locked(lock: Path) -> Pins:
    packages = tomllib.loads(lock.read_text(encoding="utf-8"))["packages"]
    return {package["name"]: package["version"] for package in packages}


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
    """uv's `pip compile` with hashes, for a lock of pinwise has them too; all else with its defaults."""

    name = "uv"

    def run(self, task: Task, *, offline: bool = False, is_judged: bool = False) -> Run:  # noqa: ARG002  # it tells no more
        """Resolve once."""
        task.store.mkdir(parents=True, exist_ok=True)
        command = [_uv(), "pip", "compile", str(task.requirements), "--quiet", "--no-header", "--no-annotate"]
        command += ["--python", sys.executable, "--python-version", PYTHON]
        command += ["--python-platform", "x86_64-manylinux_2_28", "--generate-hashes"]
        command += ["--default-index", task.index, "--cache-dir", str(task.store / "cache")]
        command += ["--offline"] if offline else []
        command += ["--config-file", str(task.metadata)] if task.metadata else ["--no-config"]
        command += ["--constraints", str(task.constraints)] if task.constraints else []
        done = measure.run(command, task.store, {})
        return Run(done.spent, _read_pins(done.out) if done.status == 0 else None, {}, done.said)

    def version(self) -> str:
        """Return its name and version."""
        return " ".join(_said(measure.run([_uv(), "--version"], Path.cwd(), {})).split()[:2])


class Pip:
    """pip's dry run, of wheels only, for it would build what has none; warm is with its cache of answers."""

    name = "pip"

    def run(self, task: Task, *, offline: bool = False, is_judged: bool = False) -> Run:  # noqa: ARG002  # it has no such modes
        """Resolve once."""
        task.store.mkdir(parents=True, exist_ok=True)
        report = task.store / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet"]
        command += ["--report", str(report), "--only-binary", ":all:", "--python-version", PYTHON]
        command += [part for tag in _platforms() for part in ("--platform", tag)]
        command += ["--index-url", task.index, "--cache-dir", str(task.store / "cache")]
        command += ["-r", str(task.requirements)]
        command += ["-c", str(task.constraints)] if task.constraints else []
        done = measure.run(command, task.store, {"PIP_DISABLE_PIP_VERSION_CHECK": "1"})
        return Run(done.spent, _reported(report) if done.status == 0 else None, {}, done.said)

    def version(self) -> str:
        """Return its name and version."""
        said = _said(measure.run([sys.executable, "-m", "pip", "--version"], Path.cwd(), {}))
        return " ".join(said.split()[:2])


def _platforms() -> list[str]:
    """Return the tags that `PLATFORM` stands for: pip takes a tag by its letter."""
    newest = re.fullmatch(r"manylinux_2_(\d+)_x86_64", PLATFORM)
    assert newest is not None
    tags = [f"manylinux_2_{minor}_x86_64" for minor in range(int(newest[1]), 4, -1)]
    return [*tags, "manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64"]


def _reported(report: Path) -> Pins:
    installed = json.loads(report.read_text(encoding="utf-8"))["install"]
    metadata = [each["metadata"] for each in installed]
    return {canonicalize_name(each["name"]): each["version"] for each in metadata}


def _said(done: Done) -> str:
    if done.status:
        raise SystemExit(done.said)
    return done.out.strip()


def _uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        raise SystemExit("uv is not installed; `pip install --group clients` installs it")
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

"""No code of any package runs: canaries everywhere, also under a tracer (skipped where none may trace)."""

import io
import json
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from support.artifacts import Artifact, sdist, wheel
from support.loopback import LoopbackIndex


class Asked(NamedTuple):
    """A command line.

    Attributes:
        arguments: Its words.
        files: Names of files in the project's folder that it may write, the knowledge base apart.
        exit_codes: What it may end with: where there is no virtual environment, the second one.
    """

    arguments: tuple[str, ...]
    files: tuple[str, ...] = ()
    exit_codes: tuple[int, int] = (0, 0)


LOCK = "pylock.toml"
COMMANDS = (
    Asked(("advise",), (LOCK,)),
    Asked(("advise", "--upgrade", "--refresh"), (LOCK,)),
    Asked(("add", "dynamic<2"), (LOCK, "pyproject.toml")),
    Asked(("remove", "dynamic"), (LOCK, "pyproject.toml")),
    Asked(("check",)),
    Asked(("check", "--installed"), exit_codes=(1, 2)),
    Asked(("install", "--dry-run")),
    Asked(("sync", "--dry-run")),
    Asked(("why", "flask")),
    Asked(("why", "flask", "3.0")),
    Asked(("tree",)),
    Asked(("outdated",)),
    Asked(("environment",)),
    Asked(("convert", LOCK, "requirements.txt"), ("requirements.txt",)),
    Asked(("convert", "pyproject.toml", "Pipfile"), ("Pipfile",)),
    Asked(("config", "show")),
    Asked(("kb", "status")),
    Asked(("kb", "verify")),
    Asked(("kb", "rebuild")),
    Asked(("kb", "backup", "kb.backup"), ("kb.backup",)),
    Asked(("kb", "restore", "kb.backup"), ("kb.backup",)),  # SQLite's logs beside it, while it is read
)
ASKING = frozenset(("advise", "add", "remove", "check", "why", "tree", "outdated"))

WRITING = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND")
CALLS = (
    "trace=execve,execveat,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,"
    "link,linkat,symlink,symlinkat"
)


def canary(place: Path) -> str:
    """Return code that leaves a mark when it runs."""
    return f"open({str(place)!r}, 'a').write(__name__ + '\\n')\n"


def with_files(artifact: Artifact, files: Mapping[str, str]) -> Artifact:
    """Return a wheel or sdist with further files in it."""
    buffer = io.BytesIO()
    if artifact.filename.endswith(".whl"):
        buffer.write(artifact.content)
        with zipfile.ZipFile(buffer, "a") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        return replace(artifact, content=buffer.getvalue())
    stem = artifact.filename.removesuffix(".tar.gz")
    with (
        tarfile.open(fileobj=io.BytesIO(artifact.content)) as old,
        tarfile.open(fileobj=buffer, mode="w:gz") as new,
    ):
        for member in old.getmembers():
            if member.name.removeprefix(f"{stem}/") not in files:
                new.addfile(member, old.extractfile(member))
        for name, text in files.items():
            info = tarfile.TarInfo(f"{stem}/{name}")
            info.size = len(text.encode())
            new.addfile(info, io.BytesIO(text.encode()))
    return replace(artifact, content=buffer.getvalue())


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """Return the file that any canary writes."""
    return tmp_path / "a-canary-sang"


@pytest.fixture
def index(mark: Path) -> Iterator[LoopbackIndex]:
    """Return an index on which every file is full of canaries."""
    code = canary(mark)
    in_wheel = {
        "flask/__init__.py": code,
        "flask.pth": f"import sys; {code}",
        "sitecustomize.py": code,
        "flask-3.0.data/scripts/run.py": f"#!python\n{code}",
        "flask-3.0.data/data/etc/conf.py": code,
        "flask-3.0.dist-info/entry_points.txt": "[console_scripts]\nflask = flask:main\n",
    }
    in_sdist = {"setup.py": code, "backend.py": code, "conftest.py": code, "old.pth": f"import sys; {code}"}
    with LoopbackIndex() as loopback:
        flask = with_files(wheel("flask", "3.0", requires=["old", "dynamic"]), in_wheel)
        loopback.add(flask, metadata="none")
        loopback.add(
            with_files(sdist("old", "1.0", metadata_version="1.1", egg_info=""), in_sdist), metadata="none"
        )
        unsaid = sdist("dynamic", "2.0", dynamic=["Requires-Dist"])
        loopback.add(with_files(unsaid, in_sdist), metadata="none")
        loopback.add(wheel("dynamic", "1.0"))
        yield loopback


@pytest.fixture
def project(tmp_path: Path, mark: Path) -> Path:
    """Return a project folder that is full of canaries itself, as a fresh clone may be."""
    folder, code = tmp_path / "project", canary(mark)
    for name in ("setup.py", "conftest.py", "sitecustomize.py", "usercustomize.py", "backend.py", "json.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(code, encoding="utf-8")
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "app"\nversion = "1"\ndependencies = ["flask"]\n',
        encoding="utf-8",
    )
    return folder


def with_venv(project: Path, mark: Path) -> None:
    """Give the project a virtual environment whose every program sings."""
    home = project / ".venv"
    (home / "bin").mkdir(parents=True)
    (home / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.12.4\n", encoding="utf-8")
    packages = home / "lib" / "python3.12" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "x.pth").write_text(f"import sys; {canary(mark)}", encoding="utf-8")
    for name in ("python", "python3"):
        (home / "bin" / name).write_text(f"#!/bin/sh\necho sang >> '{mark}'\n", encoding="utf-8")
        (home / "bin" / name).chmod(0o755)


def environ(folder: Path) -> dict[str, str]:
    """Return the variables of a process with a home of its own and one interpreter on its path."""
    programs = folder.parent / "bin"
    programs.mkdir(exist_ok=True)
    if not (programs / "python3").exists():
        (programs / "python3").symlink_to(sys.executable)
    return {
        "HOME": str(folder.parent / "home"),
        "PATH": str(programs),
        "PINWISE_KB": str(folder.parent / "kb" / "kb.sqlite"),
        "PIP_CONFIG_FILE": "/dev/null",
        "PYTHONPATH": ":".join(path for path in sys.path if path.endswith("src")),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def run(project: Path, url: str, asked: Asked, *before: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the project's folder as its installed script would run it."""
    command = asked.arguments
    is_asking = command[0] in ASKING and "--installed" not in command
    options = ["--index-url", url] if is_asking else []
    python = [sys.executable, "-P", "-c", "from pinwise.cli import main; main()"]
    done = subprocess.run(
        [*before, *python, *command, *options],
        check=False,
        capture_output=True,
        text=True,
        cwd=project,
        env=environ(project),
        timeout=120,
    )
    expected = asked.exit_codes[not (project / ".venv").exists()]
    assert done.returncode == expected, f"{command}: {done.stdout}{done.stderr}"
    return done


def test_no_canary_sings(project: Path, index: LoopbackIndex, mark: Path) -> None:
    """Whatever is asked, nothing that a package or the project's folder brings along is run."""
    with_venv(project, mark)
    for asked in COMMANDS:
        run(project, index.url, asked)
        assert not mark.exists(), asked
    lock = (project / "pylock.toml").read_text(encoding="utf-8")
    assert all(f'name = "{name}"' in lock for name in ("flask", "old", "dynamic"))


def test_a_canary_that_is_run_sings(project: Path, mark: Path) -> None:
    """Run by a build tool, or by Python itself in that folder, the same files do leave a mark."""
    subprocess.run([sys.executable, "setup.py"], check=True, cwd=project)
    assert mark.exists()


def can_trace() -> bool:
    """Whether there is a strace that may trace here."""
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], check=False).returncode == 0


@pytest.mark.parametrize("is_venv", [True, False])
def test_no_process_starts_but_the_target_s_interpreter(
    project: Path,
    index: LoopbackIndex,
    mark: Path,
    is_venv: bool,  # noqa: FBT001  # a case
) -> None:
    """Under a tracer: at most ``python -I -S``, and no file is opened for writing outside our own places."""
    if not can_trace():
        pytest.skip("there is no strace that may trace here")
    if is_venv:
        with_venv(project, mark)
    log = project.parent / "log"
    tracer = [shutil.which("strace") or "", "-f", "-qq", "-s", "4096", "-e", CALLS, "-o", str(log)]
    for asked in COMMANDS:
        before = listed(project)
        run(project, index.url, asked, *tracer)
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        started = [each for line in lines if (each := program(line))]
        for arguments in started[1:]:
            assert arguments[1:4] == ["-I", "-S", "-c"], (asked, arguments)
            assert Path(arguments[0]).name == "python3"
        assert len(started) <= (1 if is_venv else 2), (asked, started)
        for line in lines:
            for path in written(line):
                assert is_ours(path, project, asked), (asked, line)
        assert listed(project) - before <= {*asked.files}, asked
    assert not mark.exists()


def program(line: str) -> list[str]:
    """Return the arguments of a program that was started, nothing for any other line."""
    found = re.match(r"\d+ +execve\(\"(?:[^\"\\]|\\.)*\", (\[.*\]), 0x.*\) = 0", line)
    return [] if found is None else re.findall(r"\"((?:[^\"\\]|\\.)*)\"", found[1])


def written(line: str) -> list[str]:
    """Return the paths that a call makes, opens for writing or renames; those that failed do not count."""
    call = re.match(r"\d+ +(\w+)\((.*)\) = (-?\d+)", line)
    if call is None or call[3].startswith("-") or call[1].startswith("exec"):
        return []
    if call[1] in {"open", "openat"} and not WRITING.search(call[2]):
        return []
    return [json.loads(f'"{text}"') for text in re.findall(r"\"((?:[^\"\\]|\\.)*)\"", call[2])]


def listed(project: Path) -> set[str]:
    """Return the names of what lies in the project's folder."""
    return {path.name for path in project.iterdir()}


def is_ours(path: str, project: Path, asked: Asked) -> bool:
    """Whether a file is the knowledge base's, or one that this command is there to write."""
    full = project / path
    if path in {"/dev/null", "/dev/tty"} or full.is_relative_to(project.parent / "kb"):
        return True
    return full.parent == project and bool(asked.files) and full.name.startswith((*asked.files, ".pinwise-"))

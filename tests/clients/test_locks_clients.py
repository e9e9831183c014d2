"""Real clients install what the locks say: pip, uv, pipenv and micropipenv, from indexes on loopback.

The clients come with the dependency group ``clients``; they are looked for beside the running interpreter,
and where they are missing the tests skip themselves, which CI does not allow.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from pinwise.actions.write import Lock
from pinwise.cli.install_lines import Way, install_commands
from pinwise.environment.declare import declare
from pinwise.formats.convert.lock_writers import convert_lock
from pinwise.formats.pipfile import parse_pipfile
from pinwise.formats.pipfile_lock import render_pipfile_lock
from pinwise.formats.present import read_lock
from pinwise.formats.pylock import render_pylock
from pinwise.formats.requirements_lock import render_requirements_lock
from pinwise.model.lock import ForeignFormat, LockFormat, PresentLock
from pinwise.model.names import normalise
from pinwise.model.outcome import Advice
from pinwise.model.request import Index, Manifest
from support.advice import advice, folder, listed_file, pin, this_environment
from support.artifacts import sdist, source_tree, wheel
from support.loopback import LoopbackIndex

STACK = {"flask": "3.0", "click": "8.1"}
TOOLS = {"black": "24.1"}
WINDOWS = 'sys_platform == "win32"'


def client(name: str) -> str:
    """Return the path of a client that is installed beside the running interpreter."""
    found = shutil.which(
        name, path=f"{Path(sys.executable).parent}{os.pathsep}{sysconfig.get_path('scripts')}"
    )
    if found is None:
        pytest.skip(f"`{name}` is not installed beside this interpreter; install the group `clients`")
    return found


@dataclass(frozen=True, slots=True)
class World:
    """A project folder, two indexes and the stack that was chosen from them."""

    folder: Path
    main: LoopbackIndex
    other: LoopbackIndex
    stack: Advice

    def indexes(self) -> tuple[Index, ...]:
        """Return the indexes as the manifest names them."""
        return (Index(self.main.url, "main"), Index(self.other.url, "other"))

    def run(self, *command: str | Path, variables: dict[str, str] | None = None) -> str:
        """Run a client that must succeed, as `attempt` does, and return what it says."""
        done = self.attempt(*command, variables=variables)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def attempt(
        self, *command: str | Path, variables: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a client in the project folder, cut off from the world."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        environment = {
            "HOME": str(home),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
            "LANG": "C.UTF-8",
            "NO_PROXY": "*",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "UV_NO_CONFIG": "1",
            "UV_PYTHON_DOWNLOADS": "never",
            "PIPENV_VENV_IN_PROJECT": "1",
            "PIPENV_IGNORE_VIRTUALENVS": "1",
            "PIPENV_NOSPIN": "1",
            "PIPENV_YES": "1",
            **(variables or {}),
        }
        return subprocess.run(
            [str(part) for part in command],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def new_environment(self, name: str = "env") -> Path:
        """Make an empty virtual environment and return its Python."""
        venv.create(self.folder / name, with_pip=False, symlinks=True)
        return self.folder / name / "bin" / "python"


def installed(python: Path) -> dict[str, str]:
    """Return what is installed in a virtual environment, installers apart."""
    (packages,) = python.parent.parent.glob("lib/python*/site-packages")
    found = (path.name.removesuffix(".dist-info").split("-") for path in packages.glob("*.dist-info"))
    return {name: version for name, version in found if name not in {"pip", "setuptools", "wheel"}}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A stack with a group, an extra, a marker and a yanked sdist from a second index; newer decoys."""
    with LoopbackIndex() as main, LoopbackIndex(forms="html") as other:
        flask = wheel("flask", "3.0", requires=["click>=8"], extras=["async"])
        flask_files = [
            listed_file(main.add(flask)),
            listed_file(main.add(sdist("flask", "3.0", requires=["click>=8"], extras=["async"]))),
        ]
        main.add(wheel("flask", "4.0"))
        click_files = [listed_file(other.add(sdist("click", "8.1"), yanked="broken"))]
        main.add(wheel("click", "8.2"))
        black_files = [listed_file(main.add(wheel("black", "24.1", requires=["click"])))]
        marker = f'sys_platform == "{sys.platform}"'
        stack = advice(
            pin("flask", "3.0", asked=f"flask[async]>=2 ; {marker}", index=main.url, files=flask_files),
            pin(
                "click",
                "8.1",
                by=["flask", "black"],
                groups=["default", "develop"],
                index=other.url,
                files=click_files,
            ),
            pin("black", "24.1", asked="black", groups=["develop"], index=main.url, files=black_files),
            indexes=[Index(main.url, "main"), Index(other.url, "other")],
            environment=this_environment(),
        )
        yield World(tmp_path, main, other, stack)


def with_local_projects(world: World, *names: str) -> Advice:
    """Return the stack with a project folder ("app") or an archive ("lib") added, and make them."""
    pins = list(world.stack.pins)
    if "app" in names:
        (world.folder / "app").mkdir()
        for path, text in source_tree("app", "1.0", requires=["click"]).items():
            (world.folder / "app" / path).write_text(text)
        pins.append(pin("app", "1.0", asked="app", local=folder("app", "1.0", "./app", editable=True)))
    if "lib" in names:
        lib = wheel("lib", "2.0")
        (world.folder / lib.filename).write_bytes(lib.content)
        pins.append(
            pin("lib", "2.0", asked="lib", local=folder("lib", "2.0", f"./{lib.filename}", sha256=lib.sha256))
        )
    return advice(*pins, indexes=world.indexes(), environment=world.stack.request.environment)


def write_pipfile(world: World, stack: Advice, *, more: Sequence[str] = ()) -> Manifest:
    """Write the Pipfile that asks for a stack (and for more), and read it as we do."""
    text = f"""\
[[source]]
name = "main"
url = "{world.main.url}"
verify_ssl = true

[[source]]
name = "other"
url = "{world.other.url}"
verify_ssl = true

[packages]
flask = {{version = ">=2", extras = ["async"], markers = "sys_platform == '{sys.platform}'"}}
{os.linesep.join(more)}

[dev-packages]
black = "*"
"""
    (world.folder / "Pipfile").write_text(text)
    projects = {project.path: project for project in stack.request.local.values()}
    return parse_pipfile(text, "Pipfile", local=lambda written: projects[written.path])


def write_pipfile_lock(world: World, stack: Advice, manifest: Manifest) -> None:
    """Write the `Pipfile.lock` of a stack."""
    (world.folder / "Pipfile.lock").write_text(render_pipfile_lock(stack, manifest))


# pip


def test_pip_takes_requirements_with_digests(world: World) -> None:
    """Pip installs the pins from the lock's own indexes, and verifies every digest."""
    stack = with_local_projects(world, "app", "lib")
    (world.folder / "requirements.txt").write_text(render_requirements_lock(stack))
    said = world.run(
        client("pip"), "--python", world.new_environment(),
        "install", "--dry-run", "--require-hashes", "-r", "requirements.txt",
    )  # fmt: skip
    assert "Would install black-24.1 click-8.1 flask-3.0 lib-2.0" in said


def test_pip_refuses_a_changed_file(world: World) -> None:
    """A file whose content is not what was locked is never installed."""
    (world.folder / "requirements.txt").write_text(render_requirements_lock(world.stack))
    for listed in world.other.files("click"):
        world.other.remove("click")
        world.other.add(sdist("click", "8.1", requires=["evil"]), yanked=listed.yanked)
    done = world.attempt(
        client("pip"), "--python", world.new_environment(), "install", "--dry-run", "-r", "requirements.txt"
    )
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr


def test_pip_installs_pylock(world: World) -> None:
    """Pip installs the default group of `pylock.toml`, and another group when it is asked for."""
    stack = with_local_projects(world, "lib")
    (world.folder / "pylock.toml").write_text(render_pylock(stack))
    python = world.new_environment()
    pip = (client("pip"), "--python", python, "install")
    world.run(*pip, "-r", "pylock.toml")
    assert installed(python) == {**STACK, "lib": "2.0"}
    world.run(*pip, "-r", "pylock.toml", "--group", "pylock.toml:develop")
    assert installed(python) == {**STACK, **TOOLS, "lib": "2.0"}


def test_pip_refuses_pylock_of_another_python(world: World) -> None:
    """A lock that was made for another Python is refused, not half installed."""
    text = render_pylock(world.stack)
    here = f"python_version == '{sys.version_info.major}.{sys.version_info.minor}'"
    assert here in text
    (world.folder / "pylock.toml").write_text(text.replace(here, "python_version == '3.6'"))
    done = world.attempt(
        client("pip"), "--python", world.new_environment(), "install", "-r", "pylock.toml", "--dry-run"
    )
    assert done.returncode != 0
    assert "does not satisfy any of the environments" in done.stderr


# uv


def test_uv_installs_pylock(world: World) -> None:
    """Uv installs the default group, folders and archives of `pylock.toml`, then another group."""
    stack = with_local_projects(world, "app", "lib")
    (world.folder / "pylock.toml").write_text(render_pylock(stack))
    python = world.new_environment()
    uv = (client("uv"), "pip", "install", "--python", python, "-r", "pylock.toml")
    world.run(*uv)
    assert installed(python) == {**STACK, "app": "1.0", "lib": "2.0"}
    world.run(*uv, "--group", "develop")
    assert installed(python) == {**STACK, **TOOLS, "app": "1.0", "lib": "2.0"}


UV_PLATFORMS = {
    "macosx_14_0_arm64": "aarch64-apple-darwin",
    "macosx_11_0_x86_64": "x86_64-apple-darwin",
    "win_amd64": "x86_64-pc-windows-msvc",
    "win_arm64": "aarch64-pc-windows-msvc",
    "win32": "i686-pc-windows-msvc",
    "musllinux_1_2_aarch64": "aarch64-unknown-linux-musl",
    "manylinux_2_28_x86_64": "x86_64-unknown-linux-gnu",
}


@pytest.mark.parametrize("platform", UV_PLATFORMS)
def test_uv_takes_a_lock_for_its_target_only(world: World, platform: str) -> None:
    """Asked for the same platform, uv takes the lock of a target from anywhere; for others it refuses it."""
    python = ".".join(map(str, sys.version_info[:2]))
    files = next(each.files for each in world.stack.pins if each.name == "flask")
    stack = advice(
        pin("flask", "3.0", asked="flask", index=world.main.url, files=files),
        indexes=world.indexes(),
        environment=declare(python, platform),
    )
    (world.folder / "pylock.toml").write_text(render_pylock(stack), encoding="utf-8")
    uv = (client("uv"), "pip", "install", "--dry-run", "--python", sys.executable, "--target", "there")
    for name, theirs in UV_PLATFORMS.items():
        done = world.attempt(
            *uv, "--python-platform", theirs, "--python-version", python, "-r", "pylock.toml"
        )
        says = done.stdout + done.stderr
        if name == platform or (platform == "win32" and name.startswith("win")):
            assert done.returncode == 0, says
            assert "flask" in says
        else:
            assert "not supported by the lockfile" in says


def test_uv_takes_requirements_with_digests(world: World) -> None:
    """Uv installs the pins of `requirements.txt` when it may look into every index, as pip does."""
    (world.folder / "requirements.txt").write_text(render_requirements_lock(world.stack))
    python = world.new_environment()
    world.run(
        client("uv"), "pip", "install", "--python", python, "--require-hashes",
        "--index-strategy", "unsafe-best-match", "-r", "requirements.txt",
    )  # fmt: skip
    assert installed(python) == {**STACK, **TOOLS}


# pipenv and micropipenv


def test_pipenv_verifies_and_deploys(world: World) -> None:
    """Pipenv finds the lock up to date and installs every category of it, each pin from its own index."""
    stack = with_local_projects(world, "app", "lib")
    local = ['app = {path = "./app", editable = true}', 'lib = {path = "./lib-2.0-py3-none-any.whl"}']
    write_pipfile_lock(world, stack, write_pipfile(world, stack, more=local))
    before = (world.folder / "Pipfile.lock").read_bytes()
    pipenv = (client("pipenv"), "--python", sys.executable)
    assert "up-to-date" in world.run(*pipenv, "verify")
    world.run(*pipenv, "install", "--deploy", "--dev")
    python = world.folder / ".venv" / "bin" / "python"
    assert installed(python) == {**STACK, **TOOLS, "app": "1.0", "lib": "2.0"}
    assert (world.folder / "Pipfile.lock").read_bytes() == before


def test_pipenv_sees_a_changed_pipfile(world: World) -> None:
    """A lock of another Pipfile is out of date."""
    write_pipfile_lock(world, world.stack, write_pipfile(world, world.stack))
    write_pipfile(world, world.stack, more=['requests = "*"'])
    done = world.attempt(client("pipenv"), "--python", sys.executable, "verify")
    assert done.returncode != 0
    assert "out-of-date" in done.stdout + done.stderr


def test_pipenv_syncs_the_lock_of_an_overlay(world: World) -> None:
    """The command that a report shows lets pipenv install from `Pipfile.NAME.lock`, which fits."""
    write_pipfile_lock(world, world.stack, write_pipfile(world, world.stack))
    (world.folder / "Pipfile.lock").rename(world.folder / "Pipfile.gpu.lock")
    lock = Lock(Path("Pipfile.gpu.lock"), LockFormat.PIPFILE_LOCK, "")
    ours, command = install_commands(lock, world.stack, Way(overlay="gpu"), "Pipfile.gpu.lock")
    assert ours == "pinwise install --overlay gpu --all-groups"
    assert command.count("pipenv sync") == 1
    run = command.replace("pipenv sync", f"'{client('pipenv')}' --python '{sys.executable}' sync")
    world.run("sh", "-c", run)
    assert installed(world.folder / ".venv" / "bin" / "python") == {**STACK, **TOOLS}
    variables = {"PIPENV_PIPFILE": "Pipfile.gpu"}
    assert "up-to-date" in world.run(client("pipenv"), "verify", variables=variables)
    assert not (world.folder / "Pipfile.lock").exists()


def test_micropipenv_deploys(world: World) -> None:
    """micropipenv, the second reader, installs the same from the same lock."""
    write_pipfile_lock(world, world.stack, write_pipfile(world, world.stack))
    python = world.new_environment()
    pip = world.folder / "pip"
    pip.write_text(f'#!/bin/sh\nexec "{client("pip")}" --python "{python}" "$@"\n')
    pip.chmod(0o755)
    micropipenv = (client("micropipenv"), "install", "--method", "pipenv", "--deploy")
    variables = {"MICROPIPENV_PIP_BIN": str(pip), "MICROPIPENV_NO_LOCKFILE_PRINT": "1"}
    world.run(*micropipenv, variables=variables)
    assert installed(python) == STACK
    world.run(*micropipenv, "--dev", variables=variables)
    assert installed(python) == {**STACK, **TOOLS}


# what is converted


def convert(lock: PresentLock, target: LockFormat, *, pipfile: Manifest | None = None) -> str:
    """Return a lock in another format."""
    return convert_lock(lock, target, pipfile_sha256=None if pipfile is None else pipfile.pipfile_sha256).text


def test_pip_installs_a_converted_pylock(world: World) -> None:
    """A `pylock.toml` that was turned into requirements installs the same, digests verified."""
    lock = read_lock(render_pylock(with_local_projects(world, "lib")), LockFormat.PYLOCK)
    (world.folder / "pins.txt").write_text(convert(lock, LockFormat.REQUIREMENTS))
    python = world.new_environment()
    world.run(client("pip"), "--python", python, "install", "--require-hashes", "-r", "pins.txt")
    assert installed(python) == {**STACK, **TOOLS, "lib": "2.0"}


def test_uv_installs_a_pylock_made_of_pylock(world: World) -> None:
    """What was read from a `pylock.toml` and written again installs the same, group by group."""
    lock = read_lock(render_pylock(with_local_projects(world, "app", "lib")), LockFormat.PYLOCK)
    (world.folder / "pylock.toml").write_text(convert(lock, LockFormat.PYLOCK))
    python = world.new_environment()
    uv = (client("uv"), "pip", "install", "--python", python, "-r", "pylock.toml")
    world.run(*uv)
    assert installed(python) == {**STACK, "app": "1.0", "lib": "2.0"}
    world.run(*uv, "--group", "develop")
    assert installed(python) == {**STACK, **TOOLS, "app": "1.0", "lib": "2.0"}


def test_pipenv_takes_a_converted_pylock(world: World) -> None:
    """A `pylock.toml` that was turned into a `Pipfile.lock` is up to date for pipenv, and installs."""
    manifest = write_pipfile(world, world.stack)
    lock = read_lock(render_pylock(world.stack), LockFormat.PYLOCK)
    (world.folder / "Pipfile.lock").write_text(convert(lock, LockFormat.PIPFILE_LOCK, pipfile=manifest))
    pipenv = (client("pipenv"), "--python", sys.executable)
    assert "up-to-date" in world.run(*pipenv, "verify")
    world.run(*pipenv, "install", "--deploy", "--dev")
    assert installed(world.folder / ".venv" / "bin" / "python") == {**STACK, **TOOLS}


def test_pipenv_syncs_a_lock_without_a_hash(world: World) -> None:
    """Without a Pipfile beside it, a converted `Pipfile.lock` still serves `pipenv sync`."""
    lock = read_lock(render_requirements_lock(world.stack), LockFormat.REQUIREMENTS)
    (world.folder / "Pipfile.lock").write_text(convert(lock, LockFormat.PIPFILE_LOCK))
    write_pipfile(world, world.stack)
    world.run(client("pipenv"), "--python", sys.executable, "sync", "--dev")
    assert installed(world.folder / ".venv" / "bin" / "python") == {**STACK, **TOOLS}


@pytest.mark.parametrize("target", [LockFormat.PYLOCK, LockFormat.REQUIREMENTS])
def test_a_converted_uv_lock_installs_what_uv_does(world: World, target: LockFormat) -> None:
    """Pip installs from a converted `uv.lock` what `uv sync` does: markers, groups and digests."""
    world.main.add(wheel("click", "8.0"))
    world.main.add(wheel("only-windows", "1.0"))
    (world.folder / "pyproject.toml").write_text(
        '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.9"\n'
        'dependencies = ["flask<4", "only-windows; sys_platform == \'win32\'"]\n'
        '[dependency-groups]\ndev = ["black"]\n'
    )
    uv = (client("uv"), "--no-progress")
    world.run(*uv, "sync", "--python", sys.executable, "--default-index", world.main.url)
    by_uv = installed(world.folder / ".venv" / "bin" / "python")
    lock = read_lock((world.folder / "uv.lock").read_text(), ForeignFormat.UV)
    assert {pin.name: pin.marker for pin in lock.pins}[normalise("only-windows")] == WINDOWS
    (world.folder / target.value).write_text(convert(lock, target))
    python = world.new_environment("other")
    groups = ["--group", "pylock.toml:dev"] if target is LockFormat.PYLOCK else []
    world.run(client("pip"), "--python", python, "install", "-r", target.value, *groups)
    assert installed(python) == by_uv

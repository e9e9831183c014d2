"""pip and uv install what a lock says when `pinwise install` and `sync` ask them to, and nothing else."""

import os
import shlex
import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pinwise.cli import main
from pinwise.environment.installed import read_installed
from pinwise.formats.pylock import render_pylock
from pinwise.formats.requirements_lock import render_requirements_lock
from pinwise.model.names import normalise
from pinwise.model.outcome import Advice
from pinwise.model.request import Index
from pinwise.wiring import environment_named
from support.advice import advice, folder, listed_file, pin
from support.artifacts import sdist, source_tree, wheel
from support.loopback import LoopbackIndex

BESIDE = Path(sys.executable).parent
INSTALLERS = ("uv", "pip")
HERE = environment_named(".".join(map(str, sys.version_info[:3])))


@dataclass(frozen=True, slots=True)
class World:
    """A project, an index, a second one with a file of its own, and a decoy that nobody may ask."""

    folder: Path
    main: LoopbackIndex
    other: LoopbackIndex
    decoy: LoopbackIndex
    stack: Advice

    def run(self, command: str, *arguments: str) -> Result:
        """Run a command of pinwise in the project's folder."""
        return CliRunner().invoke(main, [command, *arguments])

    def done(self, command: str, *arguments: str) -> str:
        """Run a command that must succeed, and return the last line of its result."""
        result = self.run(command, *arguments)
        assert result.exit_code == 0, result.output
        return result.stdout.rstrip().splitlines()[-1]

    def installed(self, name: str = ".venv") -> Mapping[str, str]:
        """Return what is in the virtual environment, installers and their company apart."""
        sites = (self.folder / name / "lib").glob("python*/site-packages")
        found = {each.name: str(each.version) for each in read_installed(sites)}
        return {key: version for key, version in found.items() if key not in {"pip", "setuptools"}}

    def write_lock(self, stack: Advice | None = None) -> None:
        """Write the `pylock.toml`."""
        text = render_pylock(self.stack if stack is None else stack)
        (self.folder / "pylock.toml").write_text(text, encoding="utf-8")

    def with_pins(self, *names: str) -> Advice:
        """Return a stack of some of the pins of the project."""
        pins = [each for each in self.stack.pins if each.name in names]
        return advice(*pins, environment=HERE, indexes=self.stack.request.indexes)


@pytest.fixture(params=INSTALLERS)
def installer(request: pytest.FixtureRequest) -> str:
    """Return the name of an installer that is installed beside the running interpreter."""
    name = str(request.param)
    if not ((BESIDE / name).exists() if name == "uv" else find_spec("pip")):
        pytest.skip(f"`{name}` is not installed beside this interpreter; install the group `clients`")
    return name


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A stack with an sdist from a second index, a group and an extra; configurations name the decoy."""
    for name in [name for name in os.environ if name.startswith(("UV_", "PIP_", "PINWISE_", "VIRTUAL_"))]:
        monkeypatch.delenv(name)
    home, project = tmp_path / "home", tmp_path / "my project"
    home.mkdir()
    project.mkdir()
    monkeypatch.chdir(project)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(home / "none"))
    monkeypatch.setenv("PATH", os.pathsep.join([str(BESIDE), os.defpath]))
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "never")
    with LoopbackIndex() as main_index, LoopbackIndex(forms="html") as other, LoopbackIndex() as decoy:
        monkeypatch.setenv("PIP_EXTRA_INDEX_URL", decoy.url)
        monkeypatch.setenv("UV_INDEX", decoy.url)
        monkeypatch.setenv("UV_DEFAULT_INDEX", decoy.url)
        for name, version in (("flask", "3.0"), ("click", "8.1"), ("black", "24.1"), ("redis", "5.0")):
            decoy.add(wheel(name, version, requires=["evil"]))
        yield World(project, main_index, other, decoy, _stack(main_index, other))


def _stack(main_index: LoopbackIndex, other: LoopbackIndex) -> Advice:
    flask = listed_file(main_index.add(wheel("flask", "3.0", requires=["click>=8", "missing"])))
    main_index.add(wheel("click", "8.1", requires=["evil"]))
    click = listed_file(other.add(sdist("click", "8.1")))
    black = listed_file(main_index.add(wheel("black", "24.1")))
    redis = listed_file(main_index.add(wheel("redis", "5.0")))
    stack = advice(
        pin("flask", "3.0", asked="flask", index=main_index.url, files=[flask]),
        pin("click", "8.1", by=["flask"], index=other.url, files=[click]),
        pin("black", "24.1", asked="black", groups=["dev"], index=main_index.url, files=[black]),
        pin("redis", "5.0", asked="redis", groups=["[fast]"], index=main_index.url, files=[redis]),
        indexes=[Index(main_index.url), Index(other.url)],
        environment=HERE,
    )
    return _with_extra(stack)


def _with_extra(stack: Advice) -> Advice:
    fast = normalise("fast")
    groups = tuple(
        replace(group, extra=fast) if group.name == f"[{fast}]" else group for group in stack.request.groups
    )
    return replace(stack, request=replace(stack.request, groups=groups))


DEFAULT = {"flask": "3.0", "click": "8.1"}


def test_install_makes_the_environment_that_the_lock_describes(world: World, installer: str) -> None:
    """Each pin comes from its own index, without its dependencies; the second time there is nothing to do."""
    world.write_lock()
    tool = ("--installer", installer)
    assert world.done("install", *tool, "--dry-run") == "Nothing was changed (`--dry-run`)."
    assert not (world.folder / ".venv").exists()
    result = world.run("install", *tool)
    assert result.exit_code == 0, result.output
    assert "  + flask 3.0\n" in result.stdout
    assert "Done, 2 changes: the environment holds what is asked for: 2 packages of the" in result.stdout
    assert f"With {installer}, found " in result.stderr
    assert "`click` has no wheel here: to build one, code of the package is run." in result.stderr
    assert world.installed() == DEFAULT
    assert not list(world.folder.rglob("direct_url.json"))
    assert not world.decoy.requests
    assert not [each.path for each in world.main.requests if "click" in each.path]
    assert not [each.path for each in world.other.requests if "flask" in each.path]
    asked = len(world.main.requests)
    again = world.run("install", *tool)
    assert again.stderr == ""
    assert again.stdout.splitlines()[-2].startswith(
        "Nothing to do: the environment holds what is asked for: 2"
    )
    assert len(world.main.requests) == asked
    assert world.run("check", "--installed").exit_code == 0


def test_groups_and_extras_come_and_go(world: World, installer: str) -> None:
    """What is asked for by name comes on top; `install` leaves it alone afterwards, `sync` removes it."""
    world.write_lock()
    tool = ("--installer", installer)
    world.done("install", *tool, "--group", "dev", "--extra", "fast")
    everything = {**DEFAULT, "black": "24.1", "redis": "5.0"}
    assert world.installed() == everything
    world.done("install", *tool)
    assert world.installed() == everything
    check = world.run("check", "--installed")
    assert check.exit_code == 0
    assert "  - black 24.1\n" in check.stdout
    exact = world.run("check", "--installed", "--exact")
    assert exact.exit_code == 1
    assert "2 packages differ from the lock. Next: `pinwise sync`." in exact.stdout
    assert world.run("sync", *tool, "--dry-run").stdout.count("\n  - ") == 2
    world.done("sync", *tool, "--all-groups")
    assert world.installed() == {**DEFAULT, "black": "24.1"}
    world.done("sync", *tool)
    assert world.installed() == DEFAULT


def test_other_versions_are_changed(world: World, installer: str) -> None:
    """A project at another version, or from a place of its own, becomes what the lock says."""
    world.write_lock()
    tool = ("--installer", installer)
    world.done("install", *tool, "--group", "dev")
    newer = listed_file(world.main.add(wheel("flask", "3.1")))
    (world.folder / "black").mkdir()
    stack = advice(
        pin("flask", "3.1", asked="flask", index=world.main.url, files=[newer]),
        pin("black", "1.0", asked="black", local=folder("black", "1.0", "./black")),
        environment=HERE,
    )
    for path, content in source_tree("black", "1.0").items():
        (world.folder / "black" / path).write_text(content)
    world.write_lock(stack)
    check = world.run("check", "--installed")
    assert check.exit_code == 1
    assert "  ~ black 24.1 -> ./black\n  - click 8.1\n  ~ flask 3.0 -> 3.1\n" in check.stdout
    world.done("install", *tool)
    assert world.installed() == {"flask": "3.1", "black": "1.0", "click": "8.1"}
    world.write_lock()
    assert "  ~ black 1.0 (from\n" in world.run("check", "--installed", "--all-groups").stdout
    world.done("install", *tool, "--all-groups")
    assert world.installed() == {**DEFAULT, "black": "24.1"}


def test_local_projects(world: World, installer: str) -> None:
    """Folders are built anew each time, editable ones stay as they are, archives are verified."""
    for name in ("app", "lib"):
        (world.folder / name).mkdir()
        for path, content in source_tree(name, "1.0").items():
            (world.folder / name / path).write_text(content)
    box = wheel("box", "2.0")
    (world.folder / box.filename).write_bytes(box.content)
    stack = advice(
        pin("app", "1.0", asked="app", local=folder("app", "1.0", "./app", editable=True)),
        pin("lib", "1.0", asked="lib", local=folder("lib", "1.0", "./lib")),
        pin("box", "2.0", asked="box", local=folder("box", "2.0", f"./{box.filename}", sha256=box.sha256)),
        environment=HERE,
    )
    world.write_lock(stack)
    tool = ("--installer", installer)
    world.done("install", *tool)
    assert world.installed() == {"app": "1.0", "lib": "1.0", "box": "2.0"}
    assert world.run("check", "--installed", "--exact").exit_code == 0
    for path, content in source_tree("lib", "1.0", requires=["more"]).items():
        (world.folder / "lib" / path).write_text(content)
    again = world.run("install", *tool)
    assert again.exit_code == 0, again.output
    assert "  ~ lib, a folder: built again\n" in again.stdout
    (metadata,) = (world.folder / ".venv" / "lib").rglob("lib-1.0.dist-info/METADATA")
    assert "Requires-Dist: more" in metadata.read_text()
    world.done("sync", *tool)
    (world.folder / box.filename).write_bytes(wheel("box", "2.0", requires=["evil"]).content)
    (site,) = (world.folder / ".venv" / "lib").glob("python*/site-packages")
    (site / "box-2.0.dist-info").rename(site / "gone-box")
    failed = world.run("install", *tool)
    assert failed.exit_code == 3
    assert "hint: the environment may be half changed" in failed.stderr


def test_a_changed_file_is_never_installed(world: World, installer: str) -> None:
    """A file that is not what was locked ends with the installer's own words, exit 3, and an honest hint."""
    world.write_lock()
    world.other.remove("click")
    world.other.add(sdist("click", "8.1", requires=["evil"]))
    result = world.run("install", "--installer", installer)
    assert result.exit_code == 3
    assert f"error: {installer} could not install `click`; it ended with exit code 1" in result.stderr
    assert "HASH" in result.stderr.upper()
    assert "hint: the environment may be half changed" in result.stderr
    assert "click" not in world.installed()


def test_requirements_are_installed_whole(world: World, installer: str) -> None:
    """A lock for pip holds no groups to choose from: everything in it is installed, from its own index."""
    (world.folder / "pins.txt").write_text(render_requirements_lock(world.stack))
    world.done("install", "--lock", "pins.txt", "--installer", installer)
    assert world.installed() == {**DEFAULT, "black": "24.1", "redis": "5.0"}
    assert not world.decoy.requests
    refused = world.run("install", "pins.txt", "--group", "dev")
    assert refused.exit_code == 2
    assert "`pins.txt` has no extras or groups to choose from" in refused.stderr


def test_sync_leaves_installers_and_the_project_alone(world: World, installer: str) -> None:
    """pip, what came with the environment, and the project's own editable installation stay."""
    world.write_lock(world.with_pins("flask"))
    for path, content in source_tree("shop", "1.0").items():
        (world.folder / path).write_text(content)
    world.done("install", "--installer", "pip")
    stack = advice(
        pin("shop", "1.0", asked="shop", local=folder("shop", "1.0", ".", editable=True)),
        environment=HERE,
    )
    (world.folder / "pylock.shop.toml").write_text(render_pylock(stack), encoding="utf-8")
    world.done("install", "--lock", "pylock.shop.toml", "--installer", installer)
    assert world.done("sync", "--installer", installer).startswith("Nothing to do: ")
    assert world.installed() == {"flask": "3.0", "shop": "1.0"}
    assert list((world.folder / ".venv" / "lib").rglob("pip-*.dist-info"))


def test_the_commands_that_a_report_offers_install_the_same(world: World, installer: str) -> None:
    """What `pinwise advise` says to run next installs all that it locked, with either tool."""
    (world.folder / "pyproject.toml").write_text(
        '[project]\nname = "shop"\nversion = "1"\ndependencies = ["flask"]\n'
        'optional-dependencies = { fast = ["redis"] }\n[dependency-groups]\ndev = ["black"]\n'
    )
    world.main.remove("flask")
    world.main.add(wheel("flask", "3.0"))
    advised = world.run(
        "advise", "--index-url", world.main.url, "--all-extras", "--group", "dev", "--kb", "../kb"
    )
    assert advised.exit_code == 0, advised.output
    ours, theirs = advised.stdout.splitlines()[-2:]
    assert ours == "  pinwise install --all-extras --group dev"
    world.done(*shlex.split(ours)[1:], "--installer", installer)
    expected = {"flask": "3.0", "redis": "5.0", "black": "24.1"}
    assert world.installed() == expected
    pip, *arguments = shlex.split(theirs.removeprefix("  or: "))
    assert pip == "pip"
    venv.create(world.folder / "env", symlinks=True)
    python = world.folder / "env" / "bin" / "python"
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, *arguments],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert world.installed("env") == expected


@pytest.mark.parametrize("way", ["variables", "netrc"])
def test_a_private_index_gets_its_login_and_nobody_else(
    world: World, installer: str, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """Credentials of the manifest, or those that the installer finds itself, appear nowhere."""
    canary = "c4n4ry-p4ss"
    with LoopbackIndex(credentials=("me", canary)) as private:
        file = listed_file(private.add(wheel("flask", "3.0")))
        stack = advice(pin("flask", "3.0", asked="flask", index=private.url, files=[file]), environment=HERE)
        world.write_lock(stack)
        login = "me:${THE_WORD}@" if way == "variables" else ""
        index = private.url.replace("://", f"://{login}")
        (world.folder / "requirements.in").write_text(f"-i {index}\nflask\n")
        refused = world.run("install", "--installer", installer)
        assert refused.exit_code == (2 if way == "variables" else 3)
        if way == "variables":
            monkeypatch.setenv("THE_WORD", canary)
        else:
            netrc = world.folder.parent / "home" / ".netrc"
            netrc.write_text(f"machine 127.0.0.1 login me password {canary}\n")
            netrc.chmod(0o600)
        result = world.run("install", "--installer", installer)
        assert result.exit_code == 0, result.output
        assert world.installed() == {"flask": "3.0"}
        assert canary not in result.output
    for path in world.folder.parent.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.name != ".netrc":
            assert canary.encode() not in path.read_bytes(), path

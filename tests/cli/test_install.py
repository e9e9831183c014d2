"""`pinwise install`, `sync` and `check` with a fake installer: what is handed over, said and refused."""

import json
import os
import platform
import signal
import subprocess
import sys
import time
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from pinwise.cli import main
from pinwise.environment.declare import declare
from pinwise.formats.pipfile_lock import PIPFILE_SPEC
from pinwise.formats.pylock import render_pylock
from pinwise.model.environment import Environment
from pinwise.wiring import environment_named
from support.advice import advice, pin
from support.place import failed

PYTHON = ".".join(map(str, sys.version_info[:3]))
MINOR = ".".join(map(str, sys.version_info[:2]))
HERE = environment_named(PYTHON)
DOCS = Path(__file__).resolve().parents[2] / "docs"
CANARY = "c4n4ry-p4ss"

FAKE_UV = """\
#!/bin/sh
echo "$@" >> "{log}"
env > "{log}.env"
for last; do :; done
case "$last" in
  */requirements.txt) cat "$last" > "{log}.txt"; ls -l "$last" > "{log}.mode"; echo "$last" > "{log}.path";;
esac
{script}
"""


@dataclass(frozen=True, slots=True)
class Scene:
    """A project's folder, with programs of its own on the search path."""

    folder: Path
    bin: Path

    def run(self, command: str, *arguments: str) -> Result:
        """Run a command of pinwise in the project's folder."""
        return CliRunner().invoke(main, [command, *arguments])

    def environment(self, name: str = ".venv", **installed: str) -> Path:
        """Make a virtual environment in which some releases seem to be installed; return its folder."""
        folder = self.folder / name
        if not folder.exists():
            venv.create(folder, symlinks=True, with_pip=False)
        for project, version in installed.items():
            self.put(project, version, name=name)
        return folder

    def put(self, project: str, version: str, *, name: str = ".venv", requires: Sequence[str] = ()) -> Path:
        """Let a release seem to be installed; return its folder."""
        (site,) = (self.folder / name / "lib").glob("python*/site-packages")
        info = site / f"{project}-{version}.dist-info"
        info.mkdir()
        lines = [f"Name: {project}", f"Version: {version}", *(f"Requires-Dist: {each}" for each in requires)]
        (info / "METADATA").write_text("Metadata-Version: 2.1\n" + "\n".join(lines) + "\n\nName: body\n")
        return info

    def uv(self, script: str = "exit 0") -> Path:
        """Put a fake uv on the search path, which notes what it is told; return the stem of its notes."""
        log = self.bin.parent / "uv.log"
        program = self.bin / "uv"
        program.write_text(FAKE_UV.format(log=log, script=script))
        program.chmod(0o755)
        return log

    def lock(self, *names: str, environment: Environment = HERE, name: str = "pylock.toml") -> None:
        """Write a lock: each name with its version as in `flask 3.0`."""
        pins = [pin(*each.split(" "), asked=each.partition(" ")[0]) for each in names]
        text = render_pylock(advice(*pins, environment=environment))
        (self.folder / name).write_text(text, encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        """Write a file."""
        (self.folder / name).write_text(text, encoding="utf-8")


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """Return an empty folder as the current one, with nobody's configuration around it."""
    for name in ("home", "bin", "project"):
        (tmp_path / name).mkdir()
    leading = ("UV_", "PIP_", "PINWISE_", "NETRC", "VIRTUAL_ENV")
    for name in [name for name in os.environ if name.startswith(leading)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home" / "config"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "home" / "none"))
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "bin"), "/usr/bin", "/bin"]))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.chdir(tmp_path / "project")
    return Scene(tmp_path / "project", tmp_path / "bin")


def schema() -> Draft202012Validator:
    """Return the schema of the JSON form, which must itself be valid."""
    content = json.loads((DOCS / "installed.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(content)
    return Draft202012Validator(content)


# --- what is handed over


def test_the_installer_gets_digests_and_no_secret_on_its_command_line(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The login of an index stands in a file that only its owner can read, and that is gone afterwards."""
    log = scene.uv("echo error: no access to http://me:" + CANARY + "@127.0.0.1/simple; exit 1")
    scene.environment()
    monkeypatch.setenv("THE_WORD", CANARY)
    scene.write("requirements.in", "-i https://me:${THE_WORD}@index.example/simple\nflask\n")
    scene.lock("flask 3.0")
    said = failed_late(scene.run("install"), 3)
    assert CANARY not in said
    assert "error: no access to http://****@127.0.0.1/simple" in said
    assert "error: uv could not install `flask`; it ended with exit code 1 and said `error: no access" in said
    assert "hint: the environment may be half changed: `pinwise check --installed` says what is there" in said
    arguments = log.read_text()
    assert CANARY not in arguments
    assert arguments.startswith("pip install --python ")
    assert " --no-deps --require-hashes -r " in arguments
    first, second = Path(f"{log}.txt").read_text().splitlines()
    assert first == f"--index-url https://me:{CANARY}@index.example/simple"
    assert second.startswith("flask==3.0 --hash=sha256:")
    assert Path(f"{log}.mode").read_text().startswith("-rw------- ")
    assert not Path(Path(f"{log}.path").read_text().strip()).exists()
    for path in scene.folder.rglob("*"):
        assert not path.is_file() or path.is_symlink() or CANARY.encode() not in path.read_bytes(), path


def failed_late(result: Result, code: int) -> str:
    """Return what a command said on stderr that failed after it had said what it would do."""
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.stderr
    assert result.stderr.count("\nerror: ") >= 1
    return result.stderr


def test_configured_indexes_have_no_say(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables that name other indexes, folders or interpreters are not passed on; others are."""
    log = scene.uv("exit 1")
    scene.environment()
    scene.lock("flask 3.0")
    for name in ("UV_INDEX", "UV_DEFAULT_INDEX", "UV_TARGET", "UV_CONFIG_FILE", "PYTHONPATH"):
        monkeypatch.setenv(name, "/elsewhere")
    monkeypatch.setenv("UV_LINK_MODE", "copy")
    scene.run("install")
    handed = Path(f"{log}.env").read_text()
    assert "/elsewhere" not in handed
    assert "UV_LINK_MODE=copy\n" in handed
    assert "UV_NO_CONFIG=1\n" in handed


def test_an_index_of_the_options_stands_in(scene: Scene) -> None:
    """A mirror is named by `--index-url`; the lock stays as it is."""
    log = scene.uv("exit 1")
    scene.environment()
    scene.lock("flask 3.0")
    scene.run("install", "--index-url", "https://mirror.example/simple")
    assert "--index-url https://mirror.example/simple\n" in Path(f"{log}.txt").read_text()


def test_a_mirror_stands_in_for_its_own_index_only(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the settings say is a mirror is asked for that index, and no other one through it."""
    log = scene.uv(f"cat \"$last\" >> '{scene.bin}/all'; exit 0")
    scene.environment()
    main_index, other = "https://main.example/simple", "https://other.example/simple"
    stack = advice(
        pin("flask", "3.0", asked="flask", index=main_index),
        pin("click", "8.1", asked="click", index=other),
        environment=HERE,
    )
    scene.write("pylock.toml", render_pylock(stack))
    monkeypatch.setenv("PINWISE_INDEX_URL", "https://me:word@mirror.example/simple")
    monkeypatch.setenv("PINWISE_INDEX_NAME", main_index)
    assert scene.run("install").exit_code == 1
    lines = (scene.bin / "all").read_text().splitlines()
    assert f"--index-url {other}" in lines
    assert "--index-url https://me:word@mirror.example/simple" in lines
    assert not any(main_index in line for line in lines)
    assert len(log.read_text().splitlines()) == 2


def test_several_indexes_are_asked_one_by_one(scene: Scene) -> None:
    """Each of them gets a run of its own, with its own pins."""
    log = scene.uv(f"cat \"$last\" >> '{scene.bin}/all'")
    scene.environment()
    other = "https://other.example/simple"
    stack = advice(
        pin("flask", "3.0", asked="flask"), pin("click", "8.1", asked="click", index=other), environment=HERE
    )
    scene.write("pylock.toml", render_pylock(stack))
    assert scene.run("install").exit_code == 1
    lines = [line.split(" ")[0:2] for line in (scene.bin / "all").read_text().splitlines()]
    firsts = [" ".join(line) if line[0].startswith("--index") else line[0] for line in lines]
    assert firsts[:2] == [f"--index-url {other}", "click==8.1"]
    assert firsts[2].startswith("--index-url ")
    assert other not in firsts[2]
    assert firsts[3] == "flask==3.0"
    assert len(log.read_text().splitlines()) == 2


def test_a_place_in_a_lock_is_one_word(scene: Scene) -> None:
    """A hostile URL brings no option and no variable into the file that the installer reads."""
    log = scene.uv("exit 1")
    scene.environment()
    url = "https://x.example/${HOME}/a.whl --hash=sha256:" + "1" * 64
    archive = f'archive = {{url = "{url}", hashes = {{{SHA256}}}}}\n'
    scene.write("pylock.toml", f'{LOCK}[[packages]]\nname = "a"\nversion = "1.0"\n{archive}')
    scene.run("install")
    (line,) = Path(f"{log}.txt").read_text().splitlines()
    assert line.count(" --hash=") == 1
    assert line.startswith("a @ https://x.example/$%7BHOME%7D/a.whl%20--hash=sha256:111")


# --- what is said


def test_an_installer_that_does_nothing_is_found_out(scene: Scene) -> None:
    """The verdict comes from what is installed afterwards, not from the installer's exit code."""
    scene.uv()
    scene.environment(click="7.0")
    scene.lock("flask 3.0", "click 8.1")
    result = scene.run("install")
    assert result.exit_code == 1
    assert result.stdout == (
        f"Install `pylock.toml` into `.venv`, Python {PYTHON}\n\n"
        "  ~ click 7.0 -> 8.1\n  + flask 3.0\n\n"
        "These still differ from the lock:\n  ~ click 7.0 -> 8.1\n  + flask 3.0\n"
    )


def test_sync_removes_first_and_keeps_what_it_must(scene: Scene) -> None:
    """What goes, goes before anything comes; installers and a project that stands here stay."""
    log = scene.uv()
    scene.environment(old="1.0", pip="24.0", uv="0.9")
    scene.put("shop", "1.0").joinpath("direct_url.json").write_text(
        json.dumps({"url": scene.folder.as_uri(), "dir_info": {"editable": True}})
    )
    scene.lock("flask 3.0")
    result = scene.run("sync", "--format", "json")
    assert result.exit_code == 1
    first, second = log.read_text().splitlines()
    assert first.startswith("pip uninstall --python ")
    assert first.endswith(" old")
    assert second.startswith("pip install ")
    content = json.loads(result.stdout)
    schema().validate(content)
    assert content["kept"] == ["pip", "shop", "uv"]
    assert [(each["name"], each["kind"]) for each in content["remaining"]] == [
        ("flask", "missing"),
        ("old", "extra"),
    ]
    assert not content["as_locked"]


def test_a_check_reads_and_runs_nothing(scene: Scene) -> None:
    """The interpreter of an environment that one has just cloned is not run, whatever it is."""
    folder = scene.environment(flask="2.0", extra="1.0")
    scene.lock("flask 3.0")
    for name in ("python", "python3", f"python{MINOR}"):
        (folder / "bin" / name).unlink()
    (folder / "bin" / "python").write_text(f"#!/bin/sh\ntouch '{scene.bin}/was-run'\n")
    (folder / "bin" / "python").chmod(0o755)
    scene.uv(f"touch '{scene.bin}/was-run'")
    for arguments in (("check", "--installed"), ("sync", "--dry-run"), ("install", "--dry-run")):
        result = scene.run(*arguments)
        assert "  ~ flask 2.0 -> 3.0\n" in result.stdout, result.output
        assert ("  - extra 1.0\n" in result.stdout) == ("install" not in arguments)
    assert not (scene.bin / "was-run").exists()
    content = json.loads(scene.run("check", "--installed", "--format", "json").stdout)
    schema().validate(content)
    assert content["command"] == "check"
    assert content["installer"] is None
    assert content["differences"][1] == {
        "name": "flask",
        "kind": "other",
        "locked": "3.0",
        "installed": "2.0",
        "origin": None,
    }


def test_a_check_that_finds_nothing(scene: Scene) -> None:
    """Exit 0 and one sentence; `--exact` lets what the lock does not hold count."""
    scene.environment(flask="3.0", click="8.1")
    scene.lock("flask 3.0")
    fine = scene.run("check", "--installed")
    assert fine.exit_code == 0
    last = "The environment holds all of the lock: 1 package; 1 other is there too."
    assert fine.stdout.splitlines()[-1] == last
    assert fine.stderr == ""
    assert scene.run("check", "--installed", "--exact").exit_code == 1


def test_the_next_step_of_a_check_names_what_was_checked(scene: Scene) -> None:
    """The command after a check has its words for lock, part and environment, in one line."""
    folder = scene.environment(flask="2.0", extra="1.0")
    scene.lock("flask 3.0")
    bare = scene.run("check", "--installed", ".").stdout.splitlines()
    assert bare[-1] == "1 package differs from the lock. Next: `pinwise install`."
    named = ("--lock", "pylock.toml", "--all-extras", "--python", str(folder))
    lines = scene.run("check", "--installed", *named).stdout.splitlines()
    assert lines[-2] == "1 package differs from the lock. Next:"
    assert lines[-1] == f"  pinwise install --lock pylock.toml --all-extras --python {folder}"
    assert scene.run(*lines[-1].split()[1:], "--dry-run").exit_code == 0


def test_check_alone_is_about_the_lock(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `--installed` it does what `pinwise advise --check` does."""
    monkeypatch.setenv("PINWISE_KB", str(scene.bin / "kb"))
    scene.write("requirements.in", "flask\n")
    for command in (("check",), ("advise", "--check")):
        result = scene.run(*command, "--offline", "--index-url", "https://index.example/simple")
        assert result.exit_code == 3
        assert "offline" in result.output
    failed(scene.run("check", "--exact"), 2)
    failed(scene.run("check", "--installed", "-r", "requirements.in"), 2)


def test_pinwise_does_not_remove_itself(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where pinwise runs from the environment itself, it and what it requires stay."""
    folder = scene.environment(rich="1.0", other="1.0", click="8.0")
    scene.put("pinwise", "0.1", requires=["click>=8", "packaging", 'rich; extra == "tables"'])
    scene.put("packaging", "26.0", requires=["pinwise"])
    scene.lock("flask 3.0")
    monkeypatch.setattr(sys, "prefix", str(folder))
    shown = scene.run("sync", "--dry-run").stdout
    assert [line for line in shown.splitlines() if line.startswith("  - ")] == [
        "  - other 1.0",
        "  - rich 1.0",
    ]


# --- which environment


def test_an_activated_environment_counts_unless_it_is_anothers(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is taken where the project has none of its own, or where it lies in the project."""
    scene.lock("flask 3.0")
    elsewhere = tmp_path / "elsewhere"
    venv.create(elsewhere, symlinks=True, with_pip=False)
    monkeypatch.setenv("VIRTUAL_ENV", str(elsewhere))
    assert f"`{elsewhere}`" in scene.run("check", "--installed").stdout.replace("\n", "")
    scene.environment()
    passed = scene.run("check", "--installed")
    assert passed.stdout.startswith("`.venv`")
    assert f"warning: `{elsewhere}` is activated, but `.` has an environment of its own" in passed.stderr
    own = scene.environment("env")
    monkeypatch.setenv("VIRTUAL_ENV", str(own))
    assert "/env`" in scene.run("check", "--installed").stdout
    named = scene.run("check", "--installed", "--python", str(elsewhere / "bin" / "python"))
    assert named.stderr == ""
    assert "elsewhere" in named.stdout


@pytest.mark.parametrize("arguments", [("--python", "nope"), ("--python", "src"), ("--python", "2.7")])
def test_an_environment_that_is_none(scene: Scene, arguments: tuple[str, str]) -> None:
    """An interpreter that is not there, a folder without an environment, another Python: exit 2, a hint."""
    scene.uv()
    scene.environment()
    (scene.folder / "src").mkdir()
    scene.lock("flask 3.0")
    assert "hint: " in failed(scene.run("install", *arguments), 2)


def test_a_folder_named_venv_that_is_none(scene: Scene) -> None:
    """It is neither used nor replaced."""
    scene.uv()
    (scene.folder / ".venv").mkdir()
    scene.lock("flask 3.0")
    assert "`.venv` is no virtual environment: it has no `pyvenv.cfg`" in failed(scene.run("install"), 2)


def test_an_environment_without_its_interpreter(scene: Scene) -> None:
    """After an upgrade of the system its interpreter may lead nowhere: it cannot be run, and is named."""
    scene.uv()
    folder = scene.environment()
    (folder / "bin" / "python").unlink()
    (folder / "bin" / "python").symlink_to("/nowhere/python3")
    scene.lock("flask 3.0")
    said = failed(scene.run("install"), 2)
    assert "/.venv/bin/python` cannot be run: No such file or directory" in said
    assert "hint: is `.venv` whole? remove it, and `pinwise install` makes it anew" in said


def test_the_system_is_never_synced(scene: Scene) -> None:
    """An interpreter outside of any virtual environment is installed into where it is asked for, no more."""
    scene.uv()
    scene.lock("never-there 3.0")
    base = str(Path(sys.base_prefix) / "bin" / f"python{MINOR}")
    assert "is in no virtual environment: `pinwise sync` would remove" in failed(
        scene.run("sync", "--python", base), 2
    )
    assert "  + never-there 3.0\n" in scene.run("install", "--python", base, "--dry-run").stdout


def test_a_script_has_no_environment_of_its_own(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """That of the folder may be another project's; an activated one is meant."""
    scene.uv()
    folder = scene.environment()
    scene.write("tool.py", '# /// script\n# dependencies = ["flask"]\n# ///\n')
    scene.lock("flask 3.0", name="pylock.tool.toml")
    assert "the script `tool.py` has no virtual environment of its own" in failed(
        scene.run("install", "tool.py"), 2
    )
    monkeypatch.setenv("VIRTUAL_ENV", str(folder))
    assert "  + flask 3.0\n" in scene.run("install", "tool.py", "--dry-run").stdout


def test_an_environment_that_cannot_be_made_leaves_nothing(scene: Scene) -> None:
    """What the installer has made half is removed again."""
    scene.uv("mkdir -p .venv/bin; echo 'error: No space left'; exit 2")
    scene.lock("flask 3.0")
    said = failed_late(scene.run("install"), 3)
    assert (
        "error: uv could not make `.venv`; it ended with exit code 2 and said `error: No space left`" in said
    )
    assert not (scene.folder / ".venv").exists()
    assert "hint: nothing was installed; `--python` names another environment" in said


def test_a_python_that_is_not_chosen_yet_has_no_bug_fix_release(scene: Scene) -> None:
    """Before there is an environment, only the minor version is known, unless the user names more."""
    scene.uv()
    scene.lock("flask 3.0")
    assert f"`.venv`, Python {MINOR}\n" in scene.run("install", "--dry-run").stdout
    full = scene.run("install", "--dry-run", "--python", f"{MINOR}.2")
    assert f"`.venv`, Python {MINOR}.2\n" in full.stdout
    scene.environment()
    assert f", Python {platform.python_version()}" in scene.run("install", "--dry-run").stdout


def test_a_python_that_nobody_has_is_named_with_the_way_out(scene: Scene) -> None:
    """Where no Python can be found or fetched, the hint is to lock for the one at hand."""
    scene.uv("echo 'error: No download'; exit 2")
    scene.lock("flask 3.0")
    lock = scene.folder / "pylock.toml"
    scene.write("pylock.toml", lock.read_text(encoding="utf-8").replace(MINOR, "3.6"))
    said = failed_late(scene.run("install"), 3)
    assert (
        "hint: Python 3.6 was not found here, and uv could not fetch it: lock for the Python that is" in said
    )
    assert "`pinwise advise --python python3`" in said
    assert "half changed" not in said


def test_a_python_that_is_not_here_is_told_with_its_reason(scene: Scene) -> None:
    """The refusal says for which Python the lock was made, why, and what locks for the one that is here."""
    scene.uv("echo 'error: No download'; exit 2")
    scene.write(
        "pyproject.toml", '[project]\nname = "shop"\nrequires-python = ">=3.6"\ndependencies = ["flask"]\n'
    )
    scene.lock("flask 3.0", environment=environment_named("3.6.0"))
    said = failed_late(scene.run("install"), 3)
    reason = (
        "`pylock.toml` was made for Python 3.6 (the lowest that `requires-python` of `pyproject.toml` allows)"
    )
    assert reason in said
    with_pip = failed(scene.run("install", "--installer", "pip"), 2)
    assert reason in with_pip
    assert "hint: lock for the Python that is here: `pinwise advise --python python3`;" in with_pip
    asked = failed_late(scene.run("install", "--python", "3.6"), 3)
    assert "; `--python 3.6` asks for it\n" in asked


# --- which lock


def test_a_lock_that_is_not_there(scene: Scene) -> None:
    """The default lock of the manifest is looked for; how to make it is said."""
    scene.write("Pipfile", '[packages]\nflask = "*"\n')
    assert "there is no lock `Pipfile.lock`\nhint: `pinwise advise` writes it" in failed(
        scene.run("install"), 2
    )
    assert "`pins.lock` is not the name of a lock" in failed(scene.run("install", "--lock", "pins.lock"), 2)
    two = ("--lock", "a.txt", "--lock", "b.txt")
    assert "`--lock` names more than one lock" in failed(scene.run("sync", *two), 2)
    assert "there is no folder or manifest `nope`" in failed(scene.run("check", "nope", "--installed"), 2)


def test_a_lock_of_a_newer_format(scene: Scene) -> None:
    """Nothing of it is guessed."""
    scene.uv()
    scene.environment()
    for rest in ("packages = []", '[[packages]]\nname = "a"\nfiles = ["new"]', "[projects.a]"):
        scene.write("pylock.toml", f'lock-version = "2.0"\ncreated-by = "x"\n{rest}\n')
        assert "this lock has the version `2.0`; pinwise reads 1.0" in failed(scene.run("install"), 2)


@pytest.mark.parametrize(
    ("python", "platform", "named"),
    [
        ("3.9", HERE.platform, "Python 3.9 on"),
        (PYTHON, "win_amd64", f"Python {MINOR} on win_amd64"),
        (PYTHON, "musllinux_1_2_x86_64", f"Python {MINOR} on musllinux_1_2_x86_64"),
        ("pypy3.11", HERE.platform, "PyPy 3.11 on"),
        ("3.14t", HERE.platform, "Python 3.14, free-threaded, on"),
    ],
)
def test_a_lock_for_another_environment(scene: Scene, python: str, platform: str, named: str) -> None:
    """Both are named, and nothing is installed."""
    log = scene.uv()
    scene.environment()
    scene.lock("flask 3.0", environment=declare(python, platform))
    said = failed(scene.run("install"), 2)
    assert f"`pylock.toml` is for {named}" in said
    assert f"and this environment is Python {PYTHON} on {HERE.platform}" in said
    assert not log.exists()
    header = f"# Locked by pinwise for {named.replace(' on', ',').replace(',,', ',')}"
    header += "" if platform in header else f" {platform}"
    scene.write("pins.txt", f"{header}\nflask==3.0 --hash=sha256:{'0' * 64}\n")
    assert "`pins.txt` is for " in failed(scene.run("install", "pins.txt"), 2)
    assert not log.exists()


def test_a_pipfile_lock_of_another_python(scene: Scene) -> None:
    """It names a Python and no platform."""
    scene.environment()
    meta = {"hash": {"sha256": ""}, "pipfile-spec": PIPFILE_SPEC, "sources": []}
    lock = {"_meta": {**meta, "requires": {"python_version": "3.9"}}, "default": {}, "develop": {}}
    scene.write("Pipfile.lock", json.dumps(lock))
    assert "`Pipfile.lock` is for Python ==3.9.*, and" in failed(
        scene.run("check", "--installed", "--lock", "Pipfile.lock"), 2
    )


def test_categories_of_a_pipfile_lock(scene: Scene) -> None:
    """`--group` adds one, `--only-group` leaves the default packages out."""
    scene.environment()
    meta = {"hash": {"sha256": ""}, "pipfile-spec": PIPFILE_SPEC, "sources": [], "requires": {}}
    entry = {"version": "==1.0", "hashes": ["sha256:" + "0" * 64]}
    content = {"_meta": meta, "default": {"flask": entry}, "develop": {"pytest": entry, "flask": entry}}
    scene.write("Pipfile.lock", json.dumps({**content, "docs": {"sphinx": entry}}))

    def wanted(*arguments: str) -> list[str]:
        found = scene.run("check", "--installed", "--lock", "Pipfile.lock", "--format", "json", *arguments)
        return [each["name"] for each in json.loads(found.stdout)["differences"]]

    assert wanted() == ["flask"]
    assert wanted("--group", "develop") == ["flask", "pytest"]
    assert wanted("--only-group", "docs") == ["sphinx"]
    assert wanted("--all-groups") == ["flask", "pytest", "sphinx"]


def test_what_the_lock_does_not_have(scene: Scene) -> None:
    """An unknown group or extra is named with one that is near."""
    scene.environment()
    scene.lock("flask 3.0")
    text = (scene.folder / "pylock.toml").read_text()
    groups = 'extras = ["redis"]\ndependency-groups = ["docs"]\n'
    scene.write("pylock.toml", text.replace("created-by", groups + "created-by", 1))
    check = ("check", "--installed")
    assert "has no group `doc`\nhint: did you mean `docs`?" in failed(scene.run(*check, "--group", "doc"), 2)
    assert "has no extra `x`\nhint: it has `redis`" in failed(scene.run(*check, "--extra", "x"), 2)
    assert "does not say which of its default packages" in failed(
        scene.run(*check, "--only-group", "docs"), 2
    )


OVERLAID = """\
[project]
name = "shop"
version = "1"
dependencies = ["flask"]

[dependency-groups]
test = ["pytest"]

[tool.pinwise.overlays.testing]
groups = ["test"]
"""


def test_the_lock_of_an_overlay(scene: Scene) -> None:
    """It is found by the overlay's name, and what the overlay adds is asked for without saying so."""
    scene.environment()
    scene.write("pyproject.toml", OVERLAID)
    both = advice(
        pin("flask", "3.0", asked="flask"),
        pin("pytest", "8.0", asked="pytest", groups=["test"]),
        environment=HERE,
    )
    scene.write("pylock.testing.toml", render_pylock(both))
    check = ("check", "--installed", "--overlay")
    shown = scene.run(*check, "testing").stdout
    assert shown.startswith(f"`.venv`, Python {PYTHON}, against `pylock.testing.toml`\n")
    assert "\n  + flask 3.0\n  + pytest 8.0\n" in shown
    assert "there is no lock `pylock.toml`" in failed(scene.run("install"), 2)
    assert "did you mean `testing` (pyproject.toml:9)?" in failed(scene.run(*check, "testin"), 2)
    assert "`--overlay` names one stack here" in failed(scene.run(*check, "testing", "--overlay", "x"), 2)


LOCK = 'lock-version = "1.0"\ncreated-by = "x"\n'
FILE = 'wheels = [{name = "a-1.0-py3-none-any.whl", url = "https://x.example/a.whl", hashes = {%s}}]\n'
SHA256 = f'sha256 = "{"0" * 64}"'


def test_locks_of_other_tools(scene: Scene) -> None:
    """Default groups count, markers decide, a marker that means nothing counts as false."""
    scene.environment()
    package = '[[packages]]\nname = "%s"\nversion = "1.0"\nmarker = "%s"\n'
    markers = {
        "usual": "'main' in dependency_groups",
        "both": "'main' in dependency_groups or 'fast' in extras",
        "quick": "'fast' in extras and python_version >= '3'",
        "old": "python_version < '3'",
        "odd": "extras == 'fast'",
    }
    text = LOCK + 'extras = ["fast"]\ndefault-groups = ["main"]\n'
    for name, marker in markers.items():
        text += package % (name, marker) + (FILE % SHA256).replace("a-1.0", f"{name}-1.0")
    scene.write("pylock.toml", text)

    def wanted(*arguments: str) -> list[str]:
        found = scene.run("check", "--installed", "--format", "json", *arguments)
        assert found.stdout, found.stderr
        return [each["name"] for each in json.loads(found.stdout)["differences"]]

    assert wanted() == ["both", "usual"]
    assert wanted("--extra", "Fast") == ["both", "quick", "usual"]


@pytest.mark.parametrize(
    ("packages", "message"),
    [
        (
            ('[[packages]]\nname = "a"\nversion = "1.0"\n' + FILE % SHA256) * 2,
            "this lock has two entries of `a`",
        ),
        (
            '[[packages]]\nname = "a"\nversion = "1.0"\n' + FILE % f'md5 = "{"0" * 32}"',
            "the lock has no digest of `a==1.0` that can be verified",
        ),
        (
            '[[packages]]\nname = "a"\nversion = "1.0"\n' + (FILE % SHA256).replace("py3-none", "cp27-cp27m"),
            "`pylock.toml` has no file of `a==1.0` for Python ",
        ),
    ],
    ids=["twice", "md5", "no file"],
)
def test_a_lock_that_cannot_be_installed(scene: Scene, packages: str, message: str) -> None:
    """It is refused before anything is run, and before an environment is made."""
    log = scene.uv()
    scene.write("pylock.toml", LOCK + packages)
    assert message in failed(scene.run("install"), 2)
    assert not log.exists()
    assert not (scene.folder / ".venv").exists()


# --- no installer, and one that is stopped


def test_no_installer(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to install; an unknown one is a matter of usage."""
    scene.environment()
    scene.lock("flask 3.0")
    monkeypatch.setenv("PATH", str(scene.bin))
    monkeypatch.setattr(sys, "executable", str(scene.bin / "python"))
    monkeypatch.setattr("pinwise.installers.tools.find_spec", lambda _: None)
    assert "there is neither `uv` nor `pip`\nhint: install uv" in failed(scene.run("install"), 3)
    assert "there is no `pip`\nhint: " in failed(scene.run("install", "--installer", "pip"), 3)
    failed(scene.run("install", "--installer", "conda"), 2)


def test_an_installer_that_cannot_be_run(scene: Scene) -> None:
    """A file without a first line that names an interpreter, say."""
    scene.environment()
    scene.lock("flask 3.0")
    (scene.bin / "uv").write_bytes(b"\x7fELF nonsense")
    (scene.bin / "uv").chmod(0o755)
    said = failed_late(scene.run("install"), 3)
    assert "/bin/uv` cannot be run: exec format error\nhint: choose another with `--installer`" in said


def test_a_build_that_fails_is_named(scene: Scene) -> None:
    """What has wheels for other machines only is said to be built, and is the first thing to look at."""
    scene.uv(
        "echo 'error: Failed to build `psycopg`'; echo '  cause: The backend'; "
        "i=0; while [ $i -lt 99 ]; do i=$((i+1)); echo '      error: Command gcc'; done; exit 1"
    )
    scene.environment()
    scene.lock("flask 3.0", "psycopg 2.9")
    text = (scene.folder / "pylock.toml").read_text(encoding="utf-8")
    scene.write("pylock.toml", text.replace("psycopg-2.9-py3-none-any", "psycopg-2.9-cp27-cp27m-win32"))
    said = failed_late(scene.run("install"), 3)
    assert "warning: `psycopg` has no wheel here: to build one, code of the package is run." in said
    assert "said `error: Failed to build 'psycopg' cause: The backend`" in said
    assert "hint: the environment may be half changed" in said
    assert "; was it a build? `psycopg` can only be built here" in said
    assert "`pinwise advise --only-binary :all:`" in said


def test_ctrl_c_stops_the_installer_too(scene: Scene) -> None:
    """The installer gets no orphan, the temporary file goes, the exit code is 130."""
    log = scene.uv(f"touch '{scene.bin}/started'; exec sleep 60")
    scene.environment()
    scene.lock("flask 3.0")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-m", "pinwise", "install"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=environment,
        cwd=scene.folder,
    )
    for _ in range(200):
        if (scene.bin / "started").exists():
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert b"Traceback" not in said
    assert not Path(Path(f"{log}.path").read_text().strip()).exists()

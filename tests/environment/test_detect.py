"""Detected targets: what interpreters and virtual environments say of themselves."""

import json
import os
import sys
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.tags import sys_tags

from pinwise.environment.declare import declare
from pinwise.environment.detect import (
    parse_probe,
    parse_python_version_file,
    parse_pyvenv,
    read_interpreter,
    read_own,
    read_pyvenv,
)
from pinwise.environment.probe import probe
from pinwise.model.errors import TargetError

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="targets are Linux machines so far")

FACTS: dict[str, object] = {
    "version": "3.12.1",
    "stage": "final",
    "serial": 0,
    "implementation": "cpython",
    "abi_flags": "",
    "platform": "linux",
    "bits": 64,
    "machine": "x86_64",
    "release": "6.1.0",
    "os_version": "#1 SMP",
    "glibc": "glibc 2.36",
    "musl": "",
}
MUSL = "musl libc (x86_64)\nVersion 1.2.5\nDynamic Program Loader\nUsage: ld-musl [options]\n"


def executable(path: Path, text: str) -> Path:
    """Write a program and make it executable."""
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


@on_linux
def test_the_detected_tags_are_those_of_packaging() -> None:
    """On this machine, detection gives exactly the tags that pip uses here, in the same order."""
    own = read_own()
    environment = declare(own.version, own.require_platform(), build=own.build)
    assert list(environment.tags) == [str(tag) for tag in sys_tags()]


@on_linux
def test_the_detected_markers_are_those_of_packaging() -> None:
    """On this machine, detection gives the markers that pip evaluates here."""
    own = read_own()
    environment = declare(own.version, own.require_platform(), build=own.build)
    assert dict(environment.markers) == dict(default_environment())


def test_a_run_interpreter_says_what_the_module_says() -> None:
    """The source of the probe, run by an interpreter, answers as the imported one does."""
    assert read_interpreter(Path(sys.executable)) == parse_probe(probe(), "this")


@pytest.mark.parametrize(
    ("change", "platform"),
    [
        ({}, "manylinux_2_36_x86_64"),
        ({"machine": "aarch64", "glibc": "glibc 2.17.90"}, "manylinux_2_17_aarch64"),
        ({"glibc": "", "musl": MUSL}, "musllinux_1_2_x86_64"),
    ],
)
def test_the_c_library_names_the_platform(change: dict[str, object], platform: str) -> None:
    """A glibc gives a manylinux platform, musl a musllinux one."""
    assert parse_probe(json.dumps(FACTS | change), "it").require_platform() == platform


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"platform": "darwin"}, "this is macOS, and stacks are made for Linux"),
        ({"platform": "win32"}, "this is Windows"),
        ({"machine": "riscv64"}, "this is riscv64, and stacks are made for x86_64 and aarch64"),
        ({"bits": 32}, "a 32-bit Python on x86_64"),
        ({"glibc": ""}, "its C library is neither glibc nor musl"),
    ],
)
def test_a_machine_without_a_platform_says_why_when_asked(change: dict[str, object], reason: str) -> None:
    """Elsewhere the version is still known; asking for the platform is an error that says to declare it."""
    interpreter = parse_probe(json.dumps(FACTS | change), "it")
    assert interpreter.version == "3.12.1"
    with pytest.raises(TargetError, match=reason) as caught:
        interpreter.require_platform()
    assert "--platform" in str(caught.value.hint)


def test_a_pre_release_of_python_keeps_its_stage() -> None:
    """A release candidate is not taken for the final release."""
    assert parse_probe(json.dumps(FACTS | {"stage": "candidate", "serial": 2}), "it").version == "3.12.1rc2"


def test_another_implementation_is_an_error() -> None:
    """PyPy is named, not mistaken for CPython."""
    with pytest.raises(TargetError, match="`pypy`, and stacks are made for CPython"):
        parse_probe(json.dumps(FACTS | {"implementation": "pypy"}), "it")


@pytest.mark.parametrize(
    "text", ["", "no json", "[]", "{}", "null", "[" * 100_000, json.dumps(FACTS | {"serial": []})]
)
def test_an_answer_that_is_none_is_an_error(text: str) -> None:
    """Whatever a program prints, the answer is an environment or a `TargetError`."""
    with pytest.raises(TargetError, match="does not answer as a Python interpreter does"):
        parse_probe(text, "it")


def test_a_program_that_is_no_interpreter_is_an_error(tmp_path: Path) -> None:
    """A program that fails, prints nonsense or does not exist is a `TargetError`."""
    for script in ("#!/bin/sh\nexit 1\n", "#!/bin/sh\necho hello\n", "#!/nonexistent/x\n"):
        with pytest.raises(TargetError):
            read_interpreter(executable(tmp_path / "python", script))
    with pytest.raises(TargetError, match="cannot be run: No such file"):
        read_interpreter(tmp_path / "absent")


def test_an_interpreter_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting ends after the deadline, with an error."""
    monkeypatch.setattr("pinwise.environment.detect.PROBE_SECONDS", 0.2)
    with pytest.raises(TargetError, match="did not answer"):
        read_interpreter(executable(tmp_path / "python", "#!/bin/sh\nexec sleep 30\n"))


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("home = /usr/bin\nversion = 3.11.7\n", "3.11.7"),
        ("implementation = CPython\nversion_info = 3.12.1.final.0\nversion = 3.12.1\n", "3.12.1"),
        ("VERSION_INFO=3.13.0\r\n", "3.13.0"),
        ("version = 3.12\n", None),
        ("", None),
        ("version\n= =\n", None),
    ],
)
def test_a_virtual_environment_names_its_python(text: str, version: str | None) -> None:
    """The full version is read as venv, virtualenv and uv write it; a part of one is none."""
    assert parse_pyvenv(text, "pyvenv.cfg") == version


def test_a_virtual_environment_of_pypy_is_an_error() -> None:
    """Its file and implementation are named."""
    with pytest.raises(TargetError, match=r"pyvenv.cfg: .*`PyPy`"):
        parse_pyvenv("implementation = PyPy\nversion = 3.10.14\n", "pyvenv.cfg")


def test_a_real_virtual_environment_is_read(tmp_path: Path) -> None:
    """What the standard library writes today is understood, and nothing in it is run."""
    import venv  # noqa: PLC0415  # this test only

    venv.create(tmp_path / "env", with_pip=False, symlinks=os.name != "nt")
    expected = ".".join(map(str, sys.version_info[:3]))
    for program in (tmp_path / "env" / "bin").glob("python*"):
        program.unlink()
    assert read_pyvenv(tmp_path / "env") == expected
    assert read_pyvenv(tmp_path) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3.12\n", ("3.12", 1)),
        ("# the deployment's\n\n 3.11.7 # pinned\n3.10\n", ("3.11.7", 3)),
        ("cpython-3.12.1\n", ("3.12.1", 1)),
        ("system\n", None),
        ("\n", None),
    ],
)
def test_a_version_file_names_a_python(text: str, found: tuple[str, int] | None) -> None:
    """The first name counts; comments and blank lines do not."""
    assert parse_python_version_file(text, ".python-version") == found


@pytest.mark.parametrize("name", ["pypy3.10", "my-env", "3", "3.12-dev"])
def test_a_version_file_that_names_something_else_is_an_error(name: str) -> None:
    """The name of a virtual environment or of PyPy cannot be taken for a version: file and line are named."""
    with pytest.raises(TargetError, match=r"^\.python-version:2: "):
        parse_python_version_file(f"\n{name}\n", ".python-version")

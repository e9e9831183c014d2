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
from pinwise.model.environment import Environment
from pinwise.model.errors import TargetError

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads the Linux that it runs on")

FACTS: dict[str, object] = {
    "version": "3.12.1",
    "stage": "final",
    "serial": 0,
    "implementation": "cpython",
    "own_version": "3.12.1",
    "abi_flags": "",
    "platform": "linux",
    "bits": 64,
    "machine": "x86_64",
    "release": "6.1.0",
    "os_version": "#1 SMP",
    "glibc": "glibc 2.36",
    "musl": "",
    "macos": "",
    "windows": "",
}
MACOS: dict[str, object] = FACTS | {
    "platform": "darwin",
    "machine": "arm64",
    "release": "23.5.0",
    "os_version": "Darwin Kernel Version 23.5.0: Wed May  1 20:12:58 PDT 2024; root:xnu-10063.121.3~5",
    "glibc": "",
    "macos": "14.5",
}
WINDOWS: dict[str, object] = FACTS | {
    "platform": "win32",
    "machine": "AMD64",
    "release": "10",
    "os_version": "10.0.19045",
    "glibc": "",
    "windows": "win-amd64",
}
PYPY: dict[str, object] = FACTS | {
    "version": "3.10.14",
    "implementation": "pypy",
    "own_version": "7.3.17",
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
        (MACOS, "macosx_14_0_arm64"),
        (MACOS | {"machine": "x86_64", "macos": "10.15.7"}, "macosx_10_15_x86_64"),
        (MACOS | {"macos": "26.1"}, "macosx_26_0_arm64"),
        (WINDOWS, "win_amd64"),
        (WINDOWS | {"windows": "win32", "bits": 32}, "win32"),
        (WINDOWS | {"windows": "win-arm64", "machine": "ARM64"}, "win_arm64"),
        (PYPY, "manylinux_2_36_x86_64"),
    ],
)
def test_the_system_names_the_platform(change: dict[str, object], platform: str) -> None:
    """A glibc gives a manylinux platform, musl a musllinux one; macOS and Windows have their own."""
    assert parse_probe(json.dumps(FACTS | change), "it").require_platform() == platform


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (MACOS | {"macos": "10.2"}, "`macOS 10.2` on arm64 is not among the targets"),
        (MACOS | {"machine": "ppc"}, "`macOS 14.5` on ppc is not among the targets"),
        (MACOS | {"macos": ""}, "`macOS ` on arm64 is not among the targets"),
        (WINDOWS | {"windows": "win-arm32"}, "`win_arm32` is not among the kinds of Windows"),
        ({"platform": "aix"}, "this is aix, and stacks are made for Linux, macOS and Windows"),
        ({"machine": "riscv64"}, "this is riscv64, and stacks for Linux are made for x86_64 and aarch64"),
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


def detected(facts: dict[str, object]) -> Environment:
    """Return the environment that recorded facts make."""
    interpreter = parse_probe(json.dumps(facts), "it")
    return declare(interpreter.version, interpreter.require_platform(), build=interpreter.build)


def test_macos_has_its_markers_and_takes_universal_wheels() -> None:
    """What an interpreter on macOS said gives the markers of PEP 508 and pip's tags."""
    environment = detected(MACOS)
    assert environment.markers == {
        "implementation_name": "cpython",
        "implementation_version": "3.12.1",
        "os_name": "posix",
        "platform_machine": "arm64",
        "platform_python_implementation": "CPython",
        "platform_release": "23.5.0",
        "platform_system": "Darwin",
        "platform_version": MACOS["os_version"],
        "python_full_version": "3.12.1",
        "python_version": "3.12",
        "sys_platform": "darwin",
    }
    assert environment.tags[:2] == ("cp312-cp312-macosx_14_0_arm64", "cp312-cp312-macosx_14_0_universal2")


def test_a_32_bit_python_on_windows_keeps_the_machine() -> None:
    """The tag is that of the interpreter, the marker that of the machine, as `platform` says it there."""
    environment = detected(WINDOWS | {"windows": "win32", "bits": 32})
    assert environment.tags[0] == "cp312-cp312-win32"
    assert environment.markers["platform_machine"] == "AMD64"
    assert environment.markers["os_name"] == "nt"


def test_pypy_says_both_of_its_versions() -> None:
    """Of PyPy, the version of the language and its own are markers of different names."""
    environment = detected(PYPY)
    assert environment.implementation == "pypy"
    assert environment.markers["python_full_version"] == "3.10.14"
    assert environment.markers["implementation_version"] == "7.3.17"
    assert environment.tags[0] == "pp310-pypy310_pp73-linux_x86_64"


def test_a_free_threaded_interpreter_is_told_by_its_flags() -> None:
    """`sys.abiflags` makes the difference, not the version."""
    environment = detected(FACTS | {"version": "3.13.1", "abi_flags": "t"})
    assert environment.abi_flags == "t"
    assert environment.tags[0] == "cp313-cp313t-linux_x86_64"


def test_another_implementation_is_an_error() -> None:
    """GraalPy is named, not mistaken for one that pinwise knows."""
    with pytest.raises(TargetError, match="`graalpy`, and stacks are made for CPython and PyPy"):
        parse_probe(json.dumps(FACTS | {"implementation": "graalpy"}), "it")


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
        ("implementation = PyPy\nversion_info = 3.10.14\n", "pypy3.10.14"),
        ("version = 3.14.0\nexecutable = /usr/bin/python3.14t\n", "3.14.0t"),
        ("home = /x/cpython-3.14.0+freethreaded-linux/bin\nversion_info = 3.14.0\n", "3.14.0t"),
        ("version = 3.12\n", None),
        ("", None),
        ("version\n= =\n", None),
    ],
)
def test_a_virtual_environment_names_its_python(text: str, version: str | None) -> None:
    """The full version is read as venv, virtualenv and uv write it; a part of one is none."""
    assert parse_pyvenv(text, "pyvenv.cfg") == version


def test_a_virtual_environment_of_another_implementation_is_an_error() -> None:
    """Its file and implementation are named."""
    with pytest.raises(TargetError, match=r"pyvenv.cfg: .*`GraalVM`"):
        parse_pyvenv("implementation = GraalVM\nversion = 3.11.7\n", "pyvenv.cfg")


def test_a_real_virtual_environment_is_read(tmp_path: Path) -> None:
    """What the standard library writes today is understood, and nothing in it is run."""
    import venv  # noqa: PLC0415  # this test only

    venv.create(tmp_path / "env", with_pip=False, symlinks=os.name != "nt")
    expected = ".".join(map(str, sys.version_info[:3]))
    for program in (tmp_path / "env" / "bin").glob("python*"):
        program.unlink()
    assert read_pyvenv(tmp_path / "env") == expected
    assert read_pyvenv(tmp_path) is None


@pytest.mark.parametrize("text", ["", "version = banana\n", "version = 3.12\n"])
def test_a_virtual_environment_that_names_no_python_is_an_error(tmp_path: Path, text: str) -> None:
    """No other Python takes its place unseen."""
    (tmp_path / "pyvenv.cfg").write_text(text, encoding="utf-8")
    with pytest.raises(TargetError, match=r"pyvenv\.cfg: .* does not say of which Python"):
        read_pyvenv(tmp_path)


def test_a_virtual_environment_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """Its file is named."""
    (tmp_path / "pyvenv.cfg").mkdir()
    with pytest.raises(TargetError, match=r"pyvenv\.cfg` cannot be read"):
        read_pyvenv(tmp_path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3.12\n", ("3.12", 1)),
        ("# the deployment's\n\n 3.11.7 # pinned\n3.10\n", ("3.11.7", 3)),
        ("cpython-3.12.1\n", ("cpython-3.12.1", 1)),
        ("pypy3.10-7.3.17\n", ("pypy3.10-7.3.17", 1)),
        ("3.14t\n", ("3.14t", 1)),
        ("system\n", None),
        ("\n", None),
    ],
)
def test_a_version_file_names_a_python(text: str, found: tuple[str, int] | None) -> None:
    """The first name counts; comments and blank lines do not."""
    assert parse_python_version_file(text, ".python-version") == found


@pytest.mark.parametrize("name", ["graalpy-24.1", "my-env", "3", "3.12-dev", "3.12t", "pypy3.14"])
def test_a_version_file_that_names_something_else_is_an_error(name: str) -> None:
    """What names no Python that is a target is an error with file and line."""
    with pytest.raises(TargetError, match=r"^\.python-version:2: "):
        parse_python_version_file(f"\n{name}\n", ".python-version")

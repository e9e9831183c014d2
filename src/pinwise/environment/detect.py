"""The environment of an interpreter or of this machine: `read_x` does I/O, `parse_x` is pure."""

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from pkgutil import get_data

from pinwise.environment.declare import Build
from pinwise.environment.platforms import WINDOWS, Platform, macos_platform
from pinwise.formats.entries import shown
from pinwise.formats.python_names import parse_python
from pinwise.model.errors import TargetError

PROBE_SECONDS = 10.0
_DECLARE = "declare the target, for example `--python 3.12 --platform manylinux_2_28_x86_64`"
_LINUX_ARCHITECTURES = ("x86_64", "aarch64")
_IMPLEMENTATIONS = {"cpython": "", "pypy": "pypy"}
"""Of the implementations that a stack can be made for, what their names begin with."""

_FREE_THREADED = re.compile(r"\bpython3\.\d{1,2}t\b|\+freethreaded\b")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python and the machine that it runs on.

    Attributes:
        version: Its name with the full version: ``3.12.1``, ``pypy3.10.14-7.3.17``.
        platform: The platform tag of its machine, None where it is none that pinwise knows.
        problem: Why there is no `platform`, in one clause; "" where there is one.
        build: What the interpreter and its machine add to the names.
    """

    version: str
    platform: str | None
    problem: str
    build: Build

    def require_platform(self) -> str:
        """Return the platform tag.

        Raises:
            TargetError: The machine is none that a stack can be made for.
        """
        if self.platform is None:
            raise TargetError(f"the target cannot be detected: {self.problem}", hint=_DECLARE)
        return self.platform


def read_own() -> Interpreter:
    """Read the interpreter that runs pinwise, and its machine."""
    from pinwise.environment.probe import probe  # noqa: PLC0415  # for this machine only

    return parse_probe(probe(), "pinwise's own interpreter")


def read_interpreter(path: Path) -> Interpreter:
    """Run the interpreter at `path` and read what it says of itself.

    Raises:
        TargetError: It cannot be run, does not answer in time, or is neither CPython nor PyPy.
    """
    source = get_data("pinwise.environment", "probe.py")
    assert source is not None, "probe.py is part of the package"
    try:
        answer = subprocess.run(  # noqa: S603  # the interpreter that the user named
            [os.fspath(path), "-I", "-S", "-c", source.decode()],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=PROBE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise TargetError(
            f"the interpreter `{path}` did not answer within {PROBE_SECONDS:.0f} seconds", hint=_DECLARE
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TargetError(f"the interpreter `{path}` cannot be run: {reason}", hint=_DECLARE) from None
    if answer.returncode != 0:
        raise TargetError(f"`{path}` does not answer as a Python interpreter does", hint=_DECLARE)
    return parse_probe(answer.stdout.decode("utf-8", "replace"), f"`{path}`")


def parse_probe(text: str, who: str) -> Interpreter:
    """Return what the JSON of `probe` says.

    Args:
        text: The answer of the probe.
        who: The interpreter, as messages call it.

    Raises:
        TargetError: The answer is no such JSON, or the interpreter is neither CPython nor PyPy.
    """
    try:
        facts = json.loads(text)
        if facts["implementation"] not in _IMPLEMENTATIONS:
            implementation = shown(str(facts["implementation"]), 40)
            raise TargetError(
                f"{who} is `{implementation}`, and stacks are made for CPython and PyPy",
                hint=_DECLARE,
            )
        platform, problem = _parse_platform(facts)
        return Interpreter(
            version=_name(facts),
            platform=None if platform is None else str(platform),
            problem=problem,
            build=_parse_build(facts),
        )
    except (KeyError, TypeError, ValueError, RecursionError):
        raise TargetError(f"{who} does not answer as a Python interpreter does", hint=_DECLARE) from None


def _name(facts: dict[str, object]) -> str:
    """Return the name of the Python, with PyPy's own version behind it."""
    prefix = _IMPLEMENTATIONS[str(facts["implementation"])]
    stage, serial = str(facts["stage"]), facts["serial"]
    if not isinstance(serial, int):
        raise TypeError
    suffix = {"alpha": "a", "beta": "b", "candidate": "rc"}[stage] + str(serial) if stage != "final" else ""
    own = f"-{str(facts['own_version'])[:40]}" if prefix else ""
    return f"{prefix}{facts['version']}{suffix}{own}"


def _parse_build(facts: dict[str, object]) -> Build:
    machine = str(facts["machine"]) if facts["platform"] == "win32" else ""
    return Build(str(facts["abi_flags"]), str(facts["release"]), str(facts["os_version"]), machine)


def _parse_platform(facts: dict[str, object]) -> tuple[Platform | None, str]:
    """Return the platform, or why there is none."""
    match str(facts["platform"]):
        case "linux":
            return _parse_linux(facts)
        case "darwin":
            return _parse_macos(facts)
        case "win32":
            tag = str(facts["windows"]).replace("-", "_")
            if tag in WINDOWS:
                return Platform("win", (0, 0), tag), ""
            return None, f"`{shown(tag, 40)}` is not among the kinds of Windows that stacks are made for"
        case other:
            return None, f"this is {shown(other, 40)}, and stacks are made for Linux, macOS and Windows"


def _parse_linux(facts: dict[str, object]) -> tuple[Platform | None, str]:
    machine = str(facts["machine"])
    if machine not in _LINUX_ARCHITECTURES or facts["bits"] != 64:  # noqa: PLR2004  # bits of a pointer
        name = shown(machine, 40) if machine not in _LINUX_ARCHITECTURES else f"a 32-bit Python on {machine}"
        return None, f"this is {name}, and stacks for Linux are made for {' and '.join(_LINUX_ARCHITECTURES)}"
    if glibc := re.match(r"glibc 2\.(\d{1,2})\b", str(facts["glibc"])):
        return Platform("manylinux", (2, int(glibc[1])), machine), ""
    if musl := re.search(r"^Version 1\.(\d{1,2})\b", str(facts["musl"]), re.MULTILINE):
        return Platform("musllinux", (1, int(musl[1])), machine), ""
    return None, "its C library is neither glibc nor musl, or does not tell its version"


def _parse_macos(facts: dict[str, object]) -> tuple[Platform | None, str]:
    version = re.match(r"(\d{1,2})\.(\d{1,2})\b", str(facts["macos"]))
    machine = str(facts["machine"])
    platform = None if version is None else macos_platform(int(version[1]), int(version[2]), machine)
    if platform is None:
        return (
            None,
            f"`macOS {shown(str(facts['macos']), 20)}` on {shown(machine, 40)} is not among the targets",
        )
    return platform, ""


def parse_pyvenv(text: str, file: str) -> str | None:
    """Return the name of the Python that a virtual environment's ``pyvenv.cfg`` names, None if it names none.

    venv writes ``version``, virtualenv and others ``version_info`` (``3.12.1.final.0``). That a build is
    free-threaded stands only in the paths of its programs (``…/bin/python3.14t``).

    Raises:
        TargetError: The environment is one of another Python than CPython and PyPy.
    """
    values = {
        key.strip().lower(): value.strip()
        for key, separator, value in (line.partition("=") for line in text.splitlines())
        if separator
    }
    implementation = values.get("implementation", "CPython")
    if implementation.lower() not in _IMPLEMENTATIONS:
        raise TargetError(
            f"the virtual environment is one of `{shown(implementation, 40)}`, "
            "and stacks are made for CPython and PyPy",
            file=file,
            hint=_DECLARE,
        )
    prefix = _IMPLEMENTATIONS[implementation.lower()]
    paths = " ".join(values.get(key, "") for key in ("home", "executable", "base-executable", "command"))
    suffix = "t" if not prefix and _FREE_THREADED.search(paths) else ""
    for key in ("version_info", "version"):
        if match := re.match(r"\d{1,3}\.\d{1,3}\.\d{1,3}", values.get(key, "")):
            return f"{prefix}{match[0]}{suffix}"
    return None


def read_pyvenv(folder: Path) -> str | None:
    """Return the name of the Python of the virtual environment in `folder`, None if there is none.

    Nothing of the environment is run: a folder that one has just cloned may bring its own.

    Raises:
        TargetError: There is one, and it does not say of which Python it is.
    """
    file = folder / "pyvenv.cfg"
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise TargetError(
            f"`{file}` cannot be read: {(error.strerror or '').lower()}", hint=_DECLARE
        ) from None
    version = parse_pyvenv(text[:20_000], str(file))
    if version is None:
        raise TargetError(
            "the virtual environment does not say of which Python it is",
            file=file,
            hint="remove it, make it anew, or name the Python with `--python`",
        )
    return version


def parse_python_version_file(text: str, file: str) -> tuple[str, int] | None:
    """Return the first Python that a ``.python-version`` file names, with its line.

    None for ``system`` and for a file without a version.

    Raises:
        TargetError: The first name is no version of CPython or PyPy.
    """
    for number, line in enumerate(text.splitlines(), start=1):
        name = line.partition("#")[0].strip()
        if not name:
            continue
        if name == "system":
            return None
        try:
            parse_python(name)
        except TargetError as error:
            raise TargetError(error.message, file=file, line=number, hint=_DECLARE) from None
        return name, number
    return None

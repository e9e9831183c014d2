"""The environment of an interpreter or of this machine: `read_x` does I/O, `parse_x` is pure."""

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from pkgutil import get_data

from pinwise.environment.declare import ARCHITECTURES, Build, Platform
from pinwise.model.errors import TargetError

PROBE_SECONDS = 10.0
_DECLARE = "declare the target, for example `--python 3.12 --platform manylinux_2_28_x86_64`"
_SYSTEMS = {"darwin": "macOS", "win32": "Windows", "cygwin": "Cygwin"}


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A CPython and the machine that it runs on.

    Attributes:
        version: Its full version.
        platform: The platform tag of its machine, None where it is no Linux that pinwise knows.
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
        TargetError: It cannot be run, does not answer in time, or is no CPython.
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
        TargetError: The answer is no such JSON, or the interpreter is no CPython.
    """
    try:
        facts = json.loads(text)
        if facts["implementation"] != "cpython":
            raise TargetError(
                f"{who} is `{str(facts['implementation'])[:40]}`, and stacks are made for CPython",
                hint=_DECLARE,
            )
        platform, problem = _parse_platform(facts)
        return Interpreter(
            version=str(facts["version"]) + _stage(str(facts["stage"]), int(facts["serial"])),
            platform=None if platform is None else str(platform),
            problem=problem,
            build=Build(str(facts["abi_flags"]), str(facts["release"]), str(facts["os_version"])),
        )
    except (KeyError, TypeError, ValueError, RecursionError):
        raise TargetError(f"{who} does not answer as a Python interpreter does", hint=_DECLARE) from None


def _stage(stage: str, serial: int) -> str:
    """Return what follows the release number (``rc1``), "" for a final release."""
    return {"alpha": "a", "beta": "b", "candidate": "rc"}[stage] + str(serial) if stage != "final" else ""


def _parse_platform(facts: dict[str, object]) -> tuple[Platform | None, str]:
    system, machine = str(facts["platform"]), str(facts["machine"])
    if system != "linux":
        return None, f"this is {_SYSTEMS.get(system, system[:40])}, and stacks are made for Linux"
    if machine not in ARCHITECTURES or facts["bits"] != 64:  # noqa: PLR2004  # bits of a pointer
        name = machine[:40] if machine not in ARCHITECTURES else f"a 32-bit Python on {machine}"
        return None, f"this is {name}, and stacks are made for {' and '.join(ARCHITECTURES)}"
    if glibc := re.match(r"glibc 2\.(\d{1,2})\b", str(facts["glibc"])):
        return Platform("manylinux", int(glibc[1]), machine), ""
    if musl := re.search(r"^Version 1\.(\d{1,2})\b", str(facts["musl"]), re.MULTILINE):
        return Platform("musllinux", int(musl[1]), machine), ""
    return None, "its C library is neither glibc nor musl, or does not tell its version"


def parse_pyvenv(text: str, file: str) -> str | None:
    """Return the full version that a virtual environment's ``pyvenv.cfg`` names, None if it names none.

    venv writes ``version``, virtualenv and others ``version_info`` (``3.12.1.final.0``).

    Raises:
        TargetError: The environment is one of another Python than CPython.
    """
    values = {
        key.strip().lower(): value.strip()
        for key, separator, value in (line.partition("=") for line in text.splitlines())
        if separator
    }
    implementation = values.get("implementation", "CPython")
    if implementation.lower() != "cpython":
        raise TargetError(
            f"the virtual environment is one of `{implementation[:40]}`, and stacks are made for CPython",
            file=file,
            hint=_DECLARE,
        )
    for key in ("version_info", "version"):
        if match := re.match(r"\d{1,3}\.\d{1,3}\.\d{1,3}", values.get(key, "")):
            return match[0]
    return None


def read_pyvenv(folder: Path) -> str | None:
    """Return the full version of the virtual environment in `folder`, None if there is none to read.

    Nothing of the environment is run: a folder that one has just cloned may bring its own.
    """
    file = folder / "pyvenv.cfg"
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return parse_pyvenv(text[:20_000], str(file))


def parse_python_version_file(text: str, file: str) -> tuple[str, int] | None:
    """Return the first version that a ``.python-version`` file names, with its line.

    None for ``system`` and for a file without a version.

    Raises:
        TargetError: The first name is no version of CPython.
    """
    for number, line in enumerate(text.splitlines(), start=1):
        name = line.partition("#")[0].strip().removeprefix("cpython-")
        if not name:
            continue
        if name == "system":
            return None
        if not re.fullmatch(r"\d{1,3}\.\d{1,3}(\.\d{1,3})?[a-z0-9]*", name):
            raise TargetError(f"`{name[:60]}` is not a Python version", file=file, line=number, hint=_DECLARE)
        return name, number
    return None

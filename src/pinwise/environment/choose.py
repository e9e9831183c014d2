"""Which target an advice is for: what the user declared, else what the project says, else this machine."""

import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from pinwise.environment.declare import Build, declare
from pinwise.environment.detect import (
    Interpreter,
    parse_python_version_file,
    read_interpreter,
    read_own,
    read_pyvenv,
)
from pinwise.formats.python_names import names_a_python
from pinwise.model.environment import LOWEST, Environment
from pinwise.model.errors import TargetError

MOST_MICRO = 100
"""How many bug-fix releases of a Python are tried for one that a requirement does not exclude."""

_PLAIN = re.compile(r"\d+\.\d+(\.\d+)?(\.\*)?")
_BOUND = re.compile(r"(?:===?|~=|>=?)(\d+\.\d+(?:\.\d+)?)(?:\.\*)?")


@dataclass(frozen=True, slots=True)
class Clues:
    """Everything that may name the target.

    Attributes:
        folder: The project's folder.
        python, platform: As the user declared them: the name of a Python, or the path or command of an
            interpreter; a platform tag.
        python_origin, platform_origin: Where the user declared them, in words.
        requires_python: What the manifest requires, as written.
        manifest: The file that says so, as the user named it.
        is_of_manifest: Whether the folder's virtual environment and version file are another project's, as
            for a script, so that the manifest counts first.
        virtual_env: The activated virtual environment.
        search_path: Where commands are searched.
    """

    folder: Path
    python: str | None = None
    platform: str | None = None
    python_origin: str = "declared"
    platform_origin: str = "declared"
    requires_python: str | None = None
    manifest: str = ""
    is_of_manifest: bool = False
    virtual_env: Path | None = None
    search_path: str = os.defpath


@dataclass(frozen=True, slots=True)
class Found:
    """The Python that was chosen: its name, where that comes from, and the interpreter if one was run."""

    version: str
    origin: str
    interpreter: Interpreter | None = None


def choose_environment(clues: Clues) -> Environment:
    """Return the target of the first source that names one; `Environment.origins` says which.

    Raises:
        TargetError: What a source names does not exist, or nothing names a platform and it cannot be
            detected.
    """
    python = choose_python(clues)
    machine = python.interpreter
    if clues.platform is not None:
        platform, origin = clues.platform, clues.platform_origin
        build = Build(abi_flags=None if machine is None else machine.build.abi_flags)
    else:
        own = read_own() if machine is None else machine
        platform, origin = own.require_platform(), "detected: this machine"
        build = own.build if machine is not None else replace(own.build, abi_flags=None)
    environment = declare(python.version, platform, build=build)
    if clues.platform not in (None, environment.platform):
        origin = f"{origin} as `{clues.platform}`"
    return replace(environment, origins={"python": python.origin, "platform": origin})


def choose_python(clues: Clues) -> Found:
    """Return the Python of the first source that names one.

    Raises:
        TargetError: The source that names it names none that exists.
    """
    sources: tuple[Callable[[Clues], Found | None], ...] = (
        _from_user,
        *([_from_manifest] if clues.is_of_manifest else []),
        _from_virtual_environment,
        _from_version_file,
        _from_manifest,
        _from_search_path,
    )
    for source in sources:
        if found := source(clues):
            return found
    own = read_own()
    return Found(own.version, "detected: pinwise's own interpreter", own)


def _from_user(clues: Clues) -> Found | None:
    if clues.python is None:
        return None
    if names_a_python(clues.python):
        return Found(clues.python, clues.python_origin)
    from shutil import which  # noqa: PLC0415  # 2 ms, where Python is looked for

    command = which(os.path.expanduser(clues.python), path=clues.search_path)  # noqa: PTH111  # a text
    if command is None:
        raise TargetError(
            f"there is no interpreter `{clues.python[:200]}`",
            hint="give a version (`--python 3.12`) or the path of an interpreter",
        )
    interpreter = read_interpreter(Path(command))
    return Found(interpreter.version, f"{clues.python_origin}: `{command}`", interpreter)


def _from_virtual_environment(clues: Clues) -> Found | None:
    for folder, name in _virtual_environments(clues):
        if version := read_pyvenv(folder):
            return Found(version, f"detected: the project's virtual environment `{name}`")
    return None


def _virtual_environments(clues: Clues) -> Iterator[tuple[Path, str]]:
    """Yield the project's virtual environments with their names for people."""
    active = clues.virtual_env
    if active is not None and belongs_to(active, clues.folder):
        yield active, str(active)
    yield clues.folder / ".venv", ".venv"


def belongs_to(virtual_env: Path, folder: Path) -> bool:
    """Whether an activated environment is the project's: inside its folder, or linked to it by pipenv."""
    project = os.path.realpath(folder)
    if os.path.realpath(virtual_env).startswith(os.path.join(project, "")):  # noqa: PTH118  # a prefix
        return True
    try:
        linked = (virtual_env / ".project").read_text(encoding="utf-8", errors="replace")[:4096].strip()
    except OSError:
        return False
    return bool(linked) and "\0" not in linked and os.path.realpath(linked) == project


def _from_version_file(clues: Clues) -> Found | None:
    file = clues.folder / ".python-version"
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    named = parse_python_version_file(text[:20_000], ".python-version")
    return None if named is None else Found(named[0], f"`.python-version`, line {named[1]}")


def _from_manifest(clues: Clues) -> Found | None:
    """Take an exact version, or the lower bound of a specifier; ``*`` and a bare ``3`` name none."""
    version = _lower_bound(clues.requires_python or "")
    if version is None:
        return None
    if _is_exact(clues.requires_python or ""):
        return Found(version, f"required by `{clues.manifest}`")
    return Found(
        version,
        f"{LOWEST} `requires-python` of `{clues.manifest}` allows; for the interpreter at hand: "
        "`--python python3`",
    )


def _is_exact(required: str) -> bool:
    """Whether a requirement names a Python, and no range of them."""
    return _PLAIN.fullmatch(required.strip()) is not None or "==" in required


def _lower_bound(required: str) -> str | None:
    """Return the lowest Python that a requirement admits, as far as its bounds name a minor version.

    >>> _lower_bound("3.11"), _lower_bound("<4,>=3.9"), _lower_bound(">3.8"), _lower_bound("~=3.10.4")
    ('3.11', '3.9', '3.8.1', '3.10.4')
    >>> _lower_bound(">=3.9,!=3.9.0,!=3.9.1"), _lower_bound(">=3"), _lower_bound("!=3.9.*")
    ('3.9.2', None, None)
    """
    text = required.strip()
    if _PLAIN.fullmatch(text):
        return text.removesuffix(".*")
    try:
        specifiers = SpecifierSet(text)
    except InvalidSpecifier:
        return None
    found = [_BOUND.fullmatch(f"{each.operator}{each.version}") for each in specifiers]
    bounds = sorted((match[1] for match in found if match is not None), key=Version)
    if not bounds:
        return None
    minor = ".".join(bounds[-1].split(".")[:2])
    first = Version(bounds[-1])
    micros = (f"{minor}.{micro}" for micro in range(first.micro, first.micro + MOST_MICRO))
    admitted = (each for each in (bounds[-1], *micros) if specifiers.contains(each, prereleases=True))
    return next(admitted, bounds[-1])


def _from_search_path(clues: Clues) -> Found | None:
    from shutil import which  # noqa: PLC0415  # as above

    command = which("python3", path=clues.search_path)
    if command is None:
        return None
    try:
        interpreter = read_interpreter(Path(command))
    except TargetError:
        if sys.platform == "win32":  # a stub that opens the shop where no Python is installed
            return None
        raise
    return Found(interpreter.version, f"detected: `python3` on the search path, `{command}`", interpreter)

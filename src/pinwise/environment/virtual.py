"""The virtual environment of a project: which one it is, and where in it things are."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pinwise.environment.choose import belongs_to
from pinwise.environment.declare import declare
from pinwise.environment.detect import PROBE_SECONDS, parse_pyvenv, read_interpreter, read_own
from pinwise.formats.python_names import Python, parse_python
from pinwise.model.environment import Environment
from pinwise.model.errors import TargetError
from pinwise.model.installed import Installation

USUAL_NAME = ".venv"
"""The folder in a project's folder that holds its virtual environment."""

_PROGRAMS = ("bin/python", "bin/python3", "bin/pypy3", "Scripts/python.exe")
_SITES = "import json, sysconfig; print(json.dumps([sysconfig.get_path(n) for n in ('purelib', 'platlib')]))"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Everything that says which environment is meant.

    Attributes:
        folder: The project's folder.
        python: An interpreter or the folder of a virtual environment that the user named.
        virtual_env: The activated virtual environment.
        search_path: Where commands are searched.
        is_script: Whether the manifest is a script, whose folder may hold another project's environment.
    """

    folder: Path
    python: str | None = None
    virtual_env: Path | None = None
    search_path: str = os.defpath
    is_script: bool = False


def find_installation(where: Whereabouts, *, own_prefix: str) -> Installation | None:
    """Return the environment that is meant, None where the project has none yet.

    That is what the user names, else the activated virtual environment, unless it is another project's and
    this one has its own, else ``.venv`` in the project's folder.

    Raises:
        TargetError: What is named or found is none.
    """
    found = _find(where)
    if found is None:
        return None
    prefix = found.python.parent.parent
    return replace(found, is_own=os.path.realpath(prefix) == os.path.realpath(own_prefix))


def _find(where: Whereabouts) -> Installation | None:
    if where.python is not None:
        return _named(where.python, where.search_path)
    active = where.virtual_env if where.virtual_env and _is_virtual(where.virtual_env) else None
    usual = where.folder / USUAL_NAME
    has_usual = not where.is_script and _is_virtual(usual)
    if active is not None and (not has_usual or belongs_to(active, where.folder)):
        return read_installation(active, "the activated virtual environment")
    if has_usual:
        found = read_installation(usual, "the project's virtual environment")
        return replace(found, passed_by="" if active is None else str(active))
    if not where.is_script and os.path.lexists(usual):
        raise TargetError(
            f"`{usual}` is no virtual environment: it has no `pyvenv.cfg`",
            hint="move it away, or name an environment with `--python`",
        )
    return None


def _is_virtual(folder: Path) -> bool:
    return (folder / "pyvenv.cfg").is_file()


def _named(python: str, search_path: str) -> Installation:
    """Return what ``--python`` names."""
    path = Path(os.path.expanduser(python))  # noqa: PTH111  # a text, and never fails
    origin = "declared with `--python`"
    if path.is_dir():
        if not _is_virtual(path):
            raise TargetError(
                f"`{python}` is no virtual environment: it has no `pyvenv.cfg`",
                hint="name a virtual environment or an interpreter",
            )
        return read_installation(path, origin)
    command = shutil.which(path, path=search_path)
    if command is None:
        raise TargetError(
            f"there is no interpreter `{python[:200]}`",
            hint="give the path of an interpreter or of a virtual environment",
        )
    prefix = Path(command).absolute().parent.parent
    if _is_virtual(prefix):
        return replace(read_installation(prefix, origin), name=python)
    return Installation(python, Path(command), _sites_of(Path(command)), "", origin, is_virtual=False)


def read_installation(folder: Path, origin: str) -> Installation:
    """Read the layout of a virtual environment; nothing of it is run.

    Raises:
        TargetError: It is not whole.
    """
    try:
        text = (folder / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace")[:20_000]
    except OSError as error:
        raise TargetError(
            f"`{folder}` cannot be read: {(error.strerror or '').lower()}",
            hint="allow reading it, or name another environment with `--python`",
        ) from None
    version = parse_pyvenv(text, str(folder / "pyvenv.cfg")) or ""
    programs = [folder / name for name in _PROGRAMS if os.path.lexists(folder / name)]
    if not programs:
        raise TargetError(
            f"the virtual environment `{folder}` has no interpreter",
            hint="remove it, and `pinwise install` makes it anew",
        )
    flags = {key.strip().lower(): value.strip().lower() for key, _, value in _pairs(text)}
    return Installation(
        name=str(folder),
        python=programs[0].absolute(),
        sites=_distinct(_site_folders(folder, version)),
        version=version,
        origin=origin,
        sees_system=flags.get("include-system-site-packages") == "true",
    )


def _pairs(text: str) -> Iterator[tuple[str, str, str]]:
    return (line.partition("=") for line in text.splitlines())


def _site_folders(folder: Path, version: str) -> Iterator[Path]:
    yield folder / "Lib" / "site-packages"  # Windows
    yield folder / "site-packages"  # PyPy before 3.8
    names = _library_names(version)
    for library in (folder / "lib", folder / "lib64"):
        for name in names:
            yield library / name / "site-packages"
        if not names and library.is_dir():
            yield from sorted(library.glob("*/site-packages"))


def _library_names(version: str) -> tuple[str, ...]:
    """Return how the folders of a Python's libraries may be called."""
    if not version:
        return ()
    try:
        python = parse_python(version)
    except TargetError:
        return ()
    minor = f"{python.version.major}.{python.version.minor}"
    if python.implementation == "pypy":
        return (f"pypy{minor}",)
    return (f"python{minor}", f"python{minor}t")


def _distinct(folders: Iterable[Path]) -> tuple[Path, ...]:
    real = {os.path.realpath(folder): folder for folder in reversed([*folders]) if folder.is_dir()}
    return tuple(reversed(real.values()))


def _sites_of(python: Path) -> tuple[Path, ...]:
    """Ask an interpreter outside of any virtual environment where its packages are.

    Raises:
        TargetError: It does not say.
    """
    try:
        answer = subprocess.run(  # noqa: S603  # the interpreter that the user named
            [os.fspath(python), "-I", "-S", "-c", _SITES],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=PROBE_SECONDS,
        )
        places = json.loads(answer.stdout)
        return _distinct(Path(str(place)) for place in places)
    except (OSError, ValueError, TypeError, RecursionError, subprocess.SubprocessError):
        raise TargetError(
            f"the interpreter `{python}` does not say where its packages are",
            hint="name a virtual environment",
        ) from None


def describe(installation: Installation) -> Environment:
    """Return the environment that an installation is, from its files; it is run only where they do not tell.

    Raises:
        TargetError: It is none that a stack can be made for.
    """
    if not installation.version:
        return ask(installation)
    own = read_own()
    build = replace(own.build, abi_flags=None)
    return declare(installation.version, own.require_platform(), build=build)


def ask(installation: Installation) -> Environment:
    """Return the environment that the interpreter of an installation says it is.

    Raises:
        TargetError: It cannot be run, or is none that a stack can be made for.
    """
    try:
        found = read_interpreter(installation.python)
    except TargetError as error:
        hint = "name another interpreter with `--python`"
        if installation.is_virtual:
            hint = f"is `{installation.name}` whole? remove it, and `pinwise install` makes it anew"
        raise TargetError(error.message, hint=hint) from None
    return declare(found.version, found.require_platform(), build=found.build)


def find_interpreter(python: str, search_path: str, *, own: str) -> str | None:
    """Return the path of an interpreter by the name of its Python: on the search path, else our own.

    Args:
        python: ``3.12``, ``3.12.4``, ``3.14t``, ``pypy3.11``; two numbers stand for every bug-fix release.
        search_path: Where commands are searched.
        own: The interpreter that runs pinwise.
    """
    wanted = parse_python(python)
    minor = f"{wanted.version.major}.{wanted.version.minor}"
    stem = "pypy" if wanted.implementation == "pypy" else "python"
    names = (f"{stem}{minor}{'t' if wanted.is_free_threaded else ''}", f"{stem}3", stem)
    paths = [shutil.which(name, path=search_path) for name in names]
    for path in dict.fromkeys([*paths, own]):
        if path is not None and _is_python(path, wanted, python):
            return path
    return None


def _is_python(path: str, wanted: Python, name: str) -> bool:
    try:
        found = read_interpreter(Path(path))
        python = parse_python(found.version)
    except TargetError:
        return False
    parts = 3 if name.count(".") > 1 else 2
    return (
        python.version.release[:parts] == wanted.version.release[:parts]
        and python.implementation == wanted.implementation
        and wanted.is_free_threaded == ("t" in (found.build.abi_flags or ""))
    )

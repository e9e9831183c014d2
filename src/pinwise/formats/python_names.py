"""A Python from its name: implementation, version, and whether it is free-threaded. No I/O."""

import re
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

from pinwise.formats.entries import shown
from pinwise.model.errors import TargetError

OLDEST_PYTHON = (3, 6)
NEWEST_PYTHON = (3, 15)
NEWEST_PYPY = (3, 11)
OLDEST_FREE_THREADED = (3, 13)

PYPY_ABI = "pp73"
"""All releases of PyPy 7.3 have one ABI; wheels are made for none other."""

OLDEST_OF_PYPY_ABI = "7.3.0"

_NAME = re.compile(
    r"""(?:(?P<implementation>cpython|pypy)-?)?
        (?P<version>\d{1,3}(?:\.\d{1,3}){1,2}(?:(?:a|b|rc)\d{1,3})?)
        (?P<flag>t|\+freethreaded)?
        (?:-(?P<own>\d{1,3}(?:\.\d{1,3}){1,2}))?""",
    re.VERBOSE,
)
_TAG = re.compile(r"(?P<implementation>cp|pp)(?P<major>\d)(?P<minor>\d{1,2})(?P<flag>t?)")
_LOOKS_LIKE_A_NAME = re.compile(r"\d[\w.+]*|(?:cpython|pypy)-?\d+\.[\w.+-]*")

_HINT = "say for example `--python 3.12`, `--python 3.14t` (free-threaded) or `--python pypy3.11`"


@dataclass(frozen=True, slots=True)
class Python:
    """A Python that a stack can be made for.

    Attributes:
        version: The full version of the language (``X.Y.Z``).
        implementation: As `sys.implementation.name` says it: "cpython" or "pypy".
        own_version: The version of the implementation itself: for CPython the same.
        is_free_threaded: Whether it has no global lock (PEP 703), which gives it an ABI of its own.
    """

    version: Version
    implementation: str
    own_version: str
    is_free_threaded: bool = False


def names_a_python(text: str) -> bool:
    """Whether `text` has the form of a Python's name (``3.12``, ``pypy3.11``), not of a command or path."""
    text = text.strip()
    return _TAG.fullmatch(text) is not None or _LOOKS_LIKE_A_NAME.fullmatch(text) is not None


def parse_python(text: str) -> Python:
    """Return the Python that a name stands for; ``X.Y`` means ``X.Y.0``.

    Understood are versions (``3.12``, ``3.12.4``), ``t`` behind them for free-threaded builds (``3.14t``),
    ``pypy3.11``, ``cpython-3.12.1``, the tags ``cp312``, ``cp314t`` and ``pp311``, and pyenv's
    ``pypy3.11-7.3.20``.

    Raises:
        TargetError: It names none that pinwise knows.
    """
    text = text.strip()
    implementation, version, is_free_threaded, own = _split(text)
    newest = NEWEST_PYPY if implementation == "pypy" else NEWEST_PYTHON
    if not OLDEST_PYTHON <= version.release[:2] <= newest:
        name = "PyPy" if implementation == "pypy" else "Python"
        raise TargetError(
            f"{name} `{version}` is not among the targets: CPython {_dotted(OLDEST_PYTHON)} to "
            f"{_dotted(NEWEST_PYTHON)}, PyPy {_dotted(OLDEST_PYTHON)} to {_dotted(NEWEST_PYPY)}",
            hint=_HINT,
        )
    if is_free_threaded and (implementation == "pypy" or version.release[:2] < OLDEST_FREE_THREADED):
        raise TargetError(
            f"`{shown(text, 60)}`: only CPython {_dotted(OLDEST_FREE_THREADED)} and newer are free-threaded",
            hint=_HINT,
        )
    full = version if len(version.release) > 2 else Version(_with_micro(version))  # noqa: PLR2004  # X.Y.Z
    own_version = (own or OLDEST_OF_PYPY_ABI) if implementation == "pypy" else str(full)
    return Python(full, implementation, own_version, is_free_threaded)


def _split(text: str) -> tuple[str, Version, bool, str | None]:
    if tag := _TAG.fullmatch(text):
        implementation = "pypy" if tag["implementation"] == "pp" else "cpython"
        return implementation, Version(f"{tag['major']}.{tag['minor']}"), bool(tag["flag"]), None
    match = _NAME.fullmatch(text)
    implementation = "cpython" if match is None else match["implementation"] or "cpython"
    if match is None or (match["own"] and implementation != "pypy"):
        raise TargetError(f"`{shown(text, 60)}` is not a Python version", hint=_HINT)
    try:
        version = Version(match["version"])
    except InvalidVersion:
        raise TargetError(f"`{shown(text, 60)}` is not a Python version", hint=_HINT) from None
    return implementation, version, match["flag"] is not None, match["own"]


def _dotted(pair: tuple[int, int]) -> str:
    return f"{pair[0]}.{pair[1]}"


def _with_micro(version: Version) -> str:
    """Return ``X.Y`` as ``X.Y.0``, what follows the release (``rc1``) included."""
    release = f"{version.major}.{version.minor}"
    return f"{release}.0{str(version).removeprefix(release)}"

"""For which target a lock was made, where it says so."""

import re

from pinwise.formats.entries import shown
from pinwise.formats.lock_origin import own_table
from pinwise.formats.requirements import OWN_LOCK
from pinwise.formats.requirements_lock import target_words
from pinwise.model.environment import Environment
from pinwise.model.lock import LockFormat, LockTarget

_FOR = f"{OWN_LOCK} for "
_HEADER = re.compile(
    re.escape(OWN_LOCK) + r" for (?P<name>Python|PyPy) (?P<python>\d{1,3}\.\d{1,3})"
    r"(?P<kind>, free-threaded)?, (?P<platform>[\w.]{1,80})\s"
)
_PYTHON = re.compile(r"\d{1,3}\.\d{1,3}(\.\w{1,20})*")
_WORD = re.compile(r"[\w.]{1,80}")


def other_target(text: str, form: LockFormat, environment: Environment) -> str:
    """Return in words for what a lock was made; "" where it does not say, or for this very environment.

    A bug-fix release of Python makes no other target: a lock outlives it.
    """
    if form is LockFormat.REQUIREMENTS:
        first = text.partition("\n")[0].strip()
        made = first.removeprefix(_FOR) if first.startswith(_FOR) else ""
        return "" if made in ("", target_words(environment)) else shown(made, 200)
    return _of_pylock(text, environment) if form is LockFormat.PYLOCK else ""


def _of_pylock(text: str, environment: Environment) -> str:
    match own_table(text).get("environment"):
        case {"python": str(python), "platform": str(platform), "implementation": str(kind), **more}:
            name = {"pypy": "PyPy"}.get(kind, "Python")
            free = ", free-threaded" if "t" in str(more.get("abi_flags", "")) else ""
            made = f"{name} {'.'.join(python.split('.')[:2])}{free}, {platform}"
            return "" if made == target_words(environment) else shown(made, 200)
        case _:
            return ""


def read_lock_target(text: str, format: LockFormat) -> LockTarget | None:  # noqa: A002  # the plain word
    """Return the target of a lock that pinwise wrote; None for other locks and for a `Pipfile.lock`."""
    match format:
        case LockFormat.PYLOCK:
            return _from_pylock(text)
        case LockFormat.REQUIREMENTS:
            return _from_header(text)
        case LockFormat.PIPFILE_LOCK:
            return None


def _from_header(text: str) -> LockTarget | None:
    found = _HEADER.match(text)
    if found is None:
        return None
    implementation = "pypy" if found["name"] == "PyPy" else "cpython"
    return LockTarget(found["python"], implementation, found["platform"], found["kind"] is not None)


def _from_pylock(text: str) -> LockTarget | None:
    match own_table(text).get("environment"):
        case {
            "python": str(python),
            "implementation": str(implementation),
            "platform": str(platform),
            **others,
        } if _PYTHON.fullmatch(python) and _WORD.fullmatch(platform) and _WORD.fullmatch(implementation):
            return LockTarget(python, implementation, platform, "t" in str(others.get("abi_flags", "")))
        case _:
            return None

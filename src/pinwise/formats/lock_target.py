"""For which target a lock was made, where it says so."""

from pinwise.formats.entries import shown
from pinwise.formats.lock_origin import own_table
from pinwise.formats.requirements import OWN_LOCK
from pinwise.formats.requirements_lock import target_words
from pinwise.model.environment import Environment
from pinwise.model.lock import LockFormat

_FOR = f"{OWN_LOCK} for "


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

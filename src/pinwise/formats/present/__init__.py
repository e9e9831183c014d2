"""Read the locks that are there, those of other tools too, to a `PresentLock`."""

from collections.abc import Callable, Mapping

from pinwise.formats.present import pipfile_lock, poetry, pylock, requirements, uv
from pinwise.model.errors import ManifestError
from pinwise.model.lock import AnyFormat, ForeignFormat, LockFormat, PresentLock

__all__ = ["MOST_CHARACTERS", "READERS", "read_lock"]

MOST_CHARACTERS = 8 * 1024 * 1024
"""The longest lock that is read."""

READERS: Mapping[AnyFormat, Callable[[str, str], PresentLock]] = {
    LockFormat.PYLOCK: pylock.read_pylock,
    LockFormat.PIPFILE_LOCK: pipfile_lock.read_pipfile_lock,
    LockFormat.REQUIREMENTS: requirements.read_requirements_lock,
    ForeignFormat.UV: uv.read_uv_lock,
    ForeignFormat.POETRY: poetry.read_poetry_lock,
}
"""The reader of each format: from text and file name to values."""


def read_lock(text: str, format: AnyFormat, *, file: str = "") -> PresentLock:  # noqa: A002  # the plain word
    """Return what a lock says.

    Args:
        text: Its text.
        format: Its kind.
        file: Its name as the user wrote it, for messages; the name of the format unless given.

    Raises:
        ManifestError: It is broken, of a version that is not known, or breaks a limit; with file, and line
            where that is known.
    """
    file = file or format.value
    if len(text) > MOST_CHARACTERS:
        raise ManifestError(f"this file is longer than {MOST_CHARACTERS:,} characters", file=file)
    return READERS[format](text, file)

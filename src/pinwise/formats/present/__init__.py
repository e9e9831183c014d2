"""Read the locks that are there, those of other tools too, to a `PresentLock`."""

from collections.abc import Callable, Mapping

from pinwise.model.errors import ManifestError
from pinwise.model.lock import AnyFormat, ForeignFormat, LockFormat, PresentLock

__all__ = ["MOST_CHARACTERS", "READERS", "read_lock", "read_pins"]

MOST_CHARACTERS = 8 * 1024 * 1024
"""The longest lock that is read."""


def _pylock(text: str, file: str) -> PresentLock:
    from pinwise.formats.present.pylock import read_pylock  # noqa: PLC0415  # of five kinds one is read

    return read_pylock(text, file)


def _pipfile_lock(text: str, file: str) -> PresentLock:
    from pinwise.formats.present.pipfile_lock import read_pipfile_lock  # noqa: PLC0415

    return read_pipfile_lock(text, file)


def _requirements(text: str, file: str) -> PresentLock:
    from pinwise.formats.present.requirements import read_requirements_lock  # noqa: PLC0415

    return read_requirements_lock(text, file)


def _uv(text: str, file: str) -> PresentLock:
    from pinwise.formats.present.uv import read_uv_lock  # noqa: PLC0415

    return read_uv_lock(text, file)


def _poetry(text: str, file: str) -> PresentLock:
    from pinwise.formats.present.poetry import read_poetry_lock  # noqa: PLC0415

    return read_poetry_lock(text, file)


READERS: Mapping[AnyFormat, Callable[[str, str], PresentLock]] = {
    LockFormat.PYLOCK: _pylock,
    LockFormat.PIPFILE_LOCK: _pipfile_lock,
    LockFormat.REQUIREMENTS: _requirements,
    ForeignFormat.UV: _uv,
    ForeignFormat.POETRY: _poetry,
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


def read_pins(text: str, format: AnyFormat, *, file: str = "") -> PresentLock:  # noqa: A002  # as above
    """Return what a lock pins: as `read_lock`, but files, digests and requirements may be left out."""
    if format is LockFormat.PYLOCK and len(text) <= MOST_CHARACTERS:
        from pinwise.formats.present.own_pylock import read_own_pins  # noqa: PLC0415  # of this kind only

        own = read_own_pins(text, file or format.value)
        if own is not None:
            return own
    return read_lock(text, format, file=file)

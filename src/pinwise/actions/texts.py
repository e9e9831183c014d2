"""Read texts that the user named, under a limit."""

from pathlib import Path

from pinwise.formats.entries import shown
from pinwise.model.errors import ManifestError

MOST_BYTES = 8 * 1024 * 1024
"""The longest text that is read: a manifest, ``pyproject.toml`` or ``PKG-INFO``."""


def read_text(path: Path, file: str, *, asked_by: tuple[str, int | None] | None = None) -> str:
    """Return the text of a file that the user named, directly or in a manifest.

    Args:
        path: The file.
        file: Its name as the user wrote it, for messages.
        asked_by: File and line that name it, where it is not the command line.

    Raises:
        ManifestError: It does not exist, cannot be read, is too large, or is not UTF-8.
    """
    return decoded(read_bytes(path, file, asked_by=asked_by), file)


def read_bytes(path: Path, file: str, *, asked_by: tuple[str, int | None] | None = None) -> bytes:
    """Return the content of a file that the user named; arguments and errors are those of `read_text`."""
    where, line = asked_by or (None, None)
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise ManifestError(
            f"`{shown(file)}` does not exist",
            file=where,
            line=line,
            hint="is the path spelt as it is on disk?",
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a path"
        raise ManifestError(
            f"`{shown(file)}` cannot be read: {reason}",
            file=where,
            line=line,
            hint="is it a file that you may read?",
        ) from None
    if len(content) > MOST_BYTES:
        raise ManifestError(f"`{shown(file)}` is larger than {MOST_BYTES:,} bytes", file=where, line=line)
    return content


def decoded(content: bytes, file: str) -> str:
    """Return the text of a file, or raise a `ManifestError` with the line that is not UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ManifestError(
            "this file is not UTF-8",
            file=file,
            line=content.count(b"\n", 0, error.start) + 1,
            hint="save it as UTF-8, whatever its first lines say about its encoding",
        ) from None

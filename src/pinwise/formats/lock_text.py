"""What every kind of lock needs of a pin: files that can be verified, markers that hold, clean text."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from pinwise.model.errors import OutputError
from pinwise.model.facts import File
from pinwise.model.outcome import Pin
from pinwise.model.request import Index, Request

# Everything between `://` and the last `@` of the host part.
_CREDENTIALS = re.compile(r"(?<=://)[^/?#\s]*@")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # UTC, said by the Z
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def without_credentials(text: str) -> str:
    """Return `text` with the user and password of every URL in it removed.

    URLs come in clean (`pinwise.model.request.Index`); this is the last gate before something is written.
    """
    return _CREDENTIALS.sub("", text)


def one_line(text: str) -> str:
    """Return `text` fit for one line of a lock: no control characters or lone surrogates, no credentials."""
    return without_credentials(_CONTROL.sub(" ", text)).encode(errors="replace").decode().strip()


def utc_time(seconds: int) -> str:
    """Return a time given in seconds since 1970 as TOML and JSON have it: ``2024-01-02T03:04:05Z``."""
    return (_EPOCH + timedelta(seconds=seconds)).isoformat() + "Z"


def is_url(path: str) -> bool:
    """Whether a place is a URL, not a path."""
    return "://" in path


def verifiable_files(pin: Pin) -> tuple[File, ...]:
    """Return the files of `pin` that have a digest, by name.

    Raises:
        OutputError: There is none, so that nothing could be verified at installation.
    """
    files = sorted((file for file in pin.files if file.sha256 is not None), key=lambda file: file.filename)
    if not files:
        raise OutputError(
            f"`{pin.name}=={pin.version}` cannot be locked: `{one_line(pin.index)}` gives no SHA-256 for it",
            hint="use an index that lists digests, or bind the project to one",
        )
    return tuple(files)


def digests(pin: Pin) -> tuple[str, ...]:
    """Return ``sha256:…`` of everything that may be installed for `pin`, sorted; none for a folder.

    Raises:
        OutputError: `pin` comes from an index that gives no digest for it.
    """
    if pin.local is not None:
        return () if pin.local.sha256 is None else (f"sha256:{pin.local.sha256}",)
    return tuple(sorted({f"sha256:{file.sha256}" for file in verifiable_files(pin)}))


def portable_marker(pin: Pin, request: Request) -> str | None:
    """Return the marker under which `pin` is needed, None if it always is.

    A marker in the manifest speaks for its own line alone: where another project or a line without a marker
    asks for the pin too, it is needed whatever that marker says.
    """
    if any(edge.name is not None for edge in pin.requested_by):
        return None
    markers = [direct.requirement.marker for direct in request.direct if direct.name == pin.name]
    if None in markers:
        return None
    different = tuple(dict.fromkeys(str(marker) for marker in markers))
    return (
        " or ".join(f"({marker})" for marker in different)
        if len(different) > 1
        else "".join(different) or None
    )


def serving_indexes(indexes: Iterable[Index], pins: Iterable[Pin]) -> tuple[Index, ...]:
    """Return the indexes that serve a pin: those of the request in their order, then any others by URL."""
    served = {pin.index for pin in pins if pin.local is None}
    known = tuple(index for index in indexes if index.url in served)
    others = sorted(served - {index.url for index in known})
    return known + tuple(Index(url) for url in others)

"""Small rules of the web that pinwise keeps: origins, certificates, redirections, Retry-After. No I/O."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from pinwise.model.request import Index

_PORTS = {"http": 80, "https": 443}


class WebOrigin(NamedTuple):
    """What credentials belong to, and connections are counted by."""

    scheme: str
    host: str
    port: int


def origin_of(url: str) -> WebOrigin | None:
    """Return the origin of an http(s) address, None if it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or not parts.hostname:
        return None
    return WebOrigin(scheme, parts.hostname.lower(), port or _PORTS[scheme])


def is_unverified(index: Index, url: str) -> bool:
    """Whether the manifest asked not to check the certificate of this address: of the index's host only."""
    origin, own = origin_of(url), origin_of(index.url)
    return not index.verify_ssl and origin is not None and own is not None and origin.host == own.host


def next_place(url: str, location: str) -> str | None:
    """Return where a redirection leads; None where it must not be followed.

    The scheme stays, or becomes the safer one.
    """
    try:
        place = urljoin(url, location.strip()).partition("#")[0]
    except ValueError:
        return None
    before, after = origin_of(url), origin_of(place)
    if before is None or after is None or "@" in urlsplit(place).netloc:
        return None
    return place if after.scheme in (before.scheme, "https") else None


def wait_asked(header: str | None, now: datetime, *, at_most: float) -> float | None:
    """Return the seconds that a Retry-After header asks for, None if it asks for none."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), at_most)
    try:
        time = parsedate_to_datetime(text[:60])
    except (ValueError, OverflowError):
        return None
    seconds = ((time if time.tzinfo else time.replace(tzinfo=UTC)) - now).total_seconds()
    return max(0.0, min(seconds, at_most))

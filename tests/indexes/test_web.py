"""Origins, certificates, redirections and Retry-After."""

from datetime import UTC, datetime

import pytest

from pinwise.indexes.web import is_unverified, next_place, origin_of, wait_asked
from pinwise.model.request import Index

INDEX = Index("https://index.example/simple", secret="https://us%40er:wo%3Ard@index.example/simple")
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def test_certificates() -> None:
    """`verify_ssl = false` holds for the host of that index only."""
    index = Index("https://index.example:8443/simple", verify_ssl=False)
    assert is_unverified(index, "https://index.example/files/x")
    assert not is_unverified(index, "https://files.example/x")
    assert not is_unverified(INDEX, "https://index.example/x")


@pytest.mark.parametrize(
    ("url", "location", "place"),
    [
        ("https://a.example/x/", "../y#z", "https://a.example/y"),
        ("https://a.example/x", "https://b.example/y", "https://b.example/y"),
        ("http://a.example/x", "https://a.example/x", "https://a.example/x"),
        ("https://a.example/x", "http://a.example/x", None),
        ("http://a.example/x", "file:///etc/passwd", None),
        ("https://a.example/x", "https://user:word@b.example/", None),
        ("https://a.example/x", "https://[b/", None),
        ("https://a.example/x", "ftp://a.example/", None),
    ],
)
def test_redirections(url: str, location: str, place: str | None) -> None:
    """A redirection stays on its scheme or goes to the safer one, and brings no credentials."""
    assert next_place(url, location) == place


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("7", 7),
        ("86400", 60),
        ("9" * 5000, 60),
        ("Sun, 01 Nov 2026 00:00:30 GMT", 30),
        ("Sun, 01 Nov 2026 00:00:30", 30),
        ("Sat, 31 Oct 2026 00:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 60),
        ("soon", None),
        ("-5", None),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    """Retry-After is a number of seconds or a date, and never longer than the cap."""
    assert wait_asked(header, NOW, at_most=60) == seconds


@pytest.mark.parametrize("url", ["file:///x", "https://", "https://[x", "https://x:port/", "ftp://x/"])
def test_no_origin(url: str) -> None:
    """What is no address on the web has no origin."""
    assert origin_of(url) is None

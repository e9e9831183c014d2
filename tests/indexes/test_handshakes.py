"""Before the first word of HTTP: indexes and proxies that break off, drip or shout as a connection begins."""

import time
from dataclasses import replace

import pytest

from pinwise.indexes.flows import Fetch, Flow
from pinwise.indexes.transport import Transport, TransportSettings
from pinwise.model.errors import IndexFailure
from pinwise.model.limits import Limits
from pinwise.model.request import Index
from support.fault_server import FaultServer, Line, Play

LIMITS = Limits(retries=0, backoff=0.01, connect_timeout=0.3, read_timeout=0.3, fetch_timeout=0.6)
LONGEST = 2.0
RECORD = b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03"
"""The beginning of a long answer to a greeting in TLS."""


def once(fetch: Fetch) -> Flow[bytes]:
    answer = yield fetch
    return answer.read()


def failure(url: str, settings: TransportSettings) -> str:
    """Fetch from an address and return what is said of the failure."""
    started = time.monotonic()
    with Transport(settings) as transport:
        transport.submit("key", Index(url), once(Fetch(url, "the page of `bad`", 1000)))
        ((finished,),) = [batch for batch in transport.results() if batch]
    assert time.monotonic() - started < LONGEST
    assert isinstance(finished.failure, IndexFailure)
    assert str(finished.failure).isprintable()
    return str(finished.failure)


def drip(before: bytes, piece: bytes) -> Play:
    def play(line: Line) -> None:
        line.send(before)
        line.forever(piece, 0.02)

    return play


@pytest.mark.parametrize(
    ("play", "expected"),
    [
        (lambda line: line.silence(), "did not take a connection in time"),
        (lambda line: line.reset(), "cannot be reached"),
        (lambda _: None, "cannot be reached"),
        (lambda line: line.answer(b"no TLS here"), "cannot be reached"),
        (lambda line: line.send(b"\x15\x03\x03\x00\x02\x02\x28"), "cannot be reached"),
        (lambda line: line.send(bytes(range(256)) * 100), "cannot be reached"),
        (drip(RECORD, b"\x01"), "did not take a connection in time"),
        (drip(b"", b"\x16"), "cannot be reached"),
    ],
    ids=["silence", "reset", "closed", "HTTP", "alert", "noise", "drip", "noise that drips"],
)
def test_handshakes(play: Play, expected: str) -> None:
    """A handshake that comes to nothing ends in time, and is a failure of the index."""
    with FaultServer(at_once=play) as server:
        assert expected in failure(
            f"https://{server.host}/simple/bad/", TransportSettings("x", limits=LIMITS)
        )


@pytest.mark.parametrize(
    ("play", "expected"),
    [
        (lambda line: line.silence(), "did not answer in time"),
        (lambda line: line.answer(status="403 No"), "cannot be reached through the proxy (403 No)"),
        (drip(b"HTTP/1.1 200 OK\r\nX: ", b"y"), "took longer than 0.6 seconds"),
        (lambda line: line.send(b"noise\r\n\r\n"), "does not speak HTTP"),
    ],
    ids=["silence", "refusal", "drip", "noise"],
)
def test_proxies(play: Play, expected: str) -> None:
    """A proxy that opens no way ends in time, too."""
    with FaultServer() as proxy:
        proxy.play("index.invalid:443", play)
        settings = TransportSettings("x", proxies={"https://": proxy.root}, limits=LIMITS)
        assert expected in failure("https://index.invalid/simple/bad/", settings)


def test_a_page_that_takes_long_to_read() -> None:
    """What is done with an answer is limited as well; others of the same index get threads of their own."""

    def slow(fetch: Fetch) -> Flow[bytes]:
        answer = yield fetch
        time.sleep(3)
        return answer.read()

    held = replace(LIMITS, connections=100)
    with FaultServer() as server, Transport(TransportSettings("x", limits=held)) as transport:
        server.honest("/x", "text/plain", b"x")
        fetch = Fetch(f"{server.root}/x", "the page of `bad`", 100)
        started = time.monotonic()
        for number in range(20):
            transport.submit(number, Index(server.url), slow(fetch))
        transport.submit("quick", Index(server.url), once(fetch))
        ended = {finished.key: finished for batch in transport.results() for finished in batch}
    assert ended["quick"].result == b"x"
    assert {str(ended[number].failure).partition("` ")[2].partition(",")[0] for number in range(20)} == {
        "took longer than 0.6 seconds"
    }
    assert time.monotonic() - started < 6

"""The transport against an index that fails in every way: what is tried again, what is given up, and when."""

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pinwise.indexes.flows import Answer as Found
from pinwise.indexes.flows import Fetch, Flow
from pinwise.indexes.transport import Finished, Transport, TransportSettings
from pinwise.model.errors import FailureError, IndexFailure, PinwiseError, UsageError
from pinwise.model.limits import Limits
from pinwise.model.request import Index
from support.artifacts import wheel
from support.loopback import Answer, LoopbackIndex

QUICK = Limits(retries=2, backoff=0.01, retry_after=0.05, connect_timeout=2, read_timeout=1, fetch_timeout=5)
BUILT = wheel("flask", "3.0", padding=10_000)
FILE = f"/files/{BUILT.filename}"


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    with LoopbackIndex() as loopback:
        loopback.add(BUILT)
        yield loopback


def once(fetch: Fetch) -> Flow[tuple[Found, bytes]]:
    """Fetch one thing."""
    answer = yield fetch
    return answer, answer.read()


def fetch_of(index: LoopbackIndex, path: str, limit: int = 10**6, **more: Any) -> Fetch:
    return Fetch(f"{index.root}{path}", "the page of `flask`", limit, **more)


def run(fetch: Fetch, limits: Limits = QUICK, *, asked: Index | None = None) -> tuple[Found, bytes]:
    """Fetch one thing and return its answer, or raise its failure."""
    with Transport(TransportSettings("pinwise/test", limits=limits)) as transport:
        transport.submit("key", asked or Index(fetch.url), once(fetch))
        (finished,) = [finished for batch in transport.results() for finished in batch]
    return result(finished)


def result(finished: Finished) -> tuple[Found, bytes]:
    if finished.failure is not None:
        raise finished.failure
    answer, body = finished.result
    assert isinstance(answer, Found)
    assert answer.body.closed
    return answer, body


@contextmanager
def within(seconds: float) -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds


# --- what is sent


def test_who_we_are(index: LoopbackIndex) -> None:
    """Every request says who asks and what it understands."""
    run(fetch_of(index, "/simple/flask/", accept="text/html"))
    (request,) = index.requests
    headers = {name.lower(): value for name, value in request.headers.items()}
    assert headers["user-agent"] == "pinwise/test"
    assert headers["accept"] == "text/html"
    assert headers["accept-encoding"] == "gzip, deflate"


def test_range_and_validators(index: LoopbackIndex) -> None:
    """Ranges and validators are sent, and what comes back is known by its status."""
    answer, body = run(fetch_of(index, FILE, span=(-10, 0), is_file=True))
    assert (answer.status, body) == (206, BUILT.content[-10:])
    answer, body = run(fetch_of(index, FILE, span=(5, 8), is_file=True))
    assert (answer.headers["content-range"], body) == (f"bytes 5-7/{len(BUILT.content)}", BUILT.content[5:8])
    answer, _ = run(fetch_of(index, "/simple/flask/"))
    again, body = run(fetch_of(index, "/simple/flask/", etag=answer.headers["etag"]))
    assert (again.status, body) == (304, b"")


def test_digest(index: LoopbackIndex) -> None:
    """The digest of a file can be had with it, and without keeping it."""
    answer, body = run(fetch_of(index, FILE, is_file=True))
    assert (answer.sha256, body) == (BUILT.sha256, BUILT.content)
    answer, body = run(fetch_of(index, FILE, is_file=True, is_for_digest=True))
    assert (answer.sha256, body) == (BUILT.sha256, b"")


def test_credentials() -> None:
    """Credentials are sent to their own index, appear in no message, and their lack has a hint."""
    with LoopbackIndex(credentials=("user", "w@rd")) as index:
        index.add(BUILT)
        secret = index.url.replace("://", "://user:w%40rd@")
        answer, _ = run(fetch_of(index, "/simple/flask/"), asked=Index(index.url, secret=secret))
        assert answer.status == 200
        with pytest.raises(IndexFailure, match="answered 401") as caught:
            run(fetch_of(index, "/simple/flask/"), asked=Index(index.url, secret=secret.replace("%40", "")))
        assert "password" in (caught.value.hint or "")
        assert "wrd" not in str(caught.value)


def test_credentials_stay_at_home(index: LoopbackIndex) -> None:
    """A redirection to another origin does not take credentials along."""
    with LoopbackIndex() as other:
        other.add(BUILT)
        index.answer("/simple/flask/", Answer(302, headers={"Location": f"{other.url}/flask/"}))
        asked = Index(index.url, secret=index.url.replace("://", "://user:word@"))
        answer, _ = run(fetch_of(index, "/simple/flask/"), asked=asked)
        assert answer.url == f"{other.url}/flask/"
        assert "Authorization" in index.requests[0].headers
        assert "Authorization" not in other.requests[0].headers


def test_cookies_go_nowhere(index: LoopbackIndex) -> None:
    """A cookie that an index sets is sent back to nobody: it would go to another index on the same host."""
    index.answer("/x", Answer(200, headers={"Set-Cookie": "login=secret; Path=/"}))
    with LoopbackIndex() as other, Transport(TransportSettings("x", limits=QUICK)) as transport:
        for key, url in enumerate((f"{index.root}/x", f"{index.root}/x", f"{other.root}/x")):
            transport.submit(key, Index(url), once(Fetch(url, "x", 100)))
            assert [len(batch) for batch in transport.results() if batch] == [1]
        requests = [*index.requests, *other.requests]
    assert len(requests) == 3
    assert not any("cookie" in name.lower() for request in requests for name in request.headers)


# --- passing failures


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 408])
def test_tried_again(index: LoopbackIndex, status: int) -> None:
    """A passing failure is tried again until the retries are used up."""
    index.answer("/simple/flask/", Answer(status, times=2))
    assert run(fetch_of(index, "/simple/flask/"))[0].status == 200
    index.answer("/simple/flask/", Answer(status))
    with pytest.raises(
        IndexFailure, match=rf"`127\.0\.0\.1:\d+` answered {status}, asked for the page of `flask`"
    ):
        run(fetch_of(index, "/simple/flask/"))
    assert index.count("/simple/flask/", status=status) == 2 + 3


@pytest.mark.parametrize("status", [400, 401, 403, 418, 201])
def test_not_tried_again(index: LoopbackIndex, status: int) -> None:
    """What will not pass is not tried again."""
    index.answer("/simple/flask/", Answer(status))
    with pytest.raises(IndexFailure, match=f"answered {status}"):
        run(fetch_of(index, "/simple/flask/"))
    assert len(index.requests) == 1


def test_retry_after(index: LoopbackIndex) -> None:
    """Retry-After is waited for, up to a cap."""
    index.answer("/simple/flask/", Answer(503, times=1, headers={"Retry-After": "86400"}))
    started = time.monotonic()
    run(fetch_of(index, "/simple/flask/"), replace(QUICK, retry_after=0.3))
    assert 0.3 <= time.monotonic() - started < 3


def test_broken_off(index: LoopbackIndex) -> None:
    """A connection that breaks off is tried again, and never taken for a whole answer."""
    body = b"x" * 1000
    index.answer("/x", Answer(200, body, hang_up=True, times=1))
    assert run(fetch_of(index, "/simple/flask/"))[0].status == 200
    index.answer("/x", Answer(200, body, hang_up=True))
    with pytest.raises(IndexFailure, match="broke off"):
        run(fetch_of(index, "/x"))
    assert index.count("/x") == 3


def test_nobody_there() -> None:
    """An index that cannot be reached is named, with the reason."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/simple"
    with pytest.raises(IndexFailure, match="cannot be reached"):
        run(Fetch(f"{url}/flask/", "the page of `flask`", 100))


# --- time and size


def test_silence(index: LoopbackIndex) -> None:
    """An index that says nothing is given up after the read time-out of each attempt."""
    index.answer("/x", Answer(delay=3))
    with within(2.5), pytest.raises(IndexFailure, match="did not answer in time"):
        run(fetch_of(index, "/x"), replace(QUICK, read_timeout=0.2))


def test_dripping_body(index: LoopbackIndex) -> None:
    """An answer that comes byte by byte ends at the deadline, which no read time-out would see."""
    index.answer("/x", Answer(200, b"x" * 200, delay=0.1, drip=True))
    with within(4), pytest.raises(IndexFailure, match=r"took longer than 0\.5 seconds"):
        run(fetch_of(index, "/x"), replace(QUICK, fetch_timeout=0.5))


def test_dripping_headers() -> None:
    """Headers that come byte by byte end shortly after the deadline, and the slot is free again."""
    with _dripping_server() as url, within(8):
        settings = TransportSettings("x", limits=replace(QUICK, fetch_timeout=0.3, connections=1, retries=0))
        with Transport(settings) as transport:
            for key in range(2):
                transport.submit(key, Index(url), once(Fetch(url, "the page of `flask`", 100)))
            ended = [finished for batch in transport.results() for finished in batch]
        assert [str(finished.failure).partition(",")[0].partition("` ")[2] for finished in ended] == [
            "took longer than 0.3 seconds"
        ] * 2


@contextmanager
def _dripping_server() -> Iterator[str]:
    """Serve headers of one byte per tenth of a second, without an end."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)

        def drip(connection: socket.socket) -> None:
            with connection:
                while not stop.wait(0.1):
                    try:
                        connection.sendall(b"H")
                    except OSError:
                        return

        def accept() -> None:
            while not stop.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
                threads.append(threading.Thread(target=drip, args=(connection,)))
                threads[-1].start()

        threads = [threading.Thread(target=accept)]
        threads[0].start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/x"
        stop.set()
        for thread in threads:
            thread.join()


def test_size(index: LoopbackIndex) -> None:
    """An answer beyond its limit is cut, whether or not it says its size; one of just that size is whole."""
    index.answer("/x", Answer(200, b"x" * 100))
    assert run(fetch_of(index, "/x", limit=99))[0].is_cut
    answer, body = run(fetch_of(index, "/x", limit=100))
    assert (answer.is_cut, body) == (False, b"x" * 100)


def test_packed_size(index: LoopbackIndex) -> None:
    """The limit holds for what is unpacked."""
    packed = gzip.compress(bytes(10**7))
    index.answer("/x", Answer(200, packed, headers={"Content-Encoding": "gzip"}))
    lax = replace(QUICK, unpack_ratio=2000)
    assert run(fetch_of(index, "/x", limit=10**6), lax)[0].is_cut
    assert len(run(fetch_of(index, "/x", limit=10**7), lax)[1]) == 10**7


def test_damaged_packing(index: LoopbackIndex) -> None:
    """An answer that cannot be unpacked is a failure."""
    index.answer("/x", Answer(200, b"no gzip", headers={"Content-Encoding": "gzip"}))
    with pytest.raises(IndexFailure, match="cannot be unpacked"):
        run(fetch_of(index, "/x"))


def test_no_room_for_temporary_files(
    index: LoopbackIndex, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A large answer needs a file for a moment; where there can be none, that is said."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    index.answer("/x", Answer(200, b"x" * 2**21))
    with pytest.raises(FailureError, match="cannot be kept while it is read: No such file") as caught:
        run(fetch_of(index, "/x", limit=2**22))
    assert "TMPDIR" in (caught.value.hint or "")


# --- places


def test_redirections(index: LoopbackIndex) -> None:
    """Redirections are followed, a few of them."""
    for number in range(6):
        index.answer(f"/{number}", Answer(301, headers={"Location": f"/{number + 1}"}))
    index.answer("/6", Answer(200, b"x"))
    five = replace(QUICK, redirects=5)
    answer, body = run(fetch_of(index, "/1"), five)
    assert (answer.url, body) == (f"{index.root}/6", b"x")
    with pytest.raises(IndexFailure, match="redirected more than 5 times"):
        run(fetch_of(index, "/0"), five)


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://127.0.0.1/", "http://user:word@127.0.0.1/"]
)
def test_redirections_that_are_not_followed(index: LoopbackIndex, location: str) -> None:
    """A redirection to another scheme is a failure."""
    index.answer("/x", Answer(302, headers={"Location": location}))
    with pytest.raises(IndexFailure, match="not followed"):
        run(fetch_of(index, "/x"))


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x/", "https://[x", "http://x:99999999/"])
def test_unusable_address(url: str) -> None:
    """An address that this index must not name, or that is none, is a failure."""
    with pytest.raises(IndexFailure):
        run(Fetch(url, "a file", 100), asked=Index("https://index.example/simple"))


def test_proxy(index: LoopbackIndex) -> None:
    """A proxy is used for the addresses that its pattern names, and for no others."""
    with LoopbackIndex() as proxy:
        index.answer("/x", Answer(200, b"direct"))
        settings = TransportSettings(
            "x", proxies={"http://": proxy.root, "all://127.0.0.1": None}, limits=QUICK
        )
        with Transport(settings) as transport:
            for url in (f"{index.root}/x", "http://index.invalid/x"):
                transport.submit(url, Index(url), once(Fetch(url, "x", 100)))
            ended = {finished.key: finished for batch in transport.results() for finished in batch}
        assert result(ended[f"{index.root}/x"])[1] == b"direct"
        assert result(ended["http://index.invalid/x"])[0].status == 404
        assert [request.path for request in proxy.requests] == ["http://index.invalid/x"]


@pytest.mark.parametrize("proxy", ["gopher://user:word@proxy.example", "socks5://proxy.example:1"])
def test_unusable_proxy(proxy: str) -> None:
    """A proxy that cannot be used is the user's mistake; its password is not shown."""
    with Transport(TransportSettings("x", proxies={"all://": proxy}, limits=QUICK)) as transport:
        transport.submit("x", Index("http://x.invalid"), once(Fetch("http://x.invalid/", "x", 100)))
        with pytest.raises(UsageError, match="proxy") as caught:
            list(transport.results())
    assert "word" not in str(caught.value)


def test_unreadable_certificates() -> None:
    """Certificates that cannot be read are the user's mistake."""
    settings = TransportSettings("x", ca_file="/no/such/file", limits=QUICK)
    with Transport(settings) as transport:
        transport.submit("x", Index("https://x.invalid"), once(Fetch("https://x.invalid/", "x", 100)))
        with pytest.raises(UsageError, match="/no/such/file"):
            list(transport.results())


# --- many at a time


class WatchedIndex(LoopbackIndex):
    """Counts how many requests it answers at the same time."""

    def __init__(self) -> None:
        super().__init__()
        self.most = self.now = 0
        self._watch = threading.Lock()

    def prepared(self, path: str) -> Answer | None:
        """Take time for every request, and note how many others take it too."""
        with self._watch:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.02)
        with self._watch:
            self.now -= 1
        return super().prepared(path)


@pytest.mark.parametrize("connections", [1, 3, 8])
def test_connections(connections: int) -> None:
    """Several requests go to one host at a time, and never more than allowed."""
    with (
        WatchedIndex() as index,
        Transport(TransportSettings("x", limits=replace(QUICK, connections=connections))) as transport,
    ):
        for number in range(30):
            transport.submit(number, Index(index.url), once(fetch_of(index, f"/{number}")))
        ended = [finished for batch in transport.results() for finished in batch]
        assert [result(finished)[0].status for finished in ended] == [404] * 30
        assert min(2, connections) <= index.most <= connections
        assert transport.requests == 30


def test_more_on_the_way(index: LoopbackIndex) -> None:
    """Flows may be submitted while others are under way, and one that fails disturbs no other."""
    index.answer("/bad", Answer(403))
    with Transport(TransportSettings("x", limits=QUICK)) as transport:
        transport.submit(0, Index(index.url), once(fetch_of(index, "/bad")))
        ended: dict[object, bool] = {}
        for batch in transport.results():
            for finished in batch:
                ended[finished.key] = finished.failure is None
                if len(ended) < 5:
                    transport.submit(len(ended), Index(index.url), once(fetch_of(index, "/simple/flask/")))
    assert ended == {0: False, 1: True, 2: True, 3: True, 4: True}


def test_mistakes_of_our_own_surface(index: LoopbackIndex) -> None:
    """What a flow raises that is no failure of an index is raised where it is waited for."""

    def mistaken() -> Flow[None]:
        yield fetch_of(index, "/simple/flask/")
        raise ZeroDivisionError

    with Transport(TransportSettings("x", limits=QUICK)) as transport:
        transport.submit(0, Index(index.url), mistaken())
        with pytest.raises(ZeroDivisionError):
            list(transport.results())


def test_cancel_and_close_are_quick(index: LoopbackIndex) -> None:
    """Nothing is waited for once nobody wants it: not an answer, not a retry, not the end."""
    index.answer("/slow", Answer(200, b"x" * 100, delay=0.5))
    index.answer("/busy", Answer(503, headers={"Retry-After": "60"}))
    limits = replace(QUICK, retry_after=60)
    with within(2.5), Transport(TransportSettings("x", limits=limits)) as transport:
        for number in range(20):
            for path in ("/slow", "/busy"):
                transport.submit((path, number), Index(index.url), once(fetch_of(index, path)))
        next(transport.results())
        transport.cancel()
        assert list(transport.results()) == []
        transport.submit("after", Index(index.url), once(fetch_of(index, "/simple/flask/")))


def test_failures_are_failures_of_the_index() -> None:
    """Every failure ends the command with the status of a failure."""
    assert issubclass(IndexFailure, PinwiseError)
    assert IndexFailure("x").exit_code == 3

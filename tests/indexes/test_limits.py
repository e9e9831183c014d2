"""Each limit ends what it is there for, and nothing else does: without it, the same answer is taken.

Also: an index that uses its limits up keeps no other one waiting.
"""

import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields

import pytest
from packaging.version import Version

from pinwise.actions.errands import Ask, DocumentErrand, Errand, PageAnswer, PageDelivery, PageErrand
from pinwise.indexes.courier import IndexCourier
from pinwise.indexes.transport import Transport, TransportSettings
from pinwise.model.errors import FailureError
from pinwise.model.facts import File, Metadata, Origin, Project, Unusable
from pinwise.model.limits import Limits
from pinwise.model.names import normalise
from pinwise.model.request import Index
from support.artifacts import metadata_text, sdist, wheel
from support.fault_kinds import FAULTS
from support.fault_server import FaultServer, Line, Play
from support.faults import SCALED, Fault, path_of
from support.hostile_archives import tarred, zipped
from support.loopback import JSON_TYPE

BAD = normalise("bad")
PAGE = "/simple/bad/"
FILE = "/files/bad-2"
LAX: dict[str, float] = {
    "fetch_timeout": 30,
    "file_timeout": 30,
    "read_timeout": 20,
    "slowest_rate": 0,
    "file_bytes": 10**8,
}


def limits(**changes: float) -> Limits:
    """Return the scaled limits, with changes."""
    return Limits(**(SCALED | changes))  # type: ignore[arg-type]  # each of its own type


@dataclass(frozen=True)
class Control:
    """One limit, shown to be what ends a fetch.

    Attributes:
        limit: Its name.
        off: A value with which it never ends anything.
        play: What the index does.
        expected: What is said where it holds.
        kind: Of what: the page, or the metadata of a file.
        lax: Other limits that would end it, too.
    """

    limit: str
    off: float
    play: Play
    expected: str
    kind: Origin | None = None
    lax: dict[str, float] = field(default_factory=dict)


# --- what is fetched


def page(**more: object) -> bytes:
    file = {"filename": "bad-1-py3-none-any.whl", "url": "/files/bad-1-py3-none-any.whl", "hashes": {}}
    sound = {"meta": {"api-version": "1.1"}, "name": "bad", "files": [file]}
    return json.dumps(sound | more).encode()


def errand(server: FaultServer, kind: Origin | None) -> Errand:
    """Return an errand for the page, or for the metadata of release 2."""
    index = Index(server.url)
    if kind is None:
        return PageErrand(index, BAD)
    tags = "" if kind is Origin.SDIST else "py3-none-any"
    filename = "bad-2.tar.gz" if kind is Origin.SDIST else "bad-2-py3-none-any.whl"
    file = File(filename, f"{server.root}{FILE}", None, None, None, None, None, "", tags)
    return DocumentErrand(index, BAD, Version("2"), Ask(file, kind))


def outcome(server: FaultServer, kind: Origin | None, held: Limits) -> str:
    """Run an errand: "" where it brings what was asked for, else why it does not."""
    with Transport(TransportSettings("test", limits=held)) as transport:
        courier = IndexCourier(transport, held)
        courier.send(errand(server, kind))
        ((delivery,),) = [batch for batch in courier.deliveries() if batch]
    if isinstance(delivery.answer, FailureError):
        return str(delivery.answer)
    if isinstance(delivery, PageDelivery):
        assert isinstance(delivery.answer, PageAnswer)
        project = delivery.answer.project
        assert isinstance(project, Project)
        return "" if project.releases else project.skipped[0].reason
    documents = [document for document in delivery.answer.values() if document is not None]
    assert isinstance(documents[0], Metadata | Unusable)
    return documents[0].reason if isinstance(documents[0], Unusable) else ""


# --- ways to play


def late(line: Line) -> None:
    """Answer after half a second of silence."""
    line.wait(0.5)
    line.answer(page())


def slowly(data: bytes, step: int, seconds: float, kind: str = JSON_TYPE) -> Play:
    """Send an answer in pieces, and come to its end."""

    def play(line: Line) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n\r\n"
        line.send(head.encode())
        for place in range(0, len(data), step):
            line.send(data[place : place + step])
            line.wait(seconds)

    return play


def answer(body: bytes, **more: str) -> Play:
    def play(line: Line) -> None:
        line.answer(body, **more)

    return play


def times(first: int, play: Play, then: Play) -> Play:
    """Play one thing a few times, and another one ever after."""
    count = iter(range(first))

    def either(line: Line) -> None:
        (then if next(count, None) is None else play)(line)

    return either


def chain(line: Line) -> None:
    """Redirect four times, then answer."""
    at = int(line.head.split(b" ", 2)[1].partition(b"?")[2] or b"0")
    if at < 4:
        line.answer(b"", status="302 Found", location=f"{PAGE}?{at + 1}")
    else:
        line.answer(page())


def deep(levels: int) -> bytes:
    value: object = 1
    for _ in range(levels):
        value = [value]
    return page(extra=value)


def requiring(requirement: str) -> bytes:
    """Return METADATA with one requirement."""
    return metadata_text("bad", "2", requires=[requirement]).encode()


LONG_TEXT = metadata_text("bad", "2") + "\n" + "".join(f"line {number}\n" for number in range(3000))
NOISE = gzip.compress(wheel("x", "1", padding=100_000).content)
MIXED = (NOISE + bytes(400_000)) * 8
SDIST = {"bad-2/PKG-INFO": metadata_text("bad", "2").encode()}
WHEEL = {"bad-2.dist-info/METADATA": metadata_text("bad", "2").encode()}

CONTROLS = (
    Control("read_timeout", 20, late, "did not answer in time", lax={"fetch_timeout": 30, "retries": 0}),
    Control("fetch_timeout", 30, slowly(page() + b" " * 10_000, 1000, 0.1), "took longer than 0.6 seconds"),
    Control(
        "file_timeout",
        30,
        slowly(sdist("bad", "2").content, 100, 0.1),
        "took longer than 0.6 seconds",
        Origin.SDIST,
        {"slowest_rate": 0},
    ),
    Control(
        "slowest_rate",
        0,
        slowly(b"<a href=bad-1.tar.gz>", 1, 0.03, "text/html"),
        "sends less than 1,000 bytes per second",
        lax={"fetch_timeout": 30},
    ),
    Control("retries", 5, times(3, answer(b"", status="500 X"), answer(page())), "answered 500"),
    Control("redirects", 10, chain, "redirected more than 3 times"),
    Control("page_bytes", 10**8, answer(page() + b" " * 50_000), "sent more than 50,000 bytes"),
    Control(
        "page_files",
        10**6,
        answer(b"<a href=bad-1.tar.gz></a>" * 101, kind="text/html"),
        "lists more than 100 files",
    ),
    Control("json_depth", 1000, answer(deep(12)), "nested deeper than 10 levels"),
    Control(
        "version_length",
        300,
        answer(f"<a href=bad-1{'0' * 50}.tar.gz>".encode(), kind="text/html"),
        "its version is longer than 40 characters",
    ),
    Control(
        "specifier_length",
        1000,
        answer(b"<a href=bad-1.tar.gz data-requires-python='" + b"!=2," * 20 + b"!=3'>", kind="text/html"),
        "its Requires-Python is longer than 60 characters",
    ),
    Control(
        "metadata_bytes",
        10**8,
        answer(LONG_TEXT.encode()),
        "its metadata file is larger than 20,000 bytes",
        Origin.METADATA_FILE,
    ),
    Control(
        "file_bytes",
        10**8,
        answer(wheel("bad", "2", padding=80_000).content),
        "it is larger than 60,000 bytes",
        Origin.WHEEL,
    ),
    Control(
        "archive_members",
        10**6,
        answer(zipped({**WHEEL, **{f"bad/{number}.py": b"" for number in range(60)}})),
        "it holds more than 50 files",
        Origin.WHEEL,
    ),
    Control(
        "member_bytes",
        10**8,
        answer(wheel("bad", "2", metadata=LONG_TEXT).content),
        "its METADATA is larger than 20,000 bytes",
        Origin.WHEEL,
    ),
    Control(
        "unpacked_bytes",
        10**9,
        answer(gzip.compress(tarred({**SDIST, "bad-2/x": MIXED}))),
        "it unpacks to more than 3,000,000 bytes",
        Origin.SDIST,
        LAX,
    ),
    Control(
        "unpack_ratio",
        10**6,
        answer(gzip.compress(tarred({**SDIST, "bad-2/x": bytes(2_000_000)}))),
        "it unpacks to more than 50 times its size",
        Origin.SDIST,
    ),
    Control(
        "unpack_ratio",
        10**6,
        answer(gzip.compress(page() + b" " * 2_000_000), content_encoding="gzip"),
        "unpacks to more than 50 times its size",
        lax={"page_bytes": 10**8},
    ),
    Control(
        "entry_length",
        18_000,
        answer(requiring(f"a; os_name == '{'x' * 17_000}'")),
        "longer than 16,384 characters (setting `entry_length`)",
        Origin.METADATA_FILE,
    ),
    Control(
        "marker_depth",
        60,
        answer(requiring(f"a; {'(' * 50}os_name == 'nt'{')' * 50}")),
        "nests parentheses more than 40 deep (setting `marker_depth`)",
        Origin.METADATA_FILE,
    ),
)


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: f"{control.limit}-{control.kind or 'page'}")
def test_a_limit_is_what_ends_a_fetch(control: Control) -> None:
    """Under the limit the fetch ends with its reason; with the limit off, the same answer is taken."""
    for value, expected in ((SCALED[control.limit], control.expected), (control.off, "")):
        with FaultServer() as server:
            server.play(PAGE if control.kind is None else FILE, control.play)
            for number in range(4):
                server.play(f"{PAGE}?{number + 1}", control.play)
            server.play(f"{FILE}.metadata", control.play)
            found = outcome(server, control.kind, limits(**(control.lax | {control.limit: value})))
        assert (expected in found) if expected else (found == "")


# --- limits that end nothing by themselves


@contextmanager
def full_server() -> Iterator[tuple[str, Callable[[], None]]]:
    """Give an address that takes no connection, and what makes it take some."""
    with socket.socket() as server, socket.socket() as first, socket.socket() as second:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        first.connect(server.getsockname())
        second.setblocking(False)  # noqa: FBT003  # no keyword
        second.connect_ex(server.getsockname())
        time.sleep(0.05)

        def accept() -> None:
            with suppress(OSError):
                for _ in range(3):
                    connection, _ = server.accept()
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        def serve(connection: socket.socket) -> None:
            with connection:
                connection.settimeout(5)
                if connection.recv(4096):
                    body = page()
                    head = (
                        f"HTTP/1.1 200 OK\r\nContent-Type: {JSON_TYPE}\r\nContent-Length: {len(body)}\r\n\r\n"
                    )
                    connection.sendall(head.encode() + body)

        yield f"http://127.0.0.1:{server.getsockname()[1]}/simple", accept


@pytest.mark.parametrize("is_off", [False, True])
def test_connect_timeout(is_off: bool) -> None:  # noqa: FBT001  # a case
    """A connection that is not taken is given up; without the limit it is waited for, and taken."""
    with full_server() as (url, accept):
        held = limits(
            connect_timeout=20 if is_off else 0.2,
            read_timeout=20,
            fetch_timeout=30,
            slowest_rate=0,
            retries=0,
        )
        with Transport(TransportSettings("test", limits=held)) as transport:
            courier = IndexCourier(transport, held)
            courier.send(PageErrand(Index(url), BAD))
            threading.Timer(0.5, accept).start()
            ((delivery,),) = [batch for batch in courier.deliveries() if batch]
    if is_off:
        assert isinstance(delivery.answer, PageAnswer)
    else:
        assert "did not take a connection in time" in str(delivery.answer)


@pytest.mark.parametrize(("name", "waits"), [("retry_after", 0.8), ("backoff", 0.4)])
def test_waits(name: str, waits: float) -> None:
    """A wait is as long as its limit allows; without it, as long as the index asks, or longer each time."""
    retry = {"retry_after": "1"} if name == "retry_after" else {}
    passed = []
    for value in (SCALED[name], waits * (1 if name == "retry_after" else 2)):
        with FaultServer() as server:
            server.play(PAGE, times(1, answer(b"", status="503 X", **retry), answer(page())))
            started = time.monotonic()
            assert outcome(server, None, limits(**(LAX | {name: value}))) == ""
            passed.append(time.monotonic() - started)
    assert passed[0] < waits <= passed[1]


@pytest.mark.parametrize(("connections", "least", "most"), [(1, 1, 1), (100, 2, 16)])
def test_connections(connections: int, least: int, most: int) -> None:
    """As many connections to one host are open as the limit allows, and no more."""
    now = 0
    seen = []
    lock = threading.Lock()

    def play(line: Line) -> None:
        nonlocal now
        with lock:
            now += 1
            seen.append(now)
        line.wait(0.05)
        with lock:
            now -= 1
        line.answer(page(name=line.head.split(b"/")[2].decode()))

    held = limits(connections=connections, **LAX)
    with FaultServer() as server, Transport(TransportSettings("test", limits=held)) as transport:
        courier = IndexCourier(transport, held)
        for number in range(8):
            server.play(f"/simple/bad{number}/", play)
            courier.send(PageErrand(Index(server.url), normalise(f"bad{number}")))
        assert sum(len(batch) for batch in courier.deliveries()) == 8
    assert least <= max(seen) <= most


def test_every_limit_has_its_control() -> None:
    """No limit is without a test that fails with the limit off."""
    shown = {control.limit for control in CONTROLS}
    elsewhere = {"toml_depth", "yaml_depth"}  # of files, in `tests/cli/test_text_limits.py`
    assert shown | {"connect_timeout", "retry_after", "backoff", "connections"} | elsewhere == set(SCALED)
    of_dumps = {"dump_bytes", "dump_text_bytes"}  # tests/knowledge/test_dump.py
    assert set(SCALED) | of_dumps == {each.name for each in fields(Limits)}


# --- others are served

SLOW = [
    fault for fault in FAULTS if fault.where == "page" and fault.expected.startswith(("did", "took", "sends"))
]


@pytest.mark.parametrize("fault", SLOW, ids=lambda fault: fault.name)
def test_other_indexes_are_served(fault: Fault) -> None:
    """Forty fetches that hang on one index do not keep another one waiting."""
    held = limits(fetch_timeout=20, read_timeout=20, slowest_rate=0)
    with FaultServer() as slow, FaultServer() as other:
        for number in range(40):
            slow.play(f"/simple/bad{number}/", fault.play)
        other.play(PAGE, answer(page()))
        with Transport(TransportSettings("test", limits=held)) as transport:
            courier = IndexCourier(transport, held)
            for number in range(40):
                courier.send(PageErrand(Index(slow.url), normalise(f"bad{number}")))
            started = time.monotonic()
            courier.send(PageErrand(Index(other.url), BAD))
            delivered = next(batch for batch in courier.deliveries() if batch)
        assert [delivery.errand.index.url for delivery in delivered] == [other.url]
        assert isinstance(delivered[0].answer, PageAnswer)
        assert time.monotonic() - started < 2


def test_faults_are_many() -> None:
    """There are more than sixty kinds, on every answer that an index gives, and no two of one name."""
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) > 60
    assert {path_of(fault).rpartition(".")[2] for fault in FAULTS} == {
        "/simple/bad/",
        "metadata",
        "whl",
        "gz",
    }

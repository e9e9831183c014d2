r"""A server that breaks its word: per path one kind of fault, played byte by byte on the connection.

::

    with FaultServer() as server:
        server.honest("/simple/a/", JSON_TYPE, page)
        server.play("/simple/b/", lambda line: line.send(b"HTTP/1.1 200 OK\r\n"))  # and no more

It knows nothing of HTTP but the first line of a request, so that nothing keeps a fault from being played.
What is neither honest nor faulty is not there (404). A fault that goes on without an end stops when the
client hangs up, or the server stops.
"""

import socket
import struct
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self

Play = Callable[["Line"], None]


class Line:
    """One connection, after its request was read.

    Attributes:
        head: The request.
    """

    def __init__(self, connection: socket.socket, head: bytes, stopped: threading.Event) -> None:
        self._connection = connection
        self._stopped = stopped
        self.head = head

    def send(self, data: bytes) -> bool:
        """Send bytes as they are; say whether anybody is left to take them."""
        if self._stopped.is_set():
            return False
        try:
            self._connection.sendall(data)
        except OSError:
            return False
        return True

    def answer(
        self,
        body: bytes = b"",
        *,
        status: str = "200 OK",
        kind: str = "application/vnd.pypi.simple.v1+json",
        **headers: str,
    ) -> bool:
        """Send a whole answer; `content_length=""` leaves the length out, another value makes it lie."""
        fields = {"content-type": kind, "content-length": str(len(body)), "connection": "close"}
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in fields.items() if value)]
        return self.send("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def wait(self, seconds: float) -> None:
        """Do nothing for a while."""
        self._stopped.wait(seconds)

    def drip(self, data: bytes, seconds: float) -> None:
        """Send byte by byte."""
        for place in range(len(data)):
            if not self.send(data[place : place + 1]):
                return
            self.wait(seconds)

    def forever(self, data: bytes, seconds: float = 0.0) -> None:
        """Send the same again and again."""
        while self.send(data):
            if seconds:
                self.wait(seconds)

    def silence(self) -> None:
        """Say nothing until the client gives up."""
        self._connection.settimeout(0.05)
        while not self._stopped.is_set():
            try:
                if not self._connection.recv(1024):
                    return
            except TimeoutError:
                continue
            except OSError:
                return

    def reset(self) -> None:
        """End the connection at once, not in the orderly way."""
        with suppress(OSError):
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._connection.close()


class FaultServer:
    """Serves faults on 127.0.0.1; a context manager that starts and stops it.

    Args:
        at_once: Played on every connection before anything is read.
    """

    def __init__(self, *, at_once: Play | None = None) -> None:
        self.heads: list[bytes] = []
        self._at_once = at_once
        self._honest: dict[str, tuple[str, bytes]] = {}
        self._plays: dict[str, Play] = {}
        self._stopped = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._socket.settimeout(0.05)
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()
        self._socket.close()

    @property
    def host(self) -> str:
        """Where it is, with its port."""
        return f"127.0.0.1:{self._socket.getsockname()[1]}"

    @property
    def root(self) -> str:
        """Its URL, without a slash at the end."""
        return f"http://{self.host}"

    @property
    def url(self) -> str:
        """The index URL."""
        return f"{self.root}/simple"

    def honest(self, path: str, kind: str, body: bytes) -> None:
        """Answer a path as one should."""
        self._honest[path] = kind, body

    def play(self, path: str, play: Play | None) -> None:
        """Answer a path with a fault; None takes it back."""
        if play is None:
            self._plays.pop(path, None)
        else:
            self._plays[path] = play

    def count(self, path: str) -> int:
        """Return how many requests for a path came in."""
        return sum(_path(head) == path for head in list(self.heads))

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(5)
            if self._at_once is not None:
                self._at_once(Line(connection, b"", self._stopped))
                return
            head = b""
            while b"\r\n\r\n" not in head:
                piece = connection.recv(4096)
                if not piece:
                    return
                head += piece
            self.heads.append(head)
            line = Line(connection, head, self._stopped)
            path = _path(head)
            if path in self._plays:
                self._plays[path](line)
            elif path in self._honest:
                kind, body = self._honest[path]
                line.answer(body, kind=kind)
            else:
                line.answer(b"", status="404 Not Found")


def _path(head: bytes) -> str:
    words = head.split(b" ", 2)
    return words[1].decode("latin-1") if len(words) > 1 else ""


def headers_of(head: bytes) -> Mapping[str, str]:
    """Return the headers of a request, by names in lower case."""
    lines = head.decode("latin-1").split("\r\n")[1:]
    return {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

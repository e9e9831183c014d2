"""A relay between a resolver and an index that counts what is fetched.

It stands in front of one index and rewrites the links on its pages, so that files on other hosts are fetched
through it as well. It is for counting, not for timing: it adds a hop.
"""

import re
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

PASSED_ON = ("Accept", "If-None-Match", "Range", "User-Agent")
PASSED_BACK = ("Content-Type", "ETag", "Last-Modified", "Cache-Control", "Content-Range", "Accept-Ranges")
OTHER_HOST = "/-/"
ADDRESS = re.compile(rb"(https?)://([\w.-]+(?::\d+)?)/")


class Relay:
    """Relays to one index while it is entered; afterwards it tells what was asked for.

    Args:
        index: URL of the index's simple API.
    """

    def __init__(self, index: str) -> None:
        parts = urlsplit(index)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.path = parts.path
        self.answers: list[tuple[str, int]] = []
        handler = type("RelayHandler", (Handler,), {"relay": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def root(self) -> str:
        """Where the relay listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        """The index, through the relay."""
        return self.root + self.path

    @property
    def documents(self) -> int:
        """How many files' metadata was fetched: metadata files that were there, and parts of archives."""
        good = [path for path, status in self.answers if status in {200, 206}]
        beside = sum(path.endswith(".metadata") for path in good)
        inside = {path for path in good if path.endswith((".whl", ".tar.gz", ".zip"))}
        return beside + len(inside)

    def upstream(self, path: str) -> str:
        """Return the address that a path of the relay stands for."""
        if path.startswith(OTHER_HOST):
            scheme, _, rest = path.removeprefix(OTHER_HOST).partition("/")
            return f"{scheme}://{rest}"
        return self.origin + path

    def rewritten(self, page: bytes) -> bytes:
        """Return a page whose absolute links lead through the relay."""
        prefix = f"{self.root}{OTHER_HOST}".encode()
        return ADDRESS.sub(rb"%s\1/\2/" % prefix, page)


class Handler(BaseHTTPRequestHandler):
    """Answer one connection."""

    protocol_version = "HTTP/1.1"
    relay: Relay

    def do_GET(self) -> None:
        """Fetch upstream and pass the answer back."""
        passed_on = {name: self.headers[name] for name in PASSED_ON if name in self.headers}
        request = urllib.request.Request(self.relay.upstream(self.path), headers=passed_on)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                status, headers, body = answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                status, headers, body = error.code, error.headers, error.read()
        if headers.get_content_type() in {"text/html", "application/vnd.pypi.simple.v1+json"}:
            body = self.relay.rewritten(body)
        self.relay.answers.append((self.path.partition("?")[0], status))
        self.send_response(status)
        for name in PASSED_BACK:
            if name in headers:
                self.send_header(name, headers[name])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it
        """Say nothing; the answers are kept."""

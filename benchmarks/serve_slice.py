"""Serve a slice (see make_slice.py) as a package index on the loopback address.

    python benchmarks/serve_slice.py slice.zip --port 8765

GET /simple/NAME/           the page as JSON (PEP 691), with ETag and 304
GET /files/FILE.metadata    the metadata of that wheel (PEP 658)
anything else               404: a slice holds facts, no files to install
"""

import argparse
import hashlib
import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

JSON = "application/vnd.pypi.simple.v1+json"


@dataclass(frozen=True, slots=True)
class Resource:
    """What one address answers."""

    body: bytes
    kind: str

    @property
    def etag(self) -> str:
        """A validator that changes with the body."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'


@dataclass(frozen=True, slots=True)
class Slice:
    """The content of a slice, by address."""

    pages: dict[str, bytes]
    documents: dict[str, bytes]

    def resource(self, path: str) -> Resource | None:
        """Return what stands at `path`, None if nothing does."""
        match path.strip("/").split("/"):
            case ["simple", name] if name in self.pages:
                return Resource(self.pages[name], JSON)
            case ["files", file] if file in self.documents:
                return Resource(self.documents[file], "text/plain; charset=utf-8")
        return None


def read_slice(path: Path) -> Slice:
    """Read a slice whole: pages by project, metadata by the name of its file."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    pages = {
        name.removeprefix("simple/").removesuffix(".json"): body
        for name, body in content.items()
        if name.startswith("simple/")
    }
    documents = {}
    for page in pages.values():
        for file in json.loads(page)["files"]:
            if "core-metadata" in file:
                document = content[f"metadata/{file['core-metadata']['sha256']}"]
                documents[f"{file['filename']}.metadata"] = document
    return Slice(pages, documents)


class Handler(BaseHTTPRequestHandler):
    """Answer one connection."""

    protocol_version = "HTTP/1.1"
    slice: Slice
    delay = 0.0

    def do_GET(self) -> None:
        """Answer 200, 304 or 404."""
        time.sleep(self.delay)
        resource = self.slice.resource(self.path.partition("?")[0])
        if resource is None:
            self._answer(HTTPStatus.NOT_FOUND, {}, b"")
            return
        headers = {"ETag": resource.etag, "Cache-Control": "max-age=600", "Content-Type": resource.kind}
        if self.headers.get("If-None-Match") == resource.etag:
            self._answer(HTTPStatus.NOT_MODIFIED, headers, b"")
        else:
            self._answer(HTTPStatus.OK, headers, resource.body)

    def _answer(self, status: HTTPStatus, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it
        """Say nothing: a line per request would cost more than the request."""


def make_server(content: Slice, port: int, *, delay: float = 0.0) -> ThreadingHTTPServer:
    """Return a server of `content` that waits so many seconds before an answer; port 0 takes a free one."""
    handler = type("SliceHandler", (Handler,), {"slice": content, "delay": delay})
    return ThreadingHTTPServer(("127.0.0.1", port), handler)


@contextmanager
def served(path: Path, *, delay_ms: float = 0.0) -> Iterator[str]:
    """Serve a slice from a process of its own and yield the URL of its simple API."""
    command = [sys.executable, __file__, str(path), "--port", "0", "--delay-ms", str(delay_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        said = server.stdout.readline()
        try:
            if not said:
                sys.exit(f"`{path}` could not be served")
            yield said.split()[-1]
        finally:
            server.terminate()


@contextmanager
def index_of(asked: argparse.Namespace) -> Iterator[str]:
    """Yield the URL of the index that the options name: --index, or --slice to be served meanwhile."""
    if asked.index is not None:
        yield asked.index
        return
    with served(asked.slice, delay_ms=asked.delay_ms) as url:
        yield url


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("slice", type=Path, help="the file that make_slice.py wrote")
    parser.add_argument("--port", type=int, default=8765, help="0 takes any that is free (default: 8765)")
    parser.add_argument("--delay-ms", type=float, default=0, help="wait before every answer, as if far away")
    arguments = parser.parse_args()
    content = read_slice(arguments.slice)
    server = make_server(content, arguments.port, delay=arguments.delay_ms / 1000)
    print(f"{len(content.pages)} projects on http://127.0.0.1:{server.server_port}/simple", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()

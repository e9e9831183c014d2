r"""A small real package index on the loopback interface, for tests that go through HTTP.

::

    from support.artifacts import sdist, wheel
    from support.loopback import LoopbackIndex

    with LoopbackIndex() as index:
        index.add(wheel("flask", "3.0", requires=["click>=8"]), uploaded="2024-01-02T03:04:05Z")
        index.add(wheel("click", "8.1"), yanked="broken", metadata="missing")
        index.add(sdist("click", "8.0", egg_info="colorama\n"), requires_python=">=3.7")
        run(f"pip install --index-url {index.url} flask")
        assert index.count("/simple/flask/") == 1

What it serves below its `root`:

====================================  =============================================================
``/simple/``                          all names, as JSON or HTML
``/simple/NAME/``                     one project (PEP 691 JSON, or PEP 503 HTML) by the Accept header
``/files/FILENAME``                   a file, with range requests
``/files/FILENAME.metadata``          its core metadata (PEP 658), if it has it to offer
``/links/``                           every file on one HTML page, for ``--find-links`` (`links_url`)
====================================  =============================================================

Every answer has an ETag, and ``If-None-Match`` is answered with 304. A name that is not normalised is
redirected. Everything else is 404. Options of `LoopbackIndex` make it speak one form only, hide ETags,
ignore ranges, ask for a user and password, speak https, or claim another api-version; keywords of `add` say
what the page tells of one file. `answer` makes any path fail, stall or lie. `requests` is the log.

Several indexes are several `LoopbackIndex` objects; each takes a free port of its own.
"""

import base64
import hashlib
import html
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Literal, Self
from urllib.parse import quote, unquote, urlsplit

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from support.artifacts import Artifact

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
HTML_TYPE = "text/html"

MetadataOffer = Literal["offered", "undigested", "unlisted", "missing", "none"]
"""How the metadata of one file can be had.

"offered": listed with its digest and served. "undigested": listed without a digest and served. "unlisted":
served, but the page does not say so. "missing": listed, but answers 404. "none": neither listed nor served.
"""


@dataclass(frozen=True, slots=True)
class Listed:
    """One file as the index lists it; see `LoopbackIndex.add` for the fields."""

    artifact: Artifact
    uploaded: str | None
    requires_python: str | None
    yanked: str | None
    metadata: MetadataOffer
    sha256: str | None
    size: int | None
    url: str


@dataclass(frozen=True, slots=True)
class Request:
    """One request that came in, with the status of its answer."""

    method: str
    path: str
    headers: Mapping[str, str]
    status: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A prepared answer to a path.

    Attributes:
        status: Its status.
        body: Its body.
        headers: Its headers; Content-Length is added where it is missing.
        times: How many requests it answers before the index is itself again; None for all.
        delay: Seconds before the first byte, and before each further byte where `drip` is set.
        drip: Whether the body is sent one byte at a time.
        hang_up: Whether the connection is cut after half of the body.
    """

    status: int = HTTPStatus.OK
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int | None = None
    delay: float = 0.0
    drip: bool = False
    hang_up: bool = False


class LoopbackIndex:
    """A package index on 127.0.0.1; a context manager that starts and stops it.

    Args:
        forms: "both", or the only form it speaks: "json" or "html".
        etags: Whether answers have an ETag.
        ranges: Whether range requests are honoured; otherwise they get the whole file.
        html_times: Whether HTML pages have ``data-upload-time``, as some mirrors do.
        api_version: What its pages claim to be.
        credentials: User and password that every request must send.
        tls: Holds a certificate: it then speaks https, and `first_bytes` has how each connection begins.
    """

    def __init__(  # noqa: PLR0913  # a builder: every keyword is one habit of an index
        self,
        *,
        forms: Literal["both", "json", "html"] = "both",
        etags: bool = True,
        ranges: bool = True,
        html_times: bool = False,
        api_version: str = "1.1",
        credentials: tuple[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.forms = forms
        self.etags = etags
        self.ranges = ranges
        self.html_times = html_times
        self.api_version = api_version
        self.credentials = credentials
        self.requests: list[Request] = []
        self._projects: dict[str, list[Listed]] = {}
        self._statuses: dict[str, str] = {}
        self._answers: dict[str, Answer] = {}
        self._lock = threading.Lock()
        self.tls = tls
        self.first_bytes: list[int] = []
        self._server = _Server(self)
        if tls is not None:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

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
        """The URL of the server, without a slash at the end."""
        scheme = "http" if self.tls is None else "https"
        return f"{scheme}://127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """The index URL, for ``--index-url``."""
        return f"{self.root}/simple"

    @property
    def links_url(self) -> str:
        """One page with links to all files, for ``--find-links``."""
        return f"{self.root}/links/"

    def add(  # noqa: PLR0913  # a builder: every keyword is one fact
        self,
        artifact: Artifact,
        *,
        uploaded: str | None = "2024-01-02T03:04:05Z",
        requires_python: str | None = "",
        yanked: str | None = None,
        metadata: MetadataOffer = "offered",
        sha256: str | None = "",
        size: int | None = -1,
    ) -> Listed:
        """List a file and return how it is listed.

        Args:
            artifact: The file.
            uploaded: Its upload time (ISO 8601, UTC), None for none.
            requires_python: What the page says; "" to repeat what the file itself says.
            yanked: The reason for which it is yanked, possibly "", or None.
            metadata: How its metadata can be had.
            sha256: What the page claims its digest to be; "" for the true one, None for none.
            size: What the page claims its size to be; -1 for the true one, None for none.
        """
        listed = Listed(
            artifact,
            uploaded=uploaded,
            requires_python=artifact.requires_python if requires_python == "" else requires_python,
            yanked=yanked,
            metadata=metadata,
            sha256=artifact.sha256 if sha256 == "" else sha256,
            size=len(artifact.content) if size == -1 else size,
            url=f"{self.root}/files/{quote(artifact.filename)}",
        )
        with self._lock:
            self._projects.setdefault(canonicalize_name(artifact.project), []).append(listed)
        return listed

    def declare(self, name: str, *, status: str = "active") -> None:
        """Make a project exist, also without files, and give it a status marker (PEP 792)."""
        with self._lock:
            self._projects.setdefault(canonicalize_name(name), [])
            self._statuses[canonicalize_name(name)] = status

    def remove(self, name: str) -> None:
        """Make the index forget a project."""
        with self._lock:
            del self._projects[canonicalize_name(name)]

    def answer(self, path: str, answer: Answer) -> None:
        """Answer requests for `path` (``/simple/flask/``) with `answer` instead."""
        with self._lock:
            self._answers[path] = answer

    def files(self, name: str) -> tuple[Listed, ...]:
        """Return what is listed for a project."""
        return tuple(self._projects.get(canonicalize_name(name), ()))

    def count(self, path: str, *, status: int | None = None) -> int:
        """Return how many requests for `path` came in, of those with `status` if it is given."""
        return sum(
            request.path == path and status in {None, request.status} for request in list(self.requests)
        )

    def prepared(self, path: str) -> Answer | None:
        """Take one use of the answer that was prepared for `path`."""
        with self._lock:
            answer = self._answers.get(path)
            if answer is None or answer.times is None:
                return answer
            if answer.times <= 1:
                del self._answers[path]
            else:
                self._answers[path] = replace(answer, times=answer.times - 1)
            return answer

    def respond(self, path: str, accept: str) -> tuple[str, bytes] | HTTPStatus | str:
        """Return content type and body for `path`; or the status that refuses it; or where it is."""
        match path.split("/"):
            case ["", "simple", ""]:
                return self._negotiated(accept, self._root_json, self._root_html)
            case ["", "simple", name] | ["", "simple", name, ""]:
                return self._project(name, path, accept)
            case ["", "links", ""]:
                listed = [file for files in self._projects.values() for file in files]
                return HTML_TYPE, _page("links", [self._anchor(file) for file in listed], self.api_version)
            case ["", "files", filename]:
                return self._file(unquote(filename))
            case _:
                return HTTPStatus.NOT_FOUND

    def _project(self, name: str, path: str, accept: str) -> tuple[str, bytes] | HTTPStatus | str:
        normalised = canonicalize_name(name)
        if normalised not in self._projects:
            return HTTPStatus.NOT_FOUND
        if path != f"/simple/{normalised}/":
            return f"/simple/{normalised}/"
        return self._negotiated(
            accept, lambda: self._project_json(normalised), lambda: self._project_html(normalised)
        )

    def _negotiated(
        self, accept: str, as_json: Callable[[], object], as_html: Callable[[], bytes]
    ) -> tuple[str, bytes] | HTTPStatus:
        """Return the form that the client likes best among those that the index speaks."""
        spoken = {"both": (JSON_TYPE, HTML_TYPE), "json": (JSON_TYPE,), "html": (HTML_TYPE,)}[self.forms]
        likings = {form: _liking(accept, form) for form in spoken}
        form = max(spoken, key=lambda form: likings[form])
        if likings[form] <= 0:
            return HTTPStatus.NOT_ACCEPTABLE
        return form, json.dumps(as_json()).encode() if form == JSON_TYPE else as_html()

    def _root_json(self) -> object:
        projects = [{"name": name} for name in sorted(self._projects)]
        return {"meta": {"api-version": self.api_version}, "projects": projects}

    def _root_html(self) -> bytes:
        anchors = [f'<a href="/simple/{name}/">{name}</a>' for name in sorted(self._projects)]
        return _page("index", anchors, self.api_version)

    def _project_json(self, name: str) -> object:
        files = self._projects[name]
        meta = {"api-version": self.api_version}
        page: dict[str, object] = {"meta": meta, "name": name, "files": [_json_file(file) for file in files]}
        if name in self._statuses:
            page["project-status"] = {"status": self._statuses[name]}
        page["versions"] = sorted({file.artifact.version for file in files}, key=_version_key)
        return page

    def _project_html(self, name: str) -> bytes:
        return _page(name, [self._anchor(file) for file in self._projects[name]], self.api_version)

    def _anchor(self, file: Listed) -> str:
        fragment = "" if file.sha256 is None else f"#sha256={file.sha256}"
        attributes = {"href": file.url + fragment}
        if file.requires_python is not None:
            attributes["data-requires-python"] = file.requires_python
        if file.yanked is not None:
            attributes["data-yanked"] = file.yanked
        if (offer := _offer(file)) is not None:
            attributes["data-core-metadata"] = attributes["data-dist-info-metadata"] = offer
        if self.html_times and file.uploaded is not None:
            attributes["data-upload-time"] = file.uploaded
        written = " ".join(f'{key}="{html.escape(value)}"' for key, value in attributes.items())
        return f"<a {written}>{html.escape(file.artifact.filename)}</a>"

    def _file(self, filename: str) -> tuple[str, bytes] | HTTPStatus:
        served = {file.artifact.filename: file for files in self._projects.values() for file in files}
        if filename in served:
            return "application/octet-stream", served[filename].artifact.content
        file = served.get(filename.removesuffix(".metadata"))
        if file is None or file.metadata in {"missing", "none"}:
            return HTTPStatus.NOT_FOUND
        return "application/octet-stream", file.artifact.metadata


def _json_file(file: Listed) -> dict[str, object]:
    page: dict[str, object] = {
        "filename": file.artifact.filename,
        "url": file.url,
        "hashes": {} if file.sha256 is None else {"sha256": file.sha256},
        "requires-python": file.requires_python,
        "yanked": False if file.yanked is None else file.yanked or True,
        "size": file.size,
        "upload-time": file.uploaded,
    }
    match _offer(file):
        case None:
            page["core-metadata"] = page["dist-info-metadata"] = False
        case "true":
            page["core-metadata"] = page["dist-info-metadata"] = True
        case offer:
            hashes = {"sha256": offer.removeprefix("sha256=")}
            page["core-metadata"] = page["dist-info-metadata"] = hashes
    optional = ("requires-python", "size", "upload-time")
    return {key: value for key, value in page.items() if value is not None or key not in optional}


def _offer(file: Listed) -> str | None:
    """Return what the page says of a file's metadata: "sha256=…", "true", or None for nothing."""
    match file.metadata:
        case "offered" | "missing":
            return f"sha256={hashlib.sha256(file.artifact.metadata).hexdigest()}"
        case "undigested":
            return "true"
        case _:
            return None


def _page(title: str, anchors: list[str], api_version: str) -> bytes:
    head = f'<meta name="pypi:repository-version" content="{api_version}"><title>{html.escape(title)}</title>'
    links = "\n".join(f"{anchor}<br>" for anchor in anchors)
    return f"<!DOCTYPE html>\n<html><head>{head}</head><body>\n{links}\n</body></html>\n".encode()


def _liking(accept: str, form: str) -> float:
    """Return the quality (0 to 1) that an Accept header gives to a content type."""
    names = {form, "*/*", f"{form.partition('/')[0]}/*"}
    if form == JSON_TYPE:
        names.add("application/vnd.pypi.simple.latest+json")
    else:
        names |= {"application/vnd.pypi.simple.v1+html", "application/vnd.pypi.simple.latest+html"}
    best = 0.0
    for part in (accept or "*/*").split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((float(p[2:]) for p in parameters if p.startswith("q=")), 1.0)
        if name in names:
            best = max(best, quality)
    return best


def _version_key(text: str) -> tuple[bool, Version, str]:
    try:
        return True, Version(text), text
    except InvalidVersion:
        return False, Version("0"), text


class _Server(ThreadingHTTPServer):
    """The server of one index; it closes every connection when it stops."""

    daemon_threads = True

    def __init__(self, index: LoopbackIndex) -> None:
        self.index = index
        self.connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def server_close(self) -> None:
        super().server_close()
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent about a client that hung up."""


class _Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)
        if self.server.index.tls is not None:
            self.server.index.first_bytes += socket.socket.recv(self.connection, 1, socket.MSG_PEEK)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name it overrides
        """Write nothing to stderr; `LoopbackIndex.requests` is the log."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        index = self.server.index
        path = urlsplit(self.path).path
        if (prepared := index.prepared(path)) is not None:
            self._send_prepared(prepared)
            return
        if not self._is_allowed():
            self._send(HTTPStatus.UNAUTHORIZED, b"", {"WWW-Authenticate": 'Basic realm="tests"'})
            return
        match index.respond(path, self.headers.get("Accept", "*/*")):
            case HTTPStatus() as status:
                self._send(status, f"{status} {status.phrase}\n".encode(), {"Content-Type": "text/plain"})
            case str(place):
                self._send(HTTPStatus.MOVED_PERMANENTLY, b"", {"Location": place})
            case content_type, body:
                self._send_content(content_type, body)

    def _is_allowed(self) -> bool:
        if self.server.index.credentials is None:
            return True
        expected = base64.b64encode(":".join(self.server.index.credentials).encode()).decode()
        return self.headers.get("Authorization") == f"Basic {expected}"

    def _send_content(self, content_type: str, body: bytes) -> None:
        index = self.server.index
        headers = {"Content-Type": content_type}
        if index.etags:
            headers["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
            if self.headers.get("If-None-Match") == headers["ETag"]:
                self._send(HTTPStatus.NOT_MODIFIED, b"", headers)
                return
        if content_type == "application/octet-stream" and index.ranges:
            headers["Accept-Ranges"] = "bytes"
            self._send_range(body, headers)
        else:
            headers["Vary"] = "Accept"
            self._send(HTTPStatus.OK, body, headers)

    def _send_range(self, body: bytes, headers: dict[str, str]) -> None:
        wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if wanted is None or wanted.groups() == ("", ""):
            self._send(HTTPStatus.OK, body, headers)
            return
        first, last = wanted.groups()
        start = int(first) if first else max(0, len(body) - int(last))
        end = min(int(last), len(body) - 1) if first and last else len(body) - 1
        if start > end:
            headers["Content-Range"] = f"bytes */{len(body)}"
            self._send(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, b"", headers)
            return
        headers["Content-Range"] = f"bytes {start}-{end}/{len(body)}"
        self._send(HTTPStatus.PARTIAL_CONTENT, body[start : end + 1], headers)

    def _send_prepared(self, answer: Answer) -> None:
        time.sleep(answer.delay)
        cut = len(answer.body) // 2 if answer.hang_up else len(answer.body)
        self._send_head(answer.status, len(answer.body), answer.headers)
        if self.command != "HEAD":
            step = 1 if answer.drip else max(cut, 1)
            for start in range(0, cut, step):
                self.wfile.write(answer.body[start : min(start + step, cut)])
                self.wfile.flush()
                time.sleep(answer.delay if answer.drip else 0)
        self.close_connection = self.close_connection or answer.hang_up

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self._send_head(status, len(body), headers)
        if self.command != "HEAD" and status != HTTPStatus.NOT_MODIFIED:
            self.wfile.write(body)

    def _send_head(self, status: int, length: int, headers: Mapping[str, str]) -> None:
        sent = dict(self.headers.items())
        self.server.index.requests.append(Request(self.command, self.path, sent, int(status)))
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        if status != HTTPStatus.NOT_MODIFIED and "Content-Length" not in headers:
            self.send_header("Content-Length", str(length))
        self.end_headers()

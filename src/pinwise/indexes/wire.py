"""The network under the client: the only user of httpcore2, whose waits all have an end.

Time-outs of an HTTP client hold for one read; headers that come a byte at a time never break them. Here each
wait ends with the fetch that it belongs to, in whichever layer it happens, and all of them when the transport
closes.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import Any
from weakref import WeakSet

import httpcore2
import httpx2

from pinwise.indexes.plain import plain

BROKEN = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.ProxyError,
)
"""What a connection may end in."""

_CUT = ("closed", "without", "incomplete")
"""Words by which the reader of HTTP says that an answer has no end."""

_KEPT_ALIVE = 30.0
_MOST_KEPT_ALIVE = 16


class Wire(httpcore2.NetworkBackend):
    """Opens connections on which nobody waits longer than the fetch that uses them may last."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._backend = httpcore2.SyncBackend()
        self._fetch = threading.local()
        self._open: WeakSet[_Stream] = WeakSet()
        self._lock = threading.Lock()

    @contextmanager
    def until(self, end: float) -> Iterator[None]:
        """Let every wait of this thread end at a time of the clock."""
        self._fetch.end = end
        try:
            yield
        finally:
            self._fetch.end = None

    def wait(self, timeout: float | None, too_late: type[Exception]) -> float | None:
        """Return the seconds that may be waited now; raise `too_late` where there are none."""
        end: float | None = getattr(self._fetch, "end", None)
        if end is None:
            return timeout
        left = end - self._clock()
        if left <= 0:
            raise too_late
        return left if timeout is None else min(timeout, left)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Open a connection."""
        patience = self.wait(timeout, httpcore2.ConnectTimeout)
        return self.keep(
            self._backend.connect_tcp(host, port, patience, local_address, socket_options),
        )

    def keep(self, stream: httpcore2.NetworkStream) -> "_Stream":
        """Return a stream whose waits end."""
        kept = _Stream(self, stream)
        with self._lock:
            self._open.add(kept)
        return kept

    def hang_up(self) -> None:
        """End every wait at once, in whichever thread it is."""
        with self._lock:
            streams = list(self._open)
        for stream in streams:
            stream.hang_up()


class _Stream(httpcore2.NetworkStream):
    """One connection of a `Wire`."""

    def __init__(self, wire: Wire, stream: httpcore2.NetworkStream) -> None:
        self._wire = wire
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._wire.wait(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._wire.wait(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        patience = self._wire.wait(timeout, httpcore2.ConnectTimeout)
        return self._wire.keep(self._stream.start_tls(ssl_context, server_hostname, patience))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def hang_up(self) -> None:
        """Wake up whoever waits; the connection is of no more use."""
        with suppress(OSError):
            # Not the method of an encrypted socket, which would pull it from under its reader.
            socket.socket.shutdown(self._stream.get_extra_info("socket"), socket.SHUT_RDWR)


class _Body(httpx2.SyncByteStream):
    """The body of an answer."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        self._stream.close()


class WireTransport(httpx2.BaseTransport):
    """Carries requests over a `Wire`, straight or through a proxy.

    Raises:
        ValueError: There is no such kind of proxy.
    """

    def __init__(self, wire: Wire, context: ssl.SSLContext | None, proxy: str | None = None) -> None:
        options: dict[str, Any] = {
            "ssl_context": context,
            "max_connections": None,
            "max_keepalive_connections": _MOST_KEPT_ALIVE,
            "keepalive_expiry": _KEPT_ALIVE,
            "network_backend": wire,
        }
        if proxy is None:
            self._pool = httpcore2.ConnectionPool(**options)
            return
        way = httpx2.Proxy(proxy)
        if way.url.scheme.startswith("socks"):
            if find_spec("socksio") is None:
                raise ValueError("it needs the package `socksio`, which is not installed")
            self._pool = httpcore2.SOCKSProxy(_core_url(way.url), proxy_auth=way.raw_auth, **options)
        else:
            self._pool = httpcore2.HTTPProxy(_core_url(way.url), proxy_auth=way.raw_auth, **options)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request and return its answer, whose body is still to be read."""
        answer = self._pool.handle_request(
            httpcore2.Request(
                method=request.method,
                url=_core_url(request.url),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx2.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer.stream),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


def _core_url(url: httpx2.URL) -> httpcore2.URL:
    return httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


_TRUST_HINT = (
    "where your network has an authority of its own, name the file of its certificate: the setting "
    "`ca_file`, `SSL_CERT_FILE` or `PIP_CERT`"
)


def in_words(error: Exception) -> str:
    """Say how a connection ended, after the name of whoever should have answered."""
    match error:
        case httpcore2.ConnectTimeout():
            return "did not take a connection in time"
        case httpcore2.TimeoutException():
            return "did not answer in time"
        case httpcore2.ProxyError():
            return f"cannot be reached through the proxy ({plain(error, 120)})"
        case httpcore2.ConnectError():
            return f"cannot be reached ({plain(error, 120)})"
        case httpcore2.RemoteProtocolError() if not any(word in str(error) for word in _CUT):
            return f"does not speak HTTP as it should ({plain(error, 120)})"
        case _:
            return "broke off the connection"


def certificate_fault(error: BaseException | None) -> tuple[str, str] | None:
    """Return what is wrong with a server's certificate, and what to do; None where that ended nothing.

    The numbers are OpenSSL's (`X509_V_ERR_…`).
    """
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    if error is None:
        return None
    said = plain(error.verify_message, 120)
    match error.verify_code:
        case 9 | 10:
            hint = "ask who runs the index to renew it, and look whether the clock of this machine is right"
            return f"has a certificate that is out of date ({said})", hint
        case 62 | 64:
            return (
                f"has the certificate of another host ({said})",
                "check the host in the address of the index",
            )
        case _:
            return f"has a certificate that is not trusted here ({said})", _TRUST_HINT

"""One request over HTTP: the user of httpx2.

What a status means, and whose certificates are trusted. How an answer is taken in is told in
`pinwise.indexes.intake`; when to ask again, and how many at a time, in `pinwise.indexes.transport`.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from pinwise.indexes.credentials import Credentials, refusal_hint
from pinwise.indexes.flows import EXPECTED, Answer, Fetch
from pinwise.indexes.intake import Intake, Watch, failure
from pinwise.indexes.plain import host_of, plain
from pinwise.indexes.unpacking import UnpackingError
from pinwise.indexes.web import is_unverified, next_place, wait_asked
from pinwise.model.errors import UsageError
from pinwise.model.limits import Limits
from pinwise.model.request import Index

if TYPE_CHECKING:
    from ssl import SSLContext

    import httpx2

    from pinwise.indexes.wire import Wire

_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})
_REDIRECTIONS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class TransportSettings:
    """What the user's surroundings say of the web.

    Attributes:
        user_agent: How we name ourselves.
        ca_file: A file or folder of certificates that are trusted instead of the system's.
        proxies: By pattern (``http://``, ``https://``, ``all://HOST``): the proxy, None for no proxy.
        limits: What an index may send, and how long it may take.
        credentials: Who we are to which index.
    """

    user_agent: str
    ca_file: str | None = None
    proxies: Mapping[str, str | None] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    credentials: Credentials = field(default_factory=Credentials, repr=False)


class PassingError(Exception):
    """A failure that may have passed at the next attempt.

    Attributes:
        reason: What the index did, in words.
        wait: Seconds that it asks us to wait, if it does.
    """

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait


class Client:
    """Makes requests; used by many threads."""

    def __init__(self, settings: TransportSettings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._limits = settings.limits
        self._clock = clock
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, bool], httpx2.Client] = {}
        self._opened: Wire | None = None

    def hang_up(self) -> None:
        """End every wait for the network, in whichever thread it is."""
        if self._opened is not None:
            self._opened.hang_up()

    def close(self) -> None:
        """Close all connections."""
        for client in list(self._clients.values()):
            client.close()

    def exchange(self, url: str, fetch: Fetch, index: Index, watch: Watch) -> Answer | str:
        """Make one request; a redirection gives the next address.

        Args:
            url: Where, after redirections.
            fetch: What is wanted.
            index: For which index: its credentials are sent to its own origin.
            watch: When it ends, and who is told of its bytes; what that raises ends the request, too.

        Raises:
            PassingError: It may go better at the next attempt.
            IndexFailure: It will not.
        """
        authorization = self._settings.credentials.authorization(index, url)
        with self._errors(url, fetch), self._answered(url, fetch, index, watch, authorization) as response:
            status = response.status_code
            if status == HTTPStatus.UNAUTHORIZED and self._is_known_now(index, url, authorization):
                return url
            if status in _REDIRECTIONS and "location" in response.headers:
                return _redirected(url, response.headers["location"], fetch)
            if status in _PASSING:
                now = datetime.now(UTC)
                header = response.headers.get("retry-after")
                wait = wait_asked(header, now, at_most=self._limits.retry_after)
                raise PassingError(f"answered {status}", wait)
            if status not in EXPECTED:
                raise failure(url, fetch, f"answered {status}", hint=_hint_for(status, index))
            return Intake(response, fetch, watch, self._limits).answer()

    @contextmanager
    def _answered(  # what makes up one request
        self, url: str, fetch: Fetch, index: Index, watch: Watch, authorization: str | None
    ) -> "Iterator[httpx2.Response]":
        """Send a request and give its answer, whose body is still to be read."""
        import httpx2  # noqa: PLC0415  # heavy, and not needed where nothing is fetched

        client, wire = self._client(url, index)
        try:
            request = client.build_request("GET", url, headers=_headers(fetch, authorization))
        except (httpx2.InvalidURL, ValueError):
            raise failure(url, fetch, "has an address that cannot be used") from None
        with wire.until(watch.end):
            response = client.send(request, stream=True)
            try:
                yield response
            finally:
                response.close()

    @contextmanager
    def _errors(self, url: str, fetch: Fetch) -> Iterator[None]:
        """Turn what the network raises into our own errors."""
        import httpcore2  # noqa: PLC0415  # heavy, and not needed where nothing is fetched
        import httpx2  # noqa: PLC0415  # as above

        from pinwise.indexes.wire import BROKEN, certificate_fault, in_words  # noqa: PLC0415  # as above

        try:
            yield
        except UnpackingError as error:
            raise failure(url, fetch, f"sent an answer {error}") from None
        except (httpx2.UnsupportedProtocol, httpcore2.UnsupportedProtocol, httpcore2.LocalProtocolError):
            raise failure(url, fetch, "has an address that cannot be used") from None
        except BROKEN as error:
            fault = certificate_fault(error)
            if fault is not None:
                raise failure(url, fetch, fault[0], hint=fault[1]) from error
            raise PassingError(in_words(error)) from error

    def _is_known_now(self, index: Index, url: str, sent: str | None) -> bool:
        """Whether the keyring knows more of an index that refused us than what we sent."""
        self._settings.credentials.ask_keyring(index, url)
        return self._settings.credentials.authorization(index, url) != sent

    def _client(self, url: str, index: Index) -> "tuple[httpx2.Client, Wire]":
        """Return the client for an address; those for https differ in whether they check certificates."""
        from pinwise.indexes.wire import Wire  # noqa: PLC0415  # heavy, and not needed where nothing is fetched

        key = (url.partition(":")[0].lower(), not is_unverified(index, url))
        with self._lock:
            if self._opened is None:
                self._opened = Wire(self._clock)
            if key not in self._clients:
                self._clients[key] = self._new_client(*key, self._opened)
            return self._clients[key], self._opened

    def _new_client(self, scheme: str, is_verified: bool, wire: "Wire") -> "httpx2.Client":  # noqa: FBT001
        from http.cookiejar import DefaultCookiePolicy  # noqa: PLC0415  # not needed where nothing is fetched

        import httpx2  # noqa: PLC0415  # as above

        from pinwise.indexes.wire import WireTransport  # noqa: PLC0415  # as above

        context = None
        if scheme == "https":
            context = self._context() if is_verified else httpx2.create_ssl_context(verify=False)
        mounts: dict[str, httpx2.BaseTransport | None] = {}
        for pattern, proxy in self._settings.proxies.items():
            try:
                mounts[pattern] = None if proxy is None else WireTransport(wire, context, proxy)
            except (ValueError, httpx2.InvalidURL) as error:
                raise UsageError(
                    f"the proxy `{host_of(proxy or '')}` cannot be used: {plain(error)}",
                    hint="name a proxy as `http://host:port`",
                ) from error
        client = httpx2.Client(
            transport=WireTransport(wire, context),
            trust_env=False,
            follow_redirects=False,
            mounts=mounts,
            headers={"User-Agent": self._settings.user_agent},
            timeout=httpx2.Timeout(
                self._limits.read_timeout, connect=self._limits.connect_timeout, pool=None
            ),
        )
        # A cookie knows no port: kept, it would go from one index to another one on the same host.
        client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        return client

    def _context(self) -> "SSLContext":
        import ssl  # noqa: PLC0415  # not needed where nothing is fetched

        import httpx2  # noqa: PLC0415  # as above

        file = self._settings.ca_file
        if file is None:
            return httpx2.create_ssl_context(trust_env=False)
        try:
            is_folder = Path(file).is_dir()
            return ssl.create_default_context(
                cafile=None if is_folder else file, capath=file if is_folder else None
            )
        except (OSError, ssl.SSLError) as error:
            raise UsageError(
                f"the certificates in `{plain(file)}` cannot be read: {plain(error)}",
                hint="check the path that the variable for certificates names",
            ) from error


def _redirected(url: str, location: str, fetch: Fetch) -> str:
    place = next_place(url, location)
    if place is None:
        raise failure(url, fetch, f"redirects to `{plain(host_of(location), 80)}`, which is not followed")
    return place


def _hint_for(status: int, index: Index) -> str | None:
    if status == HTTPStatus.UNAUTHORIZED and index.secret is None:
        return refusal_hint(index)
    if status in (401, 403, 407):
        return "check the user name and password in the address of the index"
    return None


def _headers(fetch: Fetch, authorization: str | None) -> dict[str, str]:
    headers = {"Accept": fetch.accept, "Accept-Encoding": "identity" if fetch.is_file else "gzip, deflate"}
    if authorization is not None:
        headers["Authorization"] = authorization
    if fetch.etag is not None:
        headers["If-None-Match"] = fetch.etag
    if fetch.last_modified is not None:
        headers["If-Modified-Since"] = fetch.last_modified
    if fetch.span is not None:
        first, end = fetch.span
        headers["Range"] = f"bytes={first}" if first < 0 else f"bytes={first}-{end - 1}"
    return headers

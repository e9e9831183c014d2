"""One request over HTTP: the only user of httpx2.

What a status means, how much of an answer is taken in, whose certificates are trusted. When to ask again, and
how many at a time, is the business of `pinwise.indexes.transport`.
"""

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, cast

from pinwise.indexes.credentials import Credentials, refusal_hint
from pinwise.indexes.flows import EXPECTED, Answer, Fetch
from pinwise.indexes.limits import Limits
from pinwise.indexes.plain import host_of, plain
from pinwise.indexes.web import is_unverified, next_place, wait_asked
from pinwise.model.errors import IndexFailure, UsageError
from pinwise.model.request import Index

if TYPE_CHECKING:
    from ssl import SSLContext

    import httpx2

_IN_MEMORY = 2**20
_KEPT_ALIVE = 30.0
_MOST_KEPT_ALIVE = 16
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})
_REDIRECTIONS = frozenset({301, 302, 303, 307, 308})
_CERTIFICATE_HINT = "name a file of certificates that you trust, for example in `SSL_CERT_FILE`"


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

    def __init__(self, settings: TransportSettings) -> None:
        self._settings = settings
        self._limits = settings.limits
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, bool], httpx2.Client] = {}

    def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            client.close()

    def exchange(self, url: str, fetch: Fetch, index: Index, watch: Callable[[int], None]) -> Answer | str:
        """Make one request; a redirection gives the next address.

        Args:
            url: Where, after redirections.
            fetch: What is wanted.
            index: For which index: its credentials are sent to its own origin.
            watch: Told of the bytes that came in, each time some do; what it raises ends the request.

        Raises:
            PassingError: It may go better at the next attempt.
            IndexFailure: It will not.
        """
        import httpx2  # noqa: PLC0415  # heavy, and not needed where nothing is fetched

        client = self._client(url, index)
        authorization = self._settings.credentials.authorization(index, url)
        try:
            with client.stream("GET", url, headers=_headers(fetch, authorization)) as response:
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
                return _take_in(response, fetch, watch)
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, httpx2.LocalProtocolError):
            raise failure(url, fetch, "has an address that cannot be used") from None
        except httpx2.DecodingError:
            raise failure(url, fetch, "sent an answer that cannot be unpacked") from None
        except httpx2.TransportError as error:
            if _is_certificate_error(error):
                reason = f"has no valid certificate ({plain(error)})"
                raise failure(url, fetch, reason, hint=_CERTIFICATE_HINT) from error
            raise PassingError(_in_words(error)) from error

    def _is_known_now(self, index: Index, url: str, sent: str | None) -> bool:
        """Whether the keyring knows more of an index that refused us than what we sent."""
        self._settings.credentials.ask_keyring(index, url)
        return self._settings.credentials.authorization(index, url) != sent

    def _client(self, url: str, index: Index) -> "httpx2.Client":
        """Return the client for an address; those for https differ in whether they check certificates."""
        key = (url.partition(":")[0].lower(), not is_unverified(index, url))
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._new_client(*key)
            return self._clients[key]

    def _new_client(self, scheme: str, is_verified: bool) -> "httpx2.Client":  # noqa: FBT001
        import httpx2  # noqa: PLC0415  # heavy, and not needed where nothing is fetched

        context = self._context() if scheme == "https" and is_verified else False
        limits = httpx2.Limits(
            max_connections=None, max_keepalive_connections=_MOST_KEPT_ALIVE, keepalive_expiry=_KEPT_ALIVE
        )
        mounts: dict[str, httpx2.HTTPTransport | None] = {}
        for pattern, proxy in self._settings.proxies.items():
            try:
                mounts[pattern] = (
                    None
                    if proxy is None
                    else httpx2.HTTPTransport(proxy=proxy, verify=context, limits=limits)
                )
            except (ValueError, ImportError, httpx2.InvalidURL) as error:
                raise UsageError(
                    f"the proxy `{host_of(proxy or '')}` cannot be used: {plain(error)}",
                    hint="name a proxy as `http://host:port`",
                ) from error
        patience = self._limits
        return httpx2.Client(
            verify=context,
            trust_env=False,
            follow_redirects=False,
            limits=limits,
            mounts=mounts,
            headers={"User-Agent": self._settings.user_agent},
            timeout=httpx2.Timeout(
                connect=patience.connect, read=patience.read, write=patience.read, pool=None
            ),
        )

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


def _take_in(response: "httpx2.Response", fetch: Fetch, watch: Callable[[int], None]) -> Answer:
    """Take in an answer, up to its limit."""
    body = cast("BinaryIO", SpooledTemporaryFile(max_size=_IN_MEMORY))  # noqa: SIM115  # closed by the driver
    try:
        digest, is_cut = _stream(response, fetch, body, watch)
    except BaseException:
        body.close()
        raise
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, str(response.url), headers, body, digest, is_cut)


def _stream(
    response: "httpx2.Response", fetch: Fetch, body: BinaryIO, watch: Callable[[int], None]
) -> tuple[str, bool]:
    """Write an answer to a file; return its digest, and whether it is longer than its limit."""
    claimed = response.headers.get("content-length", "")
    if claimed.isascii() and claimed.isdigit() and int(claimed[:18]) > fetch.limit:
        return "", True
    digest, size = hashlib.sha256(), 0
    for chunk in response.iter_raw() if fetch.is_file else response.iter_bytes():
        watch(len(chunk))
        size += len(chunk)
        if size > fetch.limit:
            return "", True
        digest.update(chunk)
        if not fetch.is_for_digest:
            body.write(chunk)
    body.seek(0)
    return digest.hexdigest(), False


def failure(url: str, fetch: Fetch, reason: str, *, hint: str | None = None) -> IndexFailure:
    """Return the failure of whoever should have answered: who, how, and for what we asked."""
    return IndexFailure(
        f"`{host_of(url)}` {reason}, asked for {fetch.what}",
        hint=hint or "check the address of the index, and try again later",
    )


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


def _in_words(error: "httpx2.TransportError") -> str:
    import httpx2  # noqa: PLC0415  # heavy, and not needed where nothing is fetched

    match error:
        case httpx2.ConnectTimeout():
            return "did not take a connection in time"
        case httpx2.TimeoutException():
            return "did not answer in time"
        case httpx2.ProxyError():
            return f"cannot be reached through the proxy ({plain(error, 120)})"
        case httpx2.ConnectError():
            return f"cannot be reached ({plain(error, 120)})"
        case _:
            return "broke off the connection"


def _is_certificate_error(error: BaseException | None) -> bool:
    import ssl  # noqa: PLC0415  # not needed where nothing is fetched

    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False

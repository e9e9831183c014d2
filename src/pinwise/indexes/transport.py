"""Drives flows over HTTP and over folders of this machine: the only user of httpx2.

Every flow runs in one of a few threads; its result is handed to the thread that asked. The threads are
daemons and the asking thread never waits without an end, so Ctrl-C stops at once. Time-outs of httpx2 hold
for each read; the deadline of an attempt as a whole is watched here: in its thread while the answer streams
in, and for what hangs elsewhere (a name server, headers that drip) from the asking thread.
"""

import hashlib
import random
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Self, cast

from pinwise.indexes.flows import EXPECTED, Answer, Fetch, Flow
from pinwise.indexes.limits import Limits
from pinwise.indexes.local import read_local, to_address
from pinwise.indexes.plain import host_of, plain
from pinwise.indexes.web import (
    WebOrigin,
    authorization_of,
    is_unverified,
    next_place,
    origin_of,
    wait_asked,
)
from pinwise.model.errors import FailureError, IndexFailure, UsageError
from pinwise.model.request import Index

if TYPE_CHECKING:
    from ssl import SSLContext

    import httpx2

_THREADS = 16
_IN_MEMORY = 2**20
_CHUNK = 2**16
_TICK = 0.1
"""Seconds after which every wait looks up: for Ctrl-C, and for attempts past their deadline."""

_SLACK = 1.0
"""Seconds past its deadline after which an attempt that hangs is given up from outside."""

_KEPT_ALIVE = 30.0
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
    """

    user_agent: str
    ca_file: str | None = None
    proxies: Mapping[str, str | None] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)


class Finished(NamedTuple):
    """A flow that ended: its key, and what it returned or how it failed."""

    key: Hashable
    result: Any
    failure: FailureError | None = None


@dataclass(eq=False, slots=True)
class _Task:
    """A flow on its way through a thread."""

    key: Hashable
    index: Index
    flow: Flow[Any]
    fetch: Fetch | None = None
    deadline: float | None = None
    slot: threading.Semaphore | None = None
    is_abandoned: bool = False


class _AbandonedError(Exception):
    """Nobody waits for this task any more."""


class _PassingFailure(Exception):
    """A failure that may have passed at the next attempt."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait


class Transport:
    """Runs flows; made once for a command, closed by leaving its ``with`` block."""

    def __init__(
        self,
        settings: TransportSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.requests = 0
        self.received = 0
        self._settings = settings
        self._limits = settings.limits
        self._clock = clock
        self._jitter = jitter
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._waiting: SimpleQueue[_Task | None] = SimpleQueue()
        self._finished: SimpleQueue[tuple[_Task, Finished | BaseException]] = SimpleQueue()
        self._under_way: set[_Task] = set()
        self._threads: list[threading.Thread] = []
        self._clients: dict[tuple[str, bool], httpx2.Client] = {}
        self._slots: dict[WebOrigin, threading.Semaphore] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- for the asking thread

    def submit(self, key: Hashable, index: Index, flow: Flow[Any]) -> None:
        """Begin a flow for an index; never waits."""
        task = _Task(key, index, flow)
        self._under_way.add(task)
        self._waiting.put(task)
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        if len(self._threads) < min(_THREADS, len(self._under_way)):
            thread = threading.Thread(target=self._work, name="pinwise-transport", daemon=True)
            self._threads.append(thread)
            thread.start()

    def results(self) -> Iterator[Sequence[Finished]]:
        """Yield what has ended, all that is there at a time, until nothing is under way.

        More flows may be submitted between two results. A result may be empty: time has passed.
        """
        while self._under_way:
            batch = self._wait_for_some()
            self._give_up_hanging(batch)
            yield batch

    def cancel(self) -> None:
        """Forget every flow that has not ended."""
        for task in self._under_way:
            task.is_abandoned = True
        self._under_way.clear()

    def close(self) -> None:
        """Stop the threads; one that hangs is left behind, and ends with the process."""
        self.cancel()
        self._closed.set()
        for _ in self._threads:
            self._waiting.put(None)
        limit = time.monotonic() + 2 * _TICK
        for thread in self._threads:
            thread.join(max(0.0, limit - time.monotonic()))
        if not any(thread.is_alive() for thread in self._threads):
            for client in self._clients.values():
                client.close()

    def _wait_for_some(self) -> list[Finished]:
        batch: list[Finished] = []
        timeout = _TICK
        while True:
            try:
                task, outcome = self._finished.get(timeout=timeout)
            except Empty:
                return batch
            timeout = 0.0
            if task not in self._under_way:
                continue
            self._under_way.discard(task)
            if isinstance(outcome, BaseException):
                raise outcome
            batch.append(outcome)

    def _give_up_hanging(self, batch: list[Finished]) -> None:
        now = self._clock()
        for task in list(self._under_way):
            deadline, fetch = task.deadline, task.fetch
            if deadline is None or fetch is None or now < deadline + _SLACK:
                continue
            task.is_abandoned = True
            self._release(task)
            self._under_way.discard(task)
            batch.append(Finished(task.key, None, self._late(fetch)))

    # --- in a thread

    def _work(self) -> None:
        while (task := self._waiting.get()) is not None and not self._closed.is_set():
            if task.is_abandoned:
                continue
            try:
                outcome: Finished | BaseException = Finished(task.key, self._drive(task))
            except _AbandonedError:
                continue
            except FailureError as failure:
                outcome = Finished(task.key, None, failure)
            except BaseException as error:  # noqa: BLE001  # raised again where it is waited for
                outcome = error
            self._finished.put((task, outcome))

    def _drive(self, task: _Task) -> Any:
        """Run a flow to its end."""
        try:
            fetch = next(task.flow)
            while True:
                answer = self._answer(fetch, task)
                try:
                    fetch = task.flow.send(answer)
                finally:
                    answer.body.close()
        except StopIteration as end:
            return end.value

    def _answer(self, fetch: Fetch, task: _Task) -> Answer:
        if fetch.url.startswith("file:"):
            if not to_address(task.index.url).startswith("file:"):
                raise _failure(
                    fetch.url, fetch, "is a folder of this machine, which this index must not name"
                )
            return read_local(fetch)
        task.fetch = fetch
        for attempt in range(self._limits.retries + 1):
            try:
                return self._attempt(fetch, task)
            except _PassingFailure as failure:
                last = failure
            finally:
                task.deadline = None
            if attempt < self._limits.retries:
                self._pause(attempt, last, task)
        raise _failure(
            fetch.url,
            fetch,
            last.reason,
            hint="try again later; `--offline` works with what is already known",
        )

    def _pause(self, attempt: int, failure: _PassingFailure, task: _Task) -> None:
        """Wait before the next attempt: as long as the index asks for, or ever longer, with jitter."""
        seconds = self._limits.backoff * 2**attempt * (0.5 + self._jitter())
        end = self._clock() + max(seconds, failure.wait or 0.0)
        while (left := end - self._clock()) > 0:
            self._hold_to_interest(task)
            self._closed.wait(min(left, _TICK))

    def _hold_to_interest(self, task: _Task) -> None:
        if task.is_abandoned or self._closed.is_set():
            raise _AbandonedError

    def _attempt(self, fetch: Fetch, task: _Task) -> Answer:
        """Fetch once, through redirections."""
        url = fetch.url
        for _ in range(self._limits.redirects + 1):
            origin = origin_of(url)
            if origin is None:
                raise _failure(url, fetch, "has an address that cannot be used")
            self._take_slot(origin, task)
            try:
                task.deadline = task.deadline or self._clock() + self._limits.deadline
                answer = self._exchange(url, fetch, task)
            finally:
                self._release(task)
            if isinstance(answer, Answer):
                return answer
            url = answer
        raise _failure(fetch.url, fetch, f"redirected more than {self._limits.redirects} times")

    def _take_slot(self, origin: WebOrigin, task: _Task) -> None:
        """Wait until one more connection to a host is allowed."""
        with self._lock:
            slot = self._slots.setdefault(origin, threading.Semaphore(self._limits.connections))
        while not slot.acquire(timeout=_TICK):
            self._hold_to_interest(task)
        task.slot = slot

    def _release(self, task: _Task) -> None:
        with self._lock:
            slot, task.slot = task.slot, None
        if slot is not None:
            slot.release()

    def _exchange(self, url: str, fetch: Fetch, task: _Task) -> Answer | str:
        """Make one request; a redirection gives the next address."""
        import httpx2  # noqa: PLC0415  # heavy, and not needed where nothing is fetched

        self._hold_to_interest(task)
        client = self._client(url, task.index)
        with self._lock:
            self.requests += 1
        try:
            with client.stream("GET", url, headers=_headers(fetch, url, task.index)) as response:
                status = response.status_code
                if status in _REDIRECTIONS and "location" in response.headers:
                    return self._redirected(url, response.headers["location"], fetch)
                if status in _PASSING:
                    now = datetime.now(UTC)
                    header = response.headers.get("retry-after")
                    wait = wait_asked(header, now, at_most=self._limits.retry_after)
                    raise _PassingFailure(f"answered {status}", wait)
                if status not in EXPECTED:
                    raise _failure(url, fetch, f"answered {status}", hint=_hint_for(status))
                return self._received(response, fetch, task)
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, httpx2.LocalProtocolError):
            raise _failure(url, fetch, "has an address that cannot be used") from None
        except httpx2.DecodingError:
            raise _failure(url, fetch, "sent an answer that cannot be unpacked") from None
        except httpx2.TransportError as error:
            if _is_certificate_error(error):
                reason = f"has no valid certificate ({plain(error)})"
                raise _failure(url, fetch, reason, hint=_CERTIFICATE_HINT) from error
            raise _PassingFailure(_in_words(error)) from error

    def _redirected(self, url: str, location: str, fetch: Fetch) -> str:
        place = next_place(url, location)
        if place is None:
            raise _failure(
                url, fetch, f"redirects to `{plain(host_of(location), 80)}`, which is not followed"
            )
        return place

    def _received(self, response: "httpx2.Response", fetch: Fetch, task: _Task) -> Answer:
        """Take in an answer, up to its limit and its deadline."""
        body = cast("BinaryIO", SpooledTemporaryFile(max_size=_IN_MEMORY))  # noqa: SIM115  # closed by `_drive`
        try:
            digest, is_cut = self._stream(response, fetch, body, task)
        except BaseException:
            body.close()
            raise
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, str(response.url), headers, body, digest, is_cut)

    def _stream(
        self, response: "httpx2.Response", fetch: Fetch, body: BinaryIO, task: _Task
    ) -> tuple[str, bool]:
        claimed = response.headers.get("content-length", "")
        if claimed.isascii() and claimed.isdigit() and int(claimed[:18]) > fetch.limit:
            return "", True
        digest, size = hashlib.sha256(), 0
        chunks = response.iter_raw(_CHUNK) if fetch.is_file else response.iter_bytes()
        for chunk in chunks:
            self._hold_to_interest(task)
            if task.deadline is not None and self._clock() > task.deadline:
                raise self._late(fetch)
            size += len(chunk)
            with self._lock:
                self.received += len(chunk)
            if size > fetch.limit:
                return "", True
            digest.update(chunk)
            if not fetch.is_for_digest:
                body.write(chunk)
        body.seek(0)
        return digest.hexdigest(), False

    # --- clients

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
            max_connections=None, max_keepalive_connections=_THREADS, keepalive_expiry=_KEPT_ALIVE
        )
        proxies = {
            pattern: None
            if proxy is None
            else httpx2.HTTPTransport(proxy=proxy, verify=context, limits=limits)
            for pattern, proxy in self._settings.proxies.items()
        }
        patience = self._limits
        return httpx2.Client(
            verify=context,
            trust_env=False,
            follow_redirects=False,
            limits=limits,
            mounts=proxies,
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

    # --- failures

    def _late(self, fetch: Fetch) -> IndexFailure:
        return _failure(fetch.url, fetch, f"took longer than {self._limits.deadline:g} seconds")


_CERTIFICATE_HINT = "name a file of certificates that you trust, for example in `SSL_CERT_FILE`"


def _failure(url: str, fetch: Fetch, reason: str, *, hint: str | None = None) -> IndexFailure:
    return IndexFailure(
        f"`{host_of(url)}` {reason}, asked for {fetch.what}",
        hint=hint or "check the address of the index, and try again later",
    )


def _hint_for(status: int) -> str | None:
    if status in (401, 403, 407):
        return "check the user name and password in the address of the index"
    return None


def _headers(fetch: Fetch, url: str, index: Index) -> dict[str, str]:
    headers = {"Accept": fetch.accept, "Accept-Encoding": "identity" if fetch.is_file else "gzip, deflate"}
    authorization = authorization_of(index, url)
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

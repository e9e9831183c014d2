"""Drives flows over HTTP and over folders of this machine.

Every flow runs in one of a few threads of its index; its result is handed to the thread that asked. The
threads are daemons and the asking thread never waits without an end, so Ctrl-C stops at once. A fetch has a
time of its own, for all its attempts and redirections: waits for the network end with it in their thread
(`pinwise.indexes.wire`), and what hangs elsewhere (a name server) is given up from the asking thread.
"""

import random
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

from pinwise.indexes.client import Client, PassingError, TransportSettings
from pinwise.indexes.flows import Answer, Fetch, Flow
from pinwise.indexes.intake import Watch, failure
from pinwise.indexes.local import read_local, to_address
from pinwise.indexes.plain import plain
from pinwise.indexes.web import WebOrigin, origin_of
from pinwise.model.errors import FailureError, IndexFailure
from pinwise.model.limits import limit_hint
from pinwise.model.request import Index

__all__ = ["Finished", "Transport", "TransportSettings"]

_THREADS = 16
"""Threads of one index: one that hangs takes none from the others."""

_TICK = 0.1
"""Seconds after which every wait looks up: for Ctrl-C, and for attempts past their end."""

_FAREWELL = 0.05
"""Seconds for which threads are waited for at the end: those at the network wake up at once."""

_SLACK = 0.5
"""Seconds past its end after which an attempt that hangs is given up from outside."""


class Finished(NamedTuple):
    """A flow that ended: its key, and what it returned or how it failed."""

    key: Hashable
    result: Any
    failure: FailureError | None = None


@dataclass(eq=False, slots=True)
class _Lane:
    """The threads of one index, and what waits for them."""

    waiting: "SimpleQueue[_Task | None]" = field(default_factory=SimpleQueue)
    threads: list[threading.Thread] = field(default_factory=list)
    under_way: int = 0


@dataclass(eq=False, slots=True)
class _Task:
    """A flow on its way through a thread.

    Attributes:
        fetch: What it fetches now.
        left: Seconds that this fetch may still take; waiting for a connection or as asked does not count.
        patience: Seconds that the index may still ask us to wait.
        end: When the attempt under way must end, None where there is none.
    """

    key: Hashable
    index: Index
    flow: Flow[Any]
    lane: _Lane
    thread: threading.Thread | None = None
    fetch: Fetch | None = None
    left: float = 0.0
    patience: float = 0.0
    end: float | None = None
    slot: threading.Semaphore | None = None
    is_abandoned: bool = False


class _AbandonedError(Exception):
    """Nobody waits for this task any more."""


def _traced(url: str, fetch: Fetch, answer: Answer | str, seconds: float) -> str:
    """Return one request on one line; an address may hold a login or a token, which are left out."""
    address = urlsplit(url)
    place = plain(f"{address.scheme}://{address.netloc.rpartition('@')[2]}{address.path}")
    said = answer.status if isinstance(answer, Answer) else "failed" if answer == "failed" else "asked again"
    return f"{fetch.what}: {said} after {seconds * 1_000:,.0f} ms, `{place}`"


class Transport:
    """Runs flows; made once for a command, closed by leaving its ``with`` block.

    Args:
        settings: What the user's surroundings say of the web.
        clock: Seconds that only ever grow.
        jitter: Numbers from 0 to 1.
        trace: Told of each request when it has ended, from any thread; never of a secret.
    """

    def __init__(
        self,
        settings: TransportSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
        trace: Callable[[str], None] | None = None,
    ) -> None:
        self.requests = 0
        self.received = 0
        self._client = Client(settings, clock=clock)
        self._limits = settings.limits
        self._clock = clock
        self._jitter = jitter
        self._trace = trace
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._lanes: dict[str, _Lane] = {}
        self._finished: SimpleQueue[tuple[_Task, Finished | BaseException]] = SimpleQueue()
        self._under_way: set[_Task] = set()
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
        lane = self._lanes.setdefault(index.url, _Lane())
        task = _Task(key, index, flow, lane)
        self._under_way.add(task)
        lane.under_way += 1
        lane.waiting.put(task)
        self._staff(lane)

    def _staff(self, lane: _Lane) -> None:
        """Start one more thread where there is work for it."""
        lane.threads = [thread for thread in lane.threads if thread.is_alive()]
        if len(lane.threads) < min(_THREADS, lane.under_way):
            thread = threading.Thread(target=self._work, args=(lane,), name="pinwise-transport", daemon=True)
            lane.threads.append(thread)
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
        for task in list(self._under_way):
            task.is_abandoned = True
            self._forget(task)
        self._client.hang_up()

    def close(self) -> None:
        """Stop the threads; one that hangs is left behind, and ends with the process."""
        self._closed.set()
        self.cancel()
        threads = [thread for lane in self._lanes.values() for thread in lane.threads]
        for lane in self._lanes.values():
            for _ in lane.threads:
                lane.waiting.put(None)
        limit = time.monotonic() + _FAREWELL
        for thread in threads:
            thread.join(max(0.0, limit - time.monotonic()))
        if not any(thread.is_alive() for thread in threads):
            self._client.close()

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
            self._forget(task)
            if isinstance(outcome, BaseException):
                raise outcome
            batch.append(outcome)

    def _give_up_hanging(self, batch: list[Finished]) -> None:
        now = self._clock()
        for task in list(self._under_way):
            end, fetch = task.end, task.fetch
            if end is None or fetch is None or now < end + _SLACK:
                continue
            task.is_abandoned = True
            self._release(task)
            self._forget(task)
            if task.thread in task.lane.threads:
                task.lane.threads.remove(task.thread)  # whenever it comes back, it ends
            self._staff(task.lane)
            batch.append(Finished(task.key, None, self._late(fetch)))

    def _forget(self, task: _Task) -> None:
        self._under_way.discard(task)
        task.lane.under_way -= 1

    # --- in a thread

    def _work(self, lane: _Lane) -> None:
        this = threading.current_thread()
        while (task := lane.waiting.get()) is not None and not self._closed.is_set():
            if task.is_abandoned:
                continue
            task.thread = this
            try:
                outcome: Finished | BaseException = Finished(task.key, self._drive(task))
            except _AbandonedError:
                outcome = Finished(task.key, None)
            except FailureError as failed:
                outcome = Finished(task.key, None, failed)
            except BaseException as error:  # noqa: BLE001  # raised again where it is waited for
                outcome = error
            self._finished.put((task, outcome))
            if this not in lane.threads:
                return

    def _drive(self, task: _Task) -> Any:
        """Run a flow to its end."""
        try:
            fetch = next(task.flow)
            while True:
                answer = self._answer(fetch, task)
                task.end = self._clock() + self._limits.fetch_timeout  # a page may be made to be read slowly
                try:
                    fetch = task.flow.send(answer)
                finally:
                    task.end = None
                    answer.body.close()
        except StopIteration as end:
            return end.value

    def _answer(self, fetch: Fetch, task: _Task) -> Answer:
        task.fetch, task.left, task.patience = fetch, self._allowed(fetch), self._limits.retry_after
        if fetch.url.startswith("file:"):
            if not to_address(task.index.url).startswith("file:"):
                raise failure(fetch.url, fetch, "is a folder of this machine, which this index must not name")
            task.end = self._clock() + task.left  # a disk may be far away
            return read_local(fetch)
        for attempt in range(self._limits.retries + 1):
            try:
                return self._attempt(fetch, task)
            except PassingError as passing:
                last = passing
            if task.left <= 0:
                raise self._late(fetch)
            if attempt < self._limits.retries:
                self._pause(attempt, last, task)
        raise failure(
            fetch.url,
            fetch,
            last.reason,
            hint="try again later; `--offline` works with what is already known",
        )

    def _allowed(self, fetch: Fetch) -> float:
        """Return the seconds that a fetch may take as a whole."""
        return self._limits.file_timeout if fetch.is_file else self._limits.fetch_timeout

    def _pause(self, attempt: int, passing: PassingError, task: _Task) -> None:
        """Wait before the next attempt: as long as the index asks for, or ever longer, with jitter."""
        asked = min(passing.wait or 0.0, task.patience)
        task.patience -= asked
        seconds = max(self._limits.backoff * 2**attempt * (0.5 + self._jitter()), asked)
        task.left -= seconds - asked
        end = self._clock() + seconds
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
                raise failure(url, fetch, "has an address that cannot be used")
            self._take_slot(origin, task)
            try:
                answer = self._exchange(url, fetch, task)
            finally:
                self._release(task)
            if isinstance(answer, Answer):
                return answer
            url = answer
        raise failure(fetch.url, fetch, f"redirected more than {self._limits.redirects} times")

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
        """Make one request within the time that the fetch has left."""
        self._hold_to_interest(task)
        begin = self._clock()
        end = task.end = begin + task.left

        def note(size: int) -> None:
            self._hold_to_interest(task)
            if self._clock() > end:
                raise self._late(fetch)
            with self._lock:
                self.received += size

        with self._lock:
            self.requests += 1
        answer: Answer | str = "failed"
        try:
            answer = self._client.exchange(url, fetch, task.index, Watch(end, self._clock, note))
        finally:
            task.end = None
            task.left = end - self._clock()
            if self._trace is not None:
                self._trace(_traced(url, fetch, answer, self._clock() - begin))
        return answer

    def _late(self, fetch: Fetch) -> IndexFailure:
        limit = "file_timeout" if fetch.is_file else "fetch_timeout"
        reason = f"took longer than {self._allowed(fetch):g} seconds"
        return failure(fetch.url, fetch, reason, hint=limit_hint(limit))

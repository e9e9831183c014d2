"""Learn what an advice asks for: fetch pages and documents, many at a time, and keep them.

What is asked of whom is decided by the view (the index policy and the file policy); what comes back is
committed from one thread as it arrives, so that a stop at any moment keeps what was learnt. An errand whose
answer is "there is none" goes on to the next index, or to the next source of the file policy.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from packaging.version import Version

from pinwise.actions.errands import (
    Ask,
    Courier,
    Delivery,
    DocumentAnswers,
    DocumentDelivery,
    DocumentErrand,
    Errand,
    PageAnswer,
    PageDelivery,
    PageErrand,
)
from pinwise.actions.ports import Follow, Wanted
from pinwise.model.errors import FailureError, IndexFailure
from pinwise.model.facts import Document, Project
from pinwise.model.names import NormalizedName
from pinwise.model.outcome import Effort
from pinwise.model.request import Index


class Validated(Protocol):
    """The validators of a page that is stored."""

    @property
    def etag(self) -> str | None: ...  # noqa: D102

    @property
    def last_modified(self) -> str | None: ...  # noqa: D102


class PageStore(Protocol):
    """What ingestion asks of a knowledge base; `pinwise.knowledge.store.Store` is one."""

    def batch(self) -> AbstractContextManager[None]:
        """Group what is put inside into one commit."""
        ...

    def page(self, index_url: str, name: NormalizedName, /) -> Validated | None:
        """Return what an index last said of a project."""
        ...

    def put_page(  # noqa: PLR0913  # one answer of an index, with what HTTP says of it
        self,
        index_url: str,
        name: NormalizedName,
        page: Project | None,
        *,
        etag: str | None,
        last_modified: str | None,
        checked: int,
    ) -> None:
        """Keep what an index says of a project."""
        ...

    def touch_page(self, index_url: str, name: NormalizedName, *, checked: int) -> None:
        """Note that an index confirmed what it had said."""
        ...

    def put_document(  # noqa: PLR0913  # one answer: about which file, from which source, what and when
        self,
        index_url: str,
        name: NormalizedName,
        filename: str,
        kind: str,
        document: Document | None,
        *,
        checked: int,
    ) -> None:
        """Keep what a file says of its release."""
        ...


class Shelves(Protocol):
    """Who is asked next; `pinwise.knowledge.view.KnowledgeView` knows it for one request."""

    def pages_to_ask(self, name: NormalizedName) -> Sequence[str]:
        """Return the URLs of the indexes whose answer about `name` may matter and is not known, in order."""
        ...

    def document_to_ask(self, name: NormalizedName, version: Version) -> Ask | None:
        """Return the next question about a release, None if its document is known."""
        ...

    def served_by(self, name: NormalizedName) -> str | None:
        """Return the URL of the index that serves `name`."""
        ...

    def forget(self, name: NormalizedName) -> None:
        """Read the facts of `name` anew."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far ingestion has come: errands that are done, errands under way, bytes received."""

    done: int
    under_way: int
    received: int


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """How ingestion behaves.

    Attributes:
        clock: The time of day, in seconds since 1970.
        monotonic: A clock that never goes back.
        progress: Called with every step, from the thread that asked.
        patience: Seconds for which a prefetch is waited for once all that is needed is known. What is not
            there by then stays under way, and is kept by the next fetch, which does not wait for it again.
    """

    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    progress: Callable[[Progress], None] | None = None
    patience: float = 5.0


class _Item(NamedTuple):
    """Something wanted: the page of a project, or (with a version) the document of a release."""

    name: NormalizedName
    version: Version | None = None


class Ingestion:
    """Fetches facts into a knowledge base; `pinwise.actions.ports.Source` for one request.

    Args:
        view: Says who is asked next; shares the store.
        store: Where facts are kept.
        courier: Fetches them.
        indexes: Every index of the request, with its credentials.
        options: Clocks, progress and patience.
    """

    def __init__(
        self,
        view: Shelves,
        store: PageStore,
        courier: Courier,
        indexes: Iterable[Index],
        options: IngestOptions | None = None,
    ) -> None:
        self._view = view
        self._store = store
        self._courier = courier
        self._indexes = {index.url: index for index in indexes}
        self._options = options or IngestOptions()
        self._started = int(self._options.clock())
        self._under_way: set[_Item] = set()
        self._slow: set[_Item] = set()  # prefetches for which patience ran out once: nobody waits again
        self._follow: Follow | None = None
        self._pages = self._documents = self._done = 0

    def fetch(self, needed: Wanted, prefetch: Wanted, follow: Follow | None = None) -> None:
        """Learn all of `needed`, and of `prefetch` and what `follow` names what can be had at the same time.

        Raises:
            IndexFailure: Something needed could not be learned because an index failed. A failed prefetch is
                no error.
        """
        wanted = tuple(_items(needed))
        self._follow = follow
        for item in (*wanted, *_items(prefetch)):
            self._begin(item)
        if self._is_under_way(wanted):
            self._take_in(wanted)

    def effort(self) -> Effort:
        """Return what was fetched so far; rounds and seconds are left to the caller."""
        return Effort(self._pages, self._documents, self._courier.requests)

    def _is_under_way(self, items: Iterable[_Item]) -> bool:
        return not self._under_way.isdisjoint(items)

    def _begin(self, item: _Item) -> bool:
        """Send for the next thing that must be asked about an item; return whether there is one."""
        if item in self._under_way:
            return True
        errand = self._next_page(item.name) if item.version is None else self._next_document(*item)
        if errand is None:
            return False
        self._under_way.add(item)
        self._courier.send(errand)
        return True

    def _next_page(self, name: NormalizedName) -> Errand | None:
        urls = self._view.pages_to_ask(name)
        if not urls:
            return None
        stored = self._store.page(urls[0], name)
        etag, last_modified = (stored.etag, stored.last_modified) if stored is not None else (None, None)
        return PageErrand(self._index(urls[0]), name, etag, last_modified)

    def _next_document(self, name: NormalizedName, version: Version | None) -> Errand | None:
        url = self._view.served_by(name)
        if version is None or url is None:
            return None
        ask = self._view.document_to_ask(name, version)
        return None if ask is None else DocumentErrand(self._index(url), name, version, ask)

    def _index(self, url: str) -> Index:
        return self._indexes.get(url) or Index(url)

    def _take_in(self, wanted: Sequence[_Item]) -> None:
        """Keep what arrives until all that is needed is known, and a prefetch for a while longer."""
        end: float | None = None
        for deliveries in self._courier.deliveries():
            failures = self._keep(deliveries)
            for item in wanted:
                if item in failures:
                    self._courier.cancel()
                    self._under_way.clear()
                    raise failures[item]
            self._report()
            if not self._is_under_way(wanted):
                now = self._options.monotonic()
                end = now + self._options.patience if end is None else end
                if now >= end or self._under_way <= self._slow:
                    self._slow |= self._under_way
                    return

    def _keep(self, deliveries: Sequence[Delivery]) -> dict[_Item, FailureError]:
        """Commit what has arrived, and go on with what has no answer yet.

        What is asked next is on its way before the disk has answered; what was asked before is kept first.
        """
        failures: dict[_Item, FailureError] = {}
        if not deliveries:
            return failures
        with self._store.batch():
            for delivery in deliveries:
                failure = self._kept(delivery)
                if failure is not None:
                    failures[_item(delivery.errand)] = failure
            self._go_on(deliveries, failures)
        self._done += len(deliveries)
        return failures

    def _go_on(self, deliveries: Sequence[Delivery], failures: Mapping[_Item, FailureError]) -> None:
        """Send for what has no answer yet."""
        for name in {delivery.errand.name for delivery in deliveries}:
            self._view.forget(name)
        for delivery in deliveries:
            item = _item(delivery.errand)
            self._under_way.discard(item)
            if item not in failures and not self._begin(item) and self._follow is not None:
                for guess in _items(self._follow(item.name)):
                    self._begin(guess)

    def _kept(self, delivery: Delivery) -> FailureError | None:
        """Put one delivery into the store; an index that contradicts itself has failed as well."""
        try:
            match delivery:
                case PageDelivery(_, FailureError() as failure) | DocumentDelivery(
                    _, FailureError() as failure
                ):
                    return failure
                case PageDelivery(errand, PageAnswer() as answer):
                    self._keep_page(errand, answer)
                case DocumentDelivery(errand, Mapping() as answers):
                    self._keep_document(errand, answers)
        except IndexFailure as failure:
            return failure
        return None

    def _keep_page(self, errand: PageErrand, answer: PageAnswer) -> None:
        self._pages += 1
        url, name = errand.index.url, errand.name
        if answer.is_unchanged:
            self._store.touch_page(url, name, checked=self._now())
            return
        self._store.put_page(
            url,
            name,
            answer.project,
            etag=answer.etag,
            last_modified=answer.last_modified,
            checked=self._now(),
        )

    def _keep_document(self, errand: DocumentErrand, answers: DocumentAnswers) -> None:
        self._documents += any(document is not None for document in answers.values())
        filename = errand.ask.file.filename
        for kind, document in answers.items():
            self._store.put_document(
                errand.index.url, errand.name, filename, kind.value, document, checked=self._now()
            )

    def _now(self) -> int:
        """Return the time of day, which for one run never goes back."""
        return max(self._started, int(self._options.clock()))

    def _report(self) -> None:
        if self._options.progress is not None:
            state = Progress(self._done, len(self._under_way), self._courier.received)
            self._options.progress(state)


def _items(wanted: Wanted) -> Iterator[_Item]:
    yield from (_Item(name) for name in wanted.pages)
    yield from (_Item(name, version) for name, version in wanted.documents)


def _item(errand: Errand) -> _Item:
    return _Item(errand.name, errand.version if isinstance(errand, DocumentErrand) else None)

"""Runs the errands of ingestion: each becomes a flow, the transport drives them."""

from collections.abc import Iterator, Sequence

from pinwise.actions.errands import (
    Delivery,
    DocumentDelivery,
    DocumentErrand,
    Errand,
    PageDelivery,
    PageErrand,
)
from pinwise.indexes.flows import Shelf, document_flow, listed_flow, listing_flow, page_flow
from pinwise.indexes.local import to_address
from pinwise.indexes.pages import Listing
from pinwise.indexes.statements import Subject
from pinwise.indexes.transport import Finished, Transport
from pinwise.model.errors import FailureError
from pinwise.model.limits import Limits
from pinwise.model.request import Index


class IndexCourier:
    """Fetches pages and documents from indexes; a list of many projects' files is fetched once."""

    def __init__(self, transport: Transport, limits: Limits) -> None:
        self._transport = transport
        self._limits = limits
        self._listings: dict[str, Listing] = {}
        self._waiting: dict[str, list[PageErrand]] = {}

    @property
    def requests(self) -> int:
        """How many requests were made so far."""
        return self._transport.requests

    @property
    def received(self) -> int:
        """How many bytes came back so far."""
        return self._transport.received

    def send(self, errand: Errand) -> None:
        """Begin an errand; never waits."""
        shelf = _shelf(errand.index)
        if isinstance(errand, DocumentErrand):
            subject = Subject(shelf.index_url, errand.name, errand.version)
            document = document_flow(errand.ask, subject, limits=self._limits)
            self._transport.submit(errand, errand.index, document)
        elif errand.index.is_flat:
            self._send_for_listed(errand, shelf)
        else:
            page = page_flow(
                shelf,
                errand.name,
                etag=errand.etag,
                last_modified=errand.last_modified,
                limits=self._limits,
            )
            self._transport.submit(errand, errand.index, page)

    def deliveries(self) -> Iterator[Sequence[Delivery]]:
        """Yield what is done, all that is there at a time, until no errand is under way."""
        for batch in self._transport.results():
            yield [delivery for finished in batch for delivery in self._delivered(finished)]

    def cancel(self) -> None:
        """Forget every errand that is not done."""
        self._waiting.clear()
        self._transport.cancel()

    def _send_for_listed(self, errand: PageErrand, shelf: Shelf) -> None:
        url = errand.index.url
        if url in self._listings:
            found = listed_flow(shelf, errand.name, self._listings[url], limits=self._limits)
            self._transport.submit(errand, errand.index, found)
        elif url in self._waiting:
            self._waiting[url].append(errand)
        else:
            self._waiting[url] = [errand]
            self._transport.submit(errand.index, errand.index, listing_flow(shelf, limits=self._limits))

    def _delivered(self, finished: Finished) -> Iterator[Delivery]:
        match finished.key:
            case PageErrand() as errand:
                yield PageDelivery(errand, finished.failure or finished.result)
            case DocumentErrand() as errand:
                yield DocumentDelivery(errand, finished.failure or finished.result)
            case Index(url=url):
                yield from self._listed(url, finished)

    def _listed(self, url: str, finished: Finished) -> Iterator[Delivery]:
        """Go on with the errands that waited for a list of files."""
        errands = self._waiting.pop(url, [])
        if isinstance(finished.failure, FailureError):
            yield from (PageDelivery(errand, finished.failure) for errand in errands)
            return
        self._listings[url] = finished.result
        for errand in errands:
            self._send_for_listed(errand, _shelf(errand.index))


def _shelf(index: Index) -> Shelf:
    return Shelf(index.url, to_address(index.url))

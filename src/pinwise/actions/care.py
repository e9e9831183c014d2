"""Looking after the knowledge base: verify it, refetch what was lost, copy it, bring a copy back."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from packaging.version import Version

from pinwise.actions.errands import (
    Ask,
    Courier,
    Delivery,
    DocumentDelivery,
    DocumentErrand,
    PageAnswer,
    PageDelivery,
    PageErrand,
)
from pinwise.actions.knowledge import Damage, LostDocument, LostPage
from pinwise.model.errors import FailureError, IndexFailure
from pinwise.model.facts import Document, File, Origin, Project
from pinwise.model.names import NormalizedName, normalise
from pinwise.model.request import Index

Lost = LostPage | LostDocument


@dataclass(frozen=True, slots=True)
class Examination:
    """What of a knowledge base does not hold.

    Attributes:
        path: Its file.
        damage: What is wrong; empty if all is sound.
        pages, documents: What has to be fetched anew.
        is_sealed: Whether every byte of the file could be checked.
    """

    path: Path
    damage: tuple[Damage, ...]
    pages: tuple[LostPage, ...] = ()
    documents: tuple[LostDocument, ...] = ()
    is_sealed: bool = False


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of verifying a knowledge base.

    Attributes:
        examination: What was found.
        aside: Where the damaged file is kept; None where nothing was done about it.
        fetched: What was fetched anew.
        left: What is not known any more until it is needed again.
    """

    examination: Examination
    aside: Path | None = None
    fetched: tuple[Lost, ...] = ()
    left: tuple[Lost, ...] = ()


class Care(Protocol):
    """What these actions ask of a knowledge base; `pinwise.knowledge.care.StoreCare` is one."""

    @property
    def path(self) -> Path:
        """Its file."""
        ...

    def examine(self) -> Examination:
        """Say what does not hold."""
        ...

    def repair(self) -> Path:
        """Keep what holds and set the damaged file aside, at the path that is returned."""
        ...


class Keeper(Protocol):
    """Who makes copies of a knowledge base; `pinwise.knowledge.care.StoreCare` is one."""

    @property
    def path(self) -> Path:
        """Its file."""
        ...

    def back_up(self, target: Path, *, replaces: bool, is_dry: bool) -> None:
        """Copy it to `target`, where nothing is or a backup that it `replaces`; `is_dry`: only look."""
        ...

    def restore(self, source: Path, *, is_dry: bool) -> None:
        """Put the content of a copy in its place; `is_dry`: only see whether that could be done."""
        ...

    def rebuild(self, *, is_dry: bool) -> None:
        """Make anew what follows from the facts; `is_dry`: only see whether there is one."""
        ...


class KnownPage(Protocol):
    """A page that is stored."""

    @property
    def project(self) -> Project | None:
        """What it says."""
        ...


class FactShelf(Protocol):
    """Where facts are put; `pinwise.knowledge.store.Store` is one."""

    def batch(self) -> AbstractContextManager[None]: ...  # noqa: D102

    def page(self, index_url: str, name: NormalizedName, /) -> KnownPage | None: ...  # noqa: D102

    def put_page(  # noqa: D102, PLR0913  # as in `pinwise.actions.ingest`
        self,
        index_url: str,
        name: NormalizedName,
        page: Project | None,
        *,
        etag: str | None,
        last_modified: str | None,
        checked: int,
    ) -> None: ...

    def put_document(  # noqa: D102, PLR0913  # as above
        self,
        index_url: str,
        name: NormalizedName,
        filename: str,
        kind: str,
        document: Document | None,
        *,
        checked: int,
    ) -> None: ...


def verify_knowledge(care: Care, *, is_dry: bool) -> Verification:
    """Find damage and, unless `is_dry`, keep what holds; nothing is fetched yet (`pinwise kb verify`).

    Raises:
        StoreFailure: There is no knowledge base, or it cannot be read or written.
    """
    found = care.examine()
    lost: tuple[Lost, ...] = (*found.pages, *found.documents)
    if is_dry or not found.damage:
        return Verification(found, left=lost)
    return Verification(found, care.repair(), left=lost)


class Refetch:
    """Fetches lost facts from the indexes that gave them.

    Args:
        store: Where they are put.
        courier: Fetches them.
        indexes: Indexes by URL, with their credentials; another one is asked without any.
        now: The time of day, in seconds since 1970.
    """

    def __init__(self, store: FactShelf, courier: Courier, indexes: Mapping[str, Index], now: int) -> None:
        self._store = store
        self._courier = courier
        self._indexes = indexes
        self._now = now

    def fetch(self, lost: Sequence[Lost]) -> tuple[tuple[Lost, ...], tuple[Lost, ...]]:
        """Return what could be fetched, and what could not; an index that fails is no error.

        Raises:
            StoreFailure: The knowledge base cannot be written.
        """
        fetched: set[Lost] = set()
        for page in (each for each in lost if isinstance(each, LostPage)):
            self._courier.send(PageErrand(self._index(page.index), normalise(page.project)))
        fetched |= self._take_in()
        for document in (each for each in lost if isinstance(each, LostDocument)):
            errand = self._errand(document)
            if errand is not None:
                self._courier.send(errand)
        fetched |= self._take_in()
        return (
            tuple(each for each in lost if each in fetched),
            tuple(each for each in lost if each not in fetched),
        )

    def _index(self, url: str) -> Index:
        return self._indexes.get(url) or Index(url)

    def _errand(self, lost: LostDocument) -> DocumentErrand | None:
        """Return how to ask for an answer again, None where its file is not listed any more."""
        name = normalise(lost.project)
        page = self._store.page(lost.index, name)
        for version, file in _files(None if page is None else page.project):
            if file.filename == lost.file:
                return DocumentErrand(self._index(lost.index), name, version, Ask(file, Origin(lost.kind)))
        return None

    def _take_in(self) -> set[Lost]:
        """Keep what arrives and return what that was."""
        kept: set[Lost] = set()
        for deliveries in self._courier.deliveries():
            with self._store.batch():
                for delivery in deliveries:
                    kept.update(self._keep(delivery))
        return kept

    def _keep(self, delivery: Delivery) -> Sequence[Lost]:
        errand = delivery.errand
        url, name = errand.index.url, errand.name
        try:
            match delivery:
                case PageDelivery(_, PageAnswer() as answer):
                    self._store.put_page(
                        url,
                        name,
                        answer.project,
                        etag=answer.etag,
                        last_modified=answer.last_modified,
                        checked=self._now,
                    )
                    return [LostPage(url, name)]
                case DocumentDelivery(DocumentErrand(ask=ask), Mapping() as answers):
                    for kind, document in answers.items():
                        self._store.put_document(
                            url, name, ask.file.filename, kind.value, document, checked=self._now
                        )
                    return [LostDocument(url, name, ask.file.filename, kind.value) for kind in answers]
                case PageDelivery(_, FailureError()) | DocumentDelivery(_, FailureError()):
                    return []
        except IndexFailure:
            return []
        return []


def _files(project: Project | None) -> list[tuple[Version, File]]:
    releases = () if project is None else project.releases
    return [(release.version, file) for release in releases for file in release.files]

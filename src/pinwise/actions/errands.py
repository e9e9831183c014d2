"""What ingestion sends for, and what comes back: the values between it and the indexes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from packaging.version import Version

from pinwise.model.errors import FailureError
from pinwise.model.facts import Document, File, Origin, Project
from pinwise.model.names import NormalizedName
from pinwise.model.request import Index


class Ask(NamedTuple):
    """One question: what does `file` say of its release, in the form of `kind`?"""

    file: File
    kind: Origin


@dataclass(frozen=True, slots=True)
class PageErrand:
    """Ask one index for the page of one project; with the validators of the answer that is stored."""

    index: Index
    name: NormalizedName
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentErrand:
    """Ask one file of one release what it requires."""

    index: Index
    name: NormalizedName
    version: Version
    ask: Ask


Errand = PageErrand | DocumentErrand


class PageAnswer(NamedTuple):
    """What an index says of a project.

    Attributes:
        project: None where it has no such project, or where nothing changed.
        is_unchanged: Whether the stored answer still holds.
        etag, last_modified: Validators for the next time.
    """

    project: Project | None
    is_unchanged: bool = False
    etag: str | None = None
    last_modified: str | None = None


DocumentAnswers = Mapping[Origin, Document | None]
"""What was found about one file, by kind of source; None: that source definitely has none."""


class PageDelivery(NamedTuple):
    """An errand for a page that is done."""

    errand: PageErrand
    answer: PageAnswer | FailureError


class DocumentDelivery(NamedTuple):
    """An errand for a document that is done."""

    errand: DocumentErrand
    answer: DocumentAnswers | FailureError


Delivery = PageDelivery | DocumentDelivery


class Courier(Protocol):
    """Runs errands, many at a time."""

    @property
    def requests(self) -> int:
        """How many requests were made so far."""
        ...

    @property
    def received(self) -> int:
        """How many bytes came back so far."""
        ...

    def send(self, errand: Errand) -> None:
        """Begin an errand; never waits."""
        ...

    def deliveries(self) -> Iterator[Sequence[Delivery]]:
        """Yield what is done, all that is there at a time, until no errand is under way.

        More errands may be sent between two deliveries. A delivery may be empty: time has passed.
        """
        ...

    def cancel(self) -> None:
        """Forget every errand that is not done."""
        ...

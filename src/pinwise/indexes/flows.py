"""What is fetched for a page or a document, in which order, without doing any I/O.

A flow is a generator: it yields a `Fetch`, is sent its `Answer`, and returns what it learnt. Threads,
retries, deadlines and size limits are the business of whoever drives it (`pinwise.indexes.transport`); a test
sends answers of its own. An `Answer` has one of the statuses of `EXPECTED`: everything else is a failure,
which the driver raises.
"""

import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple, NoReturn, TypeVar

from pinwise.actions.errands import Ask, DocumentAnswers, PageAnswer
from pinwise.indexes.archives import (
    BrokenArchiveError,
    MissingBytesError,
    RemoteFile,
    read_sdist,
    read_wheel,
)
from pinwise.indexes.filenames import belongs_to
from pinwise.indexes.pages import ACCEPT, Listing, PageSource, read_listing, to_project
from pinwise.indexes.plain import host_of, plain
from pinwise.indexes.statements import Subject, egg_info_document, sdist_document, stated_document
from pinwise.model.errors import IndexFailure
from pinwise.model.facts import Document, File, Origin, Project, Unusable
from pinwise.model.limits import Limits, limit_hint
from pinwise.model.names import NormalizedName

EXPECTED = frozenset({200, 206, 304, 404, 410, 416})
TAIL = 40 * 2**10
"""Bytes from the end of a wheel that hold its directory and its METADATA in most cases."""

_MOST_RANGES = 8
_SMALL = 2**20
_START = 1024
_FRAMES = frozenset({"content-length", "transfer-encoding"})
_OK = 200
_PART = 206
_UNCHANGED = 304
_GONE = (404, 410)
_NO_SUCH_RANGE = 416
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")


class Fetch(NamedTuple):
    """One thing to fetch.

    Attributes:
        url: Its address, without credentials.
        what: What it is, in words: "the page of `flask`".
        limit: How many bytes of it are wanted at most.
        accept: The content types that are understood.
        etag, last_modified: Validators of the answer that is stored.
        span: The first byte and the one after the last; a negative first one counts from the end.
        is_file: Whether bytes are wanted as they are stored, not packed for the transfer.
        is_for_digest: Whether the digest is all that is wanted; the answer's body stays empty.
    """

    url: str
    what: str
    limit: int
    accept: str = "*/*"
    etag: str | None = None
    last_modified: str | None = None
    span: tuple[int, int] | None = None
    is_file: bool = False
    is_for_digest: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said.

    Attributes:
        status: One of `EXPECTED`.
        url: Where it was found in the end.
        headers: By names in lower case.
        body: Open only until the flow asks for something else.
        sha256: Digest of the body.
        is_cut: Whether the body is longer than the limit; what is beyond it is missing.
    """

    status: int
    url: str
    headers: Mapping[str, str]
    body: BinaryIO
    sha256: str
    is_cut: bool = False

    def read(self) -> bytes:
        """Return the whole body."""
        self.body.seek(0)
        return self.body.read()


T = TypeVar("T")
Flow = Generator[Fetch, Answer, T]


class Shelf(NamedTuple):
    """One index as flows know it: the URL that names it, and the address where it is found."""

    index_url: str
    address: str


# --- pages


def page_flow(
    shelf: Shelf,
    name: NormalizedName,
    *,
    etag: str | None = None,
    last_modified: str | None = None,
    limits: Limits,
) -> Flow[PageAnswer]:
    """Ask an index for the page of one project."""
    url = f"{shelf.address.rstrip('/')}/{name}/"
    fetch = Fetch(url, f"the page of `{name}`", limits.page_bytes, ACCEPT, etag, last_modified)
    answer = yield fetch
    if answer.status == _UNCHANGED and (etag or last_modified):
        return PageAnswer(None, is_unchanged=True)
    if answer.status in _GONE:
        yield from _hold_to_a_folder(shelf)
        return PageAnswer(None)
    listing = _listing(answer, fetch, PageSource(answer.url, shelf.index_url, name, limits))
    if listing.files and not any(belongs_to(file.filename, name) for file in listing.files):
        _refuse(shelf.index_url, f"lists only files of other projects on the page of `{name}`")
    validators = _validator(answer, "etag"), _validator(answer, "last-modified")
    project = to_project(listing, name, shelf.index_url, version_length=limits.version_length)
    project = yield from _digested(project)
    return PageAnswer(project, False, *validators)  # noqa: FBT003  # is_unchanged


def listing_flow(shelf: Shelf, *, limits: Limits) -> Flow[Listing]:
    """Ask for a page or folder that lists files of many projects (``--find-links``)."""
    fetch = Fetch(shelf.address, "the list of files", limits.page_bytes, ACCEPT)
    answer = yield fetch
    if answer.status in _GONE and not shelf.address.endswith("/"):  # the URL of an index has lost its slash
        answer = yield fetch._replace(url=f"{shelf.address}/")
    if answer.status in _GONE:
        _refuse(shelf.index_url, "has no such page or folder")
    return _listing(answer, fetch, PageSource(answer.url, shelf.index_url, limits=limits))


def listed_flow(shelf: Shelf, name: NormalizedName, listing: Listing, *, limits: Limits) -> Flow[PageAnswer]:
    """Find one project in what a page or folder lists."""
    project = to_project(listing, name, shelf.index_url, is_shared=True, version_length=limits.version_length)
    if not project.releases and not project.skipped:
        return PageAnswer(None)
    return PageAnswer((yield from _digested(project)))


def _listing(answer: Answer, fetch: Fetch, source: PageSource) -> Listing:
    if answer.status != _OK:
        _refuse(source.index_url, f"answered {answer.status} for {fetch.what}")
    if answer.is_cut:
        reason = f"sent more than {fetch.limit:,} bytes for {fetch.what}"
        _refuse(source.index_url, reason, hint=limit_hint("page_bytes"))
    body = answer.read()
    if _may_be_cut(answer, body):
        _refuse(source.index_url, f"broke off {fetch.what}")
    return read_listing(body, answer.headers.get("content-type", ""), source)


def _may_be_cut(answer: Answer, body: bytes) -> bool:
    """Whether a page ends early that came without its length: then its own end is all there is to go by."""
    if answer.url.startswith("file:") or not answer.headers.keys().isdisjoint(_FRAMES):
        return False
    return b"<html" in body[:_START].lower() and b"</html" not in body[-_START:].lower()


def _validator(answer: Answer, header: str) -> str | None:
    """Return a validator that can be sent back as it came."""
    value = answer.headers.get(header)
    is_sound = value and len(value) <= 200 and value.isascii() and value.isprintable()  # noqa: PLR2004
    return value if is_sound else None


def _hold_to_a_folder(shelf: Shelf) -> Flow[None]:
    """Tell a folder that has no such project from one that is not there at all."""
    if shelf.address.startswith("file:"):
        root = yield Fetch(shelf.address, "its folder", _SMALL)
        if root.status in _GONE:
            _refuse(shelf.index_url, "is no folder that can be read")


def _digested(project: Project) -> Flow[Project]:
    """Fill in the digests that a folder of this machine does not state."""
    if not any(_needs_digest(file) for release in project.releases for file in release.files):
        return project
    releases = []
    for release in project.releases:
        files = []
        for file in release.files:
            digest = file.sha256
            if _needs_digest(file):
                answer = yield Fetch(file.url, f"`{file.filename}`", 2**63, is_file=True, is_for_digest=True)
                digest = answer.sha256 if answer.status == _OK else None
            files.append(file._replace(sha256=digest))
        releases.append(release._replace(files=tuple(files)))
    return Project(project.name, project.index, tuple(releases), project.skipped, project.status)


def _needs_digest(file: File) -> bool:
    return file.sha256 is None and file.url.startswith("file:")


# --- documents


def document_flow(ask: Ask, subject: Subject, *, limits: Limits) -> Flow[DocumentAnswers]:
    """Ask a file what its release requires; the answers that were found on the way, by kind.

    None: that source definitely has none.
    """
    match ask.kind:
        case Origin.METADATA_FILE:
            return {ask.kind: (yield from _metadata_file_flow(ask.file, subject, limits))}
        case Origin.WHEEL:
            return {ask.kind: (yield from _wheel_flow(ask.file, subject, limits))}
        case Origin.SDIST | Origin.EGG_INFO:
            return (yield from _sdist_flow(ask.file, subject, limits))
        case _:
            raise ValueError(ask.kind)


def _metadata_file_flow(file: File, subject: Subject, limits: Limits) -> Flow[Document | None]:
    fetch = Fetch(f"{file.url}.metadata", f"the metadata of `{file.filename}`", limits.metadata_bytes)
    answer = yield fetch
    if answer.status in _GONE:
        return None
    _hold_to_whole(answer, fetch, subject)
    if answer.is_cut:
        return Unusable(f"its metadata file is larger than {limits.metadata_bytes:,} bytes")
    expected = file.metadata if file.metadata not in (None, "", "?") else None
    _hold_to_digest(answer, expected, fetch, subject)
    return stated_document(answer.read(), file, subject, Origin.METADATA_FILE, limits=limits)


def _wheel_flow(file: File, subject: Subject, limits: Limits) -> Flow[Document | None]:
    try:
        text = yield from _wheel_text(file, subject, limits)
    except BrokenArchiveError as error:
        return Unusable(f"`{plain(file.filename)}` cannot be read: {error}")
    return None if text is None else stated_document(text, file, subject, Origin.WHEEL, limits=limits)


def _wheel_text(file: File, subject: Subject, limits: Limits) -> Flow[bytes | None]:
    """Read METADATA from the end of a wheel, or from all of it where a server knows no ranges."""
    fetch = Fetch(file.url, f"`{file.filename}`", limits.file_bytes, span=(-TAIL, 0), is_file=True)
    answer = yield fetch
    if answer.status == _NO_SUCH_RANGE:  # some servers refuse a tail that is longer than the file
        fetch = fetch._replace(span=None)
        answer = yield fetch
    remote: RemoteFile | None = None
    for _ in range(_MOST_RANGES):
        if answer.status in _GONE:
            return None
        if answer.status != _PART:  # the server sent the whole file
            _hold_to_whole(answer, fetch, subject)
            return _whole_wheel(answer, fetch, file, subject, limits)
        start, total = _content_range(answer, fetch, subject)
        remote = remote or RemoteFile(total)
        if total != remote.size or file.size not in (None, total):
            _refuse(subject.index_url, f"answered for {fetch.what} with parts of files of different sizes")
        remote.add(start, answer.read())
        try:
            return read_wheel(remote, subject.name, limits)
        except MissingBytesError as gap:
            end = min(total, max(gap.end, gap.start + TAIL))
            fetch = fetch._replace(span=(gap.start, end))
            answer = yield fetch
    raise BrokenArchiveError("its directory is spread over too many places")


def _whole_wheel(answer: Answer, fetch: Fetch, file: File, subject: Subject, limits: Limits) -> bytes | None:
    if answer.is_cut:
        raise BrokenArchiveError(
            f"its index gives no part of it, and it is larger than {fetch.limit:,} bytes"
        )
    _hold_to_digest(answer, file.sha256, fetch, subject)
    answer.body.seek(0)
    return read_wheel(answer.body, subject.name, limits)


def _content_range(answer: Answer, fetch: Fetch, subject: Subject) -> tuple[int, int]:
    """Return the first byte that was sent, and the size of the file."""
    found = _CONTENT_RANGE.fullmatch(answer.headers.get("content-range", "").strip())
    length = answer.body.seek(0, 2)
    if found is None or fetch.span is None:
        _refuse(subject.index_url, f"answered for {fetch.what} with a part that was not asked for")
    first, last, total = map(int, found.groups())
    start = fetch.span[0]
    is_asked = last + 1 == total if start < 0 else first == start  # fewer bytes than asked for are allowed
    if not is_asked or last >= total or length != last + 1 - first:
        _refuse(subject.index_url, f"answered for {fetch.what} with a part that was not asked for")
    return first, total


def _sdist_flow(file: File, subject: Subject, limits: Limits) -> Flow[DocumentAnswers]:
    too_large = Unusable(
        f"its sdist is larger than {limits.file_bytes:,} bytes, and its index states no metadata"
    )
    if file.size is not None and file.size > limits.file_bytes:
        return {Origin.SDIST: too_large}
    fetch = Fetch(file.url, f"`{file.filename}`", limits.file_bytes, is_file=True)
    answer = yield fetch
    if answer.status in _GONE:
        return {Origin.SDIST: None, Origin.EGG_INFO: None}
    _hold_to_whole(answer, fetch, subject)
    if answer.is_cut:
        return {Origin.SDIST: too_large}
    _hold_to_digest(answer, file.sha256, fetch, subject)
    answer.body.seek(0)
    try:
        texts = read_sdist(answer.body, file.filename, subject.name, limits)
    except BrokenArchiveError as error:
        return {Origin.SDIST: Unusable(f"`{plain(file.filename)}` cannot be read: {error}")}
    return {
        Origin.SDIST: sdist_document(texts, file, subject, limits=limits),
        Origin.EGG_INFO: egg_info_document(texts, file, subject, limits=limits),
    }


def _hold_to_whole(answer: Answer, fetch: Fetch, subject: Subject) -> None:
    if answer.status != _OK:
        _refuse(subject.index_url, f"answered {answer.status} for {fetch.what}")


def _hold_to_digest(answer: Answer, expected: str | None, fetch: Fetch, subject: Subject) -> None:
    if expected is not None and answer.sha256 != expected:
        raise IndexFailure(
            f"`{host_of(answer.url)}` sent {fetch.what} with the SHA-256 {answer.sha256}, "
            f"but `{host_of(subject.index_url)}` lists {expected}",
            hint="the file was altered or the index is broken; do not install it",
        )


def _refuse(index_url: str, what: str, *, hint: str | None = None) -> NoReturn:
    raise IndexFailure(
        f"`{host_of(index_url)}` {what}",
        hint=hint or "check the address of the index, and try again later",
    )

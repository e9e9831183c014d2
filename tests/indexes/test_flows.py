"""Flows: what is fetched for a page and for a document, against servers of a few lines."""

import hashlib
import io
import random
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

import pytest
from packaging.version import Version

from pinwise.actions.errands import Ask, PageAnswer
from pinwise.indexes.filenames import NamedFile, parse_filename
from pinwise.indexes.flows import (
    TAIL,
    Answer,
    Fetch,
    Flow,
    Shelf,
    document_flow,
    listed_flow,
    listing_flow,
    page_flow,
)
from pinwise.indexes.statements import Subject
from pinwise.model.errors import IndexFailure
from pinwise.model.facts import Document, File, Metadata, Origin, Unusable
from pinwise.model.limits import Limits
from pinwise.model.names import normalise
from support.artifacts import Artifact, metadata_text, sdist, wheel

T = TypeVar("T")
Server = Callable[[Fetch], Answer]

NAME = normalise("a")
INDEX = "https://index.example/simple"
SHELF = Shelf(INDEX, INDEX)
SUBJECT = Subject(INDEX, NAME, Version("1"))
LIMITS = Limits()


def answer(fetch: Fetch, body: bytes = b"", status: int = 200, **headers: str) -> Answer:
    is_cut = len(body) > fetch.limit
    kept = body[: fetch.limit]
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, fetch.url, names, io.BytesIO(kept), hashlib.sha256(kept).hexdigest(), is_cut)


def drive(flow: Flow[T], server: Server) -> T:
    """Run a flow to its end and return what it learnt."""
    try:
        fetch = next(flow)
        while True:
            fetch = flow.send(server(fetch))
    except StopIteration as end:
        result: T = end.value
        return result


def nothing(fetch: Fetch) -> Answer:
    """Have nothing."""
    return answer(fetch, status=404)


def files_of(*artifacts: Artifact, log: list[Fetch] | None = None, has_ranges: bool = True) -> Server:
    """Serve files by the last part of their addresses, and their metadata."""
    contents = {artifact.filename: artifact.content for artifact in artifacts}
    contents |= {f"{artifact.filename}.metadata": artifact.metadata for artifact in artifacts}

    def serve(fetch: Fetch) -> Answer:
        if log is not None:
            log.append(fetch)
        content = contents.get(fetch.url.rpartition("/")[2])
        if content is None:
            return nothing(fetch)
        if fetch.span is None or not has_ranges:
            return answer(fetch, content)
        if not content:
            return answer(fetch, status=416)
        first, end = fetch.span
        first, end = (max(0, len(content) + first), len(content)) if first < 0 else (first, end)
        return answer(fetch, content[first:end], 206, content_range=f"bytes {first}-{end - 1}/{len(content)}")

    return serve


def listed(artifact: Artifact, *, metadata: str | None = None, sha256: str | None = None) -> File:
    named = parse_filename(artifact.filename, NAME)
    assert isinstance(named, NamedFile)
    url = f"https://files.example/{artifact.filename}"
    return File(
        artifact.filename, url, sha256 or artifact.sha256, None, None, None, None, metadata, named.tags
    )


def ask(
    file: File, kind: Origin, server: Server, limits: Limits = LIMITS
) -> Mapping[Origin, Document | None]:
    return drive(document_flow(Ask(file, kind), SUBJECT, limits=limits), server)


def metadata_of(answers: Mapping[Origin, Document | None], kind: Origin) -> Metadata:
    document = answers[kind]
    assert isinstance(document, Metadata), document
    assert document.origin == kind
    return document


def reason_of(answers: Mapping[Origin, Document | None], kind: Origin) -> str:
    document = answers[kind]
    assert isinstance(document, Unusable), document
    return document.reason


def requires(metadata: Metadata) -> list[str]:
    return [str(requirement) for requirement in metadata.requirements]


# --- pages


def ask_page(server: Server, **validators: str) -> PageAnswer:
    return drive(page_flow(SHELF, NAME, limits=LIMITS, **validators), server)


def test_page() -> None:
    """A page is asked for at its normalised address, in JSON first, and its validators are kept."""
    log: list[Fetch] = []

    def serve(fetch: Fetch) -> Answer:
        log.append(fetch)
        return answer(
            fetch, b"<a href=a-1.tar.gz>", content_type="text/html", etag='"x"', last_modified="then"
        )

    found = ask_page(serve)
    assert found.project is not None
    assert [str(release.version) for release in found.project.releases] == ["1"]
    assert (found.is_unchanged, found.etag, found.last_modified) == (False, '"x"', "then")
    (fetch,) = log
    assert fetch.url == f"{INDEX}/a/"
    assert fetch.accept.startswith("application/vnd.pypi.simple.v1+json,")


@pytest.mark.parametrize("status", [404, 410])
def test_no_such_project(status: int) -> None:
    """404 and 410 say that an index has no such project."""
    assert ask_page(lambda fetch: answer(fetch, status=status)) == PageAnswer(None)


def test_unchanged_page() -> None:
    """304 confirms what is stored, but only where something is."""
    assert ask_page(lambda fetch: answer(fetch, status=304), etag='"x"').is_unchanged
    with pytest.raises(IndexFailure, match="answered 304"):
        ask_page(lambda fetch: answer(fetch, status=304))


def test_endless_page() -> None:
    """A page beyond the limit fails with the names of index and project."""
    flow = page_flow(SHELF, NAME, limits=Limits(page_bytes=10))
    with pytest.raises(IndexFailure, match=r"`index\.example` sent more than 10 bytes for the page of `a`"):
        drive(flow, lambda fetch: answer(fetch, b"x" * 11, content_type="text/html"))


def test_absurd_validators() -> None:
    """A validator that no header may hold is not kept."""
    found = ask_page(
        lambda fetch: answer(fetch, b"", content_type="text/html", etag="x" * 500, last_modified="\n")
    )
    assert (found.etag, found.last_modified) == (None, None)


def test_list_of_files() -> None:
    """A list of many projects' files serves those that it lists, and has no others."""
    page = b"<a href=a-1.tar.gz><a href=b-1.tar.gz>"
    listing = drive(
        listing_flow(SHELF, limits=LIMITS), lambda fetch: answer(fetch, page, content_type="text/html")
    )
    found = drive(listed_flow(SHELF, NAME, listing, limits=LIMITS), nothing)
    assert found.project is not None
    assert [release.files[0].filename for release in found.project.releases] == ["a-1.tar.gz"]
    assert drive(listed_flow(SHELF, normalise("c"), listing, limits=LIMITS), nothing) == PageAnswer(None)


def test_no_list_of_files() -> None:
    """A list that is not there is a failure, for no project is asked for."""
    with pytest.raises(IndexFailure, match="no such page or folder"):
        drive(listing_flow(SHELF, limits=LIMITS), nothing)


# --- metadata files


def test_metadata_file() -> None:
    """The metadata file (PEP 658) is next to its file and held to the digest of the page."""
    built = wheel("a", "1", requires=["b>=2"])
    digest = hashlib.sha256(built.metadata).hexdigest()
    for offer in (digest, "", "?"):
        answers = ask(listed(built, metadata=offer), Origin.METADATA_FILE, files_of(built))
        assert requires(metadata_of(answers, Origin.METADATA_FILE)) == ["b>=2"]


def test_metadata_file_that_differs() -> None:
    """A metadata file with another digest than the page says is a failure that names both digests."""
    built = wheel("a", "1")
    with pytest.raises(IndexFailure) as caught:
        ask(listed(built, metadata="ab" * 32), Origin.METADATA_FILE, files_of(built))
    assert "ab" * 32 in str(caught.value)
    assert hashlib.sha256(built.metadata).hexdigest() in str(caught.value)


def test_metadata_file_that_is_missing() -> None:
    """A metadata file that is not there says nothing about dependencies."""
    assert ask(listed(wheel("a", "1"), metadata=""), Origin.METADATA_FILE, nothing) == {
        Origin.METADATA_FILE: None
    }


@pytest.mark.parametrize("status", [206, 304, 416])
def test_unfit_status(status: int) -> None:
    """An answer that does not fit the question is a failure."""
    for kind in (Origin.METADATA_FILE, Origin.SDIST):
        with pytest.raises(IndexFailure, match=f"answered {status}"):
            ask(listed(sdist("a", "1")), kind, lambda fetch: answer(fetch, status=status))


def test_large_metadata_file() -> None:
    """A metadata file beyond the limit makes the release unusable."""
    built = wheel("a", "1")
    answers = ask(
        listed(built, metadata=""), Origin.METADATA_FILE, files_of(built), Limits(metadata_bytes=10)
    )
    assert "larger than 10 bytes" in reason_of(answers, Origin.METADATA_FILE)


@pytest.mark.parametrize(
    ("name", "version", "reason"),
    [("b", "1", "that of `b`"), ("a", "2", "that of version 2"), ("", "1", "name")],
)
def test_metadata_of_another_release(name: str, version: str, reason: str) -> None:
    """A document that is about another project or version makes the release unusable."""
    text = metadata_text(name, version).encode()
    answers = ask(
        listed(wheel("a", "1"), metadata=""), Origin.METADATA_FILE, lambda fetch: answer(fetch, text)
    )
    assert reason in reason_of(answers, Origin.METADATA_FILE)


# --- wheels


def test_wheel_by_its_tail() -> None:
    """Of a wheel only its end is fetched."""
    built = wheel("a", "1", requires=["b"], padding=500_000)
    log: list[Fetch] = []
    answers = ask(listed(built), Origin.WHEEL, files_of(built, log=log))
    assert requires(metadata_of(answers, Origin.WHEEL)) == ["b"]
    assert [fetch.span for fetch in log] == [(-TAIL, 0)]


def test_wheel_with_metadata_at_its_beginning() -> None:
    """METADATA that is far from the end is fetched with one more range."""
    built = wheel("a", "1", requires=["b"])
    moved = _with_ballast_behind(built)
    log: list[Fetch] = []
    answers = ask(listed(moved), Origin.WHEEL, files_of(moved, log=log))
    assert requires(metadata_of(answers, Origin.WHEEL)) == ["b"]
    assert len(log) == 2


def _with_ballast_behind(built: Artifact) -> Artifact:
    file = io.BytesIO(built.content)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("a/ballast", random.Random(0).randbytes(300_000))
    return replace(built, content=file.getvalue())


def test_server_without_ranges() -> None:
    """A server that sends the whole wheel is held to its digest, and to the limit."""
    built = wheel("a", "1", requires=["b"], padding=100_000)
    server = files_of(built, has_ranges=False)
    assert requires(metadata_of(ask(listed(built), Origin.WHEEL, server), Origin.WHEEL)) == ["b"]
    with pytest.raises(IndexFailure, match="ab" * 32):
        ask(listed(built, sha256="ab" * 32), Origin.WHEEL, server)
    answers = ask(listed(built), Origin.WHEEL, server, Limits(file_bytes=1000))
    assert "larger than 1,000 bytes" in reason_of(answers, Origin.WHEEL)


def test_server_that_refuses_long_tails() -> None:
    """A server that knows no tail longer than its file is asked for the whole."""
    built = wheel("a", "1", requires=["b"])
    whole = files_of(built)

    def serve(fetch: Fetch) -> Answer:
        return answer(fetch, status=416) if fetch.span else whole(fetch)

    assert requires(metadata_of(ask(listed(built), Origin.WHEEL, serve), Origin.WHEEL)) == ["b"]


@pytest.mark.parametrize("header", ["", "bytes 0-3/100", "bytes 0-9/*", "lines 0-9/100", "bytes 9-0/100"])
def test_part_that_was_not_asked_for(header: str) -> None:
    """A part that does not say truly which one it is is a failure."""
    with pytest.raises(IndexFailure, match="not asked for"):
        ask(
            listed(wheel("a", "1")),
            Origin.WHEEL,
            lambda fetch: answer(fetch, b"x" * 10, 206, content_range=header),
        )


def test_server_that_sends_ever_less() -> None:
    """A server that sends a little of each part that is asked for does not keep us for ever."""
    built = wheel("a", "1", padding=100_000)
    total = len(built.content)
    log: list[Fetch] = []

    def serve(fetch: Fetch) -> Answer:
        log.append(fetch)
        assert fetch.span is not None
        first = total - 100 if fetch.span[0] < 0 else fetch.span[0]
        part = built.content[first : first + 100]
        return answer(fetch, part, 206, content_range=f"bytes {first}-{first + len(part) - 1}/{total}")

    assert "cannot be read" in reason_of(ask(listed(built), Origin.WHEEL, serve), Origin.WHEEL)
    assert len(log) < 10


def test_wheel_that_is_none() -> None:
    """A wheel that cannot be read makes the release unusable; one that is gone, or holds none, passes on."""
    built = wheel("a", "1")
    for content in (b"", b"PK" * 50_000):
        broken = replace(built, content=content)
        assert "cannot be read" in reason_of(
            ask(listed(broken), Origin.WHEEL, files_of(broken)), Origin.WHEEL
        )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.py", "")
    empty = replace(built, content=file.getvalue())
    assert ask(listed(empty), Origin.WHEEL, files_of(empty)) == {Origin.WHEEL: None}
    assert ask(listed(built), Origin.WHEEL, nothing) == {Origin.WHEEL: None}


# --- sdists


def test_static_sdist() -> None:
    """An sdist whose PKG-INFO is static (PEP 643) says what it requires."""
    built = sdist("a", "1", requires=["b"])
    assert requires(metadata_of(ask(listed(built), Origin.SDIST, files_of(built)), Origin.SDIST)) == ["b"]


@pytest.mark.parametrize("dynamic", ["Requires-Dist", "provides-extra"])
def test_dynamic_sdist(dynamic: str) -> None:
    """What a build may change is not believed; the egg-info is asked next, from the same download."""
    built = sdist("a", "1", dynamic=[dynamic], egg_info="b>=1\n[x]\nc\n")
    log: list[Fetch] = []
    answers = ask(listed(built), Origin.SDIST, files_of(built, log=log))
    assert answers[Origin.SDIST] is None
    assert requires(metadata_of(answers, Origin.EGG_INFO)) == ["b>=1", 'c; extra == "x"']
    assert len(log) == 1


def test_old_sdist() -> None:
    """PKG-INFO of an old metadata version says nothing about dependencies."""
    built = sdist("a", "1", metadata_version="1.1")
    assert ask(listed(built), Origin.SDIST, files_of(built)) == {Origin.SDIST: None, Origin.EGG_INFO: None}


def test_sdist_that_differs() -> None:
    """An sdist with another digest than the page says is a failure."""
    built = sdist("a", "1")
    with pytest.raises(IndexFailure, match=re.compile(f"{built.sha256}.*{'ab' * 32}", re.DOTALL)):
        ask(listed(built, sha256="ab" * 32), Origin.SDIST, files_of(built))


def test_large_sdist() -> None:
    """An sdist beyond the limit is not downloaded where the page says so, else cut off."""
    built = sdist("a", "1")
    limits = Limits(file_bytes=100)
    log: list[Fetch] = []
    claimed = listed(built)._replace(size=101)
    assert "larger than" in reason_of(
        ask(claimed, Origin.SDIST, files_of(built, log=log), limits), Origin.SDIST
    )
    assert log == []
    assert "larger than" in reason_of(ask(listed(built), Origin.SDIST, files_of(built), limits), Origin.SDIST)


def test_sdist_that_is_gone() -> None:
    """An sdist that is not there passes on, in both of its forms."""
    assert ask(listed(sdist("a", "1")), Origin.EGG_INFO, nothing) == {
        Origin.SDIST: None,
        Origin.EGG_INFO: None,
    }

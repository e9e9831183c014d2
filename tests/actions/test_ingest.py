"""Ingestion: from an index over HTTP into a knowledge base, by the index policy and the file policy."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from packaging.version import Version

from pinwise.actions.ingest import Ingestion, IngestOptions, Progress
from pinwise.actions.ports import Wanted
from pinwise.environment.declare import declare
from pinwise.indexes.courier import IndexCourier
from pinwise.indexes.transport import Transport, TransportSettings
from pinwise.knowledge.store import Store, open_store
from pinwise.knowledge.view import KnowledgeView
from pinwise.model.errors import IndexFailure
from pinwise.model.facts import Document, Metadata, NoProject, Origin, Project, Unusable
from pinwise.model.limits import Limits
from pinwise.model.names import NormalizedName, normalise
from pinwise.model.outcome import Effort
from pinwise.model.request import FormatControl, Group, Index, Request
from support.artifacts import sdist, wheel
from support.loopback import Answer, LoopbackIndex

QUICK = Limits(retries=1, backoff=0.01, retry_after=0.05, connect_timeout=2, read_timeout=2, fetch_timeout=5)
NOW = 1_800_000_000
FLASK, CLICK, NONE = normalise("flask"), normalise("click"), normalise("nothing")


@dataclass
class World:
    """One run of pinwise on a knowledge base: what it knows and how it learns."""

    store: Store
    view: KnowledgeView
    ingestion: Ingestion

    def fetch(self, *names: str, prefetch: tuple[str, ...] = ()) -> None:
        """Fetch pages (``flask``) and documents (``flask==3.0``)."""
        self.ingestion.fetch(wanted(*names), wanted(*prefetch))

    def document(self, name: str, version: str) -> Document | None:
        """Return the document that is known of a release."""
        return self.view.known_documents(normalise(name)).get(Version(version))

    def metadata(self, name: str, version: str) -> Metadata:
        """Return the metadata that is known of a release, and fail if there is none."""
        document = self.document(name, version)
        assert isinstance(document, Metadata), document
        return document

    def versions(self, name: str) -> list[str]:
        """Return the versions that the page of a project lists."""
        project = self.view.project(normalise(name))
        assert isinstance(project, Project)
        return [str(release.version) for release in project.releases]


def wanted(*names: str) -> Wanted:
    pairs = [name.partition("==") for name in names]
    return Wanted(
        tuple(normalise(name) for name, _, version in pairs if not version),
        tuple((normalise(name), Version(version)) for name, _, version in pairs if version),
    )


@contextmanager
def world(  # noqa: PLR0913  # a builder: every keyword is one fact
    path: Path,
    *indexes: LoopbackIndex | Index,
    now: int = NOW,
    max_age: int = 600,
    bindings: dict[NormalizedName, str] | None = None,
    formats: FormatControl | None = None,
    progress: Callable[[Progress], None] | None = None,
    patience: float = 5.0,
) -> Iterator[World]:
    """Open a world on the knowledge base at `path`, for the indexes in their order."""
    request = Request(
        groups=(Group("default", ()),),
        environment=declare("3.11.7", "manylinux_2_28_x86_64"),
        indexes=tuple(index if isinstance(index, Index) else Index(index.url) for index in indexes),
        bindings=bindings or {},
        formats=formats or FormatControl(),
    )
    with open_store(path) as store, Transport(TransportSettings("test", limits=QUICK)) as transport:
        view = KnowledgeView(store, request, now=now, max_age=max_age)
        options = IngestOptions(clock=lambda: now, progress=progress, patience=patience)
        courier = IndexCourier(transport, QUICK)
        yield World(store, view, Ingestion(view, store, courier, request.indexes, options))


@pytest.fixture
def kb(tmp_path: Path) -> Path:
    return tmp_path / "knowledge.sqlite"


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    with LoopbackIndex() as loopback:
        loopback.add(wheel("flask", "3.0", requires=["click>=8"]))
        loopback.add(wheel("click", "8.1"))
        yield loopback


# --- pages and documents


@pytest.mark.parametrize("forms", ["json", "html"])
def test_pages_and_documents(kb: Path, forms: str) -> None:
    """What is needed is known afterwards, from JSON as from HTML, and stays known to later runs."""
    with LoopbackIndex(forms="json" if forms == "json" else "html") as index:
        index.add(wheel("flask", "3.0", requires=["click>=8"]))
        with world(kb, index) as run:
            run.fetch("flask")
            run.fetch("flask==3.0")
            assert [str(r) for r in run.metadata("flask", "3.0").requirements] == ["click>=8"]
            assert run.ingestion.effort() == Effort(pages=1, documents=1, requests=2)
        with world(kb, index) as run:
            run.fetch("flask", "flask==3.0")
            assert run.versions("flask") == ["3.0"]
            assert run.ingestion.effort() == Effort()


def test_nothing_to_fetch(kb: Path, index: LoopbackIndex) -> None:
    """What is known, or does not exist, is not asked for."""
    with world(kb, index) as run:
        run.fetch("flask")
        run.fetch("flask", "flask==9")
        run.ingestion.fetch(Wanted(), Wanted())
    assert len(index.requests) == 1


def test_every_source_of_metadata(kb: Path) -> None:
    """The file policy is followed to its end: metadata file, wheel, other wheel, sdist, egg-info, nothing."""
    with LoopbackIndex() as index:
        index.add(wheel("a", "1"), metadata="offered")
        index.add(wheel("a", "2", padding=100_000), metadata="missing")
        index.add(wheel("a", "3", tag="cp39-cp39-win32"), metadata="none")
        index.add(sdist("a", "4"), metadata="none")
        index.add(sdist("a", "5", metadata_version="1.2", egg_info="b\n"), metadata="none")
        index.add(sdist("a", "6", metadata_version="1.2"), metadata="none")
        index.add(wheel("a", "7", metadata="Metadata-Version: 2.1\nName: b\nVersion: 7\n"))
        with world(kb, index) as run:
            run.fetch("a")
            run.fetch(*(f"a=={version}" for version in range(1, 8)))
            found = [run.document("a", str(version)) for version in range(1, 8)]
    origins = [document.origin if isinstance(document, Metadata) else None for document in found]
    assert origins == [
        Origin.METADATA_FILE,
        Origin.WHEEL,
        Origin.WHEEL,
        Origin.SDIST,
        Origin.EGG_INFO,
        None,
        None,
    ]
    reasons = [document.reason for document in found if isinstance(document, Unusable)]
    assert "without running its code" in reasons[0]
    assert "that of `b`" in reasons[1]


def test_file_that_is_gone(kb: Path) -> None:
    """A wheel that is listed and not there passes to the next file."""
    with LoopbackIndex() as index:
        gone = wheel("a", "1")
        index.add(gone, metadata="none")
        index.add(wheel("a", "1", tag="cp39-cp39-win32"), metadata="none")
        index.answer(f"/files/{gone.filename}", Answer(404))
        with world(kb, index) as run:
            run.fetch("a")
            run.fetch("a==1")
            assert run.metadata("a", "1").file == "a-1-cp39-cp39-win32.whl"


def test_a_failure_never_passes_on(kb: Path, index: LoopbackIndex) -> None:
    """A metadata file that answers 503 ends the run, though the wheel would answer; nothing is kept of it."""
    index.answer("/files/flask-3.0-py3-none-any.whl.metadata", Answer(503))
    with world(kb, index) as run:
        run.fetch("flask")
        with pytest.raises(IndexFailure, match=r"answered 503, asked for the metadata of `flask-3.0"):
            run.fetch("flask==3.0")
        assert run.document("flask", "3.0") is None
    assert index.count("/files/flask-3.0-py3-none-any.whl") == 0


def test_digest_that_differs(kb: Path, index: LoopbackIndex) -> None:
    """A file whose digest changed on its index fails with both digests, and the recorded one stays."""
    first = index.files("flask")[0]
    with world(kb, index) as run:
        run.fetch("flask")
    index.remove("flask")
    index.add(first.artifact, sha256="ab" * 32)
    with world(kb, index, max_age=0, now=NOW + 1) as run, pytest.raises(IndexFailure) as caught:
        run.fetch("flask")
    assert "ab" * 32 in str(caught.value)
    assert str(first.sha256) in str(caught.value)


# --- several indexes


def test_first_index_that_has_it(kb: Path, index: LoopbackIndex) -> None:
    """The first index that has the name serves it; later ones are not even asked."""
    with LoopbackIndex() as private:
        private.add(wheel("flask", "9"))
        with world(kb, private, index) as run:
            run.fetch("flask", "click", "nothing")
            assert run.versions("flask") == ["9"]
            assert run.view.served_by(CLICK) == index.url
            assert run.view.project(NONE) == NoProject(NONE)
        assert index.count("/simple/flask/") == 0
        assert private.count("/simple/click/", status=404) == 1


def test_bound_name(kb: Path, index: LoopbackIndex) -> None:
    """A bound name is asked of its own index only, with its documents."""
    with LoopbackIndex() as other:
        other.add(wheel("flask", "9", requires=["x"]))
        with world(kb, index, other, bindings={FLASK: other.url, CLICK: other.url}) as run:
            run.fetch("flask", "click")
            run.fetch("flask==9")
            assert run.versions("flask") == ["9"]
            assert run.metadata("flask", "9").requirements
            assert run.view.project(CLICK) == NoProject(CLICK)
    assert index.requests == []


@pytest.mark.parametrize("status", [401, 403, 503])
def test_no_fall_through(kb: Path, index: LoopbackIndex, status: int) -> None:
    """An index that fails is never passed over for the next one."""
    with LoopbackIndex() as private:
        private.answer("/simple/flask/", Answer(status))
        with world(kb, private, index) as run, pytest.raises(IndexFailure, match=f"answered {status}"):
            run.fetch("flask")
    assert index.requests == []


def test_credentials_of_an_index(kb: Path) -> None:
    """Pages and files of an index are asked for with its credentials, which are kept nowhere."""
    with LoopbackIndex(credentials=("user", "word")) as index:
        index.add(wheel("flask", "3.0"))
        secret = Index(index.url, secret=index.url.replace("://", "://user:word@"))
        with world(kb, secret) as run:
            run.fetch("flask")
            run.fetch("flask==3.0")
            assert run.metadata("flask", "3.0").origin == Origin.METADATA_FILE
    assert not any(b"user:word" in path.read_bytes() for path in kb.parent.iterdir())


def test_list_of_links(kb: Path, index: LoopbackIndex) -> None:
    """A list of many projects' files is fetched once for all of them."""
    with world(kb, Index(index.links_url.rstrip("/"), is_flat=True)) as run:
        run.fetch("flask", "click", "nothing")
        run.fetch("flask==3.0")
        assert (run.versions("flask"), run.versions("click")) == (["3.0"], ["8.1"])
        assert run.view.project(NONE) == NoProject(NONE)
        assert run.metadata("flask", "3.0").requirements
    assert index.count("/links/") == 1


def test_list_of_links_that_fails(kb: Path, index: LoopbackIndex) -> None:
    """A list of links that fails, fails for every project that was asked for."""
    index.answer("/links", Answer(403))
    with world(kb, Index(f"{index.root}/links", is_flat=True), index) as run:
        with pytest.raises(IndexFailure, match="403"):
            run.fetch("flask", prefetch=("click",))
        assert run.view.project(FLASK) is None


# --- what follows


def test_what_follows_is_fetched_with_what_is_needed(kb: Path, index: LoopbackIndex) -> None:
    """What a fact leads to is asked for as soon as the fact is known, within the same fetch."""
    follow = {FLASK: wanted("click", "flask==3.0"), CLICK: wanted("click==8.1")}
    with world(kb, index) as run:
        run.ingestion.fetch(wanted("flask"), Wanted(), lambda name: follow.pop(name, Wanted()))
        assert run.metadata("flask", "3.0").requirements
        assert run.document("click", "8.1") is not None
        assert run.ingestion.effort() == Effort(2, 2, 4)


def test_what_follows_may_fail(kb: Path, index: LoopbackIndex) -> None:
    """A guess that fails is no error, and leads nowhere."""
    index.answer("/simple/click/", Answer(500))
    asked: list[NormalizedName] = []

    def follow(name: NormalizedName) -> Wanted:
        asked.append(name)
        return wanted("click")

    with world(kb, index) as run:
        run.ingestion.fetch(wanted("flask"), Wanted(), follow)
        assert run.versions("flask") == ["3.0"]
        assert run.view.project(CLICK) is None
    assert set(asked) == {FLASK}


# --- freshness


def test_fresh_pages_are_not_asked_again(kb: Path, index: LoopbackIndex) -> None:
    """A page is asked again when it is older than the age allowed, and then only whether it changed."""
    for now in (NOW, NOW + 600):
        with world(kb, index, now=now) as run:
            run.fetch("flask", "nothing")
    assert len(index.requests) == 2
    with world(kb, index, now=NOW + 601) as run:
        run.fetch("flask", "nothing")
        assert run.versions("flask") == ["3.0"]
    assert index.count("/simple/flask/", status=304) == 1
    assert index.count("/simple/nothing/", status=404) == 2
    with world(kb, index, now=NOW + 1200) as run:
        run.fetch("flask")
    assert index.count("/simple/flask/") == 2


def test_changed_page(kb: Path, index: LoopbackIndex) -> None:
    """A page that changed is read anew."""
    with world(kb, index) as run:
        run.fetch("flask")
    index.add(wheel("flask", "3.1"))
    with world(kb, index, now=NOW + 601) as run:
        run.fetch("flask")
        assert run.versions("flask") == ["3.0", "3.1"]


def test_refresh(kb: Path, index: LoopbackIndex) -> None:
    """A refresh asks for every page once, and not twice in one run."""
    with world(kb, index) as run:
        run.fetch("flask")
    with world(kb, index, max_age=0, now=NOW + 1) as run:
        run.fetch("flask")
        run.fetch("flask", "flask==3.0")
        run.fetch("flask")
    assert index.count("/simple/flask/") == 2


def test_clock_that_goes_back(kb: Path, index: LoopbackIndex) -> None:
    """A clock that is set back during a run makes nothing unknown that was just learnt."""
    with world(kb, index) as run:
        times = iter([NOW])
        options = IngestOptions(clock=lambda: next(times, NOW - 10_000))
        ingestion = Ingestion(run.view, run.store, run.ingestion._courier, [Index(index.url)], options)
        ingestion.fetch(wanted("flask"), Wanted())
        assert run.versions("flask") == ["3.0"]


def test_stale_page_of_a_failing_index(kb: Path, index: LoopbackIndex) -> None:
    """A page that is too old is not used when its index fails; what was known stays known for offline use."""
    with world(kb, index) as run:
        run.fetch("flask")
    index.answer("/simple/flask/", Answer(500))
    with world(kb, index, now=NOW + 601) as run:
        with pytest.raises(IndexFailure):
            run.fetch("flask")
        assert run.view.project(FLASK) is None
        page = run.store.page(index.url, FLASK)
        assert page is not None
        assert page.project is not None


# --- many at a time


def test_failed_prefetch(kb: Path, index: LoopbackIndex) -> None:
    """A prefetch that fails is no error; needed later, it is asked for again."""
    index.answer("/simple/click/", Answer(503, times=2))
    with world(kb, index) as run:
        run.fetch("flask", prefetch=("click",))
        assert run.view.project(CLICK) is None
        run.fetch("click")
        assert run.versions("click") == ["8.1"]


def test_slow_prefetch(kb: Path, index: LoopbackIndex) -> None:
    """A prefetch that takes long is not waited for, and not asked for twice when it is needed after all."""
    index.answer("/simple/click/", Answer(404, delay=0.7))
    with world(kb, index, patience=0.1) as run:
        run.fetch("flask", prefetch=("click",))
        assert run.view.project(FLASK) is not None
        assert run.view.project(CLICK) is None
        run.fetch("click")
        assert run.view.project(CLICK) == NoProject(CLICK)
    assert index.count("/simple/click/") == 1


def test_a_slow_prefetch_is_waited_for_once(kb: Path, index: LoopbackIndex) -> None:
    """Once patience has run out for a prefetch, no later fetch waits for it."""
    index.answer("/simple/click/", Answer(404, delay=1.5))
    ticks: list[int] = []

    def monotonic() -> float:
        ticks.append(1)
        return len(ticks)

    with world(kb, index) as run:
        options = IngestOptions(clock=lambda: NOW, monotonic=monotonic, patience=3)
        ingestion = Ingestion(run.view, run.store, run.ingestion._courier, [Index(index.url)], options)
        ingestion.fetch(wanted("flask"), wanted("click"))
        assert len(ticks) == 4  # asked until more than the patience has passed
        ingestion.fetch(wanted("nothing"), Wanted())
        assert len(ticks) == 5
        assert run.view.project(CLICK) is None


def test_after_a_failure(kb: Path, index: LoopbackIndex) -> None:
    """After a failure nothing is left under way, and what is fetched next is kept as ever."""
    index.answer("/simple/flask/", Answer(403, times=1))
    with world(kb, index) as run:
        with pytest.raises(IndexFailure, match="403"):
            run.fetch("flask", "click")
        run.fetch("flask", "click")
        assert (run.versions("flask"), run.versions("click")) == (["3.0"], ["8.1"])


def test_many_documents(kb: Path) -> None:
    """Hundreds of documents come in few commits, each once, with progress until nothing is under way."""
    with LoopbackIndex() as index:
        for minor in range(120):
            index.add(wheel("a", f"1.{minor}"))
        states: list[Progress] = []
        with world(kb, index, progress=states.append) as run:
            run.fetch("a")
            run.fetch(*(f"a==1.{minor}" for minor in range(120)))
            assert len(run.view.known_documents(normalise("a"))) == 120
            assert run.ingestion.effort() == replace(Effort(), pages=1, documents=120, requests=121)
        assert len(index.requests) == 121
    assert [state.done for state in states] == sorted(state.done for state in states)
    assert states[-1].done == 121
    assert states[-1].under_way == 0
    assert states[-1].received > 120 * 50

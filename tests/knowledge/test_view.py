"""Which of the stored facts count for one request: index policy, age of pages, file policy."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.version import Version

from pinwise.indexes.documents import Target, document_order
from pinwise.knowledge.store import Store, open_store
from pinwise.knowledge.view import KnowledgeView
from pinwise.model.digest import snapshot_digest
from pinwise.model.facts import (
    Document,
    File,
    Metadata,
    NoProject,
    Origin,
    Project,
    Release,
    Snapshot,
    Unusable,
)
from pinwise.model.names import NormalizedName, normalise
from pinwise.model.request import FormatControl, Index, LocalProject, Request
from support.advice import linux_environment, sdist_file, wheel_file

PRIVATE, PUBLIC = "https://private.example/simple", "https://index.example/simple"
FLASK, CLICK = normalise("flask"), normalise("click")
NOW = 1_000_000
ONE = Version("1.0")
REQUEST = Request((), linux_environment(), (Index(PRIVATE), Index(PUBLIC)))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return an empty store."""
    with open_store(tmp_path / "knowledge.sqlite") as opened:
        yield opened


def view(store: Store, request: Request = REQUEST, *, max_age: int | None = 600) -> KnowledgeView:
    """Return what is known for a request that runs at `NOW`."""
    return KnowledgeView(store, request, now=NOW, max_age=max_age)


def project(index: str, *files: File, name: NormalizedName = FLASK) -> Project:
    """Return a project whose files are each a release, in ascending order."""
    releases = tuple(
        Release(Version(file.filename.split("-")[1].removesuffix(".tar.gz")), (file,)) for file in files
    )
    return Project(name, index, releases)


def put(
    store: Store, index: str, page: Project | None, *, checked: int = NOW, name: NormalizedName = FLASK
) -> None:
    """Put a page without validators."""
    store.put_page(index, name, page, etag=None, last_modified=None, checked=checked)


def told(file: File, kind: Origin, requirement: str) -> Metadata:
    """Return a document that asks for one project."""
    return Metadata(None, (Requirement(requirement),), frozenset(), kind, file.filename)


def answer(store: Store, file: File, kind: Origin, document: Document | None, *, index: str = PUBLIC) -> None:
    """Put an answer about a file."""
    store.put_document(index, FLASK, file.filename, kind.value, document, checked=NOW)


def test_the_first_index_that_has_a_name_serves_it(store: Store) -> None:
    """An index earlier in the order shadows a later one, even with fewer or older releases."""
    put(store, PUBLIC, project(PUBLIC, wheel_file("flask", "2.0")))
    put(store, PRIVATE, project(PRIVATE, wheel_file("flask", "1.0")))
    seen = view(store)
    assert seen.project(FLASK) == project(PRIVATE, wheel_file("flask", "1.0"))
    assert seen.served_by(FLASK) == PRIVATE
    assert seen.pages_to_ask(FLASK) == ()


def test_a_404_passes_to_the_next_index(store: Store) -> None:
    """An index that has no such project passes the name on."""
    put(store, PRIVATE, None)
    assert view(store).project(FLASK) is None
    assert view(store).pages_to_ask(FLASK) == (PUBLIC,)
    put(store, PUBLIC, project(PUBLIC, wheel_file("flask", "2.0")))
    assert view(store).served_by(FLASK) == PUBLIC


def test_an_index_that_was_not_asked_passes_nothing_on(store: Store) -> None:
    """Never a silent fall-through: while an earlier index is unknown, a later one does not serve."""
    put(store, PUBLIC, project(PUBLIC, wheel_file("flask", "2.0")))
    seen = view(store)
    assert seen.project(FLASK) is None
    assert seen.served_by(FLASK) is None
    assert seen.known_documents(FLASK) == {}
    assert seen.pages_to_ask(FLASK) == (PRIVATE,)
    assert view(store, max_age=None).project(FLASK) is None


def test_a_name_that_no_index_has_is_no_project(store: Store) -> None:
    """404 on every index is an answer; without one of them it is not."""
    assert view(store).pages_to_ask(FLASK) == (PRIVATE, PUBLIC)
    put(store, PUBLIC, None)
    assert view(store).project(FLASK) is None
    put(store, PRIVATE, None)
    seen = view(store)
    assert seen.project(FLASK) == NoProject(FLASK)
    assert seen.served_by(FLASK) is None
    assert seen.pages_to_ask(FLASK) == ()


def test_a_bound_name_is_served_by_its_index_only(store: Store) -> None:
    """A binding of the manifest outweighs the order, and knows no second choice."""
    put(store, PRIVATE, project(PRIVATE, wheel_file("flask", "1.0")))
    bound = replace(REQUEST, bindings={FLASK: PUBLIC})
    assert view(store, bound).pages_to_ask(FLASK) == (PUBLIC,)
    put(store, PUBLIC, None)
    assert view(store, bound).project(FLASK) == NoProject(FLASK)


@pytest.mark.parametrize(
    ("age", "max_age", "is_known"),
    [
        (0, 600, True),
        (600, 600, True),
        (601, 600, False),
        (10**9, None, True),
        (1, 0, False),
        (0, 0, True),
        (-5, 0, True),
    ],
)
def test_an_old_page_is_not_known(store: Store, age: int, max_age: int | None, is_known: bool) -> None:  # noqa: FBT001  # a case
    """A page counts up to `max_age` before the run, offline at any age, with 0 from the run's start."""
    put(store, PRIVATE, project(PRIVATE, wheel_file("flask", "1.0")), checked=NOW - age)
    assert (view(store, max_age=max_age).project(FLASK) is not None) == is_known
    assert (view(store, max_age=max_age).pages_to_ask(FLASK) == ()) == is_known


def test_an_old_404_passes_nothing_on(store: Store) -> None:
    """An index that once had no such project may have it now."""
    put(store, PRIVATE, None, checked=NOW - 601)
    put(store, PUBLIC, project(PUBLIC, wheel_file("flask", "1.0")))
    assert view(store).project(FLASK) is None
    assert view(store).pages_to_ask(FLASK) == (PRIVATE,)


def test_only_the_document_that_the_file_policy_chooses_counts(store: Store) -> None:
    """A stored document of a file that is asked later is not used while an earlier one is unknown."""
    wheel, sdist = wheel_file("flask", "1.0"), sdist_file("flask", "1.0", metadata=None)
    put(store, PRIVATE, None)
    put(store, PUBLIC, Project(FLASK, PUBLIC, (Release(ONE, (sdist, wheel)),)))
    answer(store, sdist, Origin.SDIST, told(sdist, Origin.SDIST, "from-sdist"))
    answer(store, wheel, Origin.WHEEL, told(wheel, Origin.WHEEL, "from-wheel"))
    seen = view(store)
    assert seen.known_documents(FLASK) == {}
    ask = seen.document_to_ask(FLASK, ONE)
    assert ask is not None
    assert (ask.file, ask.kind) == (wheel, Origin.METADATA_FILE)
    answer(store, wheel, Origin.METADATA_FILE, None)
    assert view(store, max_age=None).known_documents(FLASK) == {ONE: told(wheel, Origin.WHEEL, "from-wheel")}
    assert view(store).document_to_ask(FLASK, ONE) is None
    built = replace(REQUEST, formats=FormatControl(no_binary=frozenset({"flask"})))
    assert view(store, built).known_documents(FLASK) == {ONE: told(wheel, Origin.WHEEL, "from-wheel")}


def test_a_document_belongs_to_its_index(store: Store) -> None:
    """What one index says of a file is no answer about the file of the same name on another."""
    wheel = wheel_file("flask", "1.0")
    put(store, PRIVATE, project(PRIVATE, wheel))
    answer(store, wheel, Origin.METADATA_FILE, told(wheel, Origin.METADATA_FILE, "click"), index=PUBLIC)
    assert view(store).known_documents(FLASK) == {}
    answer(store, wheel, Origin.METADATA_FILE, Unusable("broken"), index=PRIVATE)
    assert view(store).known_documents(FLASK) == {ONE: Unusable("broken")}


def test_given_metadata_comes_last(store: Store) -> None:
    """What the user gave counts where every file definitely has nothing, and not before."""
    wheel = wheel_file("flask", "1.0", metadata=None)
    given_metadata = told(wheel, Origin.USER, "click")
    request = replace(REQUEST, given={(FLASK, ONE): given_metadata})
    put(store, PRIVATE, project(PRIVATE, wheel))
    assert view(store, request).known_documents(FLASK) == {}
    answer(store, wheel, Origin.WHEEL, None, index=PRIVATE)
    assert view(store, request).known_documents(FLASK) == {ONE: given_metadata}
    assert isinstance(view(store).known_documents(FLASK)[ONE], Unusable)


@pytest.mark.parametrize(
    ("path", "tags"),
    [
        ("../libs/flask", ""),
        ("./", ""),
        ("dist/flask-1.0-py3-none-any.whl", "py3-none-any"),
        ("flask-1.0.tar.gz", ""),
    ],
)
def test_a_local_project_is_known_without_any_index(store: Store, path: str, tags: str) -> None:
    """A project that is named by its path is one release with a known document, whatever indexes say."""
    put(store, PRIVATE, project(PRIVATE, wheel_file("flask", "3.0")))
    metadata = replace(told(wheel_file("flask", "1.0"), Origin.LOCAL, "click"), file="")
    local = LocalProject(FLASK, ONE, path, is_editable=False, metadata=metadata, sha256=None)
    seen = view(store, replace(REQUEST, local={FLASK: local}))
    known = seen.project(FLASK)
    assert isinstance(known, Project)
    assert (known.index, seen.served_by(FLASK), seen.pages_to_ask(FLASK)) == (path, path, ())
    (release,) = known.releases
    (file,) = release.files
    assert (release.version, file.url, file.tags) == (ONE, path, tags)
    assert seen.known_documents(FLASK) == {ONE: metadata}
    assert seen.document_to_ask(FLASK, ONE) is None


def test_one_view_sees_one_world_until_told_otherwise(store: Store) -> None:
    """What was read stays as it was read, until `forget` asks for the name anew."""
    wheel = wheel_file("flask", "1.0")
    seen = view(store)
    assert seen.project(FLASK) is None
    put(store, PRIVATE, project(PRIVATE, wheel))
    assert seen.project(FLASK) is None
    seen.forget(FLASK)
    assert seen.project(FLASK) == project(PRIVATE, wheel)
    assert seen.known_documents(FLASK) == {}
    answer(store, wheel, Origin.METADATA_FILE, Unusable("broken"), index=PRIVATE)
    assert seen.known_documents(FLASK) == {}
    seen.forget(FLASK)
    assert seen.known_documents(FLASK) == {ONE: Unusable("broken")}


versions = st.sampled_from(["1.0", "1.1", "2.0"])


def learn(store: Store, index: str, name: NormalizedName, data: st.DataObject) -> None:
    """Put what an index says of a project: nothing, or releases and some answers about their files."""
    listed = sorted(data.draw(st.none() | st.sets(versions, min_size=1)) or ())
    files = [wheel_file(name, version) for version in listed]
    put(store, index, project(index, *files, name=name) if files else None, name=name)
    for file in data.draw(st.lists(st.sampled_from(files)) if files else st.just([])):
        document = data.draw(st.sampled_from([None, Unusable("broken"), told(file, Origin.WHEEL, "click")]))
        kind = data.draw(st.sampled_from([Origin.METADATA_FILE, Origin.WHEEL]))
        store.put_document(index, name, file.filename, kind.value, document, checked=NOW)


def frozen(seen: KnowledgeView, names: Iterable[NormalizedName]) -> Snapshot:
    """Return all that is known of some names."""
    known = {name: page for name in names if (page := seen.project(name)) is not None}
    return Snapshot(known, {name: seen.known_documents(name) for name in known})


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_the_offline_view_equals_the_online_view(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever a run has learnt, a later offline run knows the same, facts and digest."""
    path = tmp_path_factory.mktemp("offline") / "knowledge.sqlite"
    everything = [FLASK, CLICK, normalise("jinja2")]
    with open_store(path) as store:
        with store.batch():
            for name in everything:
                for index in (PRIVATE, PUBLIC):
                    learn(store, index, name, data)
        online = view(store)
        known = {name: (online.project(name), dict(online.known_documents(name))) for name in everything}
        digest = snapshot_digest(frozen(online, everything))
    with open_store(path, read_only=True) as store:
        offline = KnowledgeView(store, REQUEST, now=NOW + 10**8, max_age=None)
        assert {name: (offline.project(name), offline.known_documents(name)) for name in everything} == known
        assert snapshot_digest(frozen(offline, reversed(everything))) == digest


def test_few_releases_are_told_as_the_whole_page_tells_them(store: Store) -> None:
    """Of a release that is looked at alone, files, index and document are those of the whole view."""
    files = [wheel_file("flask", version, metadata="") for version in ("1.0", "2.0", "3.0rc1")]
    put(store, PRIVATE, None)
    put(store, PUBLIC, replace(project(PUBLIC, *files), status="archived"))
    put(store, PUBLIC, project(PUBLIC, wheel_file("click", "8.0"), name=CLICK), name=CLICK)
    for file in files[:2]:
        answer(store, file, Origin.METADATA_FILE, told(file, Origin.METADATA_FILE, "click"))
    whole = view(store)
    page = whole.project(FLASK)
    assert isinstance(page, Project)
    for release in page.releases:
        alone = whole.only({FLASK: release.version})
        assert alone.project(FLASK) == replace(page, releases=(release,))
        known = whole.known_documents(FLASK)
        assert alone.known_documents(FLASK) == {v: known[v] for v in known if v == release.version}
        assert alone.project(CLICK) is None
        assert alone.known_documents(CLICK) == {}
    every = whole.only({FLASK: None})
    assert every.project(FLASK) == page
    assert every.known_documents(FLASK) == whole.known_documents(FLASK)


def test_a_release_that_is_not_listed_is_none(store: Store) -> None:
    """What is gone, was never there, or is spelt in another way is no release; an old page is not known."""
    put(store, PUBLIC, project(PUBLIC, wheel_file("flask", "1.0")), checked=NOW - 100)
    put(store, PUBLIC, project(PUBLIC, wheel_file("flask", "2.0")), checked=NOW - 50)
    put(store, PRIVATE, None, checked=NOW - 50)
    for version in ("1.0", "3.0", "2"):
        page = view(store).only({FLASK: Version(version)}).project(FLASK)
        assert isinstance(page, Project)
        assert page.releases == ()
    assert view(store, max_age=40).only({FLASK: Version("2.0")}).project(FLASK) is None
    assert view(store).only({CLICK: ONE}).project(CLICK) is None


def test_what_nobody_asked_about_is_asked_in_its_order(store: Store) -> None:
    """A release without any answer has the first question of its order; one without files to ask has none."""
    put(store, PRIVATE, None)
    put(store, PUBLIC, project(PUBLIC, wheel_file("flask", "1.0"), sdist_file("flask", "2.0")))
    seen = view(store)
    asked = [seen.document_to_ask(FLASK, Version(version)) for version in ("1.0", "2.0")]
    page = seen.project(FLASK)
    assert isinstance(page, Project)
    target = Target.of(REQUEST.environment)
    assert asked == [document_order(each, target, FormatControl(), FLASK)[0] for each in page.releases]
    assert seen.known_documents(FLASK) == {}
    wheels_only = replace(REQUEST, formats=FormatControl(only_binary=frozenset({FLASK})))
    seen = view(store, wheels_only)
    assert seen.document_to_ask(FLASK, Version("2.0")) is None
    assert isinstance(seen.known_documents(FLASK)[Version("2.0")], Unusable)

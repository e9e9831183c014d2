"""What is put into the store is what comes out of it, and a digest never changes unnoticed."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.version import Version

from knowledge.generated_facts import INDEX, NAME, answers, documents, projects, requirements, texts
from pinwise.actions.knowledge import (
    IndexStatus,
    forget_project,
    knowledge_path,
    knowledge_status,
    would_forget,
)
from pinwise.knowledge.rows import parse_requirement
from pinwise.knowledge.store import Store, StoredPage, open_store
from pinwise.model.errors import IndexFailure, StoreFailure
from pinwise.model.facts import Document, File, Metadata, Origin, Project, Release, Unusable
from pinwise.model.names import normalise
from support.advice import wheel_file

MIRROR = "https://mirror.example/simple"
OLD, NEW = "a" * 64, "b" * 64


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return an empty store."""
    with open_store(tmp_path / "knowledge.sqlite") as opened:
        yield opened


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Return a store that the examples of a property share; each begins by forgetting the project."""
    with open_store(tmp_path_factory.mktemp("shared") / "knowledge.sqlite") as opened:
        yield opened


def flask(*files: File) -> Project:
    """Return the project with one release that has these files."""
    return Project(NAME, INDEX, (Release(Version("1.0"), files),))


def put(store: Store, page: Project | None, *, checked: int = 1, index: str = INDEX) -> None:
    """Put a page without validators."""
    store.put_page(index, NAME, page, etag=None, last_modified=None, checked=checked)


def reopened(store: Store) -> Store:
    """Return the same file as another process would open it."""
    return open_store(store.path, read_only=True)


@settings(max_examples=60, deadline=None)
@given(projects(), st.none() | texts, st.none() | texts, st.integers(0, 2**40))
def test_a_page_comes_back_as_it_was_put(
    shared: Store, page: Project, etag: str | None, last_modified: str | None, checked: int
) -> None:
    """page(put_page(x)) == x, in this process and in another."""
    shared.forget(NAME)
    shared.put_page(INDEX, NAME, page, etag=etag, last_modified=last_modified, checked=checked)
    expected = StoredPage(page, etag, last_modified, checked)
    with reopened(shared) as other:
        assert shared.page(INDEX, NAME) == other.page(INDEX, NAME) == expected


@pytest.mark.parametrize("order", [1, -1])
def test_a_page_is_read_in_order_whatever_order_it_was_put_in(store: Store, order: int) -> None:
    """Who put a page reads what every other process reads."""
    sdist, wheel = (
        wheel_file("flask", "1.0")._replace(filename=f"flask-1.0{end}") for end in (".tar.gz", "-x")
    )
    releases = (
        Release(Version("1.0"), (wheel, sdist)[::order]),
        Release(Version("2.0"), (wheel_file("flask", "2.0"),)),
    )
    put(store, Project(NAME, INDEX, releases[::order]))
    with reopened(store) as other:
        assert store.page(INDEX, NAME) == other.page(INDEX, NAME)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.none() | projects(sha256=False), min_size=2, max_size=4))
def test_the_last_page_is_the_one_that_counts(shared: Store, pages: list[Project | None]) -> None:
    """However pages follow each other, the last one is read."""
    shared.forget(NAME)
    for checked, page in enumerate(pages):
        put(shared, page, checked=checked)
    assert shared.page(INDEX, NAME) == StoredPage(pages[-1], None, None, len(pages) - 1)


@settings(max_examples=60, deadline=None)
@given(answers)
def test_documents_come_back_as_they_were_put(
    shared: Store, given_answers: dict[tuple[str, str], Document | None]
) -> None:
    """documents(put_document(x)) == x for every answer, in this process and in another."""
    shared.forget(NAME)
    with shared.batch():
        for (filename, kind), document in given_answers.items():
            shared.put_document(INDEX, NAME, filename, kind, document, checked=1)
    with reopened(shared) as other:
        assert shared.documents(INDEX, NAME) == other.documents(INDEX, NAME) == given_answers


@settings(max_examples=40, deadline=None)
@given(st.lists(st.none() | documents, min_size=1, max_size=4))
def test_the_last_document_is_the_one_that_counts(
    shared: Store, given_answers: list[Document | None]
) -> None:
    """However answers about one file follow each other, the last one is read."""
    shared.forget(NAME)
    for checked, document in enumerate(given_answers):
        shared.put_document(INDEX, NAME, "a.whl", "wheel", document, checked=checked)
    assert shared.documents(INDEX, NAME) == {("a.whl", "wheel"): given_answers[-1]}


@given(requirements())
def test_a_requirement_in_two_parts_is_the_requirement(requirement: Requirement) -> None:
    """Parsing head and marker apart gives what `packaging` gives for the whole, to the letter."""
    parsed = parse_requirement(str(requirement))
    assert parsed == Requirement(str(requirement)) == requirement
    assert str(parsed) == str(requirement)


def test_equal_requirements_are_one_object(store: Store) -> None:
    """Requirements are interned: equal lists of two documents are one tuple after reading."""
    for filename in ("a.whl", "b.whl"):
        listed = (Requirement("click>=8"), Requirement("click>=8; extra == 'x'"))
        store.put_document(INDEX, NAME, filename, "wheel", Metadata(None, listed, frozenset()), checked=1)
    with reopened(store) as other:
        first, second = other.documents(INDEX, NAME).values()
    assert isinstance(first, Metadata)
    assert isinstance(second, Metadata)
    assert first.requirements is second.requirements
    assert first.requirements[0].specifier is first.requirements[1].specifier


def test_a_page_that_was_never_put_is_not_known(store: Store) -> None:
    """Not known (None) is something else than known to be absent, and each index is asked for itself."""
    put(store, None, index=MIRROR)
    assert store.page(INDEX, NAME) is None
    assert store.page(MIRROR, NAME) == StoredPage(None, None, None, 1)
    assert store.documents(INDEX, NAME) == {}


def test_a_confirmed_page_is_newer_and_never_older(store: Store) -> None:
    """A 304 moves the time of the check forward only, and makes no page of nothing."""
    put(store, flask(wheel_file("flask", "1.0")), checked=10)
    store.touch_page(INDEX, NAME, checked=20)
    store.touch_page(INDEX, NAME, checked=15)
    store.touch_page(MIRROR, NAME, checked=20)
    page = store.page(INDEX, NAME)
    assert page is not None
    assert page.checked == 20
    assert store.page(MIRROR, NAME) is None


def test_facts_are_appended_never_overwritten(store: Store) -> None:
    """A file that changes or vanishes leaves its row behind, with the time at which it was gone."""
    file = wheel_file("flask", "1.0")
    put(store, flask(file), checked=10)
    put(store, flask(file._replace(yanked="broken")), checked=20)
    put(store, flask(file._replace(yanked="broken")), checked=25)
    put(store, flask(), checked=30)
    put(store, flask(file), checked=40)
    with closing(sqlite3.connect(store.path)) as connection:
        rows = connection.execute(
            "SELECT revision, yanked, seen, gone FROM files ORDER BY revision"
        ).fetchall()
    assert rows == [(1, None, 10, 20), (2, "broken", 20, 30), (3, None, 40, None)]


@pytest.mark.parametrize(
    "between", [(), (flask(),), (None,), (flask(wheel_file("flask", "1.0", sha256=None)),)]
)
def test_a_digest_that_changes_is_an_error(store: Store, between: tuple[Project | None, ...]) -> None:
    """The same file name with another digest is refused with both digests, whatever was listed meanwhile."""
    put(store, flask(wheel_file("flask", "1.0", sha256=OLD)))
    for page in between:
        put(store, page)
    before = store.page(INDEX, NAME)
    with pytest.raises(IndexFailure) as failure:
        put(store, flask(wheel_file("flask", "1.0", sha256=NEW)), checked=5)
    assert {OLD, NEW} <= set(failure.value.message.split("`"))
    assert "pinwise kb forget flask" in (failure.value.hint or "")
    assert store.page(INDEX, NAME) == before


def test_a_page_that_gives_a_file_two_digests_is_an_error(store: Store) -> None:
    """One page that lists a file name twice with two digests is refused like two pages."""
    file = wheel_file("flask", "1.0", sha256=OLD)
    with pytest.raises(IndexFailure, match=NEW):
        put(store, flask(file, file._replace(sha256=NEW)))
    assert store.page(INDEX, NAME) is None


def test_a_digest_on_record_stays(store: Store) -> None:
    """A page that stops to give a digest does not make pinwise forget it; another index has its own."""
    file = wheel_file("flask", "1.0", sha256=OLD)
    put(store, flask(file))
    put(store, flask(file._replace(sha256=None)), checked=2)
    page = store.page(INDEX, NAME)
    assert page is not None
    assert page.project == flask(file)
    put(store, replace(flask(file._replace(sha256=NEW)), index=MIRROR), index=MIRROR)


def test_a_refused_page_does_not_spoil_its_batch(store: Store) -> None:
    """A page that is refused inside a batch leaves nothing behind, and the rest of the batch is kept."""
    put(store, flask(wheel_file("flask", "1.0", sha256=OLD)))
    with store.batch():
        store.put_document(INDEX, NAME, "a.whl", "wheel", Unusable("why"), checked=1)
        with pytest.raises(IndexFailure):
            put(store, flask(wheel_file("flask", "1.0", sha256=NEW), wheel_file("flask", "1.1")))
    with reopened(store) as other:
        page = other.page(INDEX, NAME)
        assert page is not None
        assert page.project == flask(wheel_file("flask", "1.0", sha256=OLD))
        assert other.documents(INDEX, NAME) == {("a.whl", "wheel"): Unusable("why")}


def test_a_batch_is_all_or_nothing(store: Store) -> None:
    """An error that leaves a batch takes everything in it back, interned texts included."""
    document = Metadata(None, (Requirement("click>=8"), Requirement("jinja2")), frozenset())
    put(store, flask(wheel_file("flask", "1.0")))
    before = store.page(INDEX, NAME)
    with pytest.raises(KeyboardInterrupt):
        interrupted_batch(store, document)
    assert store.page(INDEX, NAME) == before
    assert store.documents(INDEX, NAME) == {}
    turned = replace(document, requirements=document.requirements[::-1])
    store.put_document(INDEX, NAME, "a.whl", "wheel", turned, checked=1)
    assert store.documents(INDEX, NAME) == {("a.whl", "wheel"): turned}


def interrupted_batch(store: Store, document: Document) -> None:
    """Put a page and a document in one batch, and be interrupted before it is left."""
    with store.batch():
        put(store, None)
        store.put_document(INDEX, NAME, "a.whl", "wheel", document, checked=1)
        assert store.documents(INDEX, NAME) == {("a.whl", "wheel"): document}
        raise KeyboardInterrupt


def test_an_unchanged_page_is_read_once(store: Store) -> None:
    """A confirmed page is the same object, one that was put again, or forgotten meanwhile, is read anew."""
    file = wheel_file("flask", "1.0")
    put(store, flask(file))
    first = project_of(store)
    store.touch_page(INDEX, NAME, checked=9)
    assert project_of(store) is first
    put(store, flask(file._replace(yanked="why")))
    assert project_of(store) == flask(file._replace(yanked="why"))
    with open_store(store.path) as other:
        other.forget(NAME)
        put(other, flask(file._replace(size=1)))
        put(other, flask(file._replace(size=2)))
    assert project_of(store) == flask(file._replace(size=2))


def test_a_page_that_was_taken_back_is_forgotten(store: Store) -> None:
    """What was read inside a batch that failed is not mistaken for what comes next."""
    file = wheel_file("flask", "1.0")
    with pytest.raises(KeyboardInterrupt):
        interrupted_page(store, flask(file._replace(size=1)))
    put(store, flask(file._replace(size=2)))
    assert project_of(store) == flask(file._replace(size=2))


def interrupted_page(store: Store, page: Project) -> None:
    """Put and read a page in a batch, and be interrupted before it is left."""
    with store.batch():
        put(store, page)
        assert project_of(store) == page
        raise KeyboardInterrupt


def project_of(store: Store) -> Project | None:
    """Return the project as its stored page has it."""
    page = store.page(INDEX, NAME)
    assert page is not None
    return page.project


def test_a_batch_is_seen_by_others_when_it_is_left(store: Store) -> None:
    """A reader sees nothing of a batch before its commit, and does not wait for it."""
    with reopened(store) as other:
        with store.batch():
            put(store, None)
            assert other.page(INDEX, NAME) is None
        assert other.page(INDEX, NAME) == StoredPage(None, None, None, 1)


@pytest.mark.parametrize("changes", [{"size": 2**70}, {"url": "\ud800"}, {"yanked": "\udfff"}])
def test_a_value_that_no_column_holds_is_an_error_of_the_index(
    store: Store, changes: dict[str, object]
) -> None:
    """Half a character or an endless number is refused, and nothing of the page is kept."""
    with pytest.raises(IndexFailure, match="cannot be stored"):
        put(store, flask(wheel_file("flask", "1.0"), wheel_file("flask", "1.1", **changes)))
    with pytest.raises(IndexFailure, match="cannot be stored"):
        store.put_document(INDEX, NAME, "a.whl", "wheel", Unusable("\ud800"), checked=1)
    assert store.page(INDEX, NAME) is None
    assert store.documents(INDEX, NAME) == {}


def test_reading_only_is_reading_only(store: Store) -> None:
    """A store that was opened for reading refuses to write."""
    with reopened(store) as other, pytest.raises(StoreFailure, match="reading only"):
        put(other, None)


def test_status_counts_what_is_known(store: Store) -> None:
    """`kb status` counts per index what is listed now, and the documents that say something."""
    put(store, flask(wheel_file("flask", "1.0"), wheel_file("flask", "1.1")), checked=5)
    put(store, flask(wheel_file("flask", "1.0")), checked=7)
    put(store, None, index=MIRROR, checked=6)
    store.put_page(INDEX, normalise("click"), None, etag=None, last_modified=None, checked=9)
    store.put_document(INDEX, NAME, "a.whl", Origin.METADATA_FILE.value, None, checked=1)
    store.put_document(INDEX, NAME, "b.whl", Origin.METADATA_FILE.value, Unusable("why"), checked=1)
    status = knowledge_status(store)
    assert status.path == store.path
    assert status.size >= store.path.stat().st_size > 0
    assert status.indexes == (
        IndexStatus(INDEX, projects=1, absent=1, releases=1, files=1, documents=1, oldest=7, newest=9),
        IndexStatus(MIRROR, projects=0, absent=1, releases=0, files=0, documents=0, oldest=6, newest=6),
    )


def test_status_of_nothing_is_nothing(store: Store) -> None:
    """An empty knowledge base has no indexes."""
    assert knowledge_status(store).indexes == ()


def test_a_forgotten_project_can_come_with_new_digests(store: Store) -> None:
    """`kb forget` removes a project from every index, its digests too, and says what that was."""
    for index in (INDEX, MIRROR):
        put(store, replace(flask(wheel_file("flask", "1.0", sha256=OLD)), index=index), index=index)
    store.put_document(INDEX, NAME, "a.whl", "wheel", Unusable("why"), checked=1)
    announced = would_forget(store, NAME)
    assert would_forget(store, NAME) == announced
    forgetting = forget_project(store, NAME)
    assert forgetting == announced
    assert [(each.index, each.releases, each.files, each.documents) for each in forgetting.forgotten] == [
        (INDEX, 1, 1, 1),
        (MIRROR, 1, 1, 0),
    ]
    assert store.page(INDEX, NAME) is None
    assert store.documents(INDEX, NAME) == {}
    put(store, flask(wheel_file("flask", "1.0", sha256=NEW)))


def test_forgetting_an_unknown_name_suggests_near_ones(store: Store) -> None:
    """`kb forget` of a misspelt name forgets nothing and names what is known and near."""
    put(store, flask(wheel_file("flask", "1.0")))
    forgetting = forget_project(store, normalise("flaks"))
    assert forgetting.forgotten == ()
    assert forgetting.near == ("flask",)
    assert store.page(INDEX, NAME) is not None


def test_the_path_is_absolute() -> None:
    """`kb path` says where the file is from anywhere."""
    assert knowledge_path(Path("kb.sqlite")) == Path.cwd() / "kb.sqlite"

"""Dumps: what was exported is what is imported, and nothing else ever is."""

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from knowledge.generated_facts import requirements, specifiers
from pinwise.actions.bulk import (
    AHEAD,
    Answer,
    Page,
    ProjectFacts,
    Tally,
    export_facts,
    import_facts,
)
from pinwise.knowledge.bulk import BulkStore, open_bulk_store
from pinwise.knowledge.dump import open_facts, write_dump
from pinwise.knowledge.dump_lines import DumpPlace, parse_line, render_line
from pinwise.model.errors import IndexFailure, OutputError, PinwiseError, StoreFailure, UsageError
from pinwise.model.facts import File, Metadata, Origin, Project, Release, Skip, Unusable
from pinwise.model.limits import Limits
from pinwise.model.names import NormalizedName, normalise

INDEX = "https://index.example/simple"
OTHER = "http://127.0.0.1:8765/simple"
NOW = 1_700_000_000
OLD, NEW = "a" * 64, "b" * 64
FLASK = normalise("flask")
KINDS = (Origin.METADATA_FILE, Origin.WHEEL, Origin.SDIST, Origin.EGG_INFO)
Told = Callable[[Tally], None]


# --- facts such as pages have them

digests = st.text("0123456789abcdef", min_size=64, max_size=64)
words = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="`"), max_size=20).map(
    lambda text: " ".join(text.split())
)
validators = st.none() | st.sampled_from(['"5"', 'W/"x"', "Mon, 20 Nov 2023 10:00:00 GMT"])


@st.composite
def files(draw: st.DrawFn, name: str, version: str, *, sha256: bool) -> File:
    """One file whose name says its release."""
    tags = draw(st.sampled_from(["", "py3-none-any", "cp311-cp311-manylinux_2_17_x86_64"]))
    stem = name.replace("-", "_")
    return File(
        filename=f"{stem}-{version}-{tags}.whl" if tags else f"{stem}-{version}.tar.gz",
        url=draw(st.sampled_from(["https://files.example/x", "https://files.example/%C3%A9?a=b&c"])),
        sha256=draw(st.none() | digests) if sha256 else None,
        size=draw(st.none() | st.integers(0, 2**62)),
        uploaded=draw(st.none() | st.integers(-62_000_000_000, 200_000_000_000)),
        requires_python=draw(st.none() | specifiers.filter(bool)),
        yanked=draw(st.none() | words),
        metadata=draw(st.none() | st.just("?") | st.just("") | digests),
        tags=tags,
    )


@st.composite
def pages(draw: st.DrawFn, name: NormalizedName, index: str, *, sha256: bool = True) -> Project:
    """One page, as reading one gives it."""
    versions = draw(st.sets(st.sampled_from(["0.1", "1.0", "1!0.5", "2.0rc1", "2.0.post1"]), max_size=3))
    releases = []
    for version in sorted(versions, key=Version):
        listed = draw(st.lists(files(name, version, sha256=sha256), min_size=1, max_size=3))
        by_name = {file.filename: file for file in listed}
        releases.append(Release(Version(version), tuple(by_name[each] for each in sorted(by_name))))
    skipped = draw(st.lists(st.builds(Skip, words, words), max_size=2))
    status = draw(st.sampled_from(["active", "archived", "quarantined", "deprecated"]))
    return Project(name, index, tuple(releases), tuple(skipped), status)


@st.composite
def project_facts(draw: st.DrawFn, name: NormalizedName, index: str) -> ProjectFacts:
    """All that may be known of a project."""
    page = None
    if draw(st.booleans()):
        project = draw(st.none() | pages(name, index))
        page = Page(project, draw(validators), draw(validators), draw(st.integers(0, NOW)))
    answers = {}
    for kind in draw(st.sets(st.sampled_from(KINDS), max_size=3)):
        version = draw(st.sampled_from(["1.0", "2.0rc1"]))
        filename = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        metadata = st.builds(
            Metadata,
            requires_python=st.none() | specifiers.map(SpecifierSet),
            requirements=st.lists(requirements(), max_size=4).map(tuple),
            extras=st.frozensets(st.sampled_from(["fast", "x-y"]).map(normalise), max_size=2),
            origin=st.just(kind),
            file=st.just(filename),
        )
        document = draw(st.none() | words.map(Unusable) | metadata)
        answers[filename, kind.value] = Answer(document, draw(st.integers(0, NOW)))
    return ProjectFacts(index, name, page, answers)


@st.composite
def many_facts(draw: st.DrawFn) -> list[ProjectFacts]:
    """Facts of a few projects of two indexes, in the order of a dump; something is known of each."""
    places = draw(st.sets(st.sampled_from([(n, i) for n in ("a", "b-c", "d") for i in (INDEX, OTHER)])))
    facts = [draw(project_facts(normalise(name), index)) for name, index in sorted(places)]
    return [each for each in facts if each.page is not None or each.answers]


def said_nothing(tally: Tally) -> None:
    """Take no notice of how far the work has come."""
    del tally


def exported(store: BulkStore, *names: str) -> list[ProjectFacts]:
    """Return what an export of a store holds."""
    return list(export_facts(store, [normalise(name) for name in names], Tally(), said_nothing))


def take_in(store: BulkStore, facts: list[ProjectFacts], *, is_dry: bool = False) -> Tally:
    """Import facts."""
    return import_facts(store, facts, now=NOW, is_dry=is_dry, told=said_nothing)


def read(path: Path, limits: Limits | None = None) -> list[ProjectFacts]:
    """Return all that a dump says."""
    with open_facts(path, limits or Limits()) as facts:
        return list(facts)


def dumped(path: Path, facts: list[ProjectFacts]) -> bytes:
    """Write facts to a dump and return its bytes."""
    write_dump(path, facts)
    return path.read_bytes()


def zipped(content: bytes) -> bytes:
    """Return content compressed, the same bytes at any time."""
    return gzip.compress(content, mtime=0)


def packed(payload: bytes, *, version: int = 1, digest: str = "", size: int | None = None) -> bytes:
    """Return a dump with any payload, its first line made to fit unless told otherwise."""
    digest = digest or hashlib.sha256(payload).hexdigest()
    return b"pinwise-dump %d size=%d sha256=%b\n%b" % (
        version,
        len(payload) if size is None else size,
        digest.encode(),
        payload,
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[BulkStore]:
    """Return an empty store."""
    with open_bulk_store(tmp_path / "kb.sqlite") as opened:
        yield opened


def flask(
    *, sha256: str | None = OLD, checked: int = 100, size: int = 5, answer: str | None = None
) -> ProjectFacts:
    """Return facts of one project with one file."""
    file = File("flask-1.0.tar.gz", "https://files.example/f", sha256, size, None, None, None, None, "")
    page = Page(Project(FLASK, INDEX, (Release(Version("1.0"), (file,)),)), None, None, checked)
    answers = {}
    if answer is not None:
        document = Metadata(None, (Requirement(answer),), frozenset(), Origin.SDIST, file.filename)
        answers[file.filename, "sdist"] = Answer(document, checked)
    return ProjectFacts(INDEX, FLASK, page, answers)


# --- there and back


@settings(max_examples=60, deadline=None)
@given(many_facts())
def test_what_was_exported_is_what_is_imported(
    tmp_path_factory: pytest.TempPathFactory, facts: list[ProjectFacts]
) -> None:
    """read(write(facts)) == facts; imported and exported again they give the same bytes."""
    folder = tmp_path_factory.mktemp("there")
    first = dumped(folder / "first", facts)
    assert read(folder / "first") == facts
    with open_bulk_store(folder / "kb.sqlite") as store:
        take_in(store, read(folder / "first"))
        assert exported(store) == facts
        assert dumped(folder / "second", exported(store)) == first


@settings(max_examples=30, deadline=None)
@given(many_facts(), st.randoms(use_true_random=False))
def test_equal_facts_give_equal_bytes(
    tmp_path_factory: pytest.TempPathFactory, facts: list[ProjectFacts], random: object
) -> None:
    """The order in which facts were learnt is not in a dump."""
    folder = tmp_path_factory.mktemp("order")
    shuffled = list(facts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # a Random
    with open_bulk_store(folder / "kb.sqlite") as store:
        for each in shuffled:
            take_in(store, [each])
        assert dumped(folder / "a", exported(store)) == dumped(folder / "b", facts)


@settings(max_examples=30, deadline=None)
@given(many_facts())
def test_importing_twice_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, facts: list[ProjectFacts]
) -> None:
    """The second import finds all of it known, and leaves the store as it was."""
    with open_bulk_store(tmp_path_factory.mktemp("twice") / "kb.sqlite") as store:
        dry, first = take_in(store, facts, is_dry=True), take_in(store, facts)
        assert dry == first
        before = store.index_status(), exported(store)
        assert not take_in(store, facts).has_changes
        assert (store.index_status(), exported(store)) == before


def test_a_knowledge_base_is_read_as_the_dump_that_it_would_make(tmp_path: Path, store: BulkStore) -> None:
    """Both ways give the same facts, and the file that is read stays as it was."""
    take_in(store, [flask(answer="click>=8")])
    store.close()
    content = store.path.read_bytes()
    assert read(store.path) == [flask(answer="click>=8")]
    assert store.path.read_bytes() == content
    assert sorted(path.name for path in tmp_path.glob("*.sqlite")) == ["kb.sqlite"]


def test_only_what_is_named_is_exported(store: BulkStore) -> None:
    """Of other projects nothing gets into a dump; a name of which nothing is known is an error."""
    other = ProjectFacts(INDEX, normalise("click"), Page(None, None, None, 5))
    take_in(store, [other, flask()])
    assert exported(store, "flask") == [flask()]
    with pytest.raises(UsageError, match="nothing is known of `flas`"):
        exported(store, "flask", "flas")


def test_folders_of_this_machine_stay_here(store: BulkStore) -> None:
    """What a folder serves means nothing elsewhere, and its path is nobody's business."""
    facts = ProjectFacts("file:///srv/wheels", FLASK, Page(None, None, None, 5))
    take_in(store, [facts])
    assert exported(store) == []


# --- what is known here


def test_older_facts_never_replace_newer_ones(store: BulkStore) -> None:
    """What is known from a later time stays, page and answers alike."""
    newer = flask(checked=200, size=6, answer="click>=8")
    take_in(store, [newer])
    assert not take_in(store, [flask(checked=100, answer="click>=7")]).has_changes
    assert exported(store) == [newer]


def test_newer_facts_replace_older_ones(store: BulkStore) -> None:
    """What the dump knows from a later time counts."""
    take_in(store, [flask(checked=100, answer="click>=7")])
    newer = flask(checked=200, size=6, answer="click>=8")
    tally = take_in(store, [newer])
    assert (tally.pages_new, tally.pages_newer, tally.documents_new) == (0, 1, 1)
    assert exported(store) == [newer]


def test_a_page_that_only_was_checked_later_stays_the_same_page(store: BulkStore) -> None:
    """Nothing that was made of a page is made anew because it was checked again elsewhere."""
    take_in(store, [flask(checked=100)])
    take_in(store, [flask(checked=200)])
    with store._database.reading() as connection:
        assert connection.execute("SELECT revision, checked FROM pages").fetchall() == [(1, 200)]


@pytest.mark.parametrize("checked", [50, 150])
def test_another_digest_of_a_known_file_is_refused(store: BulkStore, checked: int) -> None:
    """A published file never changes: nothing of such an import is kept, be it older or newer."""
    take_in(store, [flask(sha256=OLD, checked=100)])
    new = ProjectFacts(INDEX, normalise("click"), Page(None, None, None, 5))
    with pytest.raises(IndexFailure, match=r"`flask-1.0.tar.gz` of .* has another digest there"):
        take_in(store, [new, flask(sha256=NEW, checked=checked)])
    assert exported(store) == [flask(sha256=OLD, checked=100)]


def test_a_digest_is_on_record_after_its_file_has_gone(store: BulkStore) -> None:
    """What was listed once counts, though it is listed no more."""
    take_in(store, [flask(sha256=OLD, checked=100)])
    gone = ProjectFacts(INDEX, FLASK, Page(Project(FLASK, INDEX, ()), None, None, 200))
    take_in(store, [gone])
    with pytest.raises(IndexFailure, match="another digest"):
        take_in(store, [flask(sha256=NEW, checked=300)])


def test_facts_from_the_future_are_refused(store: BulkStore) -> None:
    """A page that was checked next year would never be asked for again."""
    take_in(store, [flask(checked=NOW + AHEAD)])
    with pytest.raises(UsageError, match="is from the future"):
        take_in(store, [flask(checked=NOW + AHEAD + 1)])


def test_an_import_that_breaks_off_keeps_nothing(tmp_path: Path, store: BulkStore) -> None:
    """A damaged second line takes the first one back."""
    lines = render_line(ProjectFacts(INDEX, normalise("click"), Page(None, None, None, 5))) + b"{}\n"
    path = tmp_path / "d"
    path.write_bytes(packed(zipped(lines)))
    with pytest.raises(UsageError, match="d:2: the dump cannot be read"), open_facts(path, Limits()) as facts:
        import_facts(store, facts, now=NOW, is_dry=False, told=said_nothing)
    assert exported(store) == []


# --- files that are no whole dumps

LINE = render_line(flask(answer="click>=8"))
GOOD = packed(zipped(LINE))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is none"),
        (b"[packages]\n", "is none"),
        (b"pinwise-dump x\n", "is none"),
        (b"pinwise-dump 1" * 500, "is none"),
        (b"pinwise-dump 1\n", "does not say its size and digest"),
        (packed(b"", version=2), "is of version 2, and only 1 is understood"),
        (b"pinwise-dump 7 signed=yes\n\0\1\2", "is of version 7"),
        (GOOD[:-1], "is cut off"),
        (GOOD[: GOOD.index(b"\n") + 1], "is cut off"),
        (GOOD + b"x", "has something behind its end"),
        (GOOD[:-9] + bytes([GOOD[-9] ^ 1]) + GOOD[-8:], "is not what was exported"),
        (packed(zipped(LINE), digest=NEW), "is not what was exported"),
        (packed(b"no gzip"), "cannot be unpacked"),
        (packed(zipped(LINE)[:-12]), "ends in the middle"),
        (packed(zipped(LINE[:-1])), "ends in the middle of a line"),
        (packed(zipped(LINE + LINE)), "in the wrong place, or twice"),
        (packed(zipped(LINE + render_line(ProjectFacts(INDEX, normalise("click"))))), "wrong place"),
        (packed(zipped(b" " * 2**24 + b"\n")), "unpacks to more than 200 times its size"),
    ],
)
def test_a_file_that_is_no_whole_dump_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    """What is wrong is said, and with which file; a digest is compared before anything is unpacked."""
    path = tmp_path / "team.dump"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=said) as raised:
        read(path)
    assert raised.value.file == str(path)
    assert raised.value.hint


@pytest.mark.parametrize("limit", ["dump_bytes", "dump_text_bytes", "page_bytes"])
def test_limits_are_named(tmp_path: Path, limit: str) -> None:
    """Where a limit ends the reading, the hint names the setting that raises it."""
    path = tmp_path / "d"
    path.write_bytes(packed(zipped(b" " * 300_000 + b"\n")))
    with pytest.raises(UsageError) as raised:
        read(path, Limits(**{limit: 100}))
    assert f"`{limit}`" in (raised.value.hint or "")
    with pytest.raises(UsageError, match="d:1: "):  # read, and found to be no project
        read(path)


def line_with(**changes: object) -> bytes:
    """Return a line in which some keys are others."""
    value = json.loads(LINE)
    value.update(changes)
    return json.dumps(value).encode() + b"\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"\n", "is no valid JSON"),
        (b"[]\n", "no object"),
        (b"[" * 100 + b"\n", "is nested deeper"),
        (line_with(name="Flask"), "is not normalised"),
        (line_with(name="fl ask"), "not a valid project name"),
        (line_with(_index="file:///etc"), "the URL of its index"),
        (line_with(_index="https://me:secret@index.example/simple"), "the URL of its index"),
        (line_with(_index="https://index.example/\x1b[31m"), "the URL of its index"),
        (line_with(meta={"api-version": "2.0"}), "speaks version 2.0"),
        (line_with(_checked=-1), "no number"),
        (line_with(_checked=2**70), "no number"),
        (line_with(_checked="now"), "no number"),
        (line_with(_etag="x\n"), "a validator"),
        (line_with(_skipped=[["x"]]), "2 fields"),
        (line_with(_requirements=["click>>8"]), "is none"),
        (line_with(_requirements=["("] * 3), "is none"),
        (line_with(_requirements=[]), "no number"),
        (line_with(_answers=[["flask-1.0.tar.gz", "user", 5, None]]), "no kind of source `user`"),
        (line_with(_answers=[["click-1.0.tar.gz", "sdist", 5, None]]), "is no file of `flask`"),
        (line_with(_answers=[["flask-1.0.tar.gz", "sdist", 5, None]] * 2), "two answers"),
        (line_with(_answers=[["flask-1.0.tar.gz", "sdist", 5, {"requires": [-1]}]]), "no number"),
        (line_with(_answers=[["flask-1.0.tar.gz", "sdist", 5, "\ud800"]]), "not Unicode"),
        (line_with(_answers=[["flask-1.0.tar.gz", "sdist", 5, {"requires": [], "extras": ["A"]}]]), "normal"),
        (
            line_with(_answers=[["flask-1.0.tar.gz", "sdist", 5, {"requires": [], "requires-python": "x"}]]),
            "no version specifier",
        ),
    ],
)
def test_a_line_that_says_no_facts_is_refused(tmp_path: Path, line: bytes, said: str) -> None:
    """The error names file, line and reason, and repeats no secret and no control character."""
    with pytest.raises(UsageError, match=said) as raised:
        parse_line(line, DumpPlace(tmp_path / "d", 7, Limits()))
    assert str(raised.value).startswith(f"{tmp_path / 'd'}:7: ")
    assert "secret" not in str(raised.value)
    assert str(raised.value).isprintable()


def test_a_page_of_a_dump_is_read_by_the_rules_of_pages(tmp_path: Path) -> None:
    """A link to a file of this machine is left out, as on a page that the index itself sent."""
    line = line_with(files=[{"filename": "flask-1.0.tar.gz", "url": "file:///etc/passwd", "hashes": {}}])
    page = parse_line(line, DumpPlace(tmp_path / "d", 1, Limits())).page
    assert page is not None
    assert page.project is not None
    assert (page.project.releases, len(page.project.skipped)) == ((), 1)


def test_a_damaged_knowledge_base_is_refused(tmp_path: Path, store: BulkStore) -> None:
    """A row that is not what was written stops the import, in words that name the file."""
    take_in(store, [flask()])
    with store._database.writing() as connection:
        connection.execute("UPDATE files SET size = 77")
    store.close()
    with pytest.raises(UsageError, match=r"kb.sqlite` cannot be read, or is damaged; nothing was changed"):
        read(store.path)
    assert list(tmp_path.glob("pinwise-*")) == []


def test_an_export_replaces_nothing_but_dumps(tmp_path: Path) -> None:
    """A file that is no dump is left as it is; an earlier dump and an empty file give way."""
    path = tmp_path / "notes.txt"
    path.write_text("mine")
    with pytest.raises(UsageError, match="is there and is no dump"):
        write_dump(path, [flask()])
    assert path.read_text() == "mine"
    path.write_bytes(b"")
    assert dumped(path, [flask()]) != dumped(path, [flask(size=6)])


def test_a_dump_that_cannot_be_written_leaves_what_was_there(tmp_path: Path, store: BulkStore) -> None:
    """A failing export leaves an earlier dump as it was, and nothing beside it."""
    path = tmp_path / "out" / "d"
    with pytest.raises(OutputError, match="cannot be written"):
        write_dump(path, [flask()])
    path.parent.mkdir()
    before = dumped(path, [flask()])

    def failing() -> Iterator[ProjectFacts]:
        yield flask()
        raise StoreFailure("the disk is gone")

    with pytest.raises(PinwiseError, match="the disk is gone"):
        write_dump(path, failing())
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == ["d"]
    assert exported(store) == []

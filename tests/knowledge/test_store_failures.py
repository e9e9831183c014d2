"""What is wrong with the file is said in one sentence with a hint, never as a traceback."""

import os
import random
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from knowledge.generated_facts import INDEX, NAME
from knowledge.processes import run_all
from pinwise.knowledge.schema import APPLICATION_ID, SCHEMA_VERSION
from pinwise.knowledge.store import open_store
from pinwise.model.errors import StoreFailure
from pinwise.model.facts import Project, Release, Unusable
from pinwise.model.names import normalise
from support.advice import wheel_file
from support.worlds import world


def fill(path: Path) -> None:
    """Make a store with some facts."""
    snapshot = world("\n".join(f"app {minor}: a>={minor} b" for minor in range(60)) + "\na 1\nb 1")
    with open_store(path) as store, store.batch():
        for name, project in snapshot.projects.items():
            assert isinstance(project, Project)
            store.put_page(INDEX, name, project, etag=None, last_modified=None, checked=1)
            for release in project.releases:
                document = snapshot.known_documents(name)[release.version]
                store.put_document(INDEX, name, release.files[0].filename, "wheel", document, checked=1)


def refusal(path: Path, *, read_only: bool = False) -> StoreFailure:
    """Open a store that cannot be opened and return why not."""
    with pytest.raises(StoreFailure) as failure:
        open_store(path, read_only=read_only)
    assert f"`{path}`" in failure.value.message
    assert failure.value.hint
    return failure.value


@pytest.mark.parametrize(
    "content", [b"# Notes\n" * 99, b"x", b"#" * 600, b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    """Something else that lies at the path is named and left alone."""
    path = tmp_path / "notes"
    path.write_bytes(content)
    for read_only in (False, True):
        assert "damaged, or not a knowledge base" in refusal(path, read_only=read_only).message
    assert path.read_bytes() == content


def test_the_database_of_another_program_is_refused_and_kept(tmp_path: Path) -> None:
    """A SQLite file that is not ours is not taken over."""
    path = tmp_path / "photos.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE photos (name TEXT)")
    content = path.read_bytes()
    assert "not a knowledge base" in refusal(path).message
    assert path.read_bytes() == content


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    """A store of a later pinwise is not guessed at."""
    path = tmp_path / "knowledge.sqlite"
    open_store(path).close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    failure = refusal(path)
    assert "newer pinwise" in failure.message
    assert "upgrade" in (failure.hint or "")


@pytest.mark.parametrize("is_empty_file", [False, True])
def test_nothing_to_read_is_said(tmp_path: Path, is_empty_file: bool) -> None:  # noqa: FBT001  # a case
    """Opened for reading, a store that does not exist yet is not created; for writing it is."""
    path = tmp_path / "new" / "folder" / "knowledge.sqlite"
    if is_empty_file:
        path.parent.mkdir(parents=True)
        path.touch()
    assert "there is no knowledge base" in refusal(path, read_only=True).message
    assert path.exists() == is_empty_file
    open_store(path).close()
    open_store(path, read_only=True).close()


def test_what_a_killed_process_left_does_not_hinder(tmp_path: Path) -> None:
    """A store that was being made, and the log of one that is gone, are swept away when a store is made."""
    path = tmp_path / "knowledge.sqlite"
    with open_store(path) as store:
        store.put_page(INDEX, NAME, None, etag=None, last_modified=None, checked=1)
        log = path.with_name("knowledge.sqlite-wal").read_bytes()
    assert log
    path.unlink()
    path.with_name("knowledge.sqlite-wal").write_bytes(log)
    path.with_name("knowledge.sqlite.new").write_bytes(b"half")
    path.with_name("knowledge.sqlite.new-journal").write_bytes(b"half")
    with open_store(path) as store:
        assert store.page(INDEX, NAME) is None
        assert store.index_status() == ()
    assert list(tmp_path.glob("*.new*")) == []


def test_a_place_that_cannot_be_one_is_refused(tmp_path: Path) -> None:
    """A folder at the path, or a file where its folder should be, is an error with a hint."""
    refusal(tmp_path)
    blocked = tmp_path / "file"
    blocked.touch()
    assert "cannot be written" in refusal(blocked / "knowledge.sqlite").message


def read_all(path: Path) -> None:
    """Read all that the names of `fill` have."""
    with open_store(path, read_only=True) as store:
        store.names()
        store.index_status()
        for name in ("app", "a", "b"):
            store.page(INDEX, normalise(name))
            store.documents(INDEX, normalise(name))


def test_damage_anywhere_gives_a_failure_or_an_answer(tmp_path: Path) -> None:
    """Whatever bytes of the file are lost, reading and writing end with an answer or a `StoreFailure`."""
    whole, path = tmp_path / "whole", tmp_path / "knowledge.sqlite"
    fill(whole)
    content = whole.read_bytes()
    messages = []
    for seed in range(60):
        chance = random.Random(seed)
        start, length = chance.randrange(len(content)), chance.choice([1, 8, 200, 5000])
        noise = chance.randbytes(length) if seed % 2 else bytes(length)
        path.write_bytes((content[:start] + noise + content[start + length :])[: len(content)])
        try:
            read_all(path)
            with open_store(path) as store:
                store.put_page(INDEX, NAME, None, etag=None, last_modified=None, checked=2)
        except StoreFailure as failure:
            messages.append(failure.message)
        for beside in tmp_path.glob("knowledge.sqlite-*"):
            beside.unlink()
    assert len(messages) > 10
    assert all(f"`{path}`" in message for message in messages)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE releases SET version = 'no version ' || id",
        "UPDATE requirements SET text = '>=' || id",
        "DELETE FROM requirements",
        "UPDATE documents SET requirements = '[1, '",
        "UPDATE documents SET answer = 'maybe'",
        "UPDATE documents SET origin = 'dream'",
        "UPDATE pages SET skipped = '[[1, 2, 3]]'",
        "DROP TABLE files",
    ],
)
def test_rows_that_are_no_facts_are_a_failure(tmp_path: Path, damage: str) -> None:
    """A row that another program spoilt is damage too."""
    path = tmp_path / "knowledge.sqlite"
    fill(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(damage)
    with pytest.raises(StoreFailure, match="damaged"):
        read_all(path)


def test_a_truncated_file_is_a_failure(tmp_path: Path) -> None:
    """A file that lost its end says so when its facts are read."""
    path = tmp_path / "knowledge.sqlite"
    fill(path)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(StoreFailure, match="damaged"):
        read_all(path)


def test_a_full_disk_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """When the file cannot grow, that is said, and what was committed before is there."""
    path = tmp_path / "knowledge.sqlite"
    fill(path)
    with open_store(path) as store:
        store.put_document(INDEX, NAME, "a.whl", "wheel", Unusable("kept"), checked=1)
        writer = store._database._writer
        assert writer is not None
        writer.execute("PRAGMA max_page_count = 1")  # SQLite then behaves as on a full disk
        with pytest.raises(StoreFailure, match="the disk is full"):
            store.put_page(INDEX, NAME, big_project(), etag=None, last_modified=None, checked=2)
        assert store.documents(INDEX, NAME) == {("a.whl", "wheel"): Unusable("kept")}
        assert store.page(INDEX, NAME) is None
    read_all(path)


def big_project() -> Project:
    """Return a project with more files than a few pages of the database hold."""
    files = tuple(wheel_file("flask", f"1.{minor}") for minor in range(500))
    version = world("flask 1").projects[NAME]
    assert isinstance(version, Project)
    return Project(NAME, INDEX, (Release(version.releases[0].version, files),))


def test_a_folder_that_admits_no_writing_can_still_be_read() -> None:
    """A store in a read-only folder is read; writing there is refused with a hint."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "knowledge.sqlite"
        fill(path)
        Path(folder).chmod(0o555)
        path.chmod(0o444)
        (status,) = run_all([lambda: stays_readable(path)])
        Path(folder).chmod(0o755)
    assert status == 0


def stays_readable(path: Path) -> bool:
    """Read a store and fail to write it, as a user without any rights."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    read_all(path)
    with open_store(path) as store:
        read_all(path)
        try:
            store.put_page(INDEX, NAME, None, etag=None, last_modified=None, checked=1)
        except StoreFailure as failure:
            return "cannot be written" in failure.message and bool(failure.hint)
    return False

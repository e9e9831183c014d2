"""Damage is found, named and set aside; copies are whole; what is sound is never lost."""

import random
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from packaging.version import Version

from knowledge.generated_facts import INDEX
from knowledge.processes import start, wait
from knowledge.test_store_failures import fill
from knowledge.test_store_processes import PROJECTS, write_projects
from pinwise.actions.care import Examination, verify_knowledge
from pinwise.actions.knowledge import LostDocument, LostPage
from pinwise.knowledge import digests
from pinwise.knowledge.care import StoreCare
from pinwise.knowledge.database import Terms
from pinwise.knowledge.files import open_reader
from pinwise.knowledge.lock import WriteLock
from pinwise.knowledge.schema import SCHEMA_VERSION
from pinwise.knowledge.seal import broken_pages, is_sealed
from pinwise.knowledge.store import open_store
from pinwise.model.errors import OutputError, StoreFailure
from pinwise.model.names import normalise

ROOT = Path(__file__).resolve().parents[2]
APP, A = normalise("app"), normalise("a")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a knowledge base with some facts."""
    made = tmp_path / "knowledge.sqlite"
    fill(made)
    return made


def care(path: Path) -> StoreCare:
    """Return who looks after a file."""
    return StoreCare(path, Terms(patience=5))


def execute(path: Path, *statements: str) -> None:
    """Change a file as another program would."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_a_digest_is_the_same_for_ever() -> None:
    """What is stored must mean the same to every later Python: these values are pinned."""
    assert digests.digest((1, "https://index.example/simple", None)) == 3082654903
    assert digests.digest([("é\U0001f40d", 2**40, -1, 2**62, ""), (None,)]) == PINNED


PINNED = 1935238192


def test_a_sound_store_is_found_sound(path: Path) -> None:
    """A store that was just written is sealed, and every row and page of it holds."""
    found = care(path).examine()
    assert (found.damage, found.pages, found.documents, found.is_sealed) == ((), (), (), True)
    assert verify_knowledge(care(path), is_dry=False).aside is None


@pytest.mark.parametrize(
    ("damage", "subject"),
    [
        ("UPDATE files SET url = 'https://other.example/' WHERE filename LIKE 'app-7-%'", ("app", "7")),
        ("UPDATE files SET gone = 5 WHERE filename LIKE 'app-7-%'", ("app", "7")),
        ("DELETE FROM files WHERE filename LIKE 'app-7-%'", ("app", "")),
        ("UPDATE releases SET version = '7.1' WHERE version = '7'", ("app", "7.1")),
        ("UPDATE pages SET etag = 'x' WHERE project_id = 1", ("app", "")),
        ("UPDATE documents SET requirements = '[]' WHERE filename LIKE 'app-7-%'", ("app", "")),
        ("UPDATE projects SET name = 'apq' WHERE name = 'app'", ("apq", "")),
        ("UPDATE indexes SET url = 'https://other.example'", ("", "")),
        ("UPDATE requirements SET text = 'zz>=8' WHERE text = 'a>=7'", ("", "")),
        ("UPDATE files SET sha256 = CAST('é' AS BLOB) WHERE filename LIKE 'app-7-%'", ("app", "7")),
        ("UPDATE files SET url = CAST(x'ff41' AS TEXT) WHERE filename LIKE 'app-7-%'", ("app", "7")),
    ],
)
def test_a_changed_row_is_found_and_never_read(path: Path, damage: str, subject: tuple[str, str]) -> None:
    """Whatever row is changed, it is named, reading it is a failure, and after the repair all is sound."""
    execute(path, damage)
    found = care(path).examine()
    assert subject in {(each.project, each.release) for each in found.damage}
    with pytest.raises(StoreFailure, match="damaged"):
        read_everything(path)
    aside = care(path).repair()
    assert care(path).examine().damage == ()
    read_everything(path)
    assert care(aside).examine().damage == found.damage


def read_everything(path: Path) -> None:
    """Read all that there was, as an offline advice does: what is not known must not have been lost."""
    with open_store(path, read_only=True) as store:
        for name in ("app", "a", "b"):
            page = store.page(INDEX, normalise(name))
            if page is None or not store.documents(INDEX, normalise(name)):
                store.assure()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE files SET size = 5 WHERE filename LIKE 'app-7-%'",
        "UPDATE releases SET digest = 5 WHERE version = '7'",
    ],
)
def test_one_release_is_not_read_from_a_damaged_row(path: Path, damage: str) -> None:
    """Reading a single release checks its own rows, and none of another one."""
    execute(path, damage)
    with open_store(path, read_only=True) as store:
        assert store.page(INDEX, APP, version=Version("8")) is not None
        with pytest.raises(StoreFailure, match="is damaged: what it holds of release 7"):
            store.page(INDEX, APP, version=Version("7"))


def test_what_was_lost_is_named_and_the_rest_is_kept(path: Path) -> None:
    """One file's damage costs the page of its project, one answer's those of its project; no more."""
    execute(
        path,
        "UPDATE files SET size = 5 WHERE filename LIKE 'app-7-%'",
        "UPDATE documents SET checked = 2 WHERE filename LIKE 'a-1-%'",
    )
    with open_store(path, read_only=True) as store:
        answers = store.documents(INDEX, APP)
    found = verify_knowledge(care(path), is_dry=False).examination
    assert found.pages == (LostPage(INDEX, "app"),)
    assert found.documents == (LostDocument(INDEX, "a", "a-1-py3-none-any.whl", "wheel"),)
    with open_store(path, read_only=True) as store:
        assert store.page(INDEX, APP) is None
        assert store.page(INDEX, A) is not None
        assert store.documents(INDEX, A) == {}
        assert store.documents(INDEX, APP) == answers


def test_digests_on_record_survive_a_repair(path: Path) -> None:
    """The SHA-256 of files whose rows hold is still on record when their page was lost."""
    execute(path, "UPDATE pages SET etag = 'x' WHERE project_id = 1")
    with closing(sqlite3.connect(path)) as connection:
        before = connection.execute("SELECT filename, sha256 FROM files ORDER BY filename").fetchall()
    care(path).repair()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT filename, sha256 FROM files ORDER BY filename").fetchall() == before


def test_a_dry_run_changes_nothing(path: Path) -> None:
    """Asked only to look, verifying leaves the file as it is, to the byte."""
    execute(path, "UPDATE files SET size = 5 WHERE filename LIKE 'app-7-%'")
    content = path.read_bytes()
    verification = verify_knowledge(care(path), is_dry=True)
    assert verification.examination.damage
    assert (verification.aside, verification.left) == (None, (LostPage(INDEX, "app"),))
    assert path.read_bytes() == content


def test_a_store_of_a_newer_pinwise_is_no_damage(path: Path) -> None:
    """What cannot be read yet is refused, not taken for damage and set aside."""
    execute(path, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    content = path.read_bytes()
    with pytest.raises(StoreFailure, match="newer pinwise"):
        verify_knowledge(care(path), is_dry=False)
    assert path.read_bytes() == content
    assert [each.name for each in path.parent.iterdir() if "damaged" in each.name] == []


def test_a_store_that_is_held_is_no_damage(path: Path) -> None:
    """While another program holds it nothing is said of it, and it stays where it is."""
    content = path.read_bytes()
    with WriteLock(path, patience=1).held(), pytest.raises(StoreFailure, match="has been held by"):
        verify_knowledge(StoreCare(path, Terms(patience=0.1)), is_dry=False)
    assert path.read_bytes() == content
    assert not path.with_name(f"{path.name}.damaged").exists()


def test_lost_bytes_cost_what_they_held(path: Path, tmp_path: Path) -> None:
    """Whatever part of the file is overwritten, the repair ends with a sound store, or it is none at all."""
    content, trial = path.read_bytes(), tmp_path / "trial.sqlite"
    kept = []
    for seed in range(25):
        chance = random.Random(seed)
        start, length = chance.randrange(len(content)), chance.choice([1, 300, 9000])
        for beside in tmp_path.glob("trial.sqlite*"):
            beside.unlink()
        trial.write_bytes(
            (content[:start] + chance.randbytes(length) + content[start + length :])[: len(content)]
        )
        try:
            found = care(trial).examine()
        except StoreFailure:
            assert start < 100
            continue
        assert found.damage, seed
        care(trial).repair()
        assert care(trial).examine() == Examination(trial, (), is_sealed=True)
        with open_store(trial, read_only=True) as store:
            kept.append(len(store.names()))
    assert sum(kept) > len(kept)


def test_bytes_that_hold_nothing_are_found_by_the_seal(path: Path) -> None:
    """A bit in the unused middle of a page is damage of the file, though every fact holds."""
    content = bytearray(path.read_bytes())
    with closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'indexes'").fetchone()
    content[(page - 1) * 4096 + 2000] ^= 1
    path.write_bytes(content)
    (damage,) = care(path).examine().damage
    assert "1 of its pages" in damage.what
    read_everything(path)


def test_the_first_write_breaks_the_seal_and_closing_makes_it_anew(path: Path) -> None:
    """While it is written, and after a run that was broken off, a store has no seal; it is sound without."""
    with closing(open_reader(path)) as reader:
        assert is_sealed(reader)
        with pytest.raises(KeyboardInterrupt):
            broken_off(path)
        assert not is_sealed(reader)
        assert care(path).examine() == Examination(path, ())
        with open_store(path) as store:
            store.touch_page(INDEX, A, checked=10)
        assert is_sealed(reader)
        assert broken_pages(reader, path) == ()


def broken_off(path: Path) -> None:
    """Write, and be interrupted before the store is closed."""
    with open_store(path) as store:
        store.touch_page(INDEX, A, checked=9)
        raise KeyboardInterrupt


def test_a_reader_in_the_way_leaves_the_store_without_a_seal(path: Path) -> None:
    """A store whose log cannot be folded back, for somebody reads it, is closed all the same, at once."""
    with open_store(path, read_only=True) as other, other._database.reading() as connection:
        connection.execute("SELECT count(*) FROM files").fetchone()
        with open_store(path) as store:
            store.touch_page(INDEX, A, checked=10)
    assert not care(path).examine().is_sealed
    with open_store(path, read_only=True) as store:
        page = store.page(INDEX, A)
        assert page is not None
        assert page.checked == 10


def test_a_seal_grows_with_its_store(path: Path) -> None:
    """However much is added, the sums cover every page."""
    for number in range(3):
        write_projects(path, f"more-{number}")
        assert care(path).examine() == Examination(path, (), is_sealed=True)


# --- copies


def test_a_backup_is_whole_while_others_write(path: Path, tmp_path: Path) -> None:
    """Copied in the middle of another process's writing, a backup is sound and holds whole projects."""
    child = start(partial(write_projects, path, "meanwhile"))
    for number in range(3):
        care(path).back_up(tmp_path / f"backup-{number}")
    assert wait(child) == 0
    care(path).back_up(tmp_path / "backup-3")
    counts = []
    for number in range(4):
        copy = tmp_path / f"backup-{number}"
        assert care(copy).examine() == Examination(copy, (), is_sealed=True)
        with open_store(copy, read_only=True) as store:
            names = [name for name in store.names() if name.startswith("meanwhile")]
            assert all(store.documents(INDEX, name) for name in names)
            counts.append(len(names))
    assert counts == sorted(counts)
    assert counts[-1] == PROJECTS
    assert not list(tmp_path.glob("*.new"))


def test_a_damaged_store_is_not_copied(path: Path, tmp_path: Path) -> None:
    """A good backup is not overwritten by the copy of what is damaged."""
    backup = tmp_path / "backup"
    care(path).back_up(backup)
    content = backup.read_bytes()
    execute(path, "UPDATE files SET size = 5")
    for is_dry in (True, False):
        with pytest.raises(StoreFailure, match="damaged"):
            care(path).back_up(backup, replaces=True, is_dry=is_dry)
    assert backup.read_bytes() == content


def test_a_backup_replaces_another_only_where_that_is_said(path: Path, tmp_path: Path) -> None:
    """A second copy to the same place is refused; told to, it takes the place of the first one."""
    backup = tmp_path / "backup"
    care(path).back_up(backup)
    content = backup.read_bytes()
    write_projects(path, "more")
    with pytest.raises(OutputError, match="is there already"):
        care(path).back_up(backup)
    assert backup.read_bytes() == content
    care(path).back_up(backup, replaces=True)
    with open_store(backup, read_only=True) as store:
        assert any(name.startswith("more") for name in store.names())


def test_a_backup_never_takes_the_place_of_something_else(path: Path, tmp_path: Path) -> None:
    """Neither another program's file nor the knowledge base itself is overwritten."""
    notes, others, content = tmp_path / "notes.txt", tmp_path / "others.sqlite", path.read_bytes()
    notes.write_text("mine", encoding="utf-8")
    execute(others, "CREATE TABLE mine (id INTEGER)")
    before = others.read_bytes()
    for target in (notes, others, tmp_path):
        with pytest.raises(OutputError, match="not a knowledge base"):
            care(path).back_up(target, replaces=True)
    with pytest.raises(StoreFailure, match="the knowledge base itself"):
        care(path).back_up(path, replaces=True)
    assert notes.read_text(encoding="utf-8") == "mine"
    assert (others.read_bytes(), path.read_bytes()) == (before, content)


def lose(path: Path) -> None:
    """Lose the file."""
    path.unlink()


def spoil(path: Path) -> None:
    """Lose the beginning of the file."""
    path.write_bytes(b"\0" * 200 + path.read_bytes()[200:])


def change(path: Path) -> None:
    """Forget a project."""
    with open_store(path) as store:
        store.forget(APP)


@pytest.mark.parametrize("happening", [lose, spoil, change])
def test_a_backup_comes_back(path: Path, tmp_path: Path, happening: Callable[[Path], None]) -> None:
    """Whatever happened to the store, restoring gives what was backed up."""
    backup = tmp_path / "backup"
    care(path).back_up(backup)
    with open_store(path, read_only=True) as store:
        expected = store.page(INDEX, APP)
    happening(path)
    care(path).restore(backup)
    with open_store(path, read_only=True) as store:
        assert store.page(INDEX, APP) == expected
    assert care(path).examine() == Examination(path, (), is_sealed=True)


def test_a_damaged_backup_is_refused_and_changes_nothing(path: Path, tmp_path: Path) -> None:
    """What does not hold is not restored, and what is not there neither."""
    backup = tmp_path / "backup"
    care(path).back_up(backup)
    execute(backup, "UPDATE files SET size = 5")
    content = path.read_bytes()
    with pytest.raises(StoreFailure, match=r"the backup .* is damaged; nothing was changed"):
        care(path).restore(backup)
    with pytest.raises(StoreFailure, match="there is no knowledge base at"):
        care(path).restore(tmp_path / "nowhere")
    assert path.read_bytes() == content


def restored(path: Path, backup: Path) -> bool:
    """Restore a backup."""
    care(path).restore(backup)
    return True


def test_a_reader_sees_the_old_or_the_restored_facts(path: Path, tmp_path: Path) -> None:
    """A store that is open while another is restored reads what was there before, then what was restored."""
    backup = tmp_path / "backup"
    care(path).back_up(backup)
    change(path)
    with open_store(path, read_only=True) as store:
        with store._database.reading():
            assert store._database._reader.execute("SELECT count(*) FROM projects").fetchone() == (2,)
            child = start(partial(restored, path, backup))
            assert wait(child) == 0
            assert store._database._reader.execute("SELECT count(*) FROM projects").fetchone() == (2,)
        assert store.page(INDEX, APP) is not None


def test_a_writer_does_not_write_into_a_file_that_was_set_aside(path: Path) -> None:
    """A process that had the file open when it was repaired is told, and nothing it acknowledged is lost."""
    with open_store(path) as store:
        store.touch_page(INDEX, A, checked=10)
        execute(path, "UPDATE files SET size = 5 WHERE filename LIKE 'app-7-%'")
        care(path).repair()
        with pytest.raises(StoreFailure, match="was replaced by another process"):
            store.touch_page(INDEX, A, checked=11)
    with open_store(path, read_only=True) as store:
        page = store.page(INDEX, A)
        assert page is not None
        assert page.checked == 10


def test_a_writer_learns_of_a_restore(path: Path, tmp_path: Path) -> None:
    """Numbers of requirements that a process remembers are not those of what another has restored."""
    backup = tmp_path / "backup"
    write_projects(backup, "other")
    with open_store(path) as store:
        document = next(iter(store.documents(INDEX, APP).values()))
        store.put_document(INDEX, A, "x.whl", "wheel", document, checked=1)
        assert wait(start(partial(restored, path, backup))) == 0
        store.put_document(INDEX, A, "y.whl", "wheel", document, checked=1)
    with open_store(path, read_only=True) as store:
        assert store.documents(INDEX, A) == {("y.whl", "wheel"): document}
    assert care(path).examine().damage == ()


def test_a_rebuilt_store_holds_the_same_facts_in_less_room(path: Path) -> None:
    """After much was forgotten, rebuilding gives the room back and nothing else."""
    for number in range(3):
        write_projects(path, f"more-{number}")
    with open_store(path) as store:
        for name in store.names():
            if name.startswith("more-1"):
                store.forget(name)
        expected = [(name, store.page(INDEX, name), store.documents(INDEX, name)) for name in store.names()]
    before = path.stat().st_size
    care(path).rebuild()
    assert path.stat().st_size < before
    with open_store(path, read_only=True) as store:
        assert [(n, store.page(INDEX, n), store.documents(INDEX, n)) for n in store.names()] == expected
    assert care(path).examine() == Examination(path, (), is_sealed=True)


# --- the disk, and who holds the lock


def test_writing_stops_before_the_disk_is_full(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With less than the reserve left nothing more is written, in words; reading goes on."""
    free = shutil.disk_usage(path.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free._replace(free=10 << 20))
    with open_store(path, terms=Terms(reserve=64 << 20)) as store:
        with pytest.raises(
            StoreFailure, match="nearly full: 10 MiB are free, 64 MiB are held in reserve"
        ) as failure:
            store.touch_page(INDEX, A, checked=2)
        assert "kb-reserve" in (failure.value.hint or "")
        page = store.page(INDEX, A)
        assert page is not None
        assert page.checked == 1
    with open_store(path, terms=Terms(reserve=10 << 20)) as store:
        store.touch_page(INDEX, A, checked=2)


# --- random bits


def flip(*options: str) -> subprocess.CompletedProcess[str]:
    """Run the program that flips bits."""
    command = [sys.executable, str(ROOT / "benchmarks" / "flip_store.py"), *options]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=300, cwd=ROOT)


def test_no_flipped_bit_changes_an_advice() -> None:
    """Bits flipped anywhere in the file are found by `kb verify`, and no advice is another one."""
    done = flip("--flips", "25", "--seed", "3")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.match(r"25 bits flipped in [\d,]+ bytes, 25 found, 0 advices changed, [1-9]", done.stdout)


def test_a_changed_advice_would_be_noticed() -> None:
    """With the checks of reading off, the same bits do change advices, and the judge sees it."""
    done = flip("--flips", "60", "--seed", "3", "--unchecked")
    assert done.returncode == 1, done.stdout + done.stderr
    assert " 0 advices changed" not in done.stdout

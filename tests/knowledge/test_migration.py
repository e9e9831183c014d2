"""Facts of an older schema stay the same facts."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from knowledge.generated_facts import INDEX
from pinwise.cli import main
from pinwise.knowledge import migration
from pinwise.knowledge.care import StoreCare
from pinwise.knowledge.database import Terms
from pinwise.knowledge.schema import SCHEMA_VERSION
from pinwise.knowledge.store import open_store
from pinwise.model.facts import Project
from pinwise.model.names import normalise
from support.worlds import world

WRITTEN = """
flask 2 time=2023-01-01: click>=7 jinja2
flask 3 time=2024-03-01 extras=async: click>=8 jinja2 "greenlet>=1; extra == 'async'"
click 7 time=2022-01-01
click 8 time=2023-06-01 yanked=broken
click 8.1 time=2023-07-01 both
jinja2 3 time=2024-01-01: markupsafe
jinja2 4 time=2024-02-01 unusable=nonsense
markupsafe 2 time=2023-05-05
greenlet 1 time=2023-05-05 native
"""
"""What pinwise 0.1 wrote into `schema_1.sql`."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Return a knowledge base of the first schema, as it was written then."""
    path = tmp_path / "knowledge.sqlite"
    script = Path(__file__).with_name("schema_1.sql").read_text(encoding="utf-8")
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
        connection.execute("PRAGMA journal_mode = WAL")
    return path


def version(path: Path) -> int:
    """Return the schema of a file."""
    with closing(sqlite3.connect(path)) as connection:
        (number,) = connection.execute("PRAGMA user_version").fetchone()
    return int(number)


@pytest.mark.parametrize("read_only", [False, True])
def test_an_older_schema_is_migrated_after_a_backup(old: Path, read_only: bool) -> None:  # noqa: FBT001  # a case
    """Every page, answer and time comes through, the old file stays beside the new one, and all is sound."""
    snapshot = world(WRITTEN)
    with open_store(old, read_only=read_only) as store:
        for name, project in snapshot.projects.items():
            assert isinstance(project, Project)
            page = store.page(INDEX, name)
            assert page is not None
            assert page.project == project
            known = {
                release.files[0].filename: snapshot.known_documents(name)[release.version]
                for release in project.releases
            }
            assert {key[0]: each for key, each in store.documents(INDEX, name).items()} == known
        gone = store.page(INDEX, normalise("gone-project"))
        assert gone is not None
        assert (gone.project, gone.checked) == (None, 5)
    assert (version(old), version(old.with_name("knowledge.sqlite.schema-1"))) == (SCHEMA_VERSION, 1)
    assert StoreCare(old, Terms()).examine().damage == ()


def test_a_migrated_store_gives_the_same_advice(old: Path, tmp_path: Path) -> None:
    """The advice that the old facts gave then is the one that they give now."""
    (tmp_path / "requirements.txt").write_text("flask\n", encoding="utf-8")
    arguments = ["advise", str(tmp_path), "--offline", "--dry-run", "--kb", str(old), "--index-url", INDEX]
    target = ["--python", "3.12", "--platform", "manylinux_2_28_x86_64"]
    result = CliRunner().invoke(main, [*arguments, *target])
    assert result.exit_code == 0, result.output
    rows = [line.split()[:2] for line in result.stdout.splitlines() if line.startswith("  ")]
    for pin in (["click", "8.1"], ["flask", "3"], ["jinja2", "3"], ["markupsafe", "2"]):
        assert pin in rows
    assert "Cost: 125 " in result.stdout


def test_history_and_numbers_come_through(old: Path) -> None:
    """Rows of files that are gone are kept with their digests, and no project's number is given again."""
    open_store(old).close()
    with closing(sqlite3.connect(old)) as connection:
        rows = connection.execute(
            "SELECT revision, gone FROM files WHERE filename LIKE 'click-7%'"
        ).fetchall()
        assert rows == [(1, 1_700_000_100), (2, None)]
    with open_store(old) as store:
        store.put_page(INDEX, normalise("new"), None, etag=None, last_modified=None, checked=1)
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("SELECT id FROM projects WHERE name = 'new'").fetchone()[0] > 18


def test_a_migration_that_fails_leaves_the_old_facts(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Broken off in the middle, it is as if it had not begun; the next one starts anew."""
    monkeypatch.setattr(migration, "listing_digest", interrupted)
    with pytest.raises(KeyboardInterrupt):
        open_store(old)
    monkeypatch.undo()
    assert version(old) == 1
    with open_store(old) as store:
        assert store.page(INDEX, normalise("flask")) is not None


def interrupted(*_: object) -> int:
    """Be interrupted."""
    raise KeyboardInterrupt


def test_a_backup_of_an_older_schema_can_be_restored(old: Path, tmp_path: Path) -> None:
    """What an older pinwise backed up is migrated when it is restored; the backup stays as it was."""
    path = tmp_path / "new.sqlite"
    with open_store(path) as store:
        store.put_page(INDEX, normalise("other"), None, etag=None, last_modified=None, checked=1)
    StoreCare(path, Terms()).restore(old)
    with open_store(path, read_only=True) as store:
        assert store.page(INDEX, normalise("flask")) is not None
        assert store.page(INDEX, normalise("other")) is None
    assert version(old) == 1
    assert StoreCare(path, Terms()).examine().damage == ()
    assert not list(tmp_path.glob("*before-restore*"))

"""`pinwise kb verify`, `backup`, `restore` and `rebuild` as users meet them."""

import json
import sqlite3
from contextlib import closing
from http import HTTPStatus
from pathlib import Path

import pytest

from support.loopback import Answer
from support.place import Place, failed, write


@pytest.fixture
def kb(place: Place) -> Path:
    """Return the knowledge base of a folder with a lock."""
    write(place, requirements_txt="flask\n")
    assert place.advise().exit_code == 0
    return place.folder.parent / "kb.sqlite"


def damage(kb: Path, statement: str = "UPDATE files SET size = 5 WHERE filename LIKE 'flask-3%'") -> None:
    """Change the knowledge base behind its back."""
    with closing(sqlite3.connect(kb)) as connection, connection:
        connection.execute(statement)


def lock(place: Place) -> bytes:
    """Return the lock."""
    return (place.folder / "pylock.toml").read_bytes()


def test_a_sound_knowledge_base_is_said_to_be_sound(place: Place, kb: Path) -> None:
    """Without damage verifying says so, changes nothing and exits with 0."""
    content = kb.read_bytes()
    result = place.run("kb", "verify")
    assert result.exit_code == 0
    assert "is sound: every row, and every byte" in " ".join(result.stdout.split())
    assert kb.read_bytes() == content


def test_damage_is_named_and_fetched_anew(place: Place, kb: Path) -> None:
    """The damaged file of a release is named, its page fetched again, and the lock stays the same."""
    before = lock(place)
    damage(kb)
    damage(kb, "UPDATE documents SET requires_python = '>=4' WHERE filename LIKE 'click-8%'")
    assert "is damaged: what it holds of" in failed(place.advise("--offline"), 3)
    result = place.run("kb", "verify")
    said = " ".join(result.stdout.split())
    assert result.exit_code == 1
    assert f"flask 3.0 flask-3.0-py3-none-any.whl of {place.index.url}: the row of a file is damaged" in said
    assert "Fetched anew: 1 page and the metadata of 1 file" in said
    assert f"The damaged file is now {kb}.damaged" in said
    assert place.run("kb", "verify").exit_code == 0
    assert place.advise("--offline", "--upgrade").exit_code == 0
    assert lock(place) == before


def test_offline_what_was_lost_is_left_to_the_next_run(place: Place, kb: Path) -> None:
    """Offline nothing is fetched; the next run that may ask fetches what it needs."""
    before = lock(place)
    damage(kb)
    result = place.run("kb", "verify", "--offline")
    assert result.exit_code == 1
    assert "Left to the next command that needs it: 1 page" in result.stdout
    assert place.advise("--upgrade", "--offline").exit_code == 3
    assert place.advise("--upgrade").exit_code == 0
    assert lock(place) == before


def test_an_index_that_is_down_does_not_stop_the_repair(place: Place, kb: Path) -> None:
    """Where nothing can be fetched, what is sound is kept all the same."""
    damage(kb)
    place.index.answer("/simple/flask/", Answer(status=HTTPStatus.FORBIDDEN))
    result = place.run("kb", "verify")
    assert result.exit_code == 1
    assert "Left to the next command that needs it: 1 page" in result.stdout
    assert place.run("kb", "verify").exit_code == 0


def test_verification_as_json(place: Place, kb: Path) -> None:
    """Programs get everything that was found, done and left, each by its own key."""
    damage(kb)
    result = place.run("kb", "verify", "--dry-run", "--format", "json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["damage"] == [
        {
            "what": "the row of a file is damaged",
            "index": place.index.url,
            "project": "flask",
            "release": "3.0",
            "file": "flask-3.0-py3-none-any.whl",
        }
    ]
    assert report["left"] == [{"index": place.index.url, "project": "flask"}]
    assert (report["is_sound"], report["set_aside"], report["fetched"]) == (False, None, [])
    assert report["path"] == str(kb)


@pytest.mark.usefixtures("kb")
def test_a_backup_and_back(place: Place) -> None:
    """What was backed up comes back, whatever was forgotten since."""
    backup = place.folder / "backups" / "kb.sqlite"
    result = place.run("kb", "backup", str(backup))
    assert (result.exit_code, result.stdout) == (0, "")
    assert f"is copied to `{backup}`" in result.stderr
    place.run("kb", "forget", "flask")
    assert "is sound" in place.run("kb", "restore", str(backup), "--dry-run").stderr
    assert place.advise("--offline", "--upgrade").exit_code == 3
    result = place.run("kb", "restore", str(backup))
    assert (result.exit_code, result.stdout) == (0, "")
    assert place.advise("--offline", "--upgrade").exit_code == 0
    damage(backup)
    assert "nothing was changed" in failed(place.run("kb", "restore", str(backup)), 3)
    assert place.run("kb", "verify").exit_code == 0


def content_below(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder; the two that SQLite keeps beside a file that is read hold nothing."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".sqlite-shm")
    found = {str(path.relative_to(folder)): path.read_bytes() for path in files}
    return {name: content for name, content in found.items() if content or not name.endswith("-wal")}


@pytest.mark.parametrize(
    ("command", "says"),
    [(("backup", "kb.backup"), "would be copied to `kb.backup`"), (("rebuild",), "would be built anew")],
)
def test_a_dry_run_of_a_copy_writes_nothing(
    place: Place, kb: Path, command: tuple[str, ...], says: str
) -> None:
    """It says what would be done, and no file is made or changed."""
    before = content_below(kb.parent)
    result = place.run("kb", *command, "--dry-run")
    assert (result.exit_code, result.stdout) == (0, "")
    assert says in result.stderr
    assert content_below(kb.parent) == before


def test_a_dry_run_refuses_what_would_be_refused(place: Place, kb: Path) -> None:
    """Damage, a backup that is there and a file that is no backup are found before anything is written."""
    assert place.run("kb", "backup", "kb.backup").exit_code == 0
    write(place, notes_txt="mine")
    again = failed(place.run("kb", "backup", "kb.backup", "--dry-run"), 2)
    assert "error: `kb.backup` is there already\nhint: `--force` replaces it" in again
    assert place.run("kb", "backup", "kb.backup", "--dry-run", "--force").exit_code == 0
    foreign = failed(place.run("kb", "backup", "notes.txt", "--dry-run", "--force"), 2)
    assert "`notes.txt` is there and is not a knowledge base" in foreign
    damage(kb)
    assert "is damaged: it would not be copied" in failed(place.run("kb", "backup", "b", "--dry-run"), 3)
    assert place.text("notes.txt") == "mine"


def test_a_backup_is_replaced_only_with_force(place: Place, kb: Path) -> None:
    """What was copied before stays as it is until `--force` says otherwise."""
    assert place.run("kb", "backup", "kb.backup").exit_code == 0
    backup = place.folder / "kb.backup"
    before = backup.read_bytes()
    assert place.run("kb", "forget", "flask").exit_code == 0
    failed(place.run("kb", "backup", "kb.backup"), 2)
    assert backup.read_bytes() == before
    assert place.run("kb", "backup", "kb.backup", "--force").exit_code == 0
    assert "nothing is known of `flask`" in failed(place.run("kb", "forget", "flask", "--kb", "kb.backup"), 2)
    assert "nothing is known of `flask`" in failed(place.run("kb", "forget", "flask", "--kb", str(kb)), 2)


@pytest.mark.usefixtures("kb")
def test_a_rebuilt_knowledge_base_gives_the_same_advice(place: Place) -> None:
    """Nothing is lost with what follows from the facts."""
    before = lock(place)
    assert "is built anew" in place.run("kb", "rebuild").stderr
    assert place.advise("--offline", "--upgrade").exit_code == 0
    assert lock(place) == before
    assert place.run("kb", "verify").exit_code == 0


@pytest.mark.parametrize(
    "command",
    [
        ("verify",),
        ("backup", "copy"),
        ("backup", "copy", "--dry-run"),
        ("rebuild",),
        ("rebuild", "--dry-run"),
    ],
)
def test_there_must_be_one(place: Place, command: tuple[str, ...]) -> None:
    """Where nothing was learnt yet, that is said, and nothing is made."""
    assert "there is no knowledge base" in failed(place.run("kb", *command), 3)
    assert place.files() == []


@pytest.mark.usefixtures("kb")
def test_a_nearly_full_disk_stops_in_words(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """With less than the reserve left nothing is written, but what is known can still be read."""
    before = lock(place)
    monkeypatch.setenv("PINWISE_KB_RESERVE", "900000000")
    assert "nearly full" in failed(place.advise("--refresh"), 3)
    assert lock(place) == before
    assert place.advise("--offline").exit_code == 0

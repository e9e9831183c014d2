"""Present pins from the command line: kept, let go of, chosen anew, checked."""

import re
from pathlib import Path

import pytest

from support.place import Place, failed, write

LOCK = "pylock.toml"


@pytest.fixture
def locked(place: Place) -> Place:
    """Return a folder whose lock has flask 2.0 and click 7.0, and whose manifest would take 3.0 by now."""
    write(place, requirements_in="flask<3\n")
    assert place.advise().exit_code == 0
    write(place, requirements_in="flask\n")
    return place


def pinned(place: Place) -> dict[str, str]:
    """Return what the lock pins."""
    text = (place.folder / LOCK).read_text(encoding="utf-8")
    words = [
        line.split("= ", 1)[1].strip('"')
        for line in text.splitlines()
        if line.startswith(("name", "version"))
    ]
    return dict(zip(words[::2], words[1::2], strict=True))


def test_present_pins_stay(locked: Place) -> None:
    """A newer release that fits moves no pin; the report says what the best stack would be."""
    said = locked.advise().stdout
    assert pinned(locked) == {"click": "7.0", "flask": "2.0"}
    assert "Nothing changes: every pin of `pylock.toml` stays." in said
    assert "~ flask 2.0 -> 3.0" in said.partition("The best stack costs 0")[2]


def test_upgrade_chooses_everything_anew(locked: Place) -> None:
    """With `--upgrade` the lock is only compared with."""
    said = locked.advise("--upgrade").stdout
    assert pinned(locked) == {"click": "8.0", "flask": "3.0"}
    assert "What changes in `pylock.toml`: 2" in said
    assert "The best stack costs" not in said


def test_one_project_is_let_go_of(locked: Place) -> None:
    """`-P` frees a project; another that it would have to move stays, so here nothing can move alone."""
    assert locked.advise("-P", "flask").exit_code == 0
    assert pinned(locked) == {"click": "7.0", "flask": "2.0"}
    assert locked.advise("-P", "flask", "-P", "Click").exit_code == 0
    assert pinned(locked) == {"click": "8.0", "flask": "3.0"}


def test_a_change_of_the_manifest_moves_what_it_must(locked: Place) -> None:
    """A pin that the manifest no longer allows moves, with what that needs."""
    write(locked, requirements_in="flask>=3\n")
    assert locked.advise().exit_code == 0
    assert pinned(locked) == {"click": "8.0", "flask": "3.0"}


def test_a_check_tells_an_up_to_date_lock_from_a_stale_one(locked: Place) -> None:
    """Exit 1 and what would change where the manifest has moved on; nothing is written."""
    before = (locked.folder / LOCK).read_bytes()
    write(locked, requirements_in="flask>=3\n")
    stale = locked.advise("--check")
    assert stale.exit_code == 1
    assert "`" + str(Path(LOCK)) + "` is stale." in stale.stdout.replace(f"{locked.folder}/", "")
    assert "~ flask 2.0 -> 3.0" in stale.stdout
    assert (locked.folder / LOCK).read_bytes() == before
    assert locked.advise().exit_code == 0
    fresh = locked.advise("--check")
    assert (fresh.exit_code, fresh.stdout.splitlines()[0][-15:]) == (0, " is up to date.")


def test_a_check_finds_a_missing_lock(place: Place) -> None:
    """Where there is no lock, exit 1 says so and none is written."""
    write(place, requirements_in="flask\n")
    missing = place.advise("--check")
    assert missing.exit_code == 1
    assert "is not there" in missing.stdout
    assert LOCK not in place.files()


def test_what_the_lock_records_counts_too(locked: Place) -> None:
    """A lock whose pins hold and whose request is another one is stale, and says which it is."""
    stale = locked.advise("--check")
    assert stale.exit_code == 1
    assert "Its pins hold" in stale.stdout


def test_only_pinned_projects_can_be_let_go_of(locked: Place) -> None:
    """A misspelt name is a usage error with a near one; without a lock there is nothing to let go of."""
    said = failed(locked.advise("-P", "flaskk"), 2)
    assert "`flaskk` is not in `pylock.toml`" in said
    assert "did you mean `flask`?" in said
    (locked.folder / LOCK).unlink()
    assert "there is no lock" in failed(locked.advise("-P", "flask"), 2)


@pytest.mark.parametrize("marker", ["extras == 'x'", "dependency_groups != 'x'", "'x' in extra"])
def test_a_marker_that_means_nothing_holds_no_pin(locked: Place, marker: str) -> None:
    """A lock of another tool whose marker cannot be evaluated is read; the pin under it counts as none."""
    text = (locked.folder / LOCK).read_text(encoding="utf-8")
    marked, count = re.subn(r'^(name = "[a-z]+"\n)', rf'\1marker = "{marker}"\n', text, flags=re.MULTILINE)
    assert count == 2
    (locked.folder / LOCK).write_text(marked, encoding="utf-8")
    said = locked.advise()
    assert said.exit_code == 0, said.output
    assert "+ flask 3.0" in said.stdout
    assert pinned(locked) == {"click": "8.0", "flask": "3.0"}


def test_a_broken_lock_is_an_error_until_all_is_chosen_anew(locked: Place) -> None:
    """What cannot be read is not silently replaced; `--upgrade` writes it afresh."""
    (locked.folder / LOCK).write_text("lock-version = 1", encoding="utf-8")
    assert "--upgrade" in failed(locked.advise(), 2)
    assert (locked.folder / LOCK).read_text(encoding="utf-8") == "lock-version = 1"
    assert locked.advise("--upgrade").exit_code == 0
    assert pinned(locked) == {"click": "8.0", "flask": "3.0"}


def test_every_format_keeps_its_pins(locked: Place) -> None:
    """Locks of all three kinds are read as they were written."""
    write(locked, Pipfile='[packages]\nflask = "<3"\n')
    for name in ("Pipfile.lock", "requirements.lock.txt", "pylock.other.toml"):
        assert locked.advise("--lock", name).exit_code == 0
    write(locked, Pipfile='[packages]\nflask = "*"\n')
    for name in ("Pipfile.lock", "requirements.lock.txt", "pylock.other.toml"):
        assert "Nothing changes" in locked.advise("--lock", name).stdout, name


# --- a lock that was made of something else


def test_a_lock_of_another_manifest_is_not_replaced_in_silence(locked: Place) -> None:
    """What a lock was made of is said where the new one is made of another file, with a way to keep both."""
    before = (locked.folder / LOCK).read_text(encoding="utf-8")
    (locked.folder / "dev tools.in").write_text("pytest\n", encoding="utf-8")
    warning = (
        "warning: `pylock.toml` was made of `requirements.in`, and now it is made of `dev tools.in`. To keep "
        "both, name another lock: `--lock pylock.dev-tools.toml`."
    )
    dry = locked.advise("-r", "dev tools.in", "--dry-run")
    assert warning in dry.stderr.splitlines()
    assert (locked.folder / LOCK).read_text(encoding="utf-8") == before
    both = locked.advise("-r", "dev tools.in", "--lock", "pylock.dev-tools.toml")
    assert "warning" not in both.stderr
    assert (locked.folder / LOCK).read_text(encoding="utf-8") == before
    assert warning in locked.advise("-r", "dev tools.in").stderr.splitlines()
    assert "warning" not in locked.advise("-r", "dev tools.in").stderr


def test_groups_that_a_lock_would_lose_are_named(place: Place) -> None:
    """A group that is left out now is said; one that is added takes nothing away."""
    project = '[project]\nname = "shop"\ndependencies = ["flask"]\n[dependency-groups]\ndocs = ["pytest"]\n'
    write(place, pyproject_toml=project)
    assert place.advise().exit_code == 0
    only = place.advise("--only-group", "docs", "--dry-run")
    assert (
        "warning: `pylock.toml` was made with what the project itself requires, not asked for now. To keep "
        "both, name another lock: `--lock pylock.docs.toml`." in only.stderr.splitlines()
    )
    assert "warning" not in place.advise("--group", "docs").stderr
    assert "was made with `docs`, not asked for now" in place.advise().stderr


def test_a_lock_of_before_is_not_written_anew_for_its_origin(locked: Place) -> None:
    """A lock without our note of its manifest says the same, and is replaced without a word."""
    path = locked.folder / LOCK
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    old = "".join(line for line in lines if not line.startswith(("manifests = ", "groups = ")))
    write(locked, requirements_in="flask<3\n")
    path.write_text(old, encoding="utf-8")
    again = locked.advise()
    assert "warning" not in again.stderr
    assert path.read_text(encoding="utf-8") == old


@pytest.mark.parametrize("name", ["pylock.toml", "requirements.lock.txt"])
def test_a_lock_for_another_target_is_said_to_be_one(place: Place, name: str) -> None:
    """Where every pin stays and the target does not, the report says so; the next run has nothing to say."""
    write(place, requirements_in="flask\n")
    assert place.advise("--lock", name).exit_code == 0
    other = ("--python", "3.13", "--lock", name)
    said = " ".join(place.advise(*other).stdout.split())
    assert (
        f"`{name}` was made for another target: Python 3.12 on manylinux_2_28_x86_64. Every pin stays."
        in said
    )
    assert "Wrote" in said
    again = place.advise(*other).stdout
    assert f"Nothing changes: every pin of `{name}` stays." in again
    assert "says the same already" in again


def test_changes_for_another_target_are_listed_below_it(place: Place) -> None:
    """Both are said: the lock was made for another target, and what changes."""
    write(place, requirements_in="flask<3; python_version < '3.13'\nflask; python_version >= '3.13'\n")
    assert place.advise().exit_code == 0
    write(place, requirements_in="flask>=3\n")
    checked = place.advise("--python", "3.13", "--check").stdout
    assert "`pylock.toml` was made for another target: Python 3.12 on manylinux_2_28_x86_64.\n" in checked
    said = place.advise("--python", "3.13").stdout
    assert "`pylock.toml` was made for another target: Python 3.12 on manylinux_2_28_x86_64.\n" in said
    assert "What changes in `pylock.toml`: 2" in said

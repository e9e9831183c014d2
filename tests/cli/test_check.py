"""`advise --check` says beforehand what `advise` does to a lock, whatever has happened meanwhile."""

from collections.abc import Callable
from functools import partial

import pytest

from support.artifacts import wheel
from support.place import Place, write

PROJECT = """
[project]
name = "shop"
version = "1"
dependencies = ["flask<3"]
[project.optional-dependencies]
clicks = ["click"]
[dependency-groups]
dev = ["pytest"]
"""
OWN = "[tool.pinwise]\n"
LOCKS = ("pylock.toml", "requirements.lock.txt")


def _listed(place: Place, *, yanked: bool = False, without: str = "", newer: str = "") -> None:
    """List flask anew: its locked release yanked, or gone, or with a newer one beside it."""
    place.index.remove("flask")
    for version in filter(None, ("1.9", "2.0", newer)):
        if version != without:
            file = wheel("flask", version, requires=["click<8"])
            place.index.add(file, yanked="broken" if yanked and version == "2.0" else None)


def _project(place: Place, *, old: str = "", new: str = "", own: str = "") -> None:
    write(place, pyproject_toml=PROJECT.replace(old, new) + own)


def _edited(place: Place, *, old: str, new: str) -> None:
    """Change all locks by hand."""
    for lock in LOCKS:
        path = place.folder / lock
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")


Change = Callable[[Place], None]
STAYS: dict[str, Change] = {
    "nothing": _listed,
    "a newer release": partial(_listed, newer="2.5"),
    "another release gone": partial(_listed, without="1.9"),
    "a comment": partial(_project, own="# nothing more\n"),
}
MOVES: dict[str, Change] = {
    "the pin yanked": partial(_listed, yanked=True),
    "the pin gone": partial(_listed, without="2.0"),
    "a bound that the pin breaks": partial(_project, old="flask<3", new="flask<2"),
    "an override that the pin breaks": partial(_project, own=OWN + 'overrides = ["click<7"]\n'),
    "a constraint that the pin breaks": partial(_project, own=OWN + 'constraints = ["click<7"]\n'),
    "an exclusion": partial(_project, own=OWN + 'exclude = {click = "no need"}\n'),
    "a requirement of something new": partial(_project, old='["flask<3"]', new='["flask<3", "pytest"]'),
    "a pin renamed by hand": partial(_edited, old="click", new="clack"),
    "a pin moved by hand": partial(_edited, old="7.0", new="6.0"),
    "digests changed by hand": partial(_edited, old="sha256", new="sha512"),
}
ASKED_ANEW = {
    "an extra": ("--extra", "clicks"),
    "a group": ("--group", "dev"),
    "another goal": ("--goal", "latest"),
}


@pytest.fixture
def locked(place: Place) -> Place:
    """Return a project whose lock has flask 2.0 and click 7.0."""
    _listed(place)
    place.index.add(wheel("click", "6.0"))
    _project(place)
    for lock in LOCKS:
        assert place.advise("--lock", lock).exit_code == 0
    return place


def is_told_rightly(place: Place, lock: str, *more: str) -> bool:
    """Return whether a check finds the lock up to date, after holding it to what an advice then does."""
    path = place.folder / lock
    before = path.read_bytes()
    check = place.advise("--check", "--refresh", "--lock", lock, *more)
    assert path.read_bytes() == before
    again = place.advise("--check", "--offline", "--lock", lock, *more)
    assert (again.exit_code, again.stdout) == (check.exit_code, check.stdout)
    advice = place.advise("--offline", "--lock", lock, *more)
    assert advice.exit_code in (0, check.exit_code), advice.output
    is_same = path.read_bytes() == before
    assert check.exit_code == (0 if is_same else 1), check.output + advice.output
    assert ("is up to date." in check.stdout) == is_same
    return is_same


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize("change", STAYS)
def test_a_lock_stays_up_to_date(locked: Place, lock: str, change: str) -> None:
    """What moves no pin and is recorded nowhere leaves a lock up to date."""
    STAYS[change](locked)
    assert is_told_rightly(locked, lock)


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize("change", MOVES)
def test_a_lock_goes_stale(locked: Place, lock: str, change: str) -> None:
    """What moves a pin, or changes what the lock must say, is found."""
    MOVES[change](locked)
    assert not is_told_rightly(locked, lock)


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize("asked", ASKED_ANEW)
def test_what_is_asked_anew_is_told_as_it_is_done(locked: Place, lock: str, asked: str) -> None:
    """Extras, groups and goals make a lock stale, but for a goal that a requirements file does not record."""
    is_recorded = asked != "another goal" or lock == "pylock.toml"
    assert is_told_rightly(locked, lock, *ASKED_ANEW[asked]) is not is_recorded


def test_a_requirement_that_the_lock_meets_is_told_as_it_is_done(locked: Place) -> None:
    """A new line in the manifest moves no pin; where a lock records what was asked, it is stale."""
    _project(locked, old='["flask<3"]', new='["flask<3", "click"]')
    assert not is_told_rightly(locked, "pylock.toml")
    assert "Its pins hold" in locked.advise("--check", "--lock", "requirements.lock.txt").stdout


def test_a_check_as_json_is_the_whole_report(locked: Place) -> None:
    """With `--format json` costs and ages are told too, hence worked out."""
    _listed(locked, newer="2.5")
    assert locked.advise("--refresh", "--dry-run").exit_code == 0
    report = locked.advise("--check", "--format", "json", "--offline")
    assert report.exit_code == 0
    assert '"behind": 1' in report.stdout


def test_other_releases_are_not_looked_at(locked: Place) -> None:
    """A check that needs no search rests on the pins alone, and says so: no round of search."""
    said = locked.advise("--check", "--offline").stderr
    assert "of search" not in said
    assert "of search" in locked.advise("--offline").stderr

"""From picks to pins: which files a pin holds, and what it says of them."""

from dataclasses import replace

from packaging.version import Version

from pinwise.actions.advise import SearchOptions, advise
from pinwise.model.facts import File, Project, Release, Skip, Snapshot
from pinwise.model.names import normalise
from pinwise.model.outcome import Advice, Pin
from support.worlds import request, world

NAME, ONE = normalise("a"), Version("1")


def pinned(*changes: dict[str, str], asked: str = "a") -> Pin:
    """Return the pin of a release with one wheel per change, named by its number, and an sdist."""
    known = world("a 1 both")
    page = known.projects[NAME]
    assert isinstance(page, Project)
    wheel, sdist = page.releases[0].files
    wheels = [
        wheel._replace(filename=f"a-1-{number}-py3-none-any.whl", **change)  # type: ignore[arg-type]
        for number, change in enumerate(changes, 1)
    ]
    page = replace(page, releases=(Release(ONE, (*wheels, sdist)),))
    outcome = advise(request(asked), Snapshot({NAME: page}, known.documents), None, options=SearchOptions())
    assert isinstance(outcome, Advice)
    return outcome.pins[0]


def test_a_project_is_not_requested_by_itself() -> None:
    """Extras that a release requires of itself are its own affair: who asks for it are the others."""
    known = world("a 1 extras=all,x: \"a[x]; extra == 'all'\" \"b; extra == 'x'\"\nb 1")
    outcome = advise(request("a[all]"), known, None, options=SearchOptions())
    assert isinstance(outcome, Advice)
    first, second = outcome.pins
    assert [edge.name for edge in first.requested_by] == [None]
    assert first.extras == ("all", "x")
    assert [edge.name for edge in second.requested_by] == ["a"]


def names(files: tuple[File, ...]) -> list[str]:
    """Return the names of files."""
    return [file.filename for file in files]


def test_a_pin_holds_no_file_for_other_pythons() -> None:
    """A file whose Requires-Python excludes the target is not locked, and does not speak for the others."""
    pin = pinned({"requires_python": "<3"}, {"requires_python": ">=3.8"})
    assert names(pin.files) == ["a-1-2-py3-none-any.whl", "a-1.tar.gz"]
    assert pin.requires_python == ">=3.8"


def test_a_pin_holds_wheels_for_other_platforms() -> None:
    """A lock serves other machines of the same kind too: wheels are told apart by their tags alone."""
    pin = pinned({}, {"tags": "cp311-cp311-win_amd64"})
    assert names(pin.files) == ["a-1-1-py3-none-any.whl", "a-1-2-py3-none-any.whl", "a-1.tar.gz"]


def test_a_pin_holds_no_yanked_file_of_a_release_that_is_not_yanked() -> None:
    """Where only some files are yanked the release is not, and the others are locked."""
    pin = pinned({"yanked": "broken"}, {})
    assert names(pin.files) == ["a-1-2-py3-none-any.whl", "a-1.tar.gz"]
    assert pin.yanked is None
    assert not pin.prices


def test_a_release_whose_only_wheel_is_yanked_is_built() -> None:
    """The sdist of a partly yanked release is what an installer would take, and is priced."""
    pin = pinned({"yanked": ""})
    assert names(pin.files) == ["a-1.tar.gz"]
    assert [price.unit for price in pin.prices] == ["sdist-build"]


def test_only_what_is_newer_than_a_pin_is_told_to_be_broken() -> None:
    """An old file that nobody could want is no news; one that would have been newer than the pin is."""
    known = world("a-b 1.5\na-b 2 unusable=broken\na-b 1 unusable=broken")
    page = known.projects[normalise("a-b")]
    assert isinstance(page, Project)
    files = [
        "a-b-0.1-final.tar.gz",
        "A_B-1.4-py2.4.egg.zip",
        "a-b-1.6dev-r7.tar.gz",
        "a-b.zip",
        "a.b-2.x.zip",
    ]
    page = replace(page, skipped=tuple(Skip(each, "its name cannot be read") for each in files))
    facts = Snapshot({page.name: page}, known.documents)
    outcome = advise(request("a-b"), facts, None, options=SearchOptions())
    assert isinstance(outcome, Advice)
    assert str(outcome.pins[0].version) == "1.5"
    told = [skip.what for skip in outcome.skipped[page.name]]
    assert told == ["a-b-1.6dev-r7.tar.gz", "a.b-2.x.zip", "a-b 2"]

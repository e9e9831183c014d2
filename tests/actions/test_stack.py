"""From picks to pins: which files a pin holds, and what it says of them."""

from dataclasses import replace

from packaging.version import Version

from pinwise.actions.advise import SearchOptions, advise
from pinwise.model.facts import File, Project, Release, Snapshot
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

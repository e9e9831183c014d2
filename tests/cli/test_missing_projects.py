"""Refusals for projects that no index has, that one lists without a release, or that another one has."""

from collections.abc import Iterator

import pytest

from support.artifacts import wheel
from support.loopback import Answer, LoopbackIndex
from support.place import TARGET, Place, write

EMPTY = Answer(headers={"Content-Type": "text/html"}, body=b"<html><body></body></html>")


@pytest.fixture
def other() -> Iterator[LoopbackIndex]:
    """Return a second index, which has a library."""
    with LoopbackIndex() as loopback:
        loopback.add(wheel("library", "1.0"))
        yield loopback


def refused(place: Place, *options: str) -> str:
    """Return what the report of a refusal says, on one line."""
    result = place.run("advise", *TARGET, *options, index_url=None)
    assert result.exit_code == 1, result.output
    return " ".join(result.stdout.split())


def test_an_empty_page_is_told_as_one(place: Place, other: LoopbackIndex) -> None:
    """An index that has the name and lists nothing serves it: that is not "no index has it"."""
    place.index.answer("/simple/library/", EMPTY)
    write(place, requirements_in="library\n")
    said = refused(place, "--extra-index-url", place.index.url, "--index-url", other.url)
    assert f"No stack satisfies the manifest: `{place.index.url}` lists no release of `library`." in said
    assert f"(requirements.in:1), of which its index `{place.index.url}` lists no release." in said
    assert "Did you mean" not in said


def test_an_index_that_is_known_to_have_a_project_is_named(place: Place, other: LoopbackIndex) -> None:
    """Where another index of the request has what the bound one lacks, and that is known, it is said."""
    source = '[[source]]\nname = "{0}"\nurl = "{1}"\nverify_ssl = false\n'
    both = source.format("main", place.index.url) + source.format("other", other.url)
    write(place, Pipfile=both + '[packages]\nlibrary = {version = "*", index = "main"}\n')
    assert "which its index" in refused(place)
    assert other.requests == []
    write(place, Pipfile=both + '[packages]\nlibrary = {version = "*", index = "other"}\n')
    assert place.run("advise", *TARGET, index_url=None).exit_code == 0
    write(place, Pipfile=both + '[packages]\nlibrary = {version = "*", index = "main"}\n')
    assert f"`{other.url}` has `library`: bind it there, or put that index first." in refused(
        place, "--upgrade"
    )

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


def test_an_old_release_for_want_of_an_index_is_explained(place: Place) -> None:
    """Where the newest release needs what no index has, the warning names it and says what to do."""
    place.index.add(wheel("web", "1.0"), uploaded="2014-01-01T00:00:00Z")
    place.index.add(
        wheel("web", "2.0", requires=['proxy; extra == "socks"'], extras=["socks"]),
        uploaded="2024-01-01T00:00:00Z",
    )
    place.index.add(wheel("tool", "1.0"), uploaded="2014-01-01T00:00:00Z")
    place.index.add(wheel("tool", "2.0", requires=["nowhere"]), uploaded="2024-01-01T00:00:00Z")
    write(place, requirements_in="web[socks]\ntool\n")
    result = place.advise()
    assert result.exit_code == 0, result.output
    assert (
        "warning: `web` is at 1.0 and not at 2.0, for its extra `socks` needs `proxy`, which no index has: "
        "name an index that has it with `--extra-index-url`, or do without `web[socks]`.\n"
    ) in result.stderr
    assert "`tool` is at 1.0 and not at 2.0, for it needs `nowhere`, which no index has" in result.stderr
    with LoopbackIndex() as other:
        other.add(wheel("proxy", "1.0"))
        other.add(wheel("nowhere", "1.0"))
        result = place.advise("--upgrade", "--extra-index-url", other.url)
    assert result.exit_code == 0, result.output
    assert "which no index has" not in result.stderr
    assert result.stdout.count("newest") == 4

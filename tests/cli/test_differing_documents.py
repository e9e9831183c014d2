"""A second document of a release that does not say the same is told, and changes no advice."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from support.artifacts import metadata_text, sdist, wheel
from support.loopback import Answer
from support.place import Place, write

SCHEMA = Path(__file__).parents[2] / "docs" / "report.schema.json"


@pytest.fixture
def two(place: Place) -> Place:
    """Return a place whose `app` has a wheel and an sdist that do not require the same; both are known."""
    place.index.add(
        wheel("app", "1.0", requires=["click", "flask<4"], requires_python=">=3.8", extras=["x"]),
        uploaded="2024-01-01T00:00:00Z",
    )
    place.index.add(
        sdist("app", "1.0", requires=["Click", "pytest>=7"], requires_python=">=3.9", extras=["y"]),
        uploaded="2024-01-01T00:00:00Z",
    )
    write(place, requirements_txt="app\n")
    return place


def learn_the_sdist(place: Place) -> None:
    """Let the knowledge base learn what the sdist says, as an advice without wheels does."""
    assert place.advise("--no-binary", "app", "--dry-run").exit_code == 0


def said(text: str) -> str:
    """Return a text on one line."""
    return " ".join(text.split())


def lock(place: Place) -> bytes:
    return (place.folder / "pylock.toml").read_bytes()


@pytest.mark.parametrize("options", [("--upgrade",), ()], ids=["anew", "confirmed"])
def test_the_report_names_what_differs_and_the_advice_stays(two: Place, options: tuple[str, ...]) -> None:
    """The pin says what the sdist requires besides; lock, prices and proof are as without the sdist."""
    alone = two.advise("--format", "json")
    before, package = lock(two), json.loads(alone.stdout)["packages"][0]
    assert package["other_documents"] == []
    learn_the_sdist(two)
    both = two.advise(*options, "--format", "json", "--offline")
    report = json.loads(both.stdout)
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(report)
    assert lock(two) == before
    named = report["packages"][0].pop("other_documents")
    package.pop("other_documents")
    assert report["packages"][0] == package
    assert named == [
        {
            "file": "app-1.0.tar.gz",
            "metadata": "metadata file",
            "required": ["pytest>=7"],
            "not_required": ["flask<4"],
            "provided": ["y"],
            "not_provided": ["x"],
            "requires_python": ">=3.9",
            "unusable": None,
        }
    ]
    assert (
        "app-1.0.tar.gz (metadata file) differs and does not count: it requires `pytest>=7` as well; it does "
        "not require `flask<4`; it has the extra `y` as well; it lacks the extra `x`; its Requires-Python is "
        "`>=3.9`"
    ) in said(two.advise(*options, "--offline").stdout)


def test_an_advice_that_rests_on_the_other_document_names_the_first(two: Place) -> None:
    """Without wheels the sdist decides, and it is the wheel that differs."""
    assert two.advise("--dry-run").exit_code == 0
    report = json.loads(two.advise("--no-binary", "app", "--dry-run", "--format", "json").stdout)
    app, *_, last = report["packages"]
    assert last["name"] == "pytest"
    assert [(each["file"], each["required"]) for each in app["other_documents"]] == [
        ("app-1.0-py3-none-any.whl", ["flask<4"])
    ]


def test_verifying_lists_them_and_is_no_failure(two: Place) -> None:
    """`kb verify` names both documents and what the second one says besides; that is no damage: exit 0."""
    assert two.advise("--dry-run").exit_code == 0
    assert "differ" not in two.run("kb", "verify").stdout
    learn_the_sdist(two)
    result = two.run("kb", "verify")
    assert result.exit_code == 0
    text = said(result.stdout)
    assert "is sound" in text
    assert "Documents that differ, of 1 release (no damage)" in text
    assert (
        f"app 1.0 of {two.index.url}: app-1.0-py3-none-any.whl (metadata file), and app-1.0.tar.gz (metadata "
        "file): it requires `pytest>=7` as well; it does not require `flask<4`"
    ) in text
    (found,) = json.loads(two.run("kb", "verify", "--format", "json").stdout)["differing"]
    assert (found["project"], found["release"]) == ("app", "1.0")
    assert found["first"]["file"] == "app-1.0-py3-none-any.whl"
    assert found["other"]["required"] == ["pytest>=7"]


def test_a_document_of_another_release_differs(place: Place) -> None:
    """Where the sdist says that it is another project, that is told; the wheel decides all the same."""
    place.index.add(wheel("app", "1.0"))
    place.index.add(sdist("app", "1.0", requires=["flask"]), metadata="undigested")
    evil = metadata_text("evil", "1.0").encode()
    place.index.answer("/files/app-1.0.tar.gz.metadata", Answer(body=evil))
    write(place, requirements_txt="app\n")
    assert place.advise("--no-binary", "app", "--dry-run").exit_code == 1
    result = place.advise("--dry-run")
    assert result.exit_code == 0
    assert (
        "app-1.0.tar.gz (metadata file) differs and does not count: its metadata is that of 'evil'"
        in said(result.stdout)
    )
    assert "its metadata is that of 'evil'" in said(place.run("kb", "verify").stdout)


def test_documents_that_say_the_same_are_not_told(place: Place) -> None:
    """The order of requirements and the spelling of names do not matter."""
    place.index.add(wheel("app", "1.0", requires=["click>=7", "Flask"]))
    place.index.add(sdist("app", "1.0", requires=["flask", "click >= 7"]))
    write(place, requirements_txt="app\n")
    learn_the_sdist(place)
    assert "differs and" not in place.advise().stdout
    assert "differ" not in place.run("kb", "verify").stdout
    assert known_documents(place) == 2


def known_documents(place: Place) -> int:
    """Return how many documents of `app` are known."""
    with closing(sqlite3.connect(place.folder.parent / "kb.sqlite")) as connection:
        query = "SELECT count(*) FROM documents WHERE filename LIKE 'app-%' AND answer = 'metadata'"
        return int(connection.execute(query).fetchone()[0])

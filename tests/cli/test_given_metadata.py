"""Metadata that a manifest gives for a release whose files have none."""

import tomllib

import pytest

from support.artifacts import sdist
from support.place import Place, failed, write

GIVEN = """\
[[{table}.metadata]]
name = "Old.Report"
version = "0.9"
requires-dist = ["click<8", 'flask; extra == "web"']
requires-python = ">=3.6"
provides-extra = ["web"]
"""
MANIFESTS = {
    "pyproject.toml": ('[project]\nname = "shop"\ndependencies = ["old-report"]\n', "tool.pinwise"),
    "Pipfile": ('[packages]\nold-report = "*"\n', "pipenv.pinwise"),
}


@pytest.fixture
def old(place: Place) -> Place:
    """Return a folder beside an index with a release that says nothing of itself."""
    place.index.add(sdist("old-report", "0.9", metadata_version="1.1"), metadata="none")
    return place


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_gives_metadata(old: Place, name: str) -> None:
    """Without it the release cannot be used; with it the release and what it requires are locked."""
    text, table = MANIFESTS[name]
    (old.folder / name).write_text(text, encoding="utf-8")
    without = old.advise("--lock", "pylock.toml")
    assert without.exit_code == 1
    said = " ".join(without.stdout.split())
    assert "its sdist states no static metadata" in said
    assert "What `old-report` requires can be given in the manifest, in a table `[[tool.pinwise.met" in said
    assert f"`[[{table}.metadata]]`" in said
    (old.folder / name).write_text(text + GIVEN.format(table=table), encoding="utf-8")
    result = old.advise("--lock", "pylock.toml")
    assert result.exit_code == 0, result.output
    packages = tomllib.loads((old.folder / "pylock.toml").read_text(encoding="utf-8"))["packages"]
    assert {package["name"]: package["version"] for package in packages} == {
        "click": "7.0",
        "old-report": "0.9",
    }


def test_metadata_that_cannot_be_read_is_refused_with_its_line(old: Place) -> None:
    """The line of the manifest is named, and nothing is written."""
    text = MANIFESTS["pyproject.toml"][0] + GIVEN.format(table="tool.pinwise").replace("0.9", "nine")
    write(old, pyproject_toml=text)
    assert "pyproject.toml:4: `metadata` `nine` is not a version" in failed(old.advise(), 2)
    assert old.files() == ["pyproject.toml"]

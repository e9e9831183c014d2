"""Wheel tags, and the digest of a snapshot."""

import subprocess
import sys
from dataclasses import replace

import pytest
from packaging.requirements import Requirement
from packaging.tags import parse_tag

from pinwise.model.digest import snapshot_digest
from pinwise.model.facts import Metadata, NoProject, Project, Release, Skip, Snapshot, Unusable
from pinwise.model.names import normalise
from pinwise.model.tags import MAX_EXPANSION, best_rank, expand_tags
from support.worlds import world

FLASK = normalise("flask")


@pytest.mark.parametrize(
    "text",
    [
        "py3-none-any",
        "py2.py3-none-any",
        "cp38.cp39-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64",
        "CP311-CP311-Win_AMD64",
        "cp27.cp27-cp27m.cp27mu-linux_x86_64",
    ],
)
def test_a_tag_set_expands_as_packaging_reads_it(text: str) -> None:
    """The single tags of a compressed set are those of `packaging.tags.parse_tag`, each once."""
    expanded = expand_tags(text)
    assert set(expanded) == {str(tag) for tag in parse_tag(text)}
    assert len(set(expanded)) == len(expanded)


@pytest.mark.parametrize("text", ["", "py3", "py3-none", "py3-none-any-x", "-none-any", "py3..py2-none-any"])
def test_what_is_no_tag_set_fits_nowhere(text: str) -> None:
    """A text that is not three sets of tags stands for no tag at all."""
    assert expand_tags(text) == ()
    assert best_rank(text, {"py3-none-any": 0}) is None


def test_an_explosion_of_tags_fits_nowhere() -> None:
    """A name that stands for a million tags is refused before they are made."""
    hundred = ".".join(f"cp{number}" for number in range(100))
    assert MAX_EXPANSION < 100**3
    assert expand_tags("-".join([hundred] * 3)) == ()


def test_the_best_rank_is_that_of_the_best_tag() -> None:
    """A wheel ranks as its best supported tag, and not at all without one."""
    ranks = {"cp312-abi3-linux_x86_64": 0, "py3-none-any": 7}
    assert best_rank("py2.py3-none-any", ranks) == 7
    assert best_rank("py3.cp312-none.abi3-any.linux_x86_64", ranks) == 0
    assert best_rank("cp27-cp27m-win32", ranks) is None


def snapshot() -> Snapshot:
    """Return a small world."""
    return world("flask 1: click>=7\nflask 2 extras=async: click>=8 jinja2\nclick 8\njinja2 3")


def flask_of(facts: Snapshot) -> Project:
    """Return the project of the world."""
    found = facts.projects[FLASK]
    assert isinstance(found, Project)
    return found


def with_flask(page: Project | NoProject) -> Snapshot:
    """Return the small world with another page of the project."""
    facts = snapshot()
    return Snapshot({**facts.projects, FLASK: page}, facts.documents)


def with_document(document: Metadata | Unusable) -> Snapshot:
    """Return the small world with another document of the project's first release."""
    facts = snapshot()
    known = {**facts.known_documents(FLASK), flask_of(facts).releases[0].version: document}
    return Snapshot(facts.projects, {**facts.documents, FLASK: known})


def changed_worlds() -> list[Snapshot]:
    """Return worlds that each differ from the small one in one fact."""
    facts = snapshot()
    flask = flask_of(facts)
    first, second = flask.releases
    (file,) = first.files
    document = facts.known_documents(FLASK)[first.version]
    assert isinstance(document, Metadata)
    files = [
        file._replace(yanked=""),
        file._replace(sha256="0" * 64),
        file._replace(uploaded=1),
        file._replace(requires_python=">=3.9"),
        file._replace(size=None),
    ]
    return [
        Snapshot({}, {}),
        Snapshot(facts.projects, {}),
        Snapshot({name: page for name, page in facts.projects.items() if name != FLASK}, facts.documents),
        with_flask(NoProject(FLASK)),
        with_flask(replace(flask, index="https://mirror.example/simple")),
        with_flask(replace(flask, status="archived")),
        with_flask(replace(flask, skipped=(Skip("flask-x.whl", "why"),))),
        with_flask(replace(flask, releases=(first,))),
        *(with_flask(replace(flask, releases=(Release(first.version, (each,)), second))) for each in files),
        with_document(Unusable("why")),
        with_document(Unusable("why not")),
        with_document(replace(document, requirements=())),
        with_document(replace(document, requirements=(Requirement("click>=7.1"),))),
        with_document(replace(document, extras=frozenset({normalise("async")}))),
    ]


def test_every_fact_counts_in_the_digest() -> None:
    """Worlds that differ in one fact have different digests."""
    digests = [snapshot_digest(facts) for facts in [snapshot(), *changed_worlds()]]
    assert len(set(digests)) == len(digests)


def test_the_order_of_learning_does_not_count() -> None:
    """Names, documents and files in another order give the same digest."""
    facts = snapshot()
    flask = flask_of(facts)
    turned = tuple(Release(version, files[::-1]) for version, files in flask.releases)
    projects = {**facts.projects, FLASK: replace(flask, releases=turned)}
    documents = {name: dict(reversed(list(known.items()))) for name, known in facts.documents.items()}
    other = Snapshot(dict(reversed(projects.items())), dict(reversed(documents.items())))
    assert snapshot_digest(other) == snapshot_digest(facts)


def test_the_digest_is_the_same_in_every_process() -> None:
    """Neither hash seeds nor the order of sets show in a digest."""
    code = "from knowledge.test_tags_and_digest import *\nprint(snapshot_digest(snapshot()))"
    environments = [{"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)} for seed in ("1", "2")]
    printed = {
        subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True).stdout
        for environment in environments
    }
    assert printed == {f"{snapshot_digest(snapshot())}\n".encode()}

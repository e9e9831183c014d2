"""The language of `support.worlds` says what its page promises."""

import pytest
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name, parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

from pinwise.actions.ports import Wanted
from pinwise.model.facts import Metadata, NoProject, Project, Release, Snapshot, Unusable
from support.worlds import (
    DAY,
    FIRST_DAY,
    INDEX,
    TARGET,
    FakeSource,
    PartialKnowledge,
    closed,
    request,
    world,
)

A = canonicalize_name("a")
B = canonicalize_name("b")


def release(snapshot: Snapshot, version: str) -> Release:
    project = snapshot.project(A)
    assert isinstance(project, Project)
    return next(release for release in project.releases if release.version == Version(version))


def test_flags_become_page_facts() -> None:
    """Each flag changes exactly the fact that it names."""
    snapshot = world(
        """
        a 1 sdist time=none
        a 2 foreign yanked="broken build" python>=3.12
        a 3 foreign-only time=2024-05-01T12:00
        a 4 both:
        project a status=quarantined
        """
    )
    assert [file.tags for file in release(snapshot, "1").files] == [""]
    assert release(snapshot, "1").uploaded is None
    assert [file.is_wheel for file in release(snapshot, "2").files] == [True, False]
    assert release(snapshot, "2").is_yanked
    assert {(file.yanked, file.requires_python) for file in release(snapshot, "2").files} == {
        ("broken build", ">=3.12")
    }
    assert len(release(snapshot, "3").files) == 1
    assert release(snapshot, "3").uploaded == FIRST_DAY + 121 * DAY + DAY // 2
    assert release(snapshot, "4").uploaded == FIRST_DAY + 120 * DAY
    project = snapshot.project(A)
    assert isinstance(project, Project)
    assert (project.status, project.index) == ("quarantined", INDEX)


def test_flags_become_documents() -> None:
    """Requirements, extras, Requires-Python and unusable documents are read from the line."""
    snapshot = world(
        "a 1 extras=Fast_er meta-python<4: b>=1 \"c; extra == 'faster'\"\na 2 unusable='no metadata'\n"
    )
    known = snapshot.known_documents(A)
    document = known[Version("1")]
    assert isinstance(document, Metadata)
    assert document.extras == {"fast-er"}
    assert document.requires_python == SpecifierSet("<4")
    assert [str(required) for required in document.requirements] == ["b>=1", 'c; extra == "faster"']
    assert known[Version("2")] == Unusable("no metadata")
    assert isinstance(snapshot.project(B), NoProject)


def test_files_have_valid_names() -> None:
    """Every file's name says its project and version to `packaging`."""
    snapshot = world("a 1!2rc1.post2 foreign")
    wheel, sdist = release(snapshot, "1!2rc1.post2").files
    assert parse_wheel_filename(wheel.filename)[:2] == (A, Version("1!2rc1.post2"))
    assert parse_sdist_filename(sdist.filename) == (A, Version("1!2rc1.post2"))


@pytest.mark.parametrize("text", ["a 1\na 1.0", "a 1 yank", "a"])
def test_a_line_that_is_not_understood_is_an_error(text: str) -> None:
    """A slip in a world never passes silently."""
    with pytest.raises(ValueError, match=r"told twice|no such flag|not enough"):
        world(text)


def test_a_request_is_read_from_text() -> None:
    """Sections become groups and constraints, and markers are evaluated for the target."""
    asked = request(
        """
        A[X]>=1 --hash=sha256:00
        w; sys_platform == "win32"
        [develop]
        b index=second
        [constraints]
        c<2
        """,
        indexes={"main": INDEX, "second": "https://second.example/simple"},
        prereleases=["B"],
    )
    assert [(group.name, [d.name for d in group.requirements]) for group in asked.groups] == [
        ("default", ["a"]),
        ("develop", ["b"]),
    ]
    assert asked.groups[0].requirements[0].extras == ("x",)
    assert asked.groups[0].requirements[0].hashes == {"sha256:00"}
    assert asked.bindings == {"b": "https://second.example/simple"}
    assert [d.name for d in asked.left_out] == ["w"]
    assert [str(d) for d in asked.constraints] == ["c<2"]
    assert asked.prereleases.names == {"b"}


def test_the_target_takes_wheels_of_older_libcs_and_no_newer() -> None:
    """The target's tags hold its own platform and every older one."""
    assert "cp311-cp311-manylinux_2_17_x86_64" in TARGET.tags
    assert "cp311-abi3-manylinux2014_x86_64" in TARGET.tags
    assert "py3-none-any" in TARGET.tags
    assert not any("manylinux_2_29" in tag for tag in TARGET.tags)


def test_a_fake_source_teaches_once_and_counts() -> None:
    """What is fetched is known afterwards, and nothing is counted twice."""
    full = world("a 1\na 2")
    knowledge = PartialKnowledge()
    source = FakeSource(full, knowledge)
    source.fetch(Wanted(pages=(A, B)), Wanted())
    assert isinstance(knowledge.project(B), NoProject)
    assert knowledge.known_documents(A) == {}
    wanted = Wanted(documents=((A, Version("2")),))
    source.fetch(wanted, Wanted(documents=((A, Version("1")),)))
    source.fetch(wanted, wanted)
    assert set(knowledge.known_documents(A)) == {Version("1"), Version("2")}
    assert (source.pages, source.needed, source.prefetched) == (
        [A, B],
        [(A, Version("2"))],
        [(A, Version("1"))],
    )
    assert (source.rounds, source.documents) == (3, 2)


def test_a_closed_world_knows_what_the_request_names() -> None:
    """A name that only the request mentions is known to be no project."""
    asked = request("zz")
    assert isinstance(closed(world("a 1"), asked).project(canonicalize_name("zz")), NoProject)

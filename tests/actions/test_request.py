"""The request that manifest, choices and target make together."""

from dataclasses import replace

import pytest
from packaging.version import Version

from pinwise.actions.request import Choices, IndexChoice, build_request
from pinwise.environment.declare import declare
from pinwise.model.errors import ManifestError, UsageError
from pinwise.model.facts import Metadata, Origin
from pinwise.model.names import normalise
from pinwise.model.request import (
    ALL,
    DirectRequirement,
    Exclusion,
    FormatControl,
    Group,
    Index,
    LocalProject,
    Manifest,
    Place,
    Prereleases,
    Request,
)
from support.advice import direct_requirement

TARGET = declare("3.12", "manylinux_2_28_x86_64")
PUBLIC = Index("https://public.example/simple", "public")
PRIVATE = Index("https://private.example/simple", "private")
EXTRA = Index("https://extra.example/simple")
MIRROR = Index("https://mirror.example/simple")
FALLBACK = Index("https://fallback.example/simple")
LATE = Index("https://late.example/simple")
WHEELS = Index("/wheels", is_flat=True)


def manifest(*requirements: DirectRequirement, kind: str = "Pipfile", **others: object) -> Manifest:
    """Return a manifest with one group."""
    values: dict[str, object] = {"kind": kind, "files": (kind,), "groups": (Group("default", requirements),)}
    return Manifest(**(values | others))  # type: ignore[arg-type]


def urls(request: Request) -> list[str]:
    """Return the hosts of a request's indexes, in order."""
    return [index.url.removeprefix("https://").partition(".")[0] for index in request.indexes]


def ask(given: Manifest, asked: IndexChoice | None = None) -> Request:
    """Return the request for a manifest, with a fallback that has everything."""
    fallback = IndexChoice(FALLBACK, (LATE,), (WHEELS,))
    return build_request(given, Choices(asked=asked or IndexChoice(), fallback=fallback), TARGET)


def test_a_manifest_with_an_index_needs_no_fallback() -> None:
    """Sources of a Pipfile stand in their order, and nothing from outside joins them."""
    request = ask(manifest(indexes=(PUBLIC, PRIVATE), replaces_default_index=True))
    assert urls(request) == ["public", "private"]


def test_a_manifest_that_only_adds_indexes_goes_before_the_fallback() -> None:
    """Extra indexes first, the index URL last; find-links of the fallback before its extras."""
    assert urls(ask(manifest(kind="requirements", indexes=(EXTRA,)))) == [
        "extra",
        "/wheels",
        "late",
        "fallback",
    ]
    assert urls(ask(manifest())) == ["/wheels", "late", "fallback"]


def test_options_outrank_the_manifest() -> None:
    """An index URL stands in for the default one and for all that is configured; the rest goes first."""
    asked = IndexChoice(MIRROR, (EXTRA,), (WHEELS,))
    pipfile = manifest(indexes=(PUBLIC, PRIVATE), replaces_default_index=True)
    assert urls(ask(pipfile, asked)) == ["/wheels", "extra", "mirror", "private"]
    requirements = replace(pipfile, kind="requirements", indexes=(PRIVATE, PUBLIC))
    assert urls(ask(requirements, asked)) == ["/wheels", "extra", "private", "mirror"]
    assert urls(ask(manifest(), IndexChoice(MIRROR))) == ["mirror"]


def test_a_manifest_without_any_index_takes_the_one_of_the_options() -> None:
    """Even where the manifest says `--no-index`, an option that names one counts."""
    bare = manifest(kind="requirements", indexes=(WHEELS,), replaces_default_index=True)
    assert urls(ask(bare)) == ["/wheels"]
    assert urls(ask(bare, IndexChoice(MIRROR))) == ["/wheels", "mirror"]


def test_an_index_counts_once_and_keeps_its_name() -> None:
    """The same URL from two places is one index, where it first stands."""
    twin = Index(PRIVATE.url, secret="https://me@private.example/simple")
    request = ask(
        manifest(indexes=(PUBLIC, PRIVATE), replaces_default_index=True), IndexChoice(None, (twin,))
    )
    assert urls(request) == ["private", "public"]
    assert (request.indexes[0].name, request.indexes[0].secret) == ("private", twin.secret)


def bound(name: str, index: str, line: int = 1) -> DirectRequirement:
    """Return a requirement that is bound to an index."""
    return replace(direct_requirement(name, line=line), index=index)


def test_a_binding_names_the_url_of_its_index() -> None:
    """Also where an option stands in for that index."""
    asked = (bound("a", "private"), bound("b", "public"))
    given = manifest(*asked, indexes=(PUBLIC, PRIVATE), replaces_default_index=True)
    assert ask(given).bindings == {"a": PRIVATE.url, "b": PUBLIC.url}
    assert ask(given, IndexChoice(MIRROR)).bindings == {"a": PRIVATE.url, "b": MIRROR.url}


def test_a_project_has_one_index() -> None:
    """Two bindings of one project contradict each other; both places are named."""
    given = manifest(bound("a", "private", 3), bound("a", "public", 5), indexes=(PUBLIC, PRIVATE))
    with pytest.raises(UsageError, match=r"`private` \(Pipfile:3\) and `public` \(Pipfile:5\)"):
        ask(given)


def test_a_binding_to_no_index_is_an_error() -> None:
    """The near name is offered, the place is named."""
    with pytest.raises(ManifestError, match=r"^Pipfile:4: ") as caught:
        ask(manifest(bound("a", "privat", 4), indexes=(PRIVATE,)))
    assert caught.value.hint == "did you mean `private`?"


def test_markers_decide_for_the_target() -> None:
    """Direct requirements whose markers do not hold are left out; constraints vanish."""
    holds = direct_requirement("a; python_version >= '3.12'")
    fails = direct_requirement("b; sys_platform == 'win32'")
    extra = direct_requirement("c; extra == 'x'")
    request = ask(manifest(holds, fails, extra, constraints=(holds, fails)))
    assert request.direct == (holds,)
    assert request.left_out == (fails, extra)
    assert request.constraints == (holds,)


def test_choices_join_what_the_manifest_allows() -> None:
    """A name that the user chose one way is no longer held the other way by the manifest."""
    given = manifest(
        prereleases=Prereleases(names=frozenset({normalise("p")})),
        formats=FormatControl(no_binary=frozenset({"a", "b"}), only_binary=frozenset({ALL})),
        warnings=("From the manifest.",),
    )
    choices = Choices(
        goal="latest",
        allows_prereleases=True,
        formats=FormatControl(only_binary=frozenset({"a"})),
    )
    request = build_request(given, choices, TARGET)
    assert request.goal == "latest"
    assert request.prereleases == Prereleases(all=True, names=frozenset({normalise("p")}))
    assert request.formats == FormatControl(frozenset({"b"}), frozenset({ALL, "a"}))
    assert request.warnings == ("From the manifest.",)


def local(name: str, path: str) -> LocalProject:
    """Return a local project."""
    return LocalProject(
        normalise(name),
        Version("1"),
        path,
        is_editable=False,
        metadata=Metadata(None, (), frozenset(), Origin.LOCAL),
    )


def test_a_local_project_counts_if_it_is_asked_for() -> None:
    """One whose marker does not hold is looked for nowhere."""
    here = replace(direct_requirement("a"), path="./a")
    gone = replace(direct_requirement("b; sys_platform == 'win32'"), path="./b")
    request = ask(manifest(here, gone, local=(local("a", "./a"), local("b", "./b"))))
    assert dict(request.local) == {"a": local("a", "./a")}


def test_one_name_has_one_path() -> None:
    """Two paths for a project contradict each other."""
    asked = (replace(direct_requirement("a"), path="./a"), replace(direct_requirement("a"), path="./b"))
    with pytest.raises(UsageError, match="named by two paths"):
        ask(manifest(*asked, local=(local("a", "./a"), local("a", "./b"))))


@pytest.mark.parametrize(
    ("required", "is_warned"),
    [
        ("3.12", False),
        ("3.12.0", False),
        (">=3.9", False),
        ("*", False),
        ("3.11", True),
        ("<3.12", True),
        ("x", True),
    ],
)
def test_another_python_than_required_is_warned_of(required: str, is_warned: bool) -> None:  # noqa: FBT001
    """The target is the user's choice; that the manifest says otherwise is said."""
    warnings = ask(manifest(requires_python=required)).warnings
    assert bool(warnings) == is_warned
    assert all(f"`Pipfile` requires Python {required}, but the target is 3.12.0" in each for each in warnings)


def test_overrides_and_exclusions_are_part_of_the_request() -> None:
    """Overrides count where their markers hold; exclusions always do."""
    here, elsewhere = direct_requirement("lib>=2"), direct_requirement("lib<2; sys_platform == 'win32'")
    out = Exclusion(normalise("ghost"), "gone", Place("pyproject.toml", 3))
    request = build_request(manifest(overrides=(here, elsewhere), exclusions=(out,)), Choices(), TARGET)
    assert request.overrides == (here,)
    assert request.exclusions == (out,)


def test_what_contradicts_itself_is_refused() -> None:
    """Two overrides that hold, or an exclusion of what is required or overridden, is an error."""
    out = Exclusion(normalise("lib"), "gone", Place("pyproject.toml", 9))
    both = (direct_requirement("lib>2"), direct_requirement("lib<2"))
    with pytest.raises(UsageError, match=r"`lib` is overridden twice"):
        build_request(manifest(overrides=both), Choices(), TARGET)
    with pytest.raises(UsageError, match=r"`lib` is overridden and excluded \(pyproject\.toml:9\)"):
        build_request(manifest(overrides=both[:1], exclusions=(out,)), Choices(), TARGET)
    with pytest.raises(UsageError, match=r"`lib` is required and excluded \(pyproject\.toml:9\)"):
        build_request(manifest(direct_requirement("lib"), exclusions=(out,)), Choices(), TARGET)

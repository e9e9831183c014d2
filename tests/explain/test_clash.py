from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from pinwise.explain.clash import find_clash
from pinwise.explain.facts import leaves, simplify
from pinwise.model.conflict import Fact, FactKind, Term
from support.derivations import derivation

NAMES = ("a", "b", "c")
KNOWN = tuple(map(Version, "123"))
Stack = Mapping[str, Version | None]


@st.composite
def terms(draw: st.DrawFn) -> Term:
    """Draw some versions of a project."""
    return Term(draw(st.sampled_from(NAMES)), tuple(v for v in KNOWN if draw(st.booleans())), KNOWN)


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    """Draw a fact whose requirement, where it has one, is told by its versions."""
    kind = draw(
        st.sampled_from([FactKind.ROOT, FactKind.CONSTRAINT, FactKind.UNUSABLE, *[FactKind.REQUIRES] * 4])
    )
    wrote = kind in {FactKind.ROOT, FactKind.CONSTRAINT}
    asks = wrote or kind is FactKind.REQUIRES
    return Fact(kind, None if wrote else draw(terms()), target=draw(terms()) if asks else None)


def holds(fact: Fact, stack: Stack) -> bool:
    """Whether a stack, in which None stands for absent, agrees with a fact."""
    subject = fact.subject is not None and stack[fact.subject.project] in fact.subject.versions
    version = None if fact.target is None else stack[fact.target.project]
    wanted = fact.target is not None and version in fact.target.versions
    match fact.kind:
        case FactKind.ROOT:
            return wanted
        case FactKind.CONSTRAINT:
            return wanted or version is None
        case FactKind.UNUSABLE:
            return not subject
        case _:
            return wanted or not subject


def stacks(wanted: Sequence[Fact]) -> Iterator[Stack]:
    """Try every combination: the slow, obvious way."""
    for versions in product((None, *KNOWN), repeat=len(NAMES)):
        stack = dict(zip(NAMES, versions, strict=True))
        if all(holds(fact, stack) for fact in wanted):
            yield stack


WANTED = st.lists(facts(), min_size=1, max_size=10)


@settings(max_examples=300, deadline=None)
@given(WANTED)
def test_a_clash_is_true(wanted: list[Fact]) -> None:
    """A clash is named only where no stack satisfies the facts."""
    if find_clash(wanted) is not None:
        assert next(stacks(wanted), None) is None


@settings(max_examples=300, deadline=None)
@given(WANTED)
def test_simpler_facts_follow(wanted: list[Fact]) -> None:
    """Whatever satisfies the facts satisfies those that are told instead, and a clash stays a clash."""
    fewer = simplify(wanted)
    assert len(fewer) <= len(wanted)
    assert all(holds(fact, stack) for stack in stacks(wanted) for fact in fewer)
    assert find_clash(wanted) is None or find_clash(fewer) is not None


def clash_of(text: str) -> tuple[str, int] | None:
    """Return where the facts in `text` clash, and how many facts took versions away there."""
    clash = find_clash(leaves(derivation(text)))
    return None if clash is None else (clash.project, len(clash.facts))


BOTH = "versions a 1 2\nversions b 1 2\nversions c 1 2\n"


def test_the_clash_is_where_requirements_meet() -> None:
    """Two requirements on one project clash there, not at one of the requirers."""
    assert clash_of(BOTH + "root a\nroot b<2\na=* requires b>=2") == ("b", 2)


def test_versions_that_fail_one_by_one_clash_at_their_project() -> None:
    """Where each version leads elsewhere, the project of those versions is named, without facts."""
    assert clash_of(BOTH + "root a\nroot b<2\nroot c<2\na=1 requires b>=2\na=2 requires c>=2") == ("a", 0)


def test_an_extra_shares_the_versions_of_its_project() -> None:
    """A project and the same project with an extra clash over their versions."""
    assert clash_of(BOTH + "root a[x]>=2\nroot a<2") == ("a", 2)


def test_facts_that_leave_a_stack_do_not_clash() -> None:
    """Nothing is named where a stack is left, or where only what nobody needs is ruled out."""
    assert clash_of(BOTH + "root a\nroot b<2\na=1 requires b>=2") is None
    assert clash_of(BOTH + "root a\nunusable b=*") is None

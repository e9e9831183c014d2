import re

from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from pinwise.explain.facts import leaves
from pinwise.explain.refusal import MOST_SENTENCES, Explanation, explain
from pinwise.model.conflict import Derivation, Derived, Fact, FactKind, Term

NAMES = ["a", "b", "c", "d[x]", "d", "long-name"]
VERSIONS = tuple(map(Version, ("0.9", "1.0", "1.1", "2.0rc1", "2.0", "3.0")))
JARGON = re.compile(
    r"\b(incompatib\w*|terms?|clauses?|derivation|unsatisfiable|premises?|lemma)\b", re.IGNORECASE
)


@st.composite
def terms(draw: st.DrawFn) -> Term:
    """Draw some versions of some project, sometimes one of which nothing is known."""
    known = tuple(sorted(draw(st.sets(st.sampled_from(VERSIONS)))))
    versions = tuple(version for version in known if draw(st.booleans()))
    return Term(draw(st.sampled_from(NAMES)), versions, known, or_absent=draw(st.booleans()))


REASONS = st.lists(
    st.sampled_from(
        ["1.0 needs Python >=3.12", "1.1 needs Python >=3.12", "2.0 was yanked", "it is broken", ""]
    ),
    max_size=4,
).map(tuple)
REQUIREMENTS = st.builds(
    "{}{}".format, st.sampled_from(NAMES), st.sampled_from(["", ">=1", "<2", "==1.0,!=3"])
)


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    """Draw a fact of any kind, its fields filled as the search fills them, or with less."""
    kind = draw(st.sampled_from(FactKind))
    wrote = kind in {FactKind.ROOT, FactKind.CONSTRAINT}
    asks = wrote or kind is FactKind.REQUIRES
    return Fact(
        kind,
        subject=None if wrote else draw(terms()),
        requirement=draw(REQUIREMENTS) if asks else "",
        target=draw(st.none() | terms()) if asks else None,
        reasons=draw(REASONS),
        place=draw(st.sampled_from(["Pipfile:3", "Pipfile:12", "base.txt:2", "odd"])) if wrote else "",
        group=draw(st.sampled_from(["", "default", "develop"])),
        suggestions=draw(st.sampled_from([(), ("flask",), ("flask", "flasgger")])),
    )


def _grown(parts: st.SearchStrategy[Derivation]) -> st.SearchStrategy[Derivation]:
    premises = st.lists(parts, min_size=2, max_size=6)
    shared = st.builds(lambda few: [*few, few[0]], premises)
    return st.builds(Derived, st.lists(terms(), max_size=3).map(tuple), (premises | shared).map(tuple))


DERIVATIONS = st.recursive(facts(), _grown, max_leaves=40)


def _text(explanation: Explanation) -> str:
    return "\n".join((explanation.headline, *explanation.sentences))


@settings(max_examples=80, deadline=None)
@given(DERIVATIONS)
def test_any_derivation_is_told_in_five_sentences(derivation: Derivation) -> None:
    """Whatever the tree, there are one headline and at most five whole sentences."""
    explanation = explain(derivation)
    assert len(explanation.sentences) <= MOST_SENTENCES
    for sentence in (explanation.headline, *explanation.sentences):
        assert sentence.endswith((".", "?"))
        assert "\n" not in sentence
        assert "  " not in sentence
        assert sentence.count("`") % 2 == 0
        assert " ," not in sentence


@settings(max_examples=80, deadline=None)
@given(DERIVATIONS)
def test_what_the_user_wrote_is_always_named(derivation: Derivation) -> None:
    """Every requirement and constraint of the manifest that takes part is told, with its place."""
    text = _text(explain(derivation))
    for fact in leaves(derivation):
        if fact.kind in {FactKind.ROOT, FactKind.CONSTRAINT}:
            assert f"`{fact.requirement}` ({fact.place}" in text


@settings(max_examples=40, deadline=None)
@given(DERIVATIONS)
def test_the_words_are_plain(derivation: Derivation) -> None:
    """No word of the trade reaches the user."""
    assert JARGON.search(_text(explain(derivation))) is None


@settings(max_examples=40, deadline=None)
@given(DERIVATIONS)
def test_the_same_derivation_gives_the_same_words(derivation: Derivation) -> None:
    """Explaining is pure: it changes nothing, and a second time it says the same."""
    before = repr(derivation)
    first = explain(derivation)
    assert explain(derivation) == first
    assert repr(derivation) == before


@settings(max_examples=40, deadline=None)
@given(st.lists(facts(), min_size=1, max_size=12))
def test_the_shape_of_the_tree_drops_no_fact(premises: list[Fact]) -> None:
    """The leaves of a deep tree are those of a flat one."""
    deep: Derivation = premises[0]
    for fact in premises[1:]:
        deep = Derived((), (deep, fact))
    assert leaves(deep) == leaves(Derived((), tuple(premises)))

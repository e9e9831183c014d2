import pytest

from pinwise.actions.advise import SearchOptions, advise
from pinwise.explain.facts import leaves
from pinwise.explain.refusal import MOST_SENTENCES, explain
from pinwise.model.conflict import FactKind
from pinwise.model.outcome import Refusal
from support.random_worlds import SMALL, random_case
from support.worlds import closed, request, world

SEEDS = range(40)


def refuse(worlds: str, manifest: str, **options: object) -> Refusal:
    """Return the refusal of a manifest that nothing satisfies."""
    asked = request(manifest, **options)
    outcome = advise(asked, closed(world(worlds), asked), None, options=SearchOptions())
    assert isinstance(outcome, Refusal), f"expected a refusal, not {type(outcome).__name__}"
    return outcome


@pytest.mark.parametrize(
    ("worlds", "manifest", "expected"),
    [
        (
            "flask 3.0: werkzeug>=3\nflask 2.0: werkzeug\nwerkzeug 1.0\nwerkzeug 3.0",
            "flask>=3\nwerkzeug<2",
            (
                "The manifest requires `flask>=3` (requirements.txt:1), which requires `werkzeug>=3`.",
                "It also requires `werkzeug<2` (requirements.txt:2).",
                "No version of `werkzeug` satisfies both.",
            ),
        ),
        (
            "a 1\na 3.0 python>=3.12\na 3.1 python>=3.12\na 3.2 python>=3.12",
            "a>=3",
            (
                (
                    "The manifest requires `a>=3` (requirements.txt:1), of which no version can be used: "
                    "3.0 to 3.2 need Python >=3.12."
                ),
            ),
        ),
        (
            "a 1: b<2\na 2: c<2\nb 1\nb 2\nc 1\nc 2",
            "a\nb>=2\nc>=2",
            (
                (
                    "The manifest requires `a` (requirements.txt:1), `b>=2` (requirements.txt:2) and `c>=2` "
                    "(requirements.txt:3)."
                ),
                "`a` 1 requires `b<2`, and `a` 2 requires `c<2`.",
                "That leaves no version of `a`.",
            ),
        ),
        (
            "app 1: libx\napp 2: libx>=2",
            "app",
            ("The manifest requires `app` (requirements.txt:1), which requires `libx`, which no index has.",),
        ),
    ],
    ids=["transitive", "python", "cases", "missing"],
)
def test_refusal_of_the_search(worlds: str, manifest: str, expected: tuple[str, ...]) -> None:
    """What the search finds is told in the words of the golden files."""
    assert explain(refuse(worlds, manifest).derivation).sentences == expected


def test_a_missing_project_has_near_names() -> None:
    """A misspelt name ends with a question."""
    explanation = explain(refuse("flask 1", "flaskk").derivation)
    assert explanation.headline == "No stack satisfies the manifest: no index has `flaskk`."
    assert explanation.sentences[-1] == "Did you mean `flask`?"


def test_refusals_of_random_worlds_name_what_was_asked() -> None:
    """In random worlds, too, five sentences hold every requirement of the manifest that takes part."""
    refusals = 0
    for seed in SEEDS:
        case = random_case(seed, SMALL)
        outcome = advise(case.request(), case.snapshot(), None, options=SearchOptions())
        if not isinstance(outcome, Refusal):
            continue
        refusals += 1
        explanation = explain(outcome.derivation)
        assert 1 <= len(explanation.sentences) <= MOST_SENTENCES, str(case)
        told = "\n".join(explanation.sentences)
        roots = [fact for fact in leaves(outcome.derivation) if fact.kind is FactKind.ROOT]
        assert roots
        assert all(f"`{fact.requirement}` ({fact.place}" in told for fact in roots), str(case)
    assert refusals > 5

"""Every counterfactual and every hint of the scenarios is tried by an independent judge: it is true."""

import itertools
from pathlib import Path

import pytest

from pinwise.actions.counterfactual import counterfactual, exact_constraint
from pinwise.actions.hints import Trying, find_hints, relaxations
from pinwise.actions.why import why
from pinwise.model.errors import PinwiseError
from pinwise.model.facts import Project
from pinwise.model.hint import HintKind
from pinwise.model.outcome import Advice, Refusal, Undecided
from support.asking import Case, case_of, constrained, followed
from support.checker import faults
from support.oracle import best_stack
from support.sat import by_satisfiability
from support.scenarios import parse_scenario
from support.worlds import closed

FOLDER = Path(__file__).parent / "scenarios"
FILES = sorted(FOLDER.glob("*.txt"))
MOST_VERSIONS = 4
"""So many versions of each project are asked about, the newest ones."""


def case_in(path: Path) -> Case | None:
    """Return the scenario with all of its world known, None where it is one of an error."""
    scenario = parse_scenario(path.read_text(encoding="utf-8"))
    try:
        asked = scenario.request()
        return case_of(asked, scenario.snapshot(asked))
    except PinwiseError:
        return None


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_counterfactual_is_true(path: Path) -> None:
    """What another version would bring is what the judge finds for the manifest with that constraint."""
    case = case_in(path)
    if case is None or not isinstance(case.outcome, Advice):
        return
    asking = case.asking()
    for pin in case.outcome.pins:
        page = case.facts.project(pin.name)
        assert isinstance(page, Project) or pin.local is not None
        releases = page.releases if isinstance(page, Project) else ()
        for release in releases[-MOST_VERSIONS:]:
            other = counterfactual(asking, pin.name, release.version)
            asked = constrained(case.request, other.constraint)
            assert str(exact_constraint(asking, pin.name, release.version).requirement) == other.constraint
            best = best_stack(asked, case.facts, by_satisfiability)
            assert not isinstance(other.outcome, Undecided)
            if isinstance(other.outcome, Refusal):
                assert best is None
                continue
            assert best is not None
            assert other.outcome.proof.cost == best.cost
            assert {each.name: each.version for each in other.outcome.pins} == best.stack
            assert not faults(other.outcome, case.facts)
            assert best.stack.get(pin.name, release.version) == release.version
            more = sum(each.cost_after - each.cost_before for each in other.differences)
            assert more == other.outcome.proof.cost - case.outcome.proof.cost


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_chain_is_one(path: Path) -> None:
    """The reasons for a pin begin at the manifest, each link leads to the next, the last one to the pin."""
    case = case_in(path)
    if case is None or not isinstance(case.outcome, Advice):
        return
    for pin in case.outcome.pins:
        links = why(case.asking(), pin.name, str(pin.version)).chain
        assert links[0].name is None
        assert links[-1].target == pin.name
        assert all(first.target == second.name for first, second in itertools.pairwise(links))
        assert all(link.place for link in links if link.name is None)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_hint_is_true(path: Path) -> None:
    """A manifest that is changed as a hint says has the stack that the hint promises."""
    case = case_in(path)
    if case is None or not isinstance(case.outcome, Refusal):
        return
    for hint in case.hints():
        asked = followed(case.request, hint)
        best = best_stack(asked, closed(case.facts, asked), by_satisfiability)
        assert best is not None, hint
        assert len(best.stack) == hint.packages
        assert hint.optimal
        assert best.cost == hint.cost
        assert hint.project is None or best.stack.get(hint.project) == hint.version


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_hint_is_missed(path: Path) -> None:
    """What is tried and not shown has no stack, or another change is smaller or cheaper."""
    case = case_in(path)
    if case is None or not isinstance(case.outcome, Refusal):
        return
    trying = Trying(case.trying().worlds, case.trying().options)
    hints = find_hints(case.outcome, trying)
    shown = {(hint.kind, hint.relaxed, hint.instead, hint.place) for hint in hints}
    for each in relaxations(case.outcome, trying):
        if (each.kind, each.relaxed, each.instead, each.place) in shown or len(hints) == 3:
            continue
        is_removal = each.kind is HintKind.REQUIREMENT and not each.instead
        is_needless = any((hint.relaxed, hint.place) == (each.relaxed, each.place) for hint in hints) or (
            is_removal and bool(hints)
        )
        assert is_needless or best_stack(each.request(), case.facts, by_satisfiability) is None

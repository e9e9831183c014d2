"""The exact predictor before judges that share no code with it."""

from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from packaging.version import Version

from pinwise.actions.advise import advise
from pinwise.knowledge.store import open_store
from pinwise.model.outcome import Advice
from support.checker import broken_rules
from support.judges import EXACT, complaints, summary
from support.oracle import all_stacks, best_stack, by_trying_all
from support.random_worlds import MEDIUM, SMALL, Case, random_case
from support.rules import Rules
from support.sat import by_satisfiability, is_feasible
from support.stored import put_world, seen_by
from support.worlds import request, world

BLOCKS = range(10)


@pytest.mark.parametrize("block", BLOCKS)
def test_the_answer_is_the_best_of_all_stacks(block: int) -> None:
    """On small worlds outcome, pins, ties and prices are those of trying every stack, group by group."""
    for seed in range(1000 + 24 * block, 1024 + 24 * block):
        case = random_case(seed, SMALL)
        assert not complaints(case, by_trying_all, partial=0), case


@pytest.mark.parametrize("block", BLOCKS)
def test_the_answer_is_the_best_that_maxsat_finds(block: int) -> None:
    """On larger worlds outcome, pins, ties and prices are those of a MaxSAT solver, group by group."""
    for seed in range(1000 + 6 * block, 1006 + 6 * block):
        case = random_case(seed, MEDIUM)
        assert not complaints(case, by_satisfiability, partial=0), case


@pytest.mark.parametrize("block", BLOCKS)
def test_the_answer_from_slices_is_the_best(block: int, tmp_path: Path) -> None:
    """A share of the same worlds, out of a store: compiled in one run, read as slices in the next."""
    small, medium = range(1000 + 24 * block, 1004 + 24 * block), range(1000 + 6 * block, 1002 + 6 * block)
    for seed, size in [*((seed, SMALL) for seed in small), *((seed, MEDIUM) for seed in medium)]:
        case = random_case(seed, size)
        asked, path = case.request(), tmp_path / f"{seed}-{size.releases[1]}.sqlite"
        with open_store(path) as store:
            put_world(store, case.snapshot(), asked)
        expected = summary(advise(asked, case.snapshot(), None, options=EXACT))
        for _ in range(2):
            with open_store(path, read_only=True) as store:
                view = seen_by(store, asked)
                assert summary(advise(asked, view, None, options=EXACT)) == expected, case
                view.put_slices()


def test_the_judges_agree() -> None:
    """Trying every stack, MaxSAT and plain SAT say the same of small worlds, and the checker agrees."""
    for seed in range(2000, 2100):
        case = random_case(seed, SMALL)
        asked, full = case.request(), case.snapshot()
        best = best_stack(asked, full, by_trying_all)
        assert best == best_stack(asked, full, by_satisfiability), case
        rules = Rules(asked, full, asked.direct)
        stacks = list(all_stacks(rules, {}))
        assert is_feasible(rules, {}) == bool(stacks), case
        assert len({tuple(sorted(stack.items())) for stack in stacks}) == len(stacks)
        if len(asked.groups) == 1:
            for stack in stacks:
                assert not broken_rules(asked, full, stack), case


def test_a_newer_release_never_makes_its_project_older() -> None:
    """A final release above and after all others of a direct project, with a stack, never ages its pin.

    One group only: where the new release parts what was solved group by group, the joint stack weighs anew.
    """
    looked_at = 0
    for seed in range(3000, 3600):
        case = random_case(seed, SMALL)
        if len(case.request().groups) > 1:
            continue
        outcome = advise(case.request(), case.snapshot(), None, options=EXACT)
        if isinstance(outcome, Advice) and outcome.pins:
            looked_at += newer_release_holds(case, outcome)
    assert looked_at > 100


def newer_release_holds(case: Case, outcome: Advice) -> bool:
    """Assert the law for one case; return False where the new release has no stack."""
    random = Random(case.seed)
    direct = [pin for pin in outcome.pins if pin.is_direct]
    pin = random.choice(direct)
    later = datetime(2026, 1, 1, random.randrange(24), random.randrange(60), tzinfo=UTC)
    like = random.choice([line for line in case.world.splitlines() if line.startswith(f"{pin.name} ")])
    needs = like.partition(": ")[2]
    line = f"{pin.name} 2!9 time={later:%Y-%m-%dT%H:%M} extras=x,y,all: {needs}"
    grown = Case(case.seed, f"{case.world}\n{line}", case.manifest, case.options)
    asked, full = grown.request(), grown.snapshot()
    stacks = all_stacks(Rules(asked, full, asked.direct), {})
    if not any(stack.get(pin.name) == Version("2!9") for stack in stacks):
        return False
    after = advise(asked, full, None, options=EXACT)
    assert isinstance(after, Advice), grown
    assert next(p.version for p in after.pins if p.name == pin.name) >= pin.version, grown
    return True


def test_days_are_counted_alike_for_all() -> None:
    """Hours do not make an older release relatively cheaper when a newer one appears."""
    before = """
        p 1 time=2024-01-10T00
        p 2 time=2024-01-10T12: q<2
        p 3 time=2024-01-11T05: r<2
        q 1 time=2024-01-01
        q 2 time=2024-01-02
        r 1 time=2023-01-01
        r 2 time=2024-01-01
        """
    pins = []
    for text in (before, before + "p 9 time=2024-01-11T14: r<2"):
        outcome = advise(request("p"), world(text), None, options=EXACT)
        assert isinstance(outcome, Advice)
        pins.append(next(pin.version for pin in outcome.pins if pin.name == "p"))
    assert pins[0] <= pins[1]

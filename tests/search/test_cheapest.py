"""The proof by the search alone: the same pins as the engine and as trying every stack, whatever changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random

import pytest

from pinwise.actions.advise import advise
from pinwise.formats.report import proof_values
from pinwise.model.facts import Snapshot
from pinwise.model.outcome import Advice, Prover
from pinwise.search import Budget, Found, NoStack
from pinwise.search.bound import Bound
from pinwise.search.cheapest import cheapest, leave_out, most_conflicts_in
from pinwise.search.engine import by_engine
from pinwise.search.exact import by_search
from pinwise.search.first import First, first_stack
from pinwise.search.learning import Contradiction, solve
from pinwise.search.rank import Weights, rank_of, shares
from pinwise.space.compile import Compiler
from pinwise.space.masks import ABSENT, bit, positions, present
from pinwise.space.space import (
    ROOT,
    Ban,
    Picks,
    Space,
    changes_in,
    cost_of,
    needed_picks,
    tie_of,
    unknown_in,
)
from pinwise.space.state import State, incompatibilities
from pinwise.units.context import context_for
from support.judges import EXACT, part_of
from support.random_worlds import MEDIUM, SMALL, Case, Size, random_case
from support.worlds import request, world

LARGE = Size(projects=(20, 24), releases=(6, 10))
BLOCKS = range(4)
NO_LIMIT = 1_000_000


def spaces(case: Case, facts: Snapshot | None = None) -> Iterator[Space]:
    """Yield the space of each group alone, and of all of them together."""
    asked = case.request()
    for part in [*([group] for group in asked.groups), list(asked.groups)]:
        context = context_for(asked, [group.name for group in part])
        roots = [direct for group in part for direct in group.requirements]
        yield Compiler(facts or case.snapshot(), context, roots=roots).compile()


def cases(block: int) -> Iterator[Case]:
    """Yield worlds of one block, a few of them large."""
    for seed in range(5000 + 24 * block, 5024 + 24 * block):
        yield random_case(seed, MEDIUM if seed % 3 else LARGE if seed % 24 == 8 else SMALL)


def drifted(space: Space, random: Random) -> Space:
    """Return a space after something has changed: bounds, prices, present pins, or several of these."""
    domains, changed = list(space.domains), list(space.changed)
    amounts: list[Sequence[int]] = list(space.amounts)
    bans = list(space.bans)
    for node in space.order:
        count = len(space.candidates[node])
        everything = present(count)
        if random.random() < 0.2:
            gone = everything & random.getrandbits(count + 1)
            bans.append(Ban(node, gone, "a bound"))
            domains[node] &= ~gone
        if count and random.random() < 0.2:
            changed[node] = everything & ~bit(random.randrange(count))
        if random.random() < 0.3:
            amounts[node] = [random.choice([0, 1, 5, 40, 900]) for _ in space.amounts[node]]
    return replace(
        space, domains=tuple(domains), changed=tuple(changed), amounts=tuple(amounts), bans=tuple(bans)
    )


@pytest.mark.parametrize("block", BLOCKS)
def test_search_and_engine_find_the_same(block: int) -> None:
    """Picks, cost, bound and optimality are those of the engine, on every world and after random changes."""
    compared = 0
    for case in cases(block):
        random = Random(f"drift {case.seed}")
        for space in spaces(case):
            for each in (space, drifted(space, random), drifted(space, random)):
                compared += assert_same(each, case)
    assert compared > 60


def assert_same(space: Space, case: Case) -> bool:
    """Assert that search and engine agree; return whether there is a stack."""
    found = by_search(space, Budget(), most_conflicts=NO_LIMIT)
    if isinstance(found, NoStack):
        assert isinstance(first_stack(space, Budget()), NoStack)
        return False
    assert isinstance(found, Found)
    assert found.prover is Prover.SEARCH, case
    first = first_stack(space, Budget())
    assert isinstance(first, First)
    engine = by_engine(space, first.picks, Budget())
    assert engine.prover is Prover.ENGINE, case
    assert found == replace(engine, prover=Prover.SEARCH), case
    return True


@pytest.mark.parametrize("block", BLOCKS)
def test_the_engine_goes_on_where_the_search_stops(block: int) -> None:
    """With few conflicts allowed, or none, the answer is the same; only what proved it may differ."""
    provers = set()
    for case in cases(block):
        for space in spaces(case):
            expected = by_search(space, Budget(), most_conflicts=NO_LIMIT)
            for most in (0, 1, 3):
                found = by_search(space, Budget(), most_conflicts=most)
                if isinstance(expected, Found):
                    assert isinstance(found, Found)
                    provers.add(found.prover)
                    assert replace(found, prover=expected.prover) == expected, case
    assert provers == {Prover.SEARCH, Prover.ENGINE}


@pytest.mark.parametrize("block", BLOCKS)
def test_unknown_candidates_leave_changes_and_cost_as_they_are(block: int) -> None:
    """Where not all is known, search and engine agree on the least changes and the least cost."""
    unsettled = 0
    for case in cases(block):
        part = part_of(case.snapshot(), Random(f"part {case.seed}"))
        for space in spaces(case, Snapshot(part.projects, part.documents)):
            found = by_search(space, Budget(), most_conflicts=NO_LIMIT)
            first = first_stack(space, Budget())
            if isinstance(found, Found) and isinstance(first, First):
                engine = by_engine(space, first.picks, Budget())
                assert found.cost == found.bound == engine.cost, case
                assert changes_in(space, found.picks) == changes_in(space, engine.picks), case
                assert found.is_settled == (not unknown_in(space, found.picks)), case
                unsettled += not found.is_settled
    assert unsettled > 10


def random_stacks(space: Space, random: Random) -> list[Picks]:
    """Return stacks that random decisions lead to."""
    found: list[Picks] = []
    for _ in range(4):
        picks = solve(space, incompatibilities(space), lambda _, mask: random.choice(list(positions(mask))))
        if not isinstance(picks, Contradiction):
            found.append(needed_picks(space, picks) or {})
    return found


def by_the_rules(space: Space, picks: Picks) -> tuple[object, ...]:
    """Return what orders stacks, rule by rule."""
    last = [0 if node not in picks else len(space.candidates[node]) - picks[node] for node in space.order]
    return changes_in(space, picks), cost_of(space, picks), *tie_of(space, picks), *last


@pytest.mark.parametrize("block", BLOCKS)
def test_ranks_order_stacks_as_the_rules_do(block: int) -> None:
    """One number says the same as all rules one after the other, and no two stacks have the same."""
    compared = 0
    for case in cases(block):
        random = Random(f"stacks {case.seed}")
        for space in spaces(case):
            each = drifted(space, random)
            stacks = random_stacks(each, random)
            full = [each.full(node) for node in range(len(each.nodes))]
            found = shares(each, full, Weights.of(each))
            for one in stacks:
                for other in stacks:
                    compared += one != other
                    ranks = rank_of(found, one), rank_of(found, other)
                    rules = by_the_rules(each, one), by_the_rules(each, other)
                    assert (ranks[0] < ranks[1]) == (rules[0] < rules[1]), case
                    assert (ranks[0] == ranks[1]) == (one == other), case
    assert compared > 60


@pytest.mark.parametrize("block", BLOCKS)
def test_the_bound_rules_out_nothing_better(block: int) -> None:
    """What a stack in hand rules out holds no better stack, and the sum exceeds the rank of none."""
    looked_at = 0
    for case in cases(block):
        random = Random(f"bound {case.seed}")
        for space in spaces(case):
            each = drifted(space, random)
            stacks = random_stacks(each, random)
            if not stacks:
                continue
            state = State(each, incompatibilities(each))
            assert state.propagate() is None
            weights = Weights.of(each)
            before = list(state.domains)
            found = shares(each, before, weights)
            hand = random.choice(stacks)
            bound = Bound(state, found)
            assert all(bound.least <= rank_of(found, stack) for stack in stacks), case
            if bound.narrow(rank_of(found, hand)) is None:
                better = [s for s in stacks if rank_of(found, s) < rank_of(found, hand)]
                looked_at += len(better)
                assert all(is_within(state, stack) for stack in better), case
            else:
                assert rank_of(found, hand) == min(rank_of(found, stack) for stack in stacks), case
            coarse = State(each, incompatibilities(each))
            coarse.propagate()
            leave_out(coarse, hand, weights)
            kept = [s for s in stacks if rank_of(found, s) <= rank_of(found, hand)]
            assert all(is_within(coarse, stack) for stack in kept), case
    assert looked_at > 20


def is_within(state: State, picks: Picks) -> bool:
    """Whether a stack lies within the domains of a state."""
    held: Mapping[int, int] = {node: bit(k) for node, k in picks.items()}
    nodes = range(ROOT + 1, len(state.domains))
    return all(state.domains[node] & held.get(node, ABSENT) for node in nodes)


def test_the_worked_example_of_ranks() -> None:
    """The numbers in the page of `pinwise.search.rank` are what is computed."""
    case = Case(0, "a 1\na 2", "a")
    (space, _) = spaces(case)
    space = replace(space, amounts=([0], [7, 0]), domains=(bit(0), 0b111))
    assert shares(space, space.domains, Weights.of(space)) == {1: {0: 137, 1: 4}}


def test_the_time_limit_leaves_a_stack_and_a_bound() -> None:
    """Where time ends between the first stack and the proof, the best so far is told with a true bound."""
    text = """
        shop 1: web
        shop 2: web<3
        mail 1: web
        mail 2: web>=3
        web 1
        web 2
        web 3
        """
    asked, facts = request("shop\nmail"), world(text)
    context = context_for(asked, ["default"])
    space = Compiler(facts, context, roots=asked.groups[0].requirements).compile()
    best = by_search(space, Budget())
    assert isinstance(best, Found)
    assert (best.cost, best.is_optimal) == (301, True)
    unfinished = 0
    for calls in range(12):
        found = by_search(space, Budget(_countdown(calls)))
        if isinstance(found, Found) and not found.is_optimal:
            unfinished += 1
            assert found.bound <= best.cost <= found.cost
            assert found.reason == "the time limit was reached"
            assert found.prover is None
    assert unfinished


class _Countdown:
    """A clock that has time left for so many looks at it."""

    def __init__(self, calls: int) -> None:
        self.calls = calls

    def __call__(self) -> float:
        self.calls -= 1
        return float(self.calls)


def _countdown(calls: int) -> _Countdown:
    return _Countdown(calls)


def test_the_report_says_what_proved_a_stack() -> None:
    """A proven stack names its prover, one that is not proven names none."""
    asked, facts = request("a"), world("a 1\na 2")
    for options, prover in ((EXACT, "search"), (replace(EXACT, predictor="latest"), None)):
        outcome = advise(asked, facts, None, options=options)
        assert isinstance(outcome, Advice)
        assert proof_values(outcome.proof)["prover"] == prover


def test_a_larger_space_may_have_fewer_conflicts() -> None:
    """Large spaces go to the engine sooner, but never at once."""
    (small, _) = spaces(Case(0, "a 1", "a"))
    large = replace(small, nodes=small.nodes * 100_000)
    assert most_conflicts_in(small) > most_conflicts_in(large) > 0
    first = first_stack(small, Budget())
    assert isinstance(first, First)
    assert cheapest(first, Budget(), most_conflicts=0).is_proven

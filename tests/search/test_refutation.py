"""Contradictions rest on facts of the space, on none too many, and every step of them follows."""

from collections.abc import Iterator
from itertools import product

import pytest

from pinwise.search.answer import Budget, GaveUp, NoStack
from pinwise.search.first import first_stack, newest_first
from pinwise.search.learning import Contradiction, solve
from pinwise.search.refutation import facts_of, smallest
from pinwise.space.compile import Compiler
from pinwise.space.masks import ABSENT, bit, positions
from pinwise.space.space import Space, needed_picks
from pinwise.space.state import Incompatibility, Learned, incompatibilities
from pinwise.units.context import context_for
from support.random_worlds import MEDIUM, SMALL, Case, random_case


def space_of(case: Case) -> Space:
    """Compile a case with everything known and all of its groups solved together."""
    request = case.request()
    context = context_for(request, [group.name for group in request.groups])
    return Compiler(case.snapshot(), context, roots=request.direct).compile()


def contradictions(count: int) -> Iterator[tuple[Space, Contradiction]]:
    """Yield the first contradictions among random worlds."""
    seed = found = 0
    while found < count:
        space = space_of(random_case(seed, MEDIUM if seed % 2 else SMALL))
        seed += 1
        answer = solve(space, incompatibilities(space), newest_first(space))
        if isinstance(answer, Contradiction):
            found += 1
            yield space, answer


def learned_in(root: Incompatibility) -> Iterator[Learned]:
    """Yield every derived statement under `root` once."""
    seen: set[int] = set()
    queue = [root]
    while queue:
        each = queue.pop()
        if isinstance(each, Learned) and id(each) not in seen:
            seen.add(id(each))
            yield each
            queue.extend(each.premises)


def follows(space: Space, learned: Learned) -> bool:
    """Try every choice in which the derived terms hold: one of the premises must hold as well."""
    premises = [dict(premise.terms) for premise in learned.premises]
    nodes = sorted({node for terms in premises for node in terms})
    terms = dict(learned.terms)
    choices = []
    for node in nodes:
        mask = terms.get(node, space.full(node))
        choices.append([ABSENT] * bool(mask & ABSENT) + [bit(position) for position in positions(mask)])
    for chosen in product(*choices):
        choice = dict(zip(nodes, chosen, strict=True))
        if not any(all(choice[node] & mask for node, mask in premise.items()) for premise in premises):
            return False
    return True


@pytest.fixture(scope="module")
def cases() -> list[tuple[Space, Contradiction]]:
    """Forty contradictions of random worlds."""
    return list(contradictions(40))


def test_every_derived_statement_follows_from_its_premises(
    cases: list[tuple[Space, Contradiction]],
) -> None:
    """Wherever the terms of a resolvent hold, the terms of one of its two premises hold."""
    checked = 0
    for space, contradiction in cases:
        assert not contradiction.root.terms
        for learned in learned_in(contradiction.root):
            assert follows(space, learned)
            checked += 1
    assert checked > len(cases)


def test_no_fact_of_a_refutation_can_be_left_out(cases: list[tuple[Space, Contradiction]]) -> None:
    """Without any one of its facts the rest has a stack."""
    for space, contradiction in cases:
        facts = facts_of(smallest(space, contradiction))
        assert facts
        for left_out in facts:
            rest = [fact for fact in facts if fact is not left_out]
            assert not isinstance(solve(space, rest, newest_first(space)), Contradiction)


def test_the_first_stack_and_the_refutation_exclude_each_other() -> None:
    """A space has either a stack, judged exactly, or a derivation that ends in nothing."""
    for seed in range(60):
        space = space_of(random_case(seed, SMALL))
        found = first_stack(space, Budget())
        if isinstance(found, NoStack):
            assert found.derivation() is not None
        else:
            assert not isinstance(found, GaveUp)
            assert needed_picks(space, found.picks) == found.picks

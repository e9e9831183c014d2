"""The law of optimism: what is known beforehand changes how much is fetched, and nothing else."""

import pytest

from pinwise.actions.advise import advise
from support.judges import EXACT, advise_from, summary
from support.random_worlds import MEDIUM, SMALL, Case, random_case

BLOCKS = range(8)
SMALL_PER_BLOCK, MEDIUM_PER_BLOCK = 30, 8
PARTIAL = 20


def cases(block: int) -> list[Case]:
    """Return the cases of one block."""
    small = range(block * SMALL_PER_BLOCK, (block + 1) * SMALL_PER_BLOCK)
    medium = range(block * MEDIUM_PER_BLOCK, (block + 1) * MEDIUM_PER_BLOCK)
    return [random_case(seed, SMALL) for seed in small] + [random_case(seed, MEDIUM) for seed in medium]


@pytest.mark.parametrize("block", BLOCKS)
def test_partial_knowledge_gives_the_same_answer(block: int) -> None:
    """An empty, a full and twenty random partial knowledge bases give the same pins, proof and cost."""
    for case in cases(block):
        full = case.snapshot()
        expected = summary(advise(case.request(), full, None, options=EXACT))
        for place in range(PARTIAL + 1):
            assert summary(advise_from(case, full, place)) == expected, f"{case}\nknowledge {place}"


def test_the_worlds_hold_what_the_law_is_about() -> None:
    """Every kind of trouble that the law has to stand occurs in the worlds of these tests."""
    text = "\n".join(f"{case}" for block in BLOCKS for case in cases(block))
    for trouble in [
        "rc1", "yanked", " python>=", " meta-python", " sdist", " foreign", "time=none", "unusable",
        "ghost", "[none]", "'all'", "[develop]", "[docs]", "[constraints]", "quarantined", "only_binary",
        "prereleases", "goal = latest", "extra != 'x'", "[overrides]", "[exclude]",
    ]:  # fmt: skip
        assert trouble in text, trouble
    outcomes = [summary(advise(case.request(), case.snapshot(), None, options=EXACT)) for case in cases(0)]
    assert {outcome[0] for outcome in outcomes} == {"advice", "refusal"}

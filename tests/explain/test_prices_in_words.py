from collections.abc import Iterable

import pytest
from packaging.version import Version

from pinwise.explain.prices import cost_by_unit, proof_sentence
from pinwise.model.facts import Origin
from pinwise.model.names import normalise
from pinwise.model.outcome import Pin, Price, Proof, Prover


def pin(name: str, prices: Iterable[tuple[str, int]]) -> Pin:
    """Return a pin with these prices."""
    return Pin(
        name=normalise(name),
        version=Version("1"),
        index="https://index.example/simple",
        index_name=None,
        groups=("default",),
        is_direct=True,
        extras=(),
        marker=None,
        requested_by=(),
        requires=(),
        prices=tuple(Price(unit, f"{name}==1", amount, "because") for unit, amount in prices),
        behind=0,
        days_behind=0,
        latest=Version("1"),
        files=(),
        requires_python=None,
        metadata_origin=Origin.WHEEL,
    )


def test_costs_add_up_by_unit() -> None:
    """Each unit's prices are summed and counted, the dearest unit first, equal ones by name."""
    pins = [
        pin("a", [("freshness", 40), ("yanked", 100)]),
        pin("b", [("freshness", 60)]),
        pin("c", [("sdist", 7)]),
    ]
    assert cost_by_unit(pins) == (("freshness", 100, 2), ("yanked", 100, 1), ("sdist", 7, 1))


def test_a_perfect_stack_has_no_costs() -> None:
    """Where nothing is held against any pin, there is no row."""
    assert cost_by_unit([pin("a", [])]) == ()


@pytest.mark.parametrize(
    ("proof", "sentence"),
    [
        (
            Proof(optimal=True, cost=240, bound=240, unknown=0, predictor="exact"),
            "Proven: of all valid stacks none costs less than 240, and no other one wins the ties.",
        ),
        (
            Proof(
                optimal=False,
                cost=1240,
                bound=200,
                unknown=12,
                predictor="exact",
                reason="the fetch limit of 500 was reached",
            ),
            (
                "Not proven: the fetch limit of 500 was reached; no stack can cost less than 200, "
                "this one costs 1,240, 12 releases were not looked at."
            ),
        ),
        (
            Proof(optimal=False, cost=7, bound=0, unknown=1, predictor="latest"),
            (
                "Not proven: the predictor `latest` does not look for a proof; "
                "no stack can cost less than 0, this one costs 7, 1 release was not looked at."
            ),
        ),
        (
            Proof(
                optimal=False,
                cost=7,
                bound=7,
                unknown=0,
                predictor="exact",
                reason="the time limit was reached.",
            ),
            (
                "Not proven: the time limit was reached; this one costs 7 and none can cost less, "
                "but another may win the ties."
            ),
        ),
        (
            Proof(optimal=True, cost=5, bound=5, unknown=0, predictor="exact", prover=Prover.ENGINE),
            (
                "Proven by the engine HiGHS: of all valid stacks none costs less than 5, "
                "and no other one wins the ties."
            ),
        ),
        (
            Proof(optimal=True, cost=0, bound=0, unknown=0, predictor="exact", is_joint=True),
            (
                "Proven: of all valid stacks none costs less than 0, and no other one wins the ties; "
                "the categories were solved together, for one after the other they have no stack."
            ),
        ),
    ],
)
def test_the_proof_is_one_plain_sentence(proof: Proof, sentence: str) -> None:
    """What is proven, or why not and what is known instead, is one sentence."""
    assert proof_sentence(proof) == sentence

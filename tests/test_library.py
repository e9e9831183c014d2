"""The library's face, used as a program would use it."""

import pytest

import pinwise
from support.worlds import FakeSource, PartialKnowledge, closed, request, world

WORLD = """
app 1: lib<2
app 2: lib>=2
lib 1
lib 2 yanked
"""


def ask(manifest: str) -> pinwise.Advice | pinwise.Refusal | pinwise.Undecided:
    """Advise on a manifest in the world of this module, with everything known."""
    wanted: pinwise.Request = request(manifest)
    facts: pinwise.Snapshot = closed(world(WORLD), wanted)
    return pinwise.advise(wanted, facts, None, options=pinwise.SearchOptions())


def test_an_advice_names_every_pin_and_its_proof() -> None:
    """The best stack is a value with pins, prices and a proof."""
    match ask("app"):
        case pinwise.Advice(pins=pins, proof=proof):
            assert [(pin.name, str(pin.version)) for pin in pins] == [("app", "1"), ("lib", "1")]
            assert proof.optimal
            assert proof.cost == proof.bound == sum(price.amount for pin in pins for price in pin.prices)
        case other:
            pytest.fail(f"no advice: {other}")


def test_a_refusal_is_a_value() -> None:
    """What cannot be had is answered, not raised."""
    assert isinstance(ask("app>=2"), pinwise.Refusal)


def test_without_facts_and_source_nothing_is_decided() -> None:
    """Offline and with an empty knowledge base the answer is an honest `Undecided`."""
    outcome = pinwise.advise(request("app"), pinwise.Snapshot(), None, options=pinwise.SearchOptions())
    assert isinstance(outcome, pinwise.Undecided)
    assert outcome.missing == ("the page of `app`",)


def test_a_source_teaches_what_is_missing() -> None:
    """With a source the same question is answered, and only what mattered was fetched."""
    knowledge = PartialKnowledge()
    source = FakeSource(world(WORLD), knowledge)
    outcome = pinwise.advise(request("lib"), knowledge, source, options=pinwise.SearchOptions())
    assert isinstance(outcome, pinwise.Advice)
    assert (source.pages, source.documents) == (["lib"], 1)


def test_what_the_user_can_mend_is_a_pinwise_error() -> None:
    """Every error that is raised on purpose has one root."""
    with pytest.raises(pinwise.PinwiseError, match="no predictor `best`"):
        pinwise.advise(
            request("app"), pinwise.Snapshot(), None, options=pinwise.SearchOptions(predictor="best")
        )


def test_only_public_names_are_there() -> None:
    """A misspelt name is an AttributeError."""
    with pytest.raises(AttributeError, match="advize"):
        _ = pinwise.advize  # type: ignore[attr-defined]

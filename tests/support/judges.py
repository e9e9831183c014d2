"""What the independent judges hold against the exact predictor in one random world."""

from collections.abc import Iterator
from random import Random

from packaging.version import Version

from pinwise.actions.advise import SearchOptions, advise
from pinwise.model.facts import Snapshot
from pinwise.model.outcome import Advice, Outcome, Refusal, Undecided
from support.checker import faults
from support.oracle import Best, Step, best_stack
from support.random_worlds import Case
from support.rules import Rules
from support.sat import is_feasible
from support.worlds import FakeSource, PartialKnowledge

EXACT = SearchOptions(predictor="exact", fetch_limit=1_000_000)


def complaints(case: Case, step: Step, *, partial: int) -> list[str]:
    """Return what is wrong with the answers to a case, nothing if every judge is content.

    Args:
        case: The world and the request.
        step: The judge that finds the best stack of a step.
        partial: From how many random partial knowledge bases, besides the empty one, the case is asked again.
    """
    request, full = case.request(), case.snapshot()
    outcome = advise(request, full, None, options=EXACT)
    found = list(_against_best(outcome, best_stack(request, full, step), full))
    found += _against_satisfiability(case, outcome)
    for place in range(partial + 1):
        again = advise_from(case, full, place)
        if summary(again) != summary(outcome):
            found.append(f"partial knowledge {place}: {summary(again)}, not {summary(outcome)}")
    return found


def advise_from(case: Case, full: Snapshot, place: int) -> Outcome:
    """Return the advice that begins with partial knowledge: none at place 0, else a random part."""
    known = PartialKnowledge() if place == 0 else part_of(full, Random(f"{case.seed}/{place}"))
    source = FakeSource(full, known, with_prefetch=place % 2 == 0, follows=place % 3 == 0)
    return advise(case.request(), known, source, options=EXACT)


def part_of(full: Snapshot, random: Random) -> PartialKnowledge:
    """Return a random part of what there is to know; documents may be known where the page is not."""
    pages, documents = random.random(), random.random()
    return PartialKnowledge(
        {name: project for name, project in full.projects.items() if random.random() < pages},
        {
            name: {version: known[version] for version in known if random.random() < documents}
            for name, known in full.documents.items()
        },
    )


def summary(outcome: Outcome) -> tuple[object, ...]:
    """Return what must not depend on how much was known beforehand."""
    match outcome:
        case Advice():
            pins = tuple((str(pin.name), str(pin.version), pin.extras, pin.prices) for pin in outcome.pins)
            proof = outcome.proof
            return ("advice", pins, proof.optimal, proof.cost, proof.bound, proof.unknown, proof.is_joint)
        case Refusal():
            return ("refusal",)
        case Undecided():
            return ("undecided", outcome.reason)


def _against_best(outcome: Outcome, best: Best | None, full: Snapshot) -> Iterator[str]:
    if not isinstance(outcome, Advice) or best is None:
        if not (isinstance(outcome, Refusal) and best is None):
            yield f"{summary(outcome)}, not {best}"
        return
    pins: dict[str, Version] = {pin.name: pin.version for pin in outcome.pins}
    if pins != best.stack:
        yield f"pins {summary(outcome)}, not {best}"
    proof = outcome.proof
    told = (proof.optimal, proof.cost, proof.bound, proof.unknown, proof.is_joint)
    if told != (True, best.cost, best.cost, 0, best.is_joint):
        yield f"proof {proof}, not {best}"
    for pin in outcome.pins:
        prices: dict[str, int] = {}
        for price in pin.prices:
            unit = price.unit.replace("-", "_")
            prices[unit] = prices.get(unit, 0) + price.amount
        if prices != best.prices.get(pin.name):
            yield f"prices of {pin.name}: {prices}, not {best.prices.get(pin.name)}"
    yield from faults(outcome, full)


def _against_satisfiability(case: Case, outcome: Outcome) -> Iterator[str]:
    request, full = case.request(), case.snapshot()
    if len(request.groups) == 1:
        feasible = is_feasible(Rules(request, full, request.direct), {})
        if feasible != isinstance(outcome, Advice):
            yield f"a SAT solver says {feasible}"

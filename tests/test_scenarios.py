"""Every scenario gives the answer that its file says, and the independent judges agree with it."""

import os
from pathlib import Path

import pytest

from pinwise.model.errors import PinwiseError
from pinwise.model.outcome import Advice, Undecided
from support.checker import faults
from support.oracle import best_stack
from support.sat import by_satisfiability
from support.scenarios import Scenario, answer, parse_scenario, run

FOLDER = Path(__file__).parent / "scenarios"
FILES = sorted(FOLDER.glob("*.txt"))


def read(path: Path) -> Scenario:
    """Return the scenario of a file."""
    return parse_scenario(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_answer_is_as_written(path: Path, tmp_path: Path) -> None:
    """Pins, prices, cost, warnings and texts are those of the file."""
    scenario = read(path)
    got = answer(scenario, tmp_path)
    if os.environ.get("SCENARIOS_REWRITE") == "1":
        text = path.read_text(encoding="utf-8").partition("\n--- answer\n")[0].rstrip()
        path.write_text(f"{text}\n--- answer\n{got}\n", encoding="utf-8")
    else:
        assert got.splitlines() == scenario.sections["answer"].splitlines()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_judges_agree(path: Path, tmp_path: Path) -> None:
    """The stack passes the checker, and a proven one is the best that the second judge finds."""
    scenario = read(path)
    try:
        outcome = run(scenario, tmp_path).outcome
    except PinwiseError:
        assert scenario.sections["answer"].startswith("error: ")
        return
    if isinstance(outcome, Undecided):
        return
    asked = scenario.request()
    full = scenario.snapshot(asked)
    best = best_stack(asked, full, by_satisfiability)
    if isinstance(outcome, Advice):
        assert not faults(outcome, full)
        assert best is not None
        assert outcome.proof.bound <= best.cost <= outcome.proof.cost
        if outcome.proof.optimal:
            assert {pin.name: pin.version for pin in outcome.pins} == best.stack
    else:
        assert best is None


def test_there_are_enough_scenarios_and_each_says_its_law() -> None:
    """At least eighty, each beginning with its law in words."""
    assert len(FILES) >= 80
    for path in FILES:
        law = read(path).law
        assert len(law) > 20, path
        assert law.endswith("."), path

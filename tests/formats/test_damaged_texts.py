"""Texts from outside, damaged: each parser reads them or raises the one error that it names, in time."""

import pytest

from pinwise.model.errors import UsageError
from support.fuzz_targets import FOUND, TARGETS
from support.fuzzing import Target, damaged, faults

CASES = 1_000
"""A fraction of what `benchmarks/fuzz.py` does in the same order for as long as it is let."""


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_a_damaged_text_is_read_or_refused_with_the_one_error_of_its_parser(target: Target) -> None:
    seeds = (*FOUND.get(target.name, ()), *range(CASES))
    assert list(faults(target, iter(seeds))) == []


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_the_texts_that_are_damaged_are_readable_before(target: Target) -> None:
    for text in target.texts:
        target.parse(text)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_some_damaged_texts_are_read_and_some_are_refused(target: Target) -> None:
    """Damage that every parser refuses, or none, would test nothing."""
    kinds = {_is_read(target, seed) for seed in range(200)}
    assert kinds == {True, False}


def test_a_parser_that_lets_another_error_through_is_found() -> None:
    broken = Target("broken", lambda text: text.index("flask"), ("flask",), (UnicodeError,))
    assert next(faults(broken, iter(range(100))))[1].startswith("ValueError")


def test_a_message_with_control_characters_is_found() -> None:
    def refuse(text: str) -> None:
        raise UsageError(f"`{text}` is wrong")

    telling = Target("telling", refuse, ("flask",), (UsageError,))
    assert any("control characters" in wrong for _, wrong in faults(telling, iter(range(200))))


def _is_read(target: Target, seed: int) -> bool:
    try:
        target.parse(damaged(target, seed))
    except target.errors:
        return False
    return True

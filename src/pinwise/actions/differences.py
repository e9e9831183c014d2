"""What is not the same in two stacks."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from packaging.version import Version

from pinwise.model.names import NormalizedName
from pinwise.model.outcome import Advice, Change, Pin
from pinwise.model.reasons import Difference

Chosen = Mapping[NormalizedName, tuple[Version, str]]
"""Project -> its version and the URL of its index, "" where that is not known."""

Value = TypeVar("Value")


def chosen(advice: Advice) -> Chosen:
    """Return what a stack has of each project that comes from an index."""
    return {pin.name: (pin.version, pin.index) for pin in advice.pins if pin.local is None}


def changes(before: Chosen, after: Chosen) -> tuple[Change, ...]:
    """Return what another stack has at another version or index, adds or lacks, by name."""
    return tuple(
        Change(name, None if old is None else old[0], None if new is None else new[0])
        for name, old, new in _side_by_side(before, after)
        if not _is_same(old, new)
    )


def differences(before: Advice, after: Advice) -> tuple[Difference, ...]:
    """Return what changes, and what stays and costs something else, by name, with the costs."""
    changed = {change.name for change in changes(chosen(before), chosen(after))}
    pins = _side_by_side({pin.name: pin for pin in before.pins}, {pin.name: pin for pin in after.pins})
    return tuple(
        Difference(
            name,
            None if old is None else old.version,
            None if new is None else new.version,
            cost_of_pin(old),
            cost_of_pin(new),
        )
        for name, old, new in pins
        if name in changed or old is None or new is None or cost_of_pin(old) != cost_of_pin(new)
    )


def cost_of_pin(pin: Pin | None) -> int:
    """Return what is held against a pin; nothing is held against what is not there."""
    return 0 if pin is None else sum(price.amount for price in pin.prices)


def _side_by_side(
    before: Mapping[NormalizedName, Value], after: Mapping[NormalizedName, Value]
) -> Iterator[tuple[NormalizedName, Value | None, Value | None]]:
    """Yield what two mappings have of each name, by name."""
    for name in sorted({*before, *after}):
        yield name, before.get(name), after.get(name)


def _is_same(one: tuple[Version, str] | None, other: tuple[Version, str] | None) -> bool:
    if one is None or other is None:
        return one is other
    return one[0] == other[0] and (not one[1] or not other[1] or one[1] == other[1])

"""Which pins are behind the newest release that could be pinned, and what holds each of them back."""

from pinwise.actions.counterfactual import Asking, counterfactual
from pinwise.model.reasons import Behind, Outdated


def outdated(asking: Asking) -> Outdated:
    """Return every pin that is behind, each with what its newest release would bring."""
    return Outdated(
        asking.advice,
        tuple(
            Behind(pin, counterfactual(asking, pin.name, pin.latest))
            for pin in asking.advice.pins
            if pin.behind and pin.local is None
        ),
    )

"""What a predictor answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pinwise.model.outcome import Prover
from pinwise.space.space import Picks, Space

if TYPE_CHECKING:
    from pinwise.model.conflict import Derivation


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a predictor may think.

    Attributes:
        remaining: Seconds that are left, None where there is no limit.
    """

    remaining: Callable[[], float | None] = lambda: None

    def expired(self) -> bool:
        """Whether nothing is left."""
        left = self.remaining()
        return left is not None and left <= 0


@dataclass(frozen=True, slots=True)
class Found:
    """A valid stack.

    Attributes:
        picks: What the roots need, extras included.
        cost: Its exact cost.
        bound: No stack in the space with as few changes costs less.
        is_optimal: Whether no stack changes less of the present lock, none that changes as little is cheaper,
            and no other one wins the ties. Ties are settled only among stacks whose requirements are all
            known; see `is_settled`.
        is_settled: False where the stack holds unknown candidates, so that its ties were not looked at.
        reason: Why it is not optimal, "" if it is.
        prover: What proved it, None where it is not optimal.
    """

    picks: Picks
    cost: int
    bound: int
    is_optimal: bool
    is_settled: bool = True
    reason: str = ""
    prover: Prover | None = None


@dataclass(frozen=True, slots=True)
class NoStack:
    """Nothing satisfies the space; `derivation` gives the shortest reason that was found, made when asked."""

    derivation: Callable[[], "Derivation"]


@dataclass(frozen=True, slots=True)
class GaveUp:
    """The time was over before there was a stack or a contradiction."""


Prediction = Found | NoStack | GaveUp
Predictor = Callable[[Space, Budget], Prediction]

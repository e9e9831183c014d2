"""What a stack costs, and how good it is known to be.

The terminal report shows `cost_by_unit` as its cost table and `proof_sentence` below it.
"""

from collections import Counter
from collections.abc import Iterable

from pinwise.explain.words import clean, count
from pinwise.model.outcome import Pin, Proof, Prover

_JOINT = "the categories were solved together, for one after the other they have no stack"


def cost_by_unit(pins: Iterable[Pin]) -> tuple[tuple[str, int, int], ...]:
    """Return (unit, amount, number of prices) for each unit that prices one of `pins`, the dearest first."""
    amounts: Counter[str] = Counter()
    prices: Counter[str] = Counter()
    for price in (price for pin in pins for price in pin.prices):
        amounts[price.unit] += price.amount
        prices[price.unit] += 1
    ranked = sorted(amounts, key=lambda unit: (-amounts[unit], unit))
    return tuple((unit, amounts[unit], prices[unit]) for unit in ranked)


def proof_sentence(proof: Proof, *, keeps_pins: bool = False) -> str:
    """Say in one plain sentence how good the stack is known to be.

    Args:
        proof: Of the stack.
        keeps_pins: Whether changing as little as possible of a present lock came before cost.

    >>> proof_sentence(Proof(optimal=True, cost=240, bound=240, unknown=0, predictor="exact"))
    'Proven: of all valid stacks none costs less than 240, and no other one wins the ties.'
    """
    joint = f"; {_JOINT}" if proof.is_joint else ""
    if proof.optimal:
        none_better = (
            f"of all valid stacks none costs less than {proof.cost:,}, and no other one wins the ties"
        )
        if keeps_pins:
            none_better = (
                "no valid stack changes fewer pins, and of those that change as few none costs less than "
                f"{proof.cost:,} or wins the ties"
            )
        by = " by the engine HiGHS" if proof.prover is Prover.ENGINE else ""
        return f"Proven{by}: {none_better}{joint}."
    reason = clean(proof.reason) or f"the predictor `{clean(proof.predictor)}` does not look for a proof"
    return f"Not proven: {reason.rstrip('.')}; {_known(proof)}{joint}."


def _known(proof: Proof) -> str:
    """Say what is known of a stack without a proof: the bound, the cost, what was not looked at."""
    if proof.bound >= proof.cost:
        parts = [f"this one costs {proof.cost:,} and none can cost less", "but another may win the ties"]
    else:
        parts = [f"no stack can cost less than {proof.bound:,}", f"this one costs {proof.cost:,}"]
    if proof.unknown:
        parts.append(
            f"{count(proof.unknown, 'release')} {'was' if proof.unknown == 1 else 'were'} not looked at"
        )
    return ", ".join(parts)

"""The stack that changes nothing of the present lock, where there is exactly one: found without a search."""

from pinwise.space.masks import ABSENT, newest
from pinwise.space.space import Picks, Space, needed_picks


def only_unchanged(space: Space) -> Picks | None:
    """Return the one stack without a change; None where there is none, or possibly another one.

    From the roots on: a requirement must be met by some candidate of its target. Where the target has only
    one candidate that changes nothing, every stack without a change holds it, hence all that it requires. So
    if no target leaves a choice, there is no other such stack: this one is the best, whatever it costs.
    """
    choices = (
        domain & ~changed & ~ABSENT for domain, changed in zip(space.domains, space.changed, strict=True)
    )
    sole = {node: newest(mask) for node, mask in enumerate(choices) if mask and not mask & (mask - 1)}
    return needed_picks(space, sole)

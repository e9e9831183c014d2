"""The first valid stack that newest-first finds: the answer of one predictor, the start of the other."""

from dataclasses import dataclass

from pinwise.search.answer import Budget, GaveUp, NoStack
from pinwise.search.learning import Contradiction, OutOfTime, Preference, complete
from pinwise.space.masks import ABSENT, bit, newest
from pinwise.space.space import Picks, Space, needed_picks
from pinwise.space.state import State, incompatibilities


@dataclass(frozen=True, slots=True)
class First:
    """A stack, and what was learned on the way to it.

    Attributes:
        picks: What the roots need.
        state: The state that was searched, with all levels taken back.
        conflicts: Per node, how many conflicts it was part of.
    """

    picks: Picks
    state: State
    conflicts: list[int]


def first_stack(space: Space, budget: Budget) -> First | NoStack | GaveUp:
    """Return the first valid stack that newest-first finds."""
    state = State(space, incompatibilities(space))
    conflicts = [0] * len(space.nodes)
    try:
        found = complete(state, conflicts, newest_first(space), expired=budget.expired)
    except OutOfTime:
        return GaveUp()
    if isinstance(found, Contradiction):
        from pinwise.search.refutation import refutation  # noqa: PLC0415  # for refusals only

        return NoStack(lambda: refutation(space, found))
    needed = needed_picks(space, found)
    if needed is None:
        raise AssertionError("conflict learning returned a stack that breaks a clause")
    state.backtrack(0)
    return First(needed, state, conflicts)


def newest_first(space: Space) -> Preference:
    """Prefer what the present lock has, else the newest; where pre-releases are priced, finals come first."""

    def prefer(node: int, mask: int) -> int:
        kept = mask & ~space.changed[node]
        if kept and space.changed[node]:
            return newest(kept)
        position = newest(mask)
        prereleases = space.candidates[node].prereleases
        if not prereleases & bit(position) or not space.amounts[node][position]:
            return position
        finals = mask & ~prereleases & ~ABSENT
        return newest(finals) if finals else position

    return prefer

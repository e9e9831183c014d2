"""Complete search with conflict learning and backjumping over finite domains.

Follows PubGrub (N. Weizenbaum, 2018) and conflict-driven clause learning: decide, propagate, and where the
terms of an incompatibility all hold, resolve it with the causes of its terms until it says something that was
already true at an earlier level; go back there and propagate it. See ``README.md`` beside this file.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pinwise.space.masks import ABSENT, bit
from pinwise.space.space import ROOT, Picks, Space
from pinwise.space.state import Given, Incompatibility, Learned, Narrowing, State

Preference = Callable[[int, int], int]
"""(node, mask of what is possible, never "absent") -> the position to try first."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """The search has shown that nothing satisfies the givens; the tree of why."""

    root: Incompatibility


class OutOfTime(Exception):  # a signal inside this floor; it never reaches a caller
    """The deadline has passed."""


def solve(
    space: Space,
    givens: list[Given],
    prefer: Preference,
    *,
    expired: Callable[[], bool] = lambda: False,
) -> Picks | Contradiction:
    """Return a valid stack (possibly with more than the roots need), or why there is none.

    Raises:
        OutOfTime: `expired` said so before there was an answer.
    """
    return complete(State(space, givens), [0] * len(space.nodes), prefer, expired=expired)


def complete(
    state: State, conflicts: list[int], prefer: Preference, *, expired: Callable[[], bool]
) -> Picks | Contradiction:
    """Do the same from a state; it is left where the stack was found, `conflicts` are counted per node."""
    while True:
        failed = state.propagate()
        while failed is not None:
            learned, level = learn(state, failed, conflicts)
            if not learned.terms:
                return Contradiction(learned)
            state.backtrack(level)
            state.add(learned)
            failed = state.propagate()
        if expired():
            raise OutOfTime
        node = choose(state, conflicts)
        if node is None:
            return picks_of(state)
        state.decide(node, bit(prefer(node, state.domains[node])))


def choose(state: State, conflicts: list[int]) -> int | None:
    """Return the next project to decide: one that must be present; the most conflicts, then discovery.

    None where no project that must be present leaves a choice: those make a stack, all others stay out.
    """
    best, best_conflicts = None, -1
    bases = state.space.bases
    for node, domain in enumerate(state.domains):
        undecided = not domain & ABSENT and domain & (domain - 1)
        if undecided and bases[node] == node and conflicts[node] > best_conflicts:
            best, best_conflicts = node, conflicts[node]
    return best


def picks_of(state: State) -> Picks:
    """Return what must be present, where that leaves no choice."""
    return {
        node: domain.bit_length() - 2
        for node, domain in enumerate(state.domains)
        if node != ROOT and not domain & ABSENT
    }


def learn(state: State, failed: Incompatibility, conflicts: list[int]) -> tuple[Incompatibility, int]:
    """Resolve a conflict; return what was learned and the level at which it tells something new.

    The returned incompatibility has no terms if nothing satisfies the givens.
    """
    current, terms = failed, dict(failed.terms)
    history = _history(state)
    places = {node: _satisfier(state, history[node], mask) for node, mask in failed.terms}
    while places:
        *before, last = sorted(places.values())
        entry = state.trail[last]
        previous = state.trail[before[-1]].level if before else 0
        conflicts[state.space.bases[entry.node]] += 1
        if entry.cause is None or previous < entry.level:
            return current, previous
        for node in _resolve(state, terms, entry):
            if node in terms:
                places[node] = _satisfier(state, history[node], terms[node])
            else:
                del places[node]
        current = Learned(tuple(terms.items()), (current, entry.cause))
    return current, 0


def _history(state: State) -> dict[int, list[int]]:
    """Return for every node the places of its narrowings on the trail."""
    history: dict[int, list[int]] = {}
    for place, entry in enumerate(state.trail):
        history.setdefault(entry.node, []).append(place)
    return history


def _satisfier(state: State, history: list[int], mask: int) -> int:
    """Return where on the trail a term came to hold."""
    trail = state.trail
    return next(place for place in history if not trail[place].after & ~mask)


def _resolve(state: State, terms: dict[int, int], entry: Narrowing) -> Iterator[int]:
    """Combine a conflict with the cause of one of its terms, and yield whose terms change: PubGrub on masks.

    If the node is in the conflict's mask, the conflict holds; if it is in the cause's, the cause holds; so
    both masks together, with all other terms, cannot hold. A term that always holds is left out.
    """
    cause = entry.cause
    if cause is None:
        raise AssertionError("a decision is never resolved")
    union = terms.pop(entry.node)
    for node, mask in cause.terms:
        if node == entry.node:
            union |= mask
            continue
        both = terms[node] & mask if node in terms else mask
        if both not in (terms.get(node), state.full[node]):
            terms[node] = both
            yield node
    if union != state.full[entry.node]:
        terms[entry.node] = union
    yield entry.node

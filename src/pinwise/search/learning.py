"""Complete search with conflict learning and backjumping over finite domains.

Follows PubGrub (N. Weizenbaum, 2018) and conflict-driven clause learning: decide, propagate, and where the
terms of an incompatibility all hold, resolve it with the causes of its terms until it says something that was
already true at an earlier level; go back there and propagate it. See ``README.md`` beside this file.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pinwise.space.masks import ABSENT, bit
from pinwise.space.space import ROOT, Picks, Space
from pinwise.space.state import Given, Incompatibility, Learned, Narrowing, State, normal_terms

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
    current = failed
    history = _history(state)
    while current.terms:
        last, previous = _satisfiers(state, current, history)
        entry = state.trail[last]
        conflicts[state.space.bases[entry.node]] += 1
        if entry.cause is None or previous < entry.level:
            return current, previous
        current = _resolve(state, current, entry)
    return current, 0


def _history(state: State) -> dict[int, list[int]]:
    """Return for every node the places of its narrowings on the trail."""
    history: dict[int, list[int]] = {}
    for place, entry in enumerate(state.trail):
        history.setdefault(entry.node, []).append(place)
    return history


def _satisfiers(state: State, current: Incompatibility, history: dict[int, list[int]]) -> tuple[int, int]:
    """Return where on the trail the last term came to hold, and the level at which all others held."""
    places = []
    for node, mask in current.terms:
        place = next(p for p in history[node] if not state.trail[p].after & ~mask)
        places.append(place)
    last = max(places)
    previous = max((state.trail[place].level for place in places if place != last), default=0)
    return last, previous


def _resolve(state: State, current: Incompatibility, entry: Narrowing) -> Learned:
    """Combine a conflict with the cause of one of its terms: the rule of PubGrub on masks.

    If the node is in the conflict's mask, the conflict holds; if it is in the cause's, the cause holds; so
    both masks together, with all other terms, cannot hold.
    """
    cause = entry.cause
    if cause is None:
        raise AssertionError("a decision is never resolved")
    terms = dict(current.terms)
    union = terms.pop(entry.node)
    for node, mask in cause.terms:
        if node == entry.node:
            union |= mask
        else:
            terms[node] = terms[node] & mask if node in terms else mask
    terms[entry.node] = union
    return Learned(normal_terms(terms, state.full.__getitem__), (current, cause))

"""The least rank that a stack can still have, kept along with a search, and what follows from it.

Each node adds at least what the cheapest position of its domain adds; "absent" adds nothing. The sum over
all nodes is a bound: no stack within the domains has a smaller rank. So with a stack in hand

- where the bound reaches its rank, nothing within these domains is better: that is a conflict;
- where the bound would reach it if a node took one of its positions, that position is ruled out.

Both are said as incompatibilities, so that `pinwise.search.learning` learns from them as from requirements.
Everything is whole numbers: what is ruled out is ruled out for good.
"""

from bisect import bisect_left
from functools import partial
from typing import NamedTuple

from pinwise.search.rank import Shares
from pinwise.space.masks import ABSENT, bit
from pinwise.space.state import Incompatibility, Outdone, State, Terms


class _Raise(NamedTuple):
    """One entry of the trail that made a node dearer."""

    place: int
    node: int
    before: int
    after: int


class Bound:
    """The bound on the stacks within the domains of a state, which has no level open yet.

    Args:
        state: What is searched.
        shares: What every node adds, for every position that its domain holds.

    Attributes:
        least: No stack within the domains has a smaller rank.
    """

    def __init__(self, state: State, shares: Shares) -> None:
        self._state = state
        self._amounts: dict[int, list[int]] = {}  # ascending
        self._bits: dict[int, list[int]] = {}  # of the positions with these amounts
        self._above: dict[int, list[int]] = {}  # the mask of this and all dearer positions
        for node, share in shares.items():
            if share and any(share.values()):
                self._add(node, [(amount, bit(k)) for k, amount in share.items()])
        self._parts = {node: self._cheapest(node) for node in self._amounts}
        self._certain = dict(self._parts)  # as they were when no level was open
        self.least = sum(self._parts.values())
        self._raised: list[_Raise] = []
        self._done: tuple[int, int] | None = None  # the sum and the rank for which all was ruled out
        self._seen = len(state.trail)

    def _add(self, node: int, entries: list[tuple[int, int]]) -> None:
        if self._state.domains[node] & ABSENT:
            entries.append((0, ABSENT))
        entries.sort()
        above, masks = 0, []
        for _, mask in reversed(entries):
            above |= mask
            masks.append(above)
        self._amounts[node] = [amount for amount, _ in entries]
        self._bits[node] = [mask for _, mask in entries]
        self._above[node] = masks[::-1]

    def _cheapest(self, node: int) -> int:
        domain = self._state.domains[node]
        for mask, amount in zip(self._bits[node], self._amounts[node], strict=True):
            if mask & domain:
                return amount
        raise AssertionError("a domain is never empty")

    def cheapest(self, node: int) -> int:
        """Return the mask of the position of a node's domain that adds least."""
        domain = self._state.domains[node]
        if node not in self._bits:
            return domain & -domain
        return next(mask for mask in self._bits[node] if mask & domain)

    def narrow(self, rank: int) -> Incompatibility | None:
        """Rule out whatever leads to `rank` or worse only; return a conflict where nothing is left."""
        self._follow()
        if self._done == (self.least, rank):
            return None  # nothing was raised since
        if self.least >= rank:
            return self._reason(self.least - rank)
        for node, part in self._parts.items():
            domain = self._state.domains[node]
            if not domain & (domain - 1):
                continue
            amounts = self._amounts[node]
            most = rank - self.least + part
            if amounts[-1] < most:
                continue
            place = bisect_left(amounts, most)
            wrong = domain & self._above[node][place]
            if wrong:
                while not self._bits[node][place] & wrong:
                    place += 1
                reason = self._reason(amounts[place] - most, (node, self._above[node][place]))
                self._state.narrow(node, domain & ~wrong, reason)
        self._done = (self.least, rank)
        return None

    def backtrack(self) -> None:
        """Follow a state that has taken back narrowings."""
        end = len(self._state.trail)
        while self._raised and self._raised[-1].place >= end:
            node, part = self._raised.pop()[1:3]
            self.least += part - self._parts[node]
            self._parts[node] = part
        self._seen = min(self._seen, end)
        self._done = None

    def _follow(self) -> None:
        """Bring the sum up to date with the trail."""
        trail, parts = self._state.trail, self._parts
        for place in range(self._seen, len(trail)):
            node = trail[place].node
            before = parts.get(node)
            if before is None:
                continue
            part = self._cheapest(node)
            if part != before:
                self.least += part - before
                parts[node] = part
                if self._state.level:
                    self._raised.append(_Raise(place, node, before, part))
                else:
                    self._certain[node] = part
        self._seen = len(trail)

    def _reason(self, spare: int, *terms: tuple[int, int]) -> Outdone:
        """Say why nothing better is left, or would be if `terms` held, by `spare` more than it takes."""
        return Outdone(partial(self._terms, len(self._raised), spare, *terms))

    def _terms(self, end: int, spare: int, *terms: tuple[int, int]) -> Terms:
        """Write a reason down, as it was when `end` parts had been raised.

        What was so before any decision needs no saying. Of the rest, as much is left out as the sum can
        spare, the smallest first; what is said of the others is as weak as it may be.
        """
        parts = {each.node: each.after for each in self._raised[:end]}
        for node, _ in terms:
            parts.pop(node, None)
        found = list(terms)
        for gain, node in sorted((part - self._certain[node], node) for node, part in parts.items()):
            if gain <= spare:
                spare -= gain
                continue
            amounts = self._amounts[node]
            place = bisect_left(amounts, parts[node] - spare)
            spare -= parts[node] - amounts[place]
            found.append((node, self._above[node][place]))
        return tuple(found)

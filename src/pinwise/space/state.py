"""A search's view of a space: what is still possible, why, and how to take it back.

Every piece of knowledge is an *incompatibility*: a set of terms (node, mask) that cannot all hold. A node's
domain is one integer, propagation is one ``&``. The trail records every narrowing with its cause, so that
`pinwise.search.learning` can learn from conflicts.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pinwise.space.masks import ABSENT
from pinwise.space.space import Ban, Clause, Space

Terms = tuple[tuple[int, int], ...]
"""(node, mask) pairs, each node once; they cannot all hold."""


class Tie(NamedTuple):
    """The fact that an extra is present only at its project's candidate; the origin of a made-up clause."""

    extra: int
    base: int


@dataclass(frozen=True, slots=True)
class Learned:
    """An incompatibility that follows from two others."""

    terms: Terms
    premises: "tuple[Incompatibility, Incompatibility]"


@dataclass(slots=True)
class Outdone:
    """What only stacks break that are no better than one in hand; most are never asked for their terms."""

    write: Callable[[], Terms]
    written: Terms | None = None

    @property
    def terms(self) -> Terms:
        """What cannot all hold in a better stack; first asked for while the cause of a narrowing stands."""
        if self.written is None:
            self.written = self.write()
        return self.written

    @property
    def premises(self) -> "tuple[Incompatibility, ...]":
        """Nothing that the space says."""
        return ()


@dataclass(frozen=True, slots=True)
class Given:
    """An incompatibility of the space itself."""

    terms: Terms
    origin: Clause | Ban | Tie


Incompatibility = Given | Learned | Outdone


class Narrowing(NamedTuple):
    """One entry of the trail; `cause` is None for a decision."""

    node: int
    before: int
    after: int
    level: int
    cause: Incompatibility | None


class State:
    """Domains of all nodes, with propagation and a trail.

    Args:
        space: What is searched.
        givens: Its incompatibilities, or a part of them; see `incompatibilities`.
    """

    def __init__(self, space: Space, givens: Iterable[Given]) -> None:
        count = len(space.nodes)
        self.space = space
        self.full = [space.full(node) for node in range(count)]
        self.domains = list(self.full)
        self.trail: list[Narrowing] = []
        self.level = 0
        self._watch: list[list[tuple[Incompatibility, tuple[tuple[int, int, int], ...]]]] = [
            [] for _ in range(count)
        ]
        self._ties: list[list[int]] = [[] for _ in range(count)]
        for node, base in enumerate(space.bases):
            if base != node:
                self._ties[base].append(node)
        self._agenda: list[int] = []
        self._waiting: set[int] = set()  # what stands on the agenda, often many times, to be visited once
        self._failed: Incompatibility | None = None
        for given in givens:
            self.add(given)

    def add(self, incompatibility: Incompatibility) -> None:
        """Add an incompatibility; what it rules out now is ruled out when `propagate` runs."""
        terms = tuple((node, mask, ~mask) for node, mask in incompatibility.terms)
        for node, _, _ in terms:
            self._watch[node].append((incompatibility, terms))
        if terms:
            if len(terms) == 1:
                node, _, allowed = terms[0]
                if self.domains[node] & ~allowed and self._failed is None:
                    self._failed = self._narrow(node, self.domains[node] & allowed, incompatibility)
            else:
                self._note(terms[0][0])
        elif self._failed is None:
            self._failed = incompatibility

    def decide(self, node: int, mask: int) -> None:
        """Open a new level in which `node` is in `mask`."""
        self.level += 1
        self._narrow(node, mask, None)

    def narrow(self, node: int, after: int, cause: Incompatibility) -> Incompatibility | None:
        """Narrow the domain of `node` to `after`; return `cause` itself where nothing is left of it.

        The terms of `cause` hold, but for one: that `node` is in a mask that holds what `after` lacks.
        """
        return self._narrow(node, after, cause)

    def propagate(self) -> Incompatibility | None:
        """Rule out all that follows; return an incompatibility whose terms all hold, if there is one."""
        if self._failed is not None:
            return self._failed
        while self._agenda:
            node = self._agenda.pop()
            if node not in self._waiting:
                continue
            self._waiting.discard(node)
            failed = self._visit(node)
            if failed is not None:
                self._forget_agenda()
                return failed
        return None

    def backtrack(self, level: int) -> None:
        """Take back every narrowing above `level`."""
        while self.trail and self.trail[-1].level > level:
            entry = self.trail.pop()
            self.domains[entry.node] = entry.before
        self.level = level
        self._forget_agenda()
        self._failed = None

    def _note(self, node: int) -> None:
        """Let a node be visited next: something about it has changed."""
        self._agenda.append(node)
        self._waiting.add(node)

    def _forget_agenda(self) -> None:
        self._agenda.clear()
        self._waiting.clear()

    def _visit(self, node: int) -> Incompatibility | None:
        domains = self.domains
        for incompatibility, terms in self._watch[node]:
            free = -1
            allowed = 0
            for other, mask, inverse in terms:
                domain = domains[other]
                if not domain & mask:
                    break
                if domain & inverse:
                    if free >= 0:
                        break
                    free, allowed = other, inverse
            else:
                if free < 0:
                    return incompatibility
                failed = self._narrow(free, domains[free] & allowed, incompatibility)
                if failed is not None:
                    return failed
        return self._visit_ties(node)

    def _visit_ties(self, node: int) -> Incompatibility | None:
        domains, base = self.domains, self.space.bases[node]
        if base != node:
            if not domains[node] & ABSENT and domains[base] & ~domains[node]:
                return self._narrow(base, domains[base] & domains[node], None, tie=Tie(node, base))
            return None
        for extra in self._ties[node]:
            allowed = domains[node] | ABSENT
            if domains[extra] & ~allowed:
                failed = self._narrow(extra, domains[extra] & allowed, None, tie=Tie(extra, node))
                if failed is not None:
                    return failed
        return None

    def _narrow(
        self, node: int, after: int, cause: Incompatibility | None, *, tie: Tie | None = None
    ) -> Incompatibility | None:
        """Narrow a domain; return the cause itself where nothing is left of it."""
        if tie is not None:
            cause = self._tie_clause(node, tie)
        before = self.domains[node]
        if not after:
            return cause
        self.domains[node] = after
        self.trail.append(Narrowing(node, before, after, self.level, cause))
        self._note(node)
        return None

    def _tie_clause(self, node: int, tie: Tie) -> Given:
        """Return the clause of a tie for the domains of this moment; it holds for any mask."""
        if node == tie.base:
            mask = self.domains[tie.extra]
            return Given(((tie.extra, mask), (tie.base, self.full[tie.base] & ~mask)), tie)
        mask = self.domains[tie.base]
        return Given(((tie.base, mask), (tie.extra, self.full[tie.extra] & ~(mask | ABSENT))), tie)


def incompatibilities(space: Space) -> list[Given]:
    """Return what a space rules out, as incompatibilities: one per clause and ban."""
    givens = [Given(normal_terms({ban.node: ban.forbidden}, space.full), ban) for ban in space.bans]
    for clause in space.clauses:
        full = space.full(clause.target)
        terms = {clause.source: clause.condition, clause.target: full & ~clause.allowed}
        givens.append(Given(normal_terms(terms, space.full), clause))
    return givens


def normal_terms(terms: Mapping[int, int], full: Callable[[int], int]) -> Terms:
    """Return terms as a tuple, without those that always hold."""
    return tuple((node, mask) for node, mask in terms.items() if mask != full(node))

"""From facts, units and a request to a `Space`.

A `Compiler` serves one step of an advice (the groups solved together, with earlier ones held) over all its
rounds: what a round does not change is not computed again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from packaging.version import Version

from pinwise.model.names import NormalizedName, normalise
from pinwise.model.request import DirectRequirement, Request
from pinwise.space.masks import ABSENT, bit, positions, present
from pinwise.space.projects import Facts, Projects, Seen
from pinwise.space.rows import Amendments, Demand, Row, Rows
from pinwise.space.slices import Slice
from pinwise.space.space import ROOT, Amounts, Ban, Clause, Node, Space
from pinwise.units.admission import unknown
from pinwise.units.context import Candidates, Context
from pinwise.units.steps import METADATA_STEPS, STEPS

__all__ = ["Compiler", "Facts"]

_ROOT = unknown(normalise("your-project"))


@dataclass(slots=True)
class _Draft:
    """A space while it is being compiled."""

    nodes: list[Node] = field(default_factory=list)
    numbers: dict[tuple[NormalizedName, NormalizedName | None], int] = field(default_factory=dict)
    bases: list[int] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    domains: list[int] = field(default_factory=list)
    clauses: list[Clause] = field(default_factory=list)
    bans: list[Ban] = field(default_factory=list)
    queue: list[int] = field(default_factory=list)

    def add(self, node: Node, seen: Seen) -> int:
        number = len(self.nodes)
        self.nodes.append(node)
        self.numbers[node] = number
        self.bases.append(number if node.extra is None else self.numbers[Node(node.name)])
        self.seen.append(seen)
        self.domains.append(present(len(seen.candidates)) | ABSENT)
        self.queue.append(number)
        return number

    def ban(self, node: int, forbidden: int, reason: DirectRequirement | str | Mapping[int, str]) -> None:
        if forbidden:
            self.bans.append(Ban(node, forbidden, reason))
            self.domains[node] &= ~forbidden


class Compiler:
    """Compiles the spaces of one step.

    Args:
        facts: What is known; it may know more from round to round, and a page may become known.
        context: The request as units see it in this step.
        roots: The direct requirements of this step, in manifest order.
        settled: Those of the earlier steps, whose prices are paid.
        held: What earlier steps have chosen: project -> (version, group).
    """

    def __init__(
        self,
        facts: Facts,
        context: Context,
        *,
        roots: Sequence[DirectRequirement],
        settled: Sequence[DirectRequirement] = (),
        held: Mapping[NormalizedName, tuple[Version, str]] = MappingProxyType({}),
    ) -> None:
        self.context = context
        self._facts = facts
        self._roots = (*settled, *roots)
        self._held = held
        paid = {Node(each.name, extra) for each in settled for extra in each.extras}
        asked = {Node(each.name, extra) for each in roots for extra in each.extras}
        self._priced_extras = asked - paid
        self._constraints: dict[NormalizedName, list[DirectRequirement]] = {}
        for constraint in context.request.constraints:
            self._constraints.setdefault(constraint.name, []).append(constraint)
        self._amendments = Amendments(context.request)
        self._projects = Projects(facts, context)
        self._amounts: dict[NormalizedName, tuple[Candidates, Sequence[int]]] = {}

    def compile(self, *, known_only: bool = False) -> Space:
        """Return the space of all that is known now.

        With `known_only`, candidates whose metadata (or page) is not known are ruled out; otherwise they are
        taken optimistically: they require nothing.
        """
        draft = _Draft()
        draft.add(Node(_ROOT.name), Seen(_ROOT, Slice(_ROOT, Rows())))
        draft.domains[ROOT] = bit(0)
        draft.queue.clear()
        self._projects.expect({*(each.name for each in self._roots), *self._held})
        for requirement in self._roots:
            self._require_root(draft, requirement)
        for name, (version, group) in self._held.items():
            self._hold(draft, name, version, group)
        unknown: dict[int, int] = {ROOT: 0}
        while draft.queue:
            wave, draft.queue = draft.queue, []
            self._projects.expect(_targets(draft, wave))
            for node in wave:
                unknown[node] = self._expand(draft, node, known_only=known_only)
        return self._finish(draft, unknown)

    def candidates(self, name: NormalizedName) -> Candidates:
        """Return the candidates of a project as far as its page is known."""
        return self._projects.seen(name).candidates

    def asked(self, name: NormalizedName, extra: NormalizedName | None, position: int) -> list[Demand]:
        """Return what a candidate asks for, itself or by one of its extras, before the user amends it."""
        seen = self._projects.seen(name)
        said = seen.rows.base if extra is None else self._projects.added_by(seen, extra).said
        return said.by(position)

    def lacks(self, name: NormalizedName, extra: NormalizedName, position: int) -> bool:
        """Whether a candidate is known to lack an extra."""
        return bool(self._projects.added_by(self._projects.seen(name), extra).lacks & bit(position))

    def price(self, name: NormalizedName, position: int) -> int:
        """Return the price of a candidate by page facts, whoever pays it."""
        if name in self.context.request.local:
            return 0
        return self._base_amounts(self.candidates(name))[position]

    def rows(self, name: NormalizedName) -> Rows:
        """Return what the known documents of a project say."""
        return self._projects.seen(name).rows

    def _require_root(self, draft: _Draft, requirement: DirectRequirement) -> None:
        nodes = [Node(requirement.name, extra) for extra in requirement.extras] or [Node(requirement.name)]
        for node in nodes:
            target = self._number(draft, node)
            mask = self._projects.allowed(draft.seen[target], requirement.requirement.specifier)
            self._clause(draft, Clause(ROOT, bit(0), target, mask, requirement))

    def _hold(self, draft: _Draft, name: NormalizedName, version: Version, group: str) -> None:
        node = self._number(draft, Node(name))
        candidates = draft.seen[node].candidates
        position = candidates.versions.position(version)
        kept = 0 if position is None else bit(position)
        draft.ban(node, (present(len(candidates)) | ABSENT) & ~kept, group)

    def _number(self, draft: _Draft, node: Node) -> int:
        """Return the number of a node, with its constraints applied when it is first met."""
        number = draft.numbers.get(node)
        if number is not None:
            return number
        if node.extra is not None:
            base = self._number(draft, Node(node.name))
            number = draft.add(node, draft.seen[base])
            draft.domains[number] = draft.domains[base] | ABSENT
            return number
        seen = self._projects.seen(node.name)
        number = draft.add(node, seen)
        for constraint in self._constraints.get(node.name, ()):
            if not seen.candidates.is_virtual:
                mask = self._projects.allowed(seen, constraint.requirement.specifier)
                draft.ban(number, present(len(seen.candidates)) & ~mask, constraint)
        return number

    def _clause(self, draft: _Draft, clause: Clause) -> None:
        """Add a clause; where its condition is certain, what it rules out need not be compiled at all."""
        if clause.source == clause.target:
            wrong = clause.condition & ~clause.allowed
            draft.ban(clause.source, wrong, dict.fromkeys(positions(wrong), f"requires {clause.reason}"))
            return
        draft.clauses.append(clause)
        if not draft.domains[clause.source] & ~clause.condition:
            target = clause.target
            draft.domains[target] &= clause.allowed
            draft.domains[draft.bases[target]] &= clause.allowed

    def _expand(self, draft: _Draft, node: int, *, known_only: bool) -> int:
        """Compile what one node requires; return the mask of its candidates that are not known."""
        extra, seen = draft.nodes[node].extra, draft.seen[node]
        if seen.candidates.is_virtual:
            if known_only:
                draft.ban(node, bit(0), {0: "is not known"})
            return bit(0)
        rows = seen.rows
        unknown = draft.domains[node] & ~rows.known & ~ABSENT
        if extra is not None:
            self._add_rows(draft, node, self._projects.added_by(seen, extra).said.rows)
            return unknown
        self._rule_out(draft, node, rows.unusable())
        if known_only:
            draft.ban(node, unknown, dict.fromkeys(positions(unknown), "has metadata that is not known"))
        self._add_rows(draft, node, rows.base.rows)
        return unknown

    def _rule_out(self, draft: _Draft, node: int, unusable: Mapping[int, str]) -> None:
        """Ban the candidates whose metadata rules them out, one ban for each reason."""
        domain = draft.domains[node]
        for reason in dict.fromkeys(unusable.values()):
            where = {k: reason for k, each in unusable.items() if each == reason and domain & bit(k)}
            draft.ban(node, sum(bit(k) for k in where), where)

    def _add_rows(self, draft: _Draft, node: int, rows: Iterable[Row]) -> None:
        merged: dict[tuple[int, int], Row] = {}
        domain, name = draft.domains[node], draft.nodes[node].name
        for written, mask in rows:
            condition = mask & domain
            demand = self._amendments.amend(name, written) if condition else None
            if demand is None:
                continue
            base = draft.numbers.get((demand.target, None))
            if base is None:
                base = self._number(draft, Node(demand.target))
            seen = draft.seen[base]
            allowed = seen.allowed.get(demand.specifier)
            if allowed is None or demand.url:
                allowed = self._projects.demanded(seen, demand)
            for extra in demand.extras or (None,):
                target = base if extra is None else self._number(draft, Node(demand.target, extra))
                reason, before = merged.get((target, allowed), (demand, 0))
                merged[target, allowed] = (reason, before | condition)
        for (target, allowed), (reason, condition) in merged.items():
            self._clause(draft, Clause(node, condition, target, allowed, reason))

    def _finish(self, draft: _Draft, unknown: Mapping[int, int]) -> Space:
        count = len(draft.nodes)
        return Space(
            nodes=tuple(draft.nodes),
            bases=tuple(draft.bases),
            candidates=tuple(seen.candidates for seen in draft.seen),
            clauses=tuple(draft.clauses),
            bans=tuple(draft.bans),
            domains=tuple(draft.domains),
            amounts=tuple(self._amounts_of(draft, node) for node in range(count)),
            behind=tuple(_behind(draft, node) for node in range(count)),
            changed=tuple(self._changed(draft, node) for node in range(count)),
            unknown=tuple(unknown[node] for node in range(count)),
            order=self._order(draft),
            bindings=_index_names(self.context.request),
            groups={
                id(each): group.name for group in self.context.request.groups for each in group.requirements
            },
        )

    def _changed(self, draft: _Draft, node: int) -> int:
        """Return the mask of candidates that change what the present lock says of a project.

        A project that the lock does not have changes nothing: else its oldest release, which often needs the
        fewest others, would win. A virtual candidate counts as unchanged, as what it stands for may be.
        """
        kept = self.context.request.kept
        name, extra = draft.nodes[node]
        if kept is None or kept.frees_all or node == ROOT or extra is not None:
            return 0
        if name in kept.freed or name in self._held:
            return 0
        if name not in kept.pins:
            return 0
        version, index = kept.pins[name]
        candidates = draft.seen[node].candidates
        if candidates.is_virtual or name in self.context.request.local:
            return 0
        position = candidates.versions.position(version) if index in ("", candidates.index) else None
        return present(len(candidates)) & ~(0 if position is None else bit(position))

    def _amounts_of(self, draft: _Draft, node: int) -> Sequence[int]:
        name, extra = draft.nodes[node]
        candidates = draft.seen[node].candidates
        free = bytes(len(candidates))
        if candidates.is_virtual:
            return free
        if extra is not None:
            is_priced = draft.nodes[node] in self._priced_extras
            return self._extra_amounts(draft.seen[node], extra) if is_priced else free
        if name in self._held or name in self.context.request.local:
            return free
        return self._base_amounts(candidates)

    def _extra_amounts(self, seen: Seen, extra: NormalizedName) -> Sequence[int]:
        """Price the candidates that are known to lack an extra; what is not known costs nothing."""
        amounts = [0] * len(seen.candidates)
        for position in positions(self._projects.added_by(seen, extra).lacks):
            amounts[position] = sum(step.amount(self.context.goal) for step in METADATA_STEPS)
        return amounts

    def _base_amounts(self, candidates: Candidates) -> Sequence[int]:
        cached = self._amounts.get(candidates.name)
        if cached is None or cached[0] is not candidates:
            amounts = Amounts(len(candidates), lambda: self._prices(candidates))
            cached = self._amounts[candidates.name] = (candidates, amounts)
        return cached[1]

    def _prices(self, candidates: Candidates) -> Sequence[int]:
        """Return the prices of all candidates of a project, those of all steps together."""
        return [
            sum(each)
            for each in zip(*(step.amounts(candidates, self.context) for step in STEPS), strict=True)
        ]

    def _order(self, draft: _Draft) -> tuple[int, ...]:
        direct = list(dict.fromkeys(draft.numbers[Node(each.name)] for each in self._roots))
        chosen = {ROOT, *direct}
        others = [n for n, node in enumerate(draft.nodes) if node.extra is None and n not in chosen]
        return (*direct, *sorted(others, key=lambda number: draft.nodes[number].name))


def _targets(draft: _Draft, nodes: Iterable[int]) -> set[NormalizedName]:
    """Return the projects that nodes may require; only those of extras are not foreseen."""
    return {
        demand.target
        for node in nodes
        if draft.nodes[node].extra is None
        for demand, mask in draft.seen[node].rows.base.rows
        if mask & draft.domains[node]
    }


def _behind(draft: _Draft, node: int) -> Sequence[int]:
    count = len(draft.seen[node].candidates)
    if node == ROOT or draft.nodes[node].extra is not None:
        return ()
    return range(count - 1, -1, -1)


def _index_names(request: Request) -> Mapping[NormalizedName, str]:
    """Return the name (or else URL) of the index of every bound project."""
    names = {index.url: index.name or index.url for index in request.indexes}
    return {name: names.get(url, url) for name, url in request.bindings.items()}

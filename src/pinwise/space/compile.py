"""From facts, units and a request to a `Space`.

A `Compiler` serves one step of an advice (the groups solved together, with earlier ones held) over all its
rounds: what a round does not change is not computed again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from pinwise.model.facts import Document, Metadata, NoProject, Project
from pinwise.model.names import NormalizedName, normalise
from pinwise.model.request import DirectRequirement, Request
from pinwise.space.masks import ABSENT, bit, matching, positions, present
from pinwise.space.rows import Reader, Rows, target_name
from pinwise.space.space import ROOT, Ban, Clause, Node, Space
from pinwise.units.admission import admit
from pinwise.units.context import Build, Candidates, Context
from pinwise.units.steps import METADATA_STEPS, STEPS

_ROOT_CANDIDATES = Candidates(
    normalise("your-project"), "", (), (Version("0"),), (Build.WHEEL,), (0,), is_virtual=True
)


class Facts(Protocol):
    """What compiling reads; `pinwise.model.facts.Snapshot` and the knowledge base have it."""

    def project(self, name: NormalizedName) -> Project | NoProject | None:
        """Return page facts, None if they are not known."""
        ...

    def known_documents(self, name: NormalizedName) -> Mapping[Version, Document]:
        """Return the known documents of a project."""
        ...


@dataclass(slots=True)
class _Draft:
    """A space while it is being compiled."""

    nodes: list[Node] = field(default_factory=list)
    numbers: dict[Node, int] = field(default_factory=dict)
    bases: list[int] = field(default_factory=list)
    candidates: list[Candidates] = field(default_factory=list)
    domains: list[int] = field(default_factory=list)
    clauses: list[Clause] = field(default_factory=list)
    bans: list[Ban] = field(default_factory=list)
    queue: list[int] = field(default_factory=list)

    def add(self, node: Node, candidates: Candidates) -> int:
        number = len(self.nodes)
        self.nodes.append(node)
        self.numbers[node] = number
        self.bases.append(number if node.extra is None else self.numbers[Node(node.name)])
        self.candidates.append(candidates)
        self.domains.append(present(len(candidates)) | ABSENT)
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
        self._reader = Reader(context.request)
        self._candidates: dict[NormalizedName, tuple[object, Candidates]] = {}
        self._masks: dict[tuple[NormalizedName, str], tuple[Candidates, int]] = {}
        self._allowed: dict[int, tuple[Requirement, Candidates, int]] = {}
        self._amounts: dict[NormalizedName, tuple[Candidates, list[int]]] = {}
        self._rows: dict[NormalizedName, tuple[Mapping[Version, Document], int, int, Rows]] = {}

    def compile(self, *, known_only: bool = False) -> Space:
        """Return the space of all that is known now.

        With `known_only`, candidates whose metadata (or page) is not known are ruled out; otherwise they are
        taken optimistically: they require nothing.
        """
        draft = _Draft()
        draft.add(Node(_ROOT_CANDIDATES.name), _ROOT_CANDIDATES)
        draft.domains[ROOT] = bit(0)
        draft.queue.clear()
        for requirement in self._roots:
            self._require_root(draft, requirement)
        for name, (version, group) in self._held.items():
            self._hold(draft, name, version, group)
        unknown: dict[int, int] = {ROOT: 0}
        while draft.queue:
            node = draft.queue.pop(0)
            unknown[node] = self._expand(draft, node, known_only=known_only)
        return self._finish(draft, unknown)

    def candidates(self, name: NormalizedName) -> Candidates:
        """Return the candidates of a project as far as its page is known."""
        page = self._facts.project(name)
        cached = self._candidates.get(name)
        if cached is None or cached[0] is not page:
            cached = self._candidates[name] = (page, admit(name, page, self.context))
        return cached[1]

    def allowed(self, candidates: Candidates, specifier: SpecifierSet) -> int:
        """Return the mask of a requirement on a project: its specifier under the pre-release policy."""
        if candidates.is_virtual:
            return bit(0)
        key = (candidates.name, str(specifier))
        cached = self._masks.get(key)
        if cached is None or cached[0] is not candidates:
            cached = self._masks[key] = (candidates, self._match(candidates, specifier))
        return cached[1]

    def _match(self, candidates: Candidates, specifier: SpecifierSet) -> int:
        local = self.context.request.local.get(candidates.name)
        if local is not None and local.is_dynamic:
            return present(len(candidates))
        mask = matching(specifier, candidates.versions)
        if self.context.allows_prereleases(candidates.name) or specifier.prereleases:
            return mask
        finals = 0
        for position in positions(mask):
            if not candidates.versions[position].is_prerelease:
                finals |= bit(position)
        return finals or mask

    def _require_root(self, draft: _Draft, requirement: DirectRequirement) -> None:
        nodes = [Node(requirement.name, extra) for extra in requirement.extras] or [Node(requirement.name)]
        for node in nodes:
            target = self._number(draft, node)
            mask = self.allowed(draft.candidates[target], requirement.requirement.specifier)
            self._clause(draft, Clause(ROOT, bit(0), target, mask, requirement))

    def _hold(self, draft: _Draft, name: NormalizedName, version: Version, group: str) -> None:
        node = self._number(draft, Node(name))
        candidates = draft.candidates[node]
        kept = bit(candidates.versions.index(version)) if version in candidates.versions else 0
        draft.ban(node, (present(len(candidates)) | ABSENT) & ~kept, group)

    def _number(self, draft: _Draft, node: Node) -> int:
        """Return the number of a node, with its constraints applied when it is first met."""
        number = draft.numbers.get(node)
        if number is not None:
            return number
        if node.extra is not None:
            base = self._number(draft, Node(node.name))
            number = draft.add(node, draft.candidates[base])
            draft.domains[number] = draft.domains[base] | ABSENT
            return number
        candidates = self.candidates(node.name)
        number = draft.add(node, candidates)
        for constraint in self.context.request.constraints:
            if constraint.name == node.name and not candidates.is_virtual:
                mask = self.allowed(candidates, constraint.requirement.specifier)
                draft.ban(number, present(len(candidates)) & ~mask, constraint)
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
        extra = draft.nodes[node].extra
        candidates = draft.candidates[node]
        if candidates.is_virtual:
            if known_only:
                draft.ban(node, bit(0), {0: "is not known"})
            return bit(0)
        rows = self._rows_of(candidates, draft.domains[draft.bases[node]])
        unknown = draft.domains[node] & ~rows.known & ~ABSENT
        if extra is None:
            for reason in set(rows.unusable.values()):
                where = {k: reason for k, each in rows.unusable.items() if each == reason}
                draft.ban(node, sum(bit(k) for k in where), where)
            if known_only:
                draft.ban(node, unknown, dict.fromkeys(positions(unknown), "has metadata that is not known"))
            found = rows.base
        else:
            if extra not in rows.extras:
                self._reader.add_extra(rows, candidates, extra)
            found = rows.extras[extra]
        self._add_rows(draft, node, found)
        return unknown

    def _rows_of(self, candidates: Candidates, domain: int) -> Rows:
        documents = self._facts.known_documents(candidates.name)
        cached = self._rows.get(candidates.name)
        if (
            cached is not None
            and cached[0] is documents
            and cached[1] == len(documents)
            and not domain & ~cached[2]
        ):
            return cached[3]
        rows = self._reader.rows(candidates, documents, domain)
        self._rows[candidates.name] = (documents, len(documents), domain, rows)
        return rows

    def _add_rows(self, draft: _Draft, node: int, rows: Iterable[tuple[Requirement, int]]) -> None:
        merged: dict[tuple[int, int], tuple[int, Requirement]] = {}
        domain = draft.domains[node]
        for requirement, mask in rows:
            condition = mask & domain
            if not condition:
                continue
            for target, allowed in self._targets(draft, requirement):
                present_mask, reason = merged.get((target, allowed), (0, requirement))
                merged[target, allowed] = (present_mask | condition, reason)
        for (target, allowed), (condition, reason) in merged.items():
            self._clause(draft, Clause(node, condition, target, allowed, reason))

    def _targets(self, draft: _Draft, requirement: Requirement) -> list[tuple[int, int]]:
        name = target_name(requirement)
        base = self._number(draft, Node(name))
        candidates = draft.candidates[base]
        cached = self._allowed.get(id(requirement))
        if cached is None or cached[1] is not candidates:
            mask = self._satisfying(candidates, requirement)
            cached = self._allowed[id(requirement)] = (requirement, candidates, mask)
        mask = cached[2]
        if not requirement.extras:
            return [(base, mask)]
        extras = sorted(normalise(extra) for extra in requirement.extras)
        return [(self._number(draft, Node(name, extra)), mask) for extra in extras]

    def _satisfying(self, candidates: Candidates, requirement: Requirement) -> int:
        """Return the mask of a release's requirement; what stands behind a URL is on no index.

        A ``file:`` URL is taken for the local project of that name, where the manifest has one.
        """
        url = requirement.url
        is_local = candidates.name in self.context.request.local
        if url is not None and not (is_local and url.lower().startswith("file:")):
            return 0
        return self.allowed(candidates, requirement.specifier)

    def _finish(self, draft: _Draft, unknown: Mapping[int, int]) -> Space:
        count = len(draft.nodes)
        return Space(
            nodes=tuple(draft.nodes),
            bases=tuple(draft.bases),
            candidates=tuple(draft.candidates),
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
        candidates = draft.candidates[node]
        if name not in kept.pins:
            return 0
        version, index = kept.pins[name]
        if candidates.is_virtual or name in self.context.request.local:
            return 0
        is_there = version in candidates.versions and index in ("", candidates.index)
        same = bit(candidates.versions.index(version)) if is_there else 0
        return present(len(candidates)) & ~same

    def _amounts_of(self, draft: _Draft, node: int) -> Sequence[int]:
        name, extra = draft.nodes[node]
        candidates = draft.candidates[node]
        free = [0] * len(candidates)
        if candidates.is_virtual:
            return free
        if extra is None:
            return free if name in self._held else self._base_amounts(candidates)
        return self._extra_amounts(candidates, extra) if draft.nodes[node] in self._priced_extras else free

    def _extra_amounts(self, candidates: Candidates, extra: NormalizedName) -> Sequence[int]:
        """Price the candidates that are known to lack an extra; what is not known costs nothing."""
        documents = self._facts.known_documents(candidates.name)
        amounts = [0] * len(candidates)
        for position, version in enumerate(candidates.versions):
            document = documents.get(version)
            if isinstance(document, Metadata):
                goal = self.context.goal
                amounts[position] = sum(step.amount(document, extra, goal) for step in METADATA_STEPS)
        return amounts

    def _base_amounts(self, candidates: Candidates) -> list[int]:
        cached = self._amounts.get(candidates.name)
        if cached is None or cached[0] is not candidates:
            amounts = [0] * len(candidates)
            if candidates.name not in self.context.request.local:
                for step in STEPS:
                    for position, amount in enumerate(step.amounts(candidates, self.context)):
                        amounts[position] += amount
            cached = self._amounts[candidates.name] = (candidates, amounts)
        return cached[1]

    def _order(self, draft: _Draft) -> tuple[int, ...]:
        direct = list(dict.fromkeys(draft.numbers[Node(each.name)] for each in self._roots))
        chosen = {ROOT, *direct}
        others = [n for n, node in enumerate(draft.nodes) if node.extra is None and n not in chosen]
        return (*direct, *sorted(others, key=lambda number: draft.nodes[number].name))


def _behind(draft: _Draft, node: int) -> Sequence[int]:
    count = len(draft.candidates[node])
    if node == ROOT or draft.nodes[node].extra is not None:
        return ()
    return range(count - 1, -1, -1)


def _index_names(request: Request) -> Mapping[NormalizedName, str]:
    """Return the name (or else URL) of the index of every bound project."""
    names = {index.url: index.name or index.url for index in request.indexes}
    return {name: names.get(url, url) for name, url in request.bindings.items()}

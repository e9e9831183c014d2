"""From a contradiction to the shortest derivation: fewest facts first, then the tree over them, as data."""

from collections.abc import Iterable, Mapping, Sequence

from packaging.specifiers import SpecifierSet

from pinwise.model.conflict import Derivation, Derived, Fact, FactKind, Term
from pinwise.model.request import DirectRequirement
from pinwise.search.learning import Contradiction, solve
from pinwise.space.masks import ABSENT, matching, newest, positions
from pinwise.space.rows import Demand
from pinwise.space.space import ROOT, Ban, Clause, Node, Space
from pinwise.space.state import Given, Incompatibility, Tie
from pinwise.units.context import Candidates

MOST_TRIALS = 2_000
MOST_REASONS = 500

EMPTY = "its page lists no release"
"""Why an index that has a project is of no use."""


def refutation(space: Space, contradiction: Contradiction) -> Derivation:
    """Return a derivation from a set of facts none of which can be left out."""
    root = smallest(space, contradiction)
    return _Writer(space).derivation(root)


def smallest(space: Space, contradiction: Contradiction) -> Incompatibility:
    """Drop facts one at a time as long as the rest still contradicts itself."""
    facts = facts_of(contradiction.root)
    root = contradiction.root
    kept: list[Given] = []
    trials = 0
    while facts:
        candidate, facts = facts[-1], facts[:-1]
        trials += 1
        found = solve(space, [*kept, *facts], _newest) if trials <= MOST_TRIALS else None
        if isinstance(found, Contradiction):
            root = found.root
            used = {id(each) for each in facts_of(root)}
            facts = [each for each in facts if id(each) in used]
        else:
            kept.append(candidate)
    return root


def _newest(node: int, mask: int) -> int:
    del node
    return newest(mask)


def facts_of(root: Incompatibility) -> list[Given]:
    """Return the facts under an incompatibility, ties of extras apart, each once, the manifest's first."""
    found: dict[int, Given] = {}
    seen: set[int] = set()
    queue = [root]
    while queue:
        each = queue.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if not isinstance(each, Given):
            queue.extend(each.premises)
        elif not isinstance(each.origin, Tie):
            found[id(each)] = each
    return sorted(found.values(), key=_rank)


def _rank(given: Given) -> tuple[int, int]:
    origin = given.origin
    if isinstance(origin, Clause):
        return (0 if origin.source == ROOT else 2, origin.source)
    return (1, origin.node if isinstance(origin, Ban) else 0)


class _Writer:
    """Turns incompatibilities on masks into facts and terms with names and versions."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._written: dict[int, Derivation] = {}

    def derivation(self, root: Incompatibility) -> Derivation:
        """Return the tree under `root`; a shared premise is the same object everywhere."""
        stack = [root]
        while stack:
            each = stack[-1]
            premises = () if isinstance(each, Given) else each.premises
            missing = [premise for premise in premises if id(premise) not in self._written]
            if missing:
                stack.extend(missing)
                continue
            stack.pop()
            if id(each) not in self._written:
                self._written[id(each)] = self._write(each)
        return self._written[id(root)]

    def _write(self, each: Incompatibility) -> Derivation:
        if not isinstance(each, Given):
            premises = tuple(self._written[id(premise)] for premise in each.premises)
            return Derived(self._terms(each.terms), premises)
        match each.origin:
            case Clause() as clause:
                return self._clause(clause)
            case Ban() as ban:
                return self._ban(ban)
            case Tie() as tie:
                return self._tie(each.terms, tie)

    def _terms(self, terms: Iterable[tuple[int, int]]) -> tuple[Term, ...]:
        return tuple(self._term(node, mask) for node, mask in terms if node != ROOT)

    def _term(self, node: int, mask: int) -> Term:
        candidates = self._space.candidates[node]
        known = () if candidates.is_virtual else candidates.versions[:]
        versions = tuple(candidates.versions[k] for k in positions(mask)) if known else ()
        return Term(str(self._space.nodes[node]), versions, known, or_absent=bool(mask & ABSENT))

    def _clause(self, clause: Clause) -> Derivation:
        candidates = self._space.candidates[clause.target]
        fact = Fact(
            FactKind.ROOT if clause.source == ROOT else FactKind.REQUIRES,
            subject=None if clause.source == ROOT else self._term(clause.source, clause.condition),
            requirement=_requirement_text(clause.reason, self._space.nodes[clause.target]),
            target=self._term(clause.target, clause.allowed),
            reasons=self._refused(candidates, clause.reason) if self._is_hopeless(clause) else (),
            place=_place(clause.reason),
            group=self._space.groups.get(id(clause.reason), ""),
        )
        if clause.allowed or candidates.refused or len(candidates):
            return fact
        absent = _missing(candidates, self._space.bindings.get(candidates.name, ""))
        subject = () if fact.subject is None else (fact.subject,)
        return Derived(subject, (fact, absent))

    def _is_hopeless(self, clause: Clause) -> bool:
        """Whether nothing that the requirement allows can be used, its own metadata considered."""
        base = self._space.bases[clause.target]
        unusable = 0
        for ban in self._space.bans:
            if ban.node == base and isinstance(ban.reason, Mapping):
                unusable |= ban.forbidden
        return not clause.allowed & ~unusable

    def _refused(self, candidates: Candidates, reason: Demand | DirectRequirement) -> tuple[str, ...]:
        """Return why the releases that a requirement names are no candidates, newest first."""
        if isinstance(reason, Demand):
            is_linked, specifier = bool(reason.url), SpecifierSet(reason.specifier)
        else:
            is_linked, specifier = reason.requirement.url is not None, reason.requirement.specifier
        if is_linked:
            return ()
        versions = [version for version, _ in candidates.refused]
        wanted = positions(matching(specifier, versions))
        found = [f"{versions[k]} {candidates.refused[k][1].reason}" for k in wanted]
        return tuple(reversed(found[-MOST_REASONS:]))

    def _ban(self, ban: Ban) -> Fact:
        subject = self._term(ban.node, ban.forbidden)
        if isinstance(ban.reason, DirectRequirement):
            allowed = self._space.full(ban.node) & ~ban.forbidden & ~ABSENT
            candidates = self._space.candidates[ban.node]
            return Fact(
                FactKind.CONSTRAINT,
                subject=subject,
                requirement=_requirement_text(ban.reason, self._space.nodes[ban.node]),
                target=self._term(ban.node, allowed),
                reasons=() if allowed else self._refused(candidates, ban.reason),
                place=str(ban.reason.place),
            )
        if isinstance(ban.reason, Mapping):
            versions = self._space.candidates[ban.node].versions
            reasons = tuple(
                f"{versions[k]} {ban.reason[k]}" for k in sorted(ban.reason, reverse=True)[:MOST_REASONS]
            )
            return Fact(FactKind.UNUSABLE, subject=subject, reasons=reasons)
        kept = self._space.full(ban.node) & ~ban.forbidden
        return Fact(FactKind.HELD, subject=self._term(ban.node, kept), group=ban.reason)

    def _tie(self, terms: Sequence[tuple[int, int]], tie: Tie) -> Fact:
        masks = dict(terms)
        extra = masks.get(tie.extra, 0)
        base = str(self._space.nodes[tie.base])
        allowed = self._space.full(tie.base) & ~masks.get(tie.base, 0) & ~ABSENT
        return Fact(
            FactKind.REQUIRES,
            subject=self._term(tie.extra, extra & ~ABSENT),
            requirement=base,
            target=self._term(tie.base, allowed or extra & ~ABSENT),
        )


def _missing(candidates: Candidates, bound: str) -> Fact:
    """Return the fact that nobody has a project, or that the index that serves it lists no release of it."""
    reasons = (EMPTY,) if candidates.index else ()
    subject = Term(candidates.name, (), ())
    return Fact(FactKind.NO_PROJECT, subject=subject, reasons=reasons, index=candidates.index or bound)


def _place(reason: Demand | DirectRequirement) -> str:
    """Return where the user wrote a requirement, or what stands for it; "" for others."""
    if isinstance(reason, DirectRequirement):
        return str(reason.place)
    return f"overridden in {reason.place}" if reason.place else ""


def _requirement_text(reason: Demand | DirectRequirement, target: Node) -> str:
    """Return a requirement without its marker, which holds; of several extras only the one that is meant."""
    if isinstance(reason, Demand):
        return f"{target}{reason.specifier}" if len(reason.extras) > 1 else reason.text
    requirement = reason.requirement
    if len(requirement.extras) > 1:
        return f"{target}{requirement.specifier}"
    return str(requirement).split(";", 1)[0].strip()

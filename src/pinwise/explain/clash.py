"""Where facts meet: the project of which they leave no version.

Each project has the set of versions that are still possible, and each way of naming it (``celery``,
``celery[redis]``) is needed or not. The facts narrow the sets until one that is needed is empty: first only
from requirers to what they require, as one would tell it. Where that leads nowhere, each version of one
project may fail for a reason of its own; else narrowing goes backwards too. Conflicts that take a deeper
proof have no clash to name.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from packaging.version import Version

from pinwise.model.conflict import Fact, FactKind, Term


@dataclass(frozen=True, slots=True)
class Clash:
    """A project of which no version is left, and the facts that took versions of it away.

    No facts: each version leads to a clash of its own.
    """

    project: str
    facts: tuple[Fact, ...]


_MOST_CASES = 32


def base(project: str) -> str:
    """Return a project's name without its extras."""
    return project.partition("[")[0]


def find_clash(facts: Sequence[Fact]) -> Clash | None:
    """Return where `facts` meet, or None if narrowing alone does not show it."""
    world = _World.of(facts)
    world.settle(facts, backwards=False)
    if world.clash is None and (clash := _case_by_case(world, facts)) is not None:
        return clash
    world.settle(facts, backwards=True)
    return None if world.clash is None else Clash(world.clash, tuple(world.causes[world.clash]))


def _case_by_case(world: "_World", facts: Sequence[Fact]) -> Clash | None:
    """Return a needed project each of whose versions, were it chosen, would lead to a clash."""
    requirers = [fact.subject for fact in facts if fact.kind is FactKind.REQUIRES and fact.subject]
    for name in dict.fromkeys(base(term.project) for term in requirers):
        if name not in world.needed:
            continue
        cases = {world.possible[name]}
        for mask in {world.mask(term) for term in requirers if base(term.project) == name}:
            cases = {part for case in cases for part in (case & mask, case & ~mask) if part}
        if 1 < len(cases) <= _MOST_CASES and all(world.clashes_with(name, case, facts) for case in cases):
            return Clash(name, ())
    return None


@dataclass(slots=True)
class _World:
    """What is still possible; versions are bits, so that narrowing is one `&`."""

    bits: dict[str, dict[Version, int]]
    possible: dict[str, int]
    needed: set[str] = field(default_factory=set)
    causes: dict[str, list[Fact]] = field(default_factory=dict)
    clash: str | None = None
    masks: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, facts: Iterable[Fact]) -> "_World":
        bits: dict[str, dict[Version, int]] = {}
        for term in (term for fact in facts for term in (fact.subject, fact.target) if term is not None):
            known = bits.setdefault(base(term.project), {})
            for version in (*term.known, *term.versions):
                known.setdefault(version, 1 << len(known))
        return cls(bits, {name: (1 << len(known)) - 1 for name, known in bits.items()})

    def mask(self, term: Term) -> int:
        """Return the term's versions as bits; kept by the identity of the term, for the facts live on."""
        if id(term) not in self.masks:
            known = self.bits[base(term.project)]
            self.masks[id(term)] = sum(known[version] for version in set(term.versions))
        return self.masks[id(term)]

    def settle(self, facts: Sequence[Fact], *, backwards: bool) -> None:
        """Narrow until nothing changes or there is a clash."""
        while self.clash is None and self.narrow(facts, backwards=backwards):
            pass

    def clashes_with(self, name: str, case: int, facts: Sequence[Fact]) -> bool:
        """Whether a clash follows if a project is at one of the versions in `case`."""
        world = _World(self.bits, {**self.possible, name: case}, {*self.needed}, masks=self.masks)
        world.settle(facts, backwards=True)
        return world.clash is not None

    def narrow(self, facts: Iterable[Fact], *, backwards: bool) -> bool:
        """Apply every fact once; return whether anything changed."""
        changed = False
        for fact in facts:
            changed = self._apply(fact, backwards=backwards) or changed
            if self.clash is not None:
                return True
        for together in _same_edge(facts):
            changed = self._apply_together(together) or changed
            if self.clash is not None:
                return True
        return changed

    def _apply(self, fact: Fact, *, backwards: bool) -> bool:
        subject, target = fact.subject, fact.target
        match fact.kind:
            case FactKind.ROOT if target is not None:
                return self._require(target, self.mask(target), fact)
            case FactKind.CONSTRAINT if target is not None:
                return self._keep(target, self.mask(target), fact)
            case FactKind.HELD if subject is not None and not subject.or_absent:
                return self._require(subject, self.mask(subject), fact)
            case FactKind.HELD if subject is not None:
                return self._keep(subject, self.mask(subject), fact)
            case FactKind.UNUSABLE if subject is not None:
                return self._keep(subject, ~self.mask(subject), fact)
            case FactKind.NO_PROJECT if subject is not None:
                return self._keep(subject, 0, fact)
            case FactKind.REQUIRES if subject is not None:
                if target is None or (
                    backwards and not self.possible[base(target.project)] & self.mask(target)
                ):
                    return self._keep(subject, ~self.mask(subject), fact)
        return False

    def _apply_together(self, facts: Sequence[Fact]) -> bool:
        """Apply the facts by which one project requires another: whatever is left of it needs some of it."""
        subject, target = facts[0].subject, facts[0].target
        if subject is None or target is None or subject.project not in self.needed:
            return False
        cases = {self.possible[base(subject.project)]: (self.possible[base(target.project)], False)}
        for fact in facts:
            cases = self._split(cases, fact)
        if not all(is_told for _, is_told in cases.values()):
            return False
        is_own = base(subject.project) == base(target.project)
        wanted = 0
        for case, (left, _) in cases.items():
            wanted |= left & case if is_own else left
        start = self.possible[base(subject.project)]
        return self._require(
            target, wanted, *(f for f in facts if f.subject and start & self.mask(f.subject))
        )

    def _split(self, cases: dict[int, tuple[int, bool]], fact: Fact) -> dict[int, tuple[int, bool]]:
        """Split cases by whether `fact` is about them; of the target it leaves what it asks for."""
        if fact.subject is None or fact.target is None:
            return cases
        mask, allowed = self.mask(fact.subject), self.mask(fact.target)
        split: dict[int, tuple[int, bool]] = {}
        for case, (left, is_told) in cases.items():
            if case & mask:
                split[case & mask] = (left & allowed, True)
            if case & ~mask:
                split[case & ~mask] = (left, is_told)
        return split

    def _require(self, term: Term, mask: int, *facts: Fact) -> bool:
        is_new = term.project not in self.needed
        self.needed |= {term.project, base(term.project)}
        return self._keep(term, mask, *facts) or is_new

    def _keep(self, term: Term, mask: int, *facts: Fact) -> bool:
        name = base(term.project)
        left = self.possible[name] & mask
        has_changed = left != self.possible[name]
        if has_changed or not left:
            causes = self.causes.setdefault(name, [])
            causes.extend(fact for fact in facts if not any(fact is cause for cause in causes))
        self.possible[name] = left
        if not left and name in self.needed:
            self.clash = name
        return has_changed


def _same_edge(facts: Iterable[Fact]) -> Iterator[list[Fact]]:
    """Group requirements by who requires and what is required."""
    edges: dict[tuple[str, str], list[Fact]] = {}
    for fact in facts:
        if fact.kind is FactKind.REQUIRES and fact.subject is not None and fact.target is not None:
            edges.setdefault((fact.subject.project, fact.target.project), []).append(fact)
    yield from edges.values()

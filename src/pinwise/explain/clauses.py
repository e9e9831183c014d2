"""From facts to the clauses of sentences.

Requirements that lead to one another become a chain (``requires `b`, which requires `c<2```), what ends a
chain is told at its end (``which no index has``), and the rest stands for itself (```a` 1.0 requires `b```).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pinwise.explain.clash import base
from pinwise.explain.versions import Phrase, collapse_reasons, common_reason, describe, needed
from pinwise.explain.words import clean, code, listing
from pinwise.model.conflict import Fact, FactKind, Term
from pinwise.model.request import DEFAULT_GROUP

_LONGEST_CHAIN = 4
_MOST_NAMED = 3
_MOST_CHAINS = 2


@dataclass(frozen=True, slots=True)
class Clause:
    """A piece of prose and the facts that it tells."""

    text: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """Facts as clauses.

    Attributes:
        chains: What follows "the manifest requires", each with what it leads to.
        plain: What follows "the manifest requires" and leads nowhere further by itself.
        rest: Clauses that stand for themselves.
    """

    chains: tuple[Clause, ...]
    plain: tuple[Clause, ...]
    rest: tuple[Clause, ...]


@dataclass(slots=True)
class _Bundle:
    """What the first of the subjects requires (`facts`) and the others just so (`alike`)."""

    subjects: list[Term]
    facts: list[Fact]
    alike: list[Fact] = field(default_factory=list)
    is_told: bool = False


@dataclass(slots=True)
class _Telling:
    """What is still to be told."""

    bundles: list[_Bundle]
    ends: list[Fact]
    wishes: list[Fact]
    told_ends: set[int] = field(default_factory=set)

    def next_bundle(self, fact: Fact) -> _Bundle | None:
        """Return the untold requirements of whatever satisfies `fact`."""
        for bundle in self.bundles:
            if not bundle.is_told and len(bundle.subjects) == 1 and _leads_to(fact, bundle.subjects[0]):
                return bundle
        return None

    def ends_of(self, fact: Fact) -> list[Fact]:
        """Return the facts that leave nothing of what satisfies `fact`."""
        return [end for end in self.ends if end.subject is not None and _is_ended_by(fact, end)]


def tell(facts: Sequence[Fact], *, with_chains: bool = True) -> Told:
    """Return clauses for `facts`, in which each fact is told once.

    Args:
        facts: Simplified facts.
        with_chains: Whether what the manifest requires may be followed by what that leads to.
    """
    roots = [fact for fact in facts if fact.kind is FactKind.ROOT]
    ends = [fact for fact in facts if fact.kind in {FactKind.UNUSABLE, FactKind.NO_PROJECT}]
    wishes = [fact for fact in facts if fact.kind in {FactKind.ROOT, FactKind.REQUIRES}]
    telling = _Telling(_bundles(facts), ends, wishes)
    leading = [root for root in roots if telling.next_bundle(root) is not None]
    follows = with_chains and len(leading) <= _MOST_CHAINS
    chains: list[Clause] = []
    plain: list[Clause] = []
    for root in roots:
        clause = _chain(root, telling, follows=follows)
        (chains if len(clause.facts) > 1 and root in leading else plain).append(clause)
    standing = tuple(_standing(telling))
    return Told(tuple(chains), tuple(plain), (*_limits(facts), *standing, *_unusable(telling)))


def requirement(fact: Fact) -> str:
    """Return what a fact requires, in backticks; without a text, the versions that would do."""
    if fact.requirement:
        return code(fact.requirement)
    return needed(fact.target) if fact.target is not None else "something"


def note(fact: Fact, *, with_reasons: bool = True) -> str:
    """Return in parentheses where the user wrote a fact, and why releases that match are left out."""
    is_named = fact.kind is FactKind.ROOT and fact.group not in {"", DEFAULT_GROUP}
    origin = [clean(fact.place)] if fact.place else []
    origin += [f"for {code(fact.group)}"] if is_named else []
    parts = [", ".join(origin)] if origin else []
    parts += [told] if with_reasons and (told := _reasons(fact)) else []
    return f" ({'; '.join(parts)})" if parts else ""


def _leads_to(fact: Fact, subject: Term) -> bool:
    """Whether every version that satisfies `fact` is one of the subject's."""
    target = fact.target
    if target is None or not target.versions or subject.project not in {target.project, base(target.project)}:
        return False
    return set(target.versions) <= set(subject.versions)


def _is_ended_by(fact: Fact, end: Fact) -> bool:
    target, subject = fact.target, end.subject
    if target is None or subject is None or base(subject.project) != base(target.project):
        return False
    return end.kind is FactKind.NO_PROJECT or (
        bool(target.versions) and set(target.versions) <= set(subject.versions)
    )


def _bundles(facts: Iterable[Fact]) -> list[_Bundle]:
    """Gather requirements by their subject, then subjects by their requirements."""
    by_subject: dict[Term, list[Fact]] = {}
    for fact in facts:
        if fact.kind is FactKind.REQUIRES and fact.subject is not None:
            by_subject.setdefault(fact.subject, []).append(fact)
    by_requirements: dict[tuple[object, ...], _Bundle] = {}
    for subject, own in by_subject.items():
        key = tuple((fact.requirement, fact.target, fact.reasons) for fact in own)
        bundle = by_requirements.setdefault(key, _Bundle([], own))
        bundle.alike += own if bundle.subjects else []
        bundle.subjects.append(subject)
    return list(by_requirements.values())


def _chain(first: Fact, telling: _Telling, *, follows: bool) -> Clause:
    """Tell a requirement and, link by link, what it leads to."""
    links = _links(first, telling) if follows else []
    told = [first, *(fact for link in links for fact in link)]
    ending = _ending(told[-1], telling)
    hidden = _hidden(links)
    text = _required(first, ending if first is told[-1] else "")
    for link in links[: len(links) - len(hidden) - 1] if hidden else links:
        text += f", which requires {_requirements(link, ending if link is links[-1] else '')}"
    if hidden:
        through = listing([requirement(link[0]) for link in hidden], longest=_MOST_NAMED)
        text += f", which through {through} requires {_requirements(links[-1], ending)}"
    return Clause(text + ending, tuple(told))


def _links(first: Fact, telling: _Telling) -> list[list[Fact]]:
    """Return the bundles that follow one another, in each the fact last that leads on."""
    links: list[list[Fact]] = []
    fact = first
    while (bundle := telling.next_bundle(fact)) is not None:
        if len(links) >= _LONGEST_CHAIN - 1 and len(links[-1]) > 1:
            break
        bundle.is_told = True
        link = sorted(bundle.facts, key=lambda each: telling.next_bundle(each) is not None)
        links.append(link)
        fact = link[-1]
        if sum(telling.next_bundle(each) is not None for each in link) > 1:
            break
    return links


def _hidden(links: Sequence[Sequence[Fact]]) -> Sequence[Sequence[Fact]]:
    """Return the middle of a long chain, of which only the names are told."""
    if len(links) <= _LONGEST_CHAIN:
        return ()
    start = max([1, *(number + 1 for number, link in enumerate(links[:-1]) if len(link) > 1)])
    middle = links[start:-1]
    return middle if len(middle) > 1 else ()


def _requirements(facts: Sequence[Fact], ending: str) -> str:
    """Tell what one subject requires; the last may be followed by `ending`."""
    return listing([*(_required(fact, "") for fact in facts[:-1]), _required(facts[-1], ending)])


def _required(fact: Fact, ending: str) -> str:
    """Tell one requirement; its reasons too, unless the ending gives them."""
    return requirement(fact) + note(fact, with_reasons=not ending)


def _reasons(fact: Fact) -> str:
    terms = (fact.target, fact.subject) if fact.kind is FactKind.REQUIRES else (fact.subject, fact.target)
    return collapse_reasons(fact.reasons, next((term.known for term in terms if term is not None), ()))


def _ending(fact: Fact, telling: _Telling) -> str:
    """Tell why nothing is left of what a chain ends with."""
    if fact.kind not in {FactKind.ROOT, FactKind.REQUIRES}:
        return ""
    ends = telling.ends_of(fact)
    telling.told_ends.update(id(end) for end in ends)
    missing = [end for end in ends if end.kind is FactKind.NO_PROJECT]
    if missing:
        index = missing[0].index
        if missing[0].reasons:
            return f", of which its index {code(index)} lists no release"
        return f", which its index {code(index)} does not have" if index else ", which no index has"
    if ends:
        return _none_usable([fact, *ends])
    if fact.target is not None and fact.target.versions:
        return ""
    if " @ " in fact.requirement:
        return ", a URL, and releases are taken from indexes only"
    if fact.reasons:
        return _none_usable([fact])
    known = fact.target.known if fact.target is not None else ()
    newest = f" (the newest usable one is {known[-1]})" if known else ""
    return f", which no version satisfies{newest}"


def _none_usable(facts: Iterable[Fact]) -> str:
    reasons = listing([told for fact in facts if (told := _reasons(fact))])
    return f", of which no version can be used{': ' if reasons else ''}{reasons}"


def _standing(telling: _Telling) -> Iterator[Clause]:
    """Tell requirements that no chain has told, chains of their own among them."""
    for bundle in telling.bundles:
        if bundle.is_told:
            continue
        bundle.is_told = True
        facts = sorted(bundle.facts, key=lambda each: telling.next_bundle(each) is not None)
        leading = [fact for fact in facts if telling.next_bundle(fact) is not None]
        chain = _chain(facts[-1], telling, follows=len(leading) == 1)
        others = [_required(fact, end) + end for fact in facts[:-1] for end in [_ending(fact, telling)]]
        subject = _subjects([_narrowed(subject, telling.wishes) for subject in bundle.subjects])
        text = subject.verb(f"requires {listing([*others, chain.text])}")
        yield Clause(text, (*bundle.alike, *facts[:-1], *chain.facts))


def _subjects(phrases: Sequence[Phrase]) -> Phrase:
    if len(phrases) == 1:
        return phrases[0]
    return Phrase(listing([phrase.text for phrase in phrases], longest=_MOST_NAMED), is_plural=True)


def _narrowed(subject: Term, wishes: Iterable[Fact]) -> Phrase:
    """Describe those versions of a subject that the manifest leaves, by its own words where they fit."""
    phrase = describe(subject)
    if len(set(subject.versions)) == len(subject.known):
        return phrase
    for fact in wishes:
        target = fact.target
        if target is None or target.project != subject.project:
            continue
        allowed = set(target.versions).intersection(subject.versions)
        if fact.requirement and allowed and len(allowed) == len(target.versions):
            return Phrase(code(fact.requirement), is_plural=False)
        if fact.kind is FactKind.ROOT and allowed:
            phrase = describe(Term(subject.project, tuple(sorted(allowed)), subject.known))
    return phrase


def _limits(facts: Sequence[Fact]) -> Iterator[Clause]:
    """Tell constraints and what is held."""
    constraints = [fact for fact in facts if fact.kind is FactKind.CONSTRAINT]
    if constraints:
        allowed = listing([requirement(fact) + note(fact) for fact in constraints])
        verb = "a constraint allows" if len(constraints) == 1 else "constraints allow"
        yield Clause(f"{verb} only {allowed}", tuple(constraints))
    held = [fact for fact in facts if fact.kind is FactKind.HELD]
    for group in dict.fromkeys(fact.group for fact in held):
        own = [fact for fact in held if fact.group == group]
        yield Clause(f"{code(group or DEFAULT_GROUP)} already {_held(own)}", tuple(own))


def _unusable(telling: _Telling) -> Iterator[Clause]:
    """Tell what cannot be used and is not the end of a chain."""
    for fact in telling.ends:
        if id(fact) not in telling.told_ends and fact.subject is not None:
            yield Clause(_cannot_be_used(fact, fact.subject), (fact,))


def _held(facts: Sequence[Fact]) -> str:
    held = [describe(fact.subject).text for fact in facts if fact.subject and fact.subject.versions]
    absent = [code(fact.subject.project) for fact in facts if fact.subject and not fact.subject.versions]
    parts = [f"holds {listing(held, longest=_MOST_NAMED)}"] if held else []
    parts += [f"does without {listing(absent, 'or', longest=_MOST_NAMED)}"] if absent else []
    return listing(parts)


def _cannot_be_used(fact: Fact, subject: Term) -> str:
    if fact.kind is FactKind.NO_PROJECT:
        name = code(subject.project)
        if fact.reasons:
            return f"{code(fact.index)} lists no release of {name}"
        return f"{code(fact.index)} does not have {name}" if fact.index else f"no index has {name}"
    same = common_reason(fact.reasons, subject.versions)
    if same:
        return describe(subject).verb(same)
    return f"{describe(subject).text} cannot be used{note(fact)}"

"""Why nothing satisfies the manifest, in one headline and at most five sentences.

Input is a `Derivation`: facts (what the manifest requires, what releases require, what cannot be used) and
what follows from them. A worked example, from the manifest ``flask>=3`` and ``werkzeug<2``::

    Derived(terms=(), premises=(
        Fact(ROOT, requirement="flask>=3", place="Pipfile:7", …),
        Derived(terms=(flask >=3,), premises=(
            Fact(REQUIRES, subject=flask 3.0 to 3.1, requirement="werkzeug>=3.0", …),
            Fact(ROOT, requirement="werkzeug<2", place="Pipfile:8", …)))))

becomes::

    No stack satisfies the manifest: `flask>=3` and `werkzeug<2` cannot both be had.

    The manifest requires `flask>=3` (Pipfile:7), which requires `werkzeug>=3.0`.
    It also requires `werkzeug<2` (Pipfile:8).
    No version of `werkzeug` satisfies both.

The way from one to the other:

1. `facts` gathers the leaves and merges what is alike.
2. `clash` finds the project of which the facts leave no version.
3. `clauses` joins requirements to chains. If the clauses are few, they are told at once, the manifest's
   requirements first, the clash last: a reader follows seven facts more easily than the inner nodes of a
   tree.
4. Otherwise `lemmas` folds the tree to three conclusions, as PubGrub reports them ("Because …, … (1)."):
   one that is used twice has a number.

Whatever the size, every requirement of the manifest that takes part is named with its place. What has to be
left out is counted. The whole tree is in the JSON report.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from pinwise.explain.clash import Clash, base, find_clash
from pinwise.explain.clauses import Clause, Told, note, requirement, tell
from pinwise.explain.facts import leaves, simplify
from pinwise.explain.lemmas import Step, conclusion, steps
from pinwise.explain.words import code, count, listing, to_sentence
from pinwise.model.conflict import Derivation, Derived, Fact, FactKind
from pinwise.model.facts import UNLEARNED

MOST_SENTENCES = 5
NOTHING_FITS = "No stack satisfies the manifest"
_IN_ONE_SENTENCE = 3
_MOST_IN_HEADLINE = 4
_MOST_LEMMAS = 3
_USER_WROTE = (FactKind.ROOT, FactKind.CONSTRAINT)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A refusal in prose.

    Attributes:
        headline: What cannot be had, in one sentence.
        sentences: Why, in at most five.
    """

    headline: str
    sentences: tuple[str, ...]


def explain(derivation: Derivation, *, start: str = NOTHING_FITS) -> Explanation:
    """Tell a derivation in plain English. Pure: the same derivation gives the same words.

    Args:
        derivation: Why there is no stack.
        start: How the headline begins.
    """
    exact = leaves(derivation)
    facts = simplify(exact)
    clash = find_clash(facts)
    question = _question(facts)
    room = MOST_SENTENCES - len(question)
    missing = [fact for fact in exact if fact.kind is FactKind.NO_PROJECT]
    if len(missing) > 1 and all(fact.kind in {FactKind.ROOT, FactKind.NO_PROJECT} for fact in exact):
        return _explain_missing(start, exact, missing)
    told = tell(facts)
    most = _IN_ONE_SENTENCE * (room - len(_roots(told)) - 1)
    if len(told.rest) > most and isinstance(derivation, Derived) and _has_steps(derivation):
        sentences = _proof(derivation, facts, room)
    else:
        sentences = _story(told, clash, facts, room)
    headline = f"{start}{_headline(exact, facts, clash)}."
    return Explanation(headline, (*map(to_sentence, sentences), *question))


def _explain_missing(start: str, facts: Sequence[Fact], missing: Sequence[Fact]) -> Explanation:
    """Tell of several projects of the manifest that nobody has, all of them."""
    asked = [requirement(fact) + note(fact) for fact in facts if fact.kind is FactKind.ROOT]
    headline = f"{start}: {listing(list(_lacks(missing)))}."
    return Explanation(headline, (f"The manifest requires {listing(asked)}.", *_question(missing)))


def _has_steps(derivation: Derived) -> bool:
    return any(isinstance(premise, Derived) for premise in derivation.premises)


def _headline(exact: Sequence[Fact], facts: Sequence[Fact], clash: Clash | None) -> str:
    """Name what the user asked for that cannot be had together, in words that follow "no stack"."""
    missing = [fact for fact in facts if _is_missing(fact, exact)]
    if missing:
        return f": {listing(list(_lacks(missing)))}"
    asked, number = _asked(facts)
    held = list(
        dict.fromkeys(code(fact.group) for fact in exact if fact.kind is FactKind.HELD and fact.group)
    )
    if not asked:
        return ""
    is_direct = all(fact.kind is not FactKind.REQUIRES for fact in facts)
    if number == 1 and is_direct and clash is not None and clash.project == _project(exact):
        if asked[0] == code(clash.project):
            return f": no version of {asked[0]} can be used"
        usable = "usable version" if any(fact.reasons for fact in facts) else "version"
        return f": no {usable} of {code(clash.project)} satisfies {asked[0]}"
    how = {1: "cannot be had", 2: "cannot both be had"}.get(number, "cannot all be had")
    beside = f" beside what {listing(held)} holds" if held else ""
    return f": {listing(asked, longest=_MOST_IN_HEADLINE)} {how}{beside}"


def _lacks(missing: Iterable[Fact]) -> Iterator[str]:
    """Say who does not have what, each index once."""
    lacking: dict[str, dict[str, None]] = {}
    for fact in missing:
        has = f"{code(fact.index)} does not have" if fact.index else "no index has"
        has = f"{code(fact.index)} lists no release of" if fact.reasons else has
        if fact.subject is not None:
            lacking.setdefault(has, {})[code(fact.subject.project)] = None
    yield from (f"{has} {listing(list(names), 'or')}" for has, names in lacking.items())


def _is_missing(fact: Fact, facts: Iterable[Fact]) -> bool:
    """Whether the manifest itself requires a project that no index has."""
    if fact.kind is not FactKind.NO_PROJECT or fact.subject is None:
        return False
    targets = (other.target for other in facts if other.kind is FactKind.ROOT)
    return any(
        target is not None and base(target.project) == base(fact.subject.project) for target in targets
    )


def _asked(facts: Iterable[Fact]) -> tuple[list[str], int]:
    """Return what the user wrote, each once and all constraints as one item, and how many those are."""
    roots = dict.fromkeys(requirement(fact) for fact in facts if fact.kind is FactKind.ROOT)
    limits = dict.fromkeys(requirement(fact) for fact in facts if fact.kind is FactKind.CONSTRAINT)
    told = listing(list(limits), longest=_MOST_IN_HEADLINE)
    word = "constraint" if len(limits) == 1 else "constraints"
    return [*roots, *([f"the {word} {told}"] if limits else [])], len(roots) + len(limits)


def _project(facts: Iterable[Fact]) -> str:
    """Return the project of the first requirement of the manifest."""
    targets = (fact.target for fact in facts if fact.kind is FactKind.ROOT)
    return next((base(target.project) for target in targets if target is not None), "")


def _question(facts: Iterable[Fact]) -> tuple[str, ...]:
    """Ask whether something else was meant, or say who has it."""
    helped = [fact for fact in facts if fact.suggestions or fact.elsewhere]
    missing = {fact.subject.project if fact.subject else fact.requirement: fact for fact in helped}
    near = {name: fact.suggestions for name, fact in missing.items() if not fact.elsewhere}
    meant = [
        listing([code(name) for name in names], "or")
        + (f" in place of {code(missed)}" if len(near) > 1 else "")
        for missed, names in near.items()
    ]
    told = [
        f"{listing([code(url) for url in fact.elsewhere])} {'has' if len(fact.elsewhere) == 1 else 'have'} "
        f"{code(name)}: bind it there, or put that index first."
        for name, fact in missing.items()
        if fact.elsewhere
    ]
    return (*([f"Did you mean {listing(meant)}?"] if meant else []), *told, *_unlearned(facts))


def _unlearned(facts: Iterable[Fact]) -> Iterator[str]:
    """Say what to do about releases that say nothing of what they require."""
    silent = [
        code(base(fact.subject.project))
        for fact in facts
        if fact.kind is FactKind.UNUSABLE
        and fact.subject is not None
        and any(UNLEARNED in reason for reason in fact.reasons)
    ]
    if silent:
        yield (
            f"What {listing(list(dict.fromkeys(silent)))} requires can be given in the manifest, in a table "
            "`[[tool.pinwise.metadata]]` (in a `Pipfile` `[[pipenv.pinwise.metadata]]`), or in the "
            "configuration as `[[metadata]]`."
        )


def _story(told: Told, clash: Clash | None, facts: Sequence[Fact], room: int) -> list[str]:
    """Tell what the manifest requires, then what that leads to, then where it ends."""
    sentences = _roots(told)
    end = _end(clash, facts, is_brief=_is_brief(told, clash))
    left = room - len(sentences) - len(end)
    targets = [fact.target for fact in facts if fact.kind in _USER_WROTE]
    near = {base(target.project) for target in targets if target is not None}
    rest = _decisive(told.rest, near | ({clash.project} if clash else set()), most=left * _IN_ONE_SENTENCE)
    sentences += _packed(rest, left)
    return [*sentences, *end]


def _is_brief(told: Told, clash: Clash | None) -> bool:
    """Whether all that is told are the two facts that clash and what leads there: "both" is plain then."""
    ends = [clause.facts[-1] for clause in (*told.chains, *told.plain, *told.rest)]
    return clash is not None and len(ends) == 2 and all(end in clash.facts for end in ends)  # noqa: PLR2004


def _roots(told: Told) -> list[str]:
    """Tell what the manifest requires in at most two sentences."""
    chains = [clause.text for clause in told.chains]
    plain = listing([clause.text for clause in told.plain])
    items = [*chains, plain] if plain else chains
    if not items:
        return []
    first = f"the manifest requires {items[0]}"
    if len(items) == 1:
        return [first]
    return [first, f"it also requires {', and '.join(items[1:])}"]


def _packed(clauses: Sequence[str], most: int) -> list[str]:
    """Spread clauses evenly over as few sentences as their number allows, `most` at most."""
    if not clauses or most < 1:
        return []
    number = min(most, -(-len(clauses) // _IN_ONE_SENTENCE))
    size, larger = divmod(len(clauses), number)
    sentences, start = [], 0
    for k in range(number):
        end = start + size + (k < larger)
        sentences.append(_joined(clauses[start:end]))
        start = end
    return sentences


def _joined(clauses: Sequence[str]) -> str:
    if len(clauses) <= 1 or not any("," in clause for clause in clauses):
        return ", and ".join([", ".join(clauses[:-1]), clauses[-1]] if clauses[1:] else clauses)
    return f"{'; '.join(clauses[:-1])}; and {clauses[-1]}"


def _end(clash: Clash | None, facts: Sequence[Fact], *, is_brief: bool) -> list[str]:
    """Say where the facts meet, unless the clauses have said it already."""
    if clash is None:
        return ["together they leave no stack"] if len(facts) > 1 else []
    if _is_said(clash, facts):
        return []
    demands = dict.fromkeys(requirement(fact) for fact in clash.facts if _demands(fact, clash.project))
    sources = [
        fact.subject.project for fact in clash.facts if fact.subject and fact.kind is FactKind.REQUIRES
    ]
    is_split = len(sources) > len(set(sources))
    if is_split or len(demands) < 2 or not all(_demands(fact, clash.project) for fact in clash.facts):  # noqa: PLR2004
        return [f"that leaves no version of {code(clash.project)}"]
    both = "both" if len(demands) == 2 else "all of"  # noqa: PLR2004  # two are "both"
    named = "" if is_brief and both == "both" else f" {listing(list(demands))}"
    if len(demands) > _MOST_IN_HEADLINE:
        both, named = "all of these", ""
    if _is_about_prereleases(clash):
        fitting = f"only pre-releases of {code(clash.project)} satisfy {both}{named}"
        return [f"{fitting}, and not all of them allow those"]
    usable = "usable version" if any(fact.reasons for fact in clash.facts) else "version"
    return [f"no {usable} of {code(clash.project)} satisfies {both}{named}"]


def _is_about_prereleases(clash: Clash) -> bool:
    """Whether pre-releases fit every specifier, but a requirement that names none does not take them."""
    specifiers = [_specifier(fact) for fact in clash.facts]
    offered = set().union(*(_versions(fact) for fact in clash.facts))
    return any(
        version.is_prerelease
        and all(each is not None and each.contains(version, prereleases=True) for each in specifiers)
        for version in offered
    )


def _specifier(fact: Fact) -> SpecifierSet | None:
    try:
        return Requirement(fact.requirement).specifier
    except InvalidRequirement:
        return None


def _is_said(clash: Clash, facts: Sequence[Fact]) -> bool:
    """Whether one requirement alone fails: its clause ends with the reason."""
    missing = [fact.subject for fact in facts if fact.kind is FactKind.NO_PROJECT and fact.subject]
    if any(base(term.project) == clash.project for term in missing):
        return True
    demands = [fact for fact in facts if _demands(fact, clash.project)]
    decisive = [fact for fact in demands if fact in clash.facts]
    if len(decisive) == 1 and decisive[0].kind is not FactKind.CONSTRAINT and not _versions(decisive[0]):
        return True
    barred = [fact.subject for fact in facts if fact.kind is FactKind.UNUSABLE and fact.subject]
    barred = [term for term in barred if base(term.project) == clash.project]
    return any(_versions(fact).issubset(term.versions) for fact in demands for term in barred)


def _versions(fact: Fact) -> set[Version]:
    """Return the versions that a fact asks for."""
    return set() if fact.target is None else set(fact.target.versions)


def _demands(fact: Fact, project: str) -> bool:
    """Whether a fact asks for certain versions of a project."""
    if fact.kind not in {*_USER_WROTE, FactKind.REQUIRES}:
        return False
    return fact.target is not None and base(fact.target.project) == project


def _proof(derivation: Derived, facts: Sequence[Fact], room: int) -> list[str]:
    """Tell what the manifest requires, then a few conclusions, each from what came before it."""
    wrote = [fact for fact in facts if fact.kind in _USER_WROTE]
    told = tell(wrote, with_chains=False)
    asked = ", and ".join([*_roots(told), *(clause.text for clause in told.rest)])
    start = [asked] if asked else []
    every = steps(derivation, most=min(_MOST_LEMMAS + 1, room - len(start)))
    sentences = [_sentence(step, every[k - 1] if k else None) for k, step in enumerate(every)]
    return [*start, *sentences]


def _sentence(step: Step, previous: Step | None) -> str:
    """Tell one step: because of these facts and of what was shown before, this follows."""
    facts = simplify(step.facts)
    clash = find_clash(facts)
    told = tell([fact for fact in facts if fact.kind not in _USER_WROTE])
    earlier = [f"{conclusion(used.terms)}{_number(used)}" for used in step.uses if used is not previous]
    near = {base(term.project) for term in step.terms} | ({clash.project} if clash else set())
    premises = [*_decisive(told.rest, near, most=_IN_ONE_SENTENCE), *earlier]
    follows = conclusion(step.terms) if step.terms else "no stack satisfies the manifest"
    is_next = any(used is previous for used in step.uses)
    if not premises:
        return f"{'so ' if is_next else ''}{follows}{_number(step)}"
    because = "and because" if is_next else "because"
    return f"{because} {_joined(premises)}, {follows}{_number(step)}"


def _number(step: Step) -> str:
    return f" ({step.number})" if step.number else ""


def _decisive(clauses: Sequence[Clause], near: Container[str], *, most: int) -> list[str]:
    """Return those of the clauses that matter most, on projects in `near`, and how many others there are."""

    def rank(clause: Clause) -> tuple[bool, int]:
        terms = (term for fact in clause.facts for term in (fact.subject, fact.target) if term is not None)
        return all(base(term.project) not in near for term in terms), -len(clause.facts)

    if len(clauses) <= most:
        return [clause.text for clause in clauses]
    ranked = sorted(range(len(clauses)), key=lambda k: rank(clauses[k]))
    shown = [clauses[k].text for k in sorted(ranked[: most - 1])]
    hidden = sum(len(clauses[k].facts) for k in ranked[most - 1 :])
    return [*shown, f"{count(hidden, 'further requirement')} {'takes' if hidden == 1 else 'take'} part"]

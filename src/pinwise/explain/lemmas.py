"""A long derivation as a few steps, each of which proves something that later steps use.

This is the error report of PubGrub on data: a derived conclusion that is used once may be told inside of the
step that uses it; one that is used twice is told once, with a number. Where there are too many steps, the
smallest are folded into their users until few enough are left.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pinwise.explain.versions import describe, needed
from pinwise.explain.words import code, listing
from pinwise.model.conflict import Derivation, Derived, Fact, Term


@dataclass(slots=True, eq=False)
class Step:
    """One conclusion: the terms cannot all hold, because of facts and of earlier steps.

    Attributes:
        terms: What cannot all hold; empty for the last step.
        facts: Those it rests on itself.
        uses: Earlier steps it rests on.
        number: The "(1)" by which later steps name it; 0 where it is used once.
    """

    terms: tuple[Term, ...]
    facts: list[Fact]
    uses: list["Step"]
    number: int = 0


def steps(derivation: Derived, *, most: int) -> tuple[Step, ...]:
    """Return at most `most` steps that end with the whole conclusion, each after those it uses."""
    every = _in_order(derivation)
    while len(every) > most:
        users = _users(every)
        folded = min(every[:-1], key=lambda step: (len(users[id(step)]) - 1, len(step.facts)))
        for user in users[id(folded)]:
            _fold(folded, user)
        every.remove(folded)
    users = _users(every)
    numbered = [step for step in every if len(users[id(step)]) > 1]
    for number, step in enumerate(numbered, start=1):
        step.number = number
    return tuple(every)


def conclusion(terms: Sequence[Term]) -> str:
    """Say that `terms` cannot all hold: what holds requires what is missing."""
    phrases = [describe(term) for term in terms if not term.or_absent]
    present = [phrase.text for phrase in phrases]
    wanted = [_wanted(term) for term in terms if term.or_absent]
    if wanted and len(phrases) == 1:
        return phrases[0].verb(f"needs {listing(wanted, 'or')}")
    if wanted and present:
        return f"{listing(present)} together need {listing(wanted, 'or')}"
    if wanted:
        return f"a stack must hold {listing(wanted, 'or')}"
    if not present:
        return "no stack is left"
    how = {1: "cannot be used", 2: "cannot both be used"}.get(len(present), "cannot all be used")
    return f"{listing(present)} {how}"


def _wanted(term: Term) -> str:
    """Describe what is left of a project when the term does not hold."""
    others = set(term.known).difference(term.versions)
    if not others:
        return f"some other {code(term.project)}"
    return needed(Term(term.project, tuple(sorted(others)), term.known))


def _in_order(derivation: Derived) -> list[Step]:
    """Return a step per derived conclusion, each after its premises."""
    made: dict[int, Step] = {}
    ordered: list[Step] = []
    waiting: list[Derived] = [derivation]
    while waiting:
        part = waiting[-1]
        missing = [each for each in _derived(part.premises) if id(each) not in made]
        if missing:
            waiting.extend(missing)
            continue
        waiting.pop()
        if id(part) not in made:
            facts = _once(each for each in part.premises if isinstance(each, Fact))
            uses = list({id(each): made[id(each)] for each in _derived(part.premises)}.values())
            made[id(part)] = Step(part.terms, facts, uses)
            ordered.append(made[id(part)])
    return ordered


def _derived(premises: Sequence[Derivation]) -> Iterator[Derived]:
    return (each for each in premises if isinstance(each, Derived))


def _once(facts: Iterable[Fact]) -> list[Fact]:
    """Drop what is there already, by identity: to compare facts with long lists of versions takes long."""
    return list({id(fact): fact for fact in facts}.values())


def _users(every: Sequence[Step]) -> dict[int, list[Step]]:
    users: dict[int, list[Step]] = {id(step): [] for step in every}
    for step in every:
        for used in step.uses:
            users[id(used)].append(step)
    return users


def _fold(step: Step, user: Step) -> None:
    """Let `user` rest on what `step` rests on, at the place where it rested on `step`."""
    place = next(number for number, used in enumerate(user.uses) if used is step)
    before, after = user.uses[:place], user.uses[place + 1 :]
    new = [used for used in step.uses if all(used is not other for other in (*before, *after))]
    user.uses[:] = [*before, *new, *after]
    user.facts[:] = _once((*step.facts, *user.facts))

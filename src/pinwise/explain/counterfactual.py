"""What another version would bring, in prose."""

from pinwise.explain.clash import base
from pinwise.explain.clauses import requirement
from pinwise.explain.facts import leaves
from pinwise.explain.limits import looking_further
from pinwise.explain.prices import proof_sentence
from pinwise.explain.refusal import Explanation, explain
from pinwise.explain.words import clean, code, count, listing
from pinwise.model.conflict import Derivation, Fact, FactKind
from pinwise.model.outcome import Advice, Refusal, Undecided
from pinwise.model.reasons import Counterfactual, Outdated, Why

_MOST_NAMED = 2


def explain_counterfactual(why: Why) -> Explanation | None:
    """Tell the conflict that forbids the other version, None where nothing does."""
    other = why.counterfactual
    if other is None or not isinstance(other.outcome, Refusal):
        return None
    return _explained(why.pin.name, other, other.outcome)


def explain_outdated(outdated: Outdated) -> dict[str, Explanation]:
    """Tell by name every conflict that holds a pin back."""
    return {
        each.pin.name: _explained(each.pin.name, each.counterfactual, outcome)
        for each in outdated.behind
        if isinstance(outcome := each.counterfactual.outcome, Refusal)
    }


def _explained(name: str, other: Counterfactual, refusal: Refusal) -> Explanation:
    return explain(refusal.derivation, start=f"No stack has {code(f'{name}')} {other.version}")


def counterfactual_sentences(chosen: Advice, name: str, other: Counterfactual) -> list[str]:
    """Say what the best stack with the other version would cost beside the chosen one."""
    match other.outcome:
        case Refusal():
            return _admission(name, other)
        case Undecided(reason=reason):
            told = f"Undecided: {reason}.".replace("..", ".")
            return [told, *_looking_further(reason, other), *_admission(name, other)]
        case Advice(proof=proof):
            comparison = _comparison(chosen, name, other, other.outcome)
            return [comparison, *_looking_further(proof.reason, other), *_admission(name, other)]


def _looking_further(reason: str, other: Counterfactual) -> list[str]:
    """Say what lets a question go on that a limit ended; it may have a shorter one than the stack itself."""
    limit = other.time_limit or 0.0
    way = looking_further(reason, 4 * limit)
    if not way:
        return []
    if "time limit" in reason:
        way = f"this question alone was given {count(round(limit), 'second')}; {way}"
    return [f"{way[0].upper()}{way[1:]}; what was fetched is kept."]


def _comparison(chosen: Advice, name: str, other: Counterfactual, best: Advice) -> str:
    more = best.proof.cost - chosen.proof.cost
    held = next((pin for pin in best.pins if pin.name == name), None)
    start = (
        "The best stack with it" if held is not None else f"The best stack that allows no other {code(name)}"
    )
    without = "" if held is not None else f" does without {code(name)} and"
    if more > 0:
        verdict = f"costs {more:,} more than the chosen one"
    elif more < 0:
        verdict = f"costs {-more:,} less than the chosen one{_why_cheaper(chosen, other, best)}"
    elif (moved := _moved(best) - _moved(chosen)) > 0:
        verdict = f"costs as much as the chosen one, and makes {count(moved, 'more change')} to the lock"
    else:
        verdict = "costs as much as the chosen one, which wins the ties"
    proven = "" if best.proof.optimal else f" {proof_sentence(best.proof)}"
    return f"{start}{without} {verdict} ({best.proof.cost:,} instead of {chosen.proof.cost:,}).{proven}"


def _moved(advice: Advice) -> int:
    """Return how many changes to the present lock count; one that leaves never does."""
    kept = advice.request.kept
    if kept is None or kept.frees_all:
        return 0
    return sum(change.after is not None and change.name not in kept.freed for change in advice.changes)


def _why_cheaper(chosen: Advice, other: Counterfactual, best: Advice) -> str:
    """Say how something that was not chosen can be cheaper."""
    if other.is_yanked or other.is_prerelease:
        return ", but nothing admits that release"
    if not chosen.proof.optimal:
        return ", which is not proven to be the best"
    if (moved := _moved(best) - _moved(chosen)) > 0:
        return (
            f", but makes {count(moved, 'more change')} to the lock, whose pins are kept before cost counts"
        )
    return ", for categories are solved one after the other"


def _admission(name: str, other: Counterfactual) -> list[str]:
    """Say what only the question itself admits."""
    release = f"{code(name)} {other.version}"
    sentences = []
    if other.is_yanked:
        sentences.append(
            f"{release} was yanked: only an exact pin such as {code(other.constraint)} admits it."
        )
    if other.is_prerelease:
        sentences.append(
            f"{release} is a pre-release: only a requirement or constraint that names one, such as "
            f"{code(other.constraint)}, or `--pre` admits it."
        )
    return sentences


def held_back(chosen: Advice, name: str, other: Counterfactual) -> str:
    """Say in a few words what keeps a project from being at another version."""
    match other.outcome:
        case Refusal(derivation=derivation):
            return _conflict(derivation, name, other)
        case Undecided(reason=reason):
            return f"undecided: {clean(reason)}"
        case Advice() as best:
            more = best.proof.cost - chosen.proof.cost
            others = sum(each.name != name and each.before != each.after for each in other.differences)
            changes = f", {count(others, 'other change')}" if others else ""
            is_held = any(pin.name == name for pin in best.pins)
            absent = "" if is_held else f", without {code(name)}"
            verdict = f"{more:,} more" if more > 0 else f"{-more:,} less" if more else "as much"
            return f"possible: the stack would cost {verdict}{changes}{absent}"


def _conflict(derivation: Derivation, name: str, other: Counterfactual) -> str:
    """Name what the user wrote that forbids a version, or why it cannot be used at all."""
    facts = leaves(derivation)
    unusable = [reason for fact in facts if _is_on(fact, name) for reason in fact.reasons]
    if unusable:
        return f"cannot be used: {clean(unusable[0])}"
    wrote = [fact for fact in facts if fact.kind in {FactKind.ROOT, FactKind.CONSTRAINT}]
    others = dict.fromkeys(requirement(fact) for fact in wrote if not _admits(fact, name, other))
    requirers = dict.fromkeys(
        code(fact.subject.project)
        for fact in facts
        if fact.kind is FactKind.REQUIRES
        and fact.subject is not None
        and fact.target is not None
        and base(fact.target.project) == name
        and base(fact.subject.project) != name
    )
    if requirers and list(requirers) != list(others):
        wanted = listing(list(others), longest=_MOST_NAMED)
        return f"held back by {listing(list(requirers), longest=_MOST_NAMED)}" + (
            f", for {wanted}" if wanted else ""
        )
    if others:
        return f"held back by {listing(list(others), longest=_MOST_NAMED)}"
    return "no stack has it"


def _is_on(fact: Fact, name: str) -> bool:
    """Whether a fact is about the releases of a project themselves."""
    term = fact.subject if fact.kind is FactKind.UNUSABLE else fact.target
    return fact.kind is not FactKind.REQUIRES and term is not None and base(term.project) == name


def _admits(fact: Fact, name: str, other: Counterfactual) -> bool:
    """Whether what the user wrote on a project admits the version that is asked about."""
    target = fact.target
    return target is not None and base(target.project) == name and other.version in target.versions

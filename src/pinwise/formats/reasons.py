"""The JSON forms of `pinwise why`, `tree` and `outdated`; their schema is `docs/reasons.schema.json`.

Every key is always there; what there is not is null or empty. Where there is no stack to ask about, these
commands give the report of `pinwise advise` instead.
"""

from collections.abc import Iterable, Mapping

from pinwise.formats.report import (
    ExplanationText,
    derivation_steps,
    environment_values,
    price_values,
    proof_values,
    without_secrets,
)
from pinwise.model.outcome import Advice, Pin, Refusal, Undecided
from pinwise.model.reasons import Behind, Counterfactual, Difference, Link, Outdated, TreeRow, Why

FORM = 1
"""Goes up when a key changes its meaning or goes away."""


def to_why_report(why: Why, explanation: ExplanationText | None) -> dict[str, object]:
    """Return why a pin is as it is, as values that JSON has.

    Args:
        why: The answer.
        explanation: The prose of the counterfactual's conflict, None where it has none.
    """
    other = why.counterfactual
    return _report(
        "why",
        why.advice,
        {
            "package": {
                **_pin(why.pin),
                "index": why.pin.index,
                "direct": why.pin.is_direct,
                "groups": list(why.pin.groups),
                "prices": [price_values(price) for price in why.pin.prices],
            },
            "chain": [_link(link) for link in why.chain],
            "required_by": [
                {"name": edge.name, "requirement": edge.requirement, "group": edge.group or None}
                for edge in why.pin.requested_by
            ],
            "constraints": [
                {"requirement": link.requirement, "place": link.place} for link in why.constraints
            ],
            "newer": [{"version": str(each.version), "reason": each.reason} for each in why.newer],
            "counterfactual": None if other is None else _counterfactual(other, why.advice, explanation),
        },
    )


def to_outdated_report(outdated: Outdated, explanations: Mapping[str, ExplanationText]) -> dict[str, object]:
    """Return what is behind, as values that JSON has.

    Args:
        outdated: The answer.
        explanations: By name, the prose of the conflicts that hold pins back.
    """
    return _report(
        "outdated",
        outdated.advice,
        {"behind": [_behind(each, outdated.advice, explanations) for each in outdated.behind]},
    )


def to_tree_report(advice: Advice, rows: Iterable[TreeRow], *, inverted: str | None) -> dict[str, object]:
    """Return a tree as values that JSON has: rows from top to bottom, each with its depth.

    Args:
        advice: The stack.
        rows: What `pinwise.actions.tree` says of it.
        inverted: The project that an inverted tree grows from, else None.
    """
    return _report("tree", advice, {"inverted": inverted, "rows": [_row(row) for row in rows]})


def _report(question: str, advice: Advice, answer: Mapping[str, object]) -> dict[str, object]:
    report = {
        "form": FORM,
        "question": question,
        "goal": advice.request.goal,
        "environment": environment_values(advice.request.environment),
        "proof": proof_values(advice.proof),
        **answer,
        "warnings": list(advice.warnings),
    }
    return {key: without_secrets(value) for key, value in report.items()}


def _pin(pin: Pin) -> dict[str, object]:
    return {
        "name": pin.name,
        "version": str(pin.version),
        "latest": str(pin.latest),
        "behind": pin.behind,
        "days_behind": pin.days_behind,
        "cost": sum(price.amount for price in pin.prices),
    }


def _link(link: Link) -> dict[str, object]:
    return {
        "name": link.name,
        "version": None if link.version is None else str(link.version),
        "requirement": link.requirement,
        "target": link.target,
        "group": link.group or None,
        "place": link.place or None,
    }


def _behind(each: Behind, advice: Advice, explanations: Mapping[str, ExplanationText]) -> dict[str, object]:
    other = _counterfactual(each.counterfactual, advice, explanations.get(each.pin.name))
    return {"package": _pin(each.pin), "counterfactual": other}


def _counterfactual(
    other: Counterfactual, advice: Advice, explanation: ExplanationText | None
) -> dict[str, object]:
    values: dict[str, object] = {
        "version": str(other.version),
        "constraint": other.constraint,
        "yanked": other.is_yanked,
        "prerelease": other.is_prerelease,
        "outcome": "undecided",
        "proof": None,
        "dearer_by": None,
        "changes": [_difference(each) for each in other.differences],
        "conflict": None,
        "undecided": None,
    }
    match other.outcome:
        case Advice(proof=proof):
            return {
                **values,
                "outcome": "advice",
                "proof": proof_values(proof),
                "dearer_by": proof.cost - advice.proof.cost,
            }
        case Refusal(derivation=derivation):
            assert explanation is not None, "a refusal is explained"
            conflict = {
                "headline": explanation.headline,
                "sentences": list(explanation.sentences),
                "derivation": derivation_steps(derivation),
            }
            return {**values, "outcome": "refusal", "conflict": conflict}
        case Undecided(reason=reason, missing=missing):
            return {**values, "undecided": {"reason": reason, "missing": list(missing)}}


def _difference(each: Difference) -> dict[str, object]:
    return {
        "name": each.name,
        "before": None if each.before is None else str(each.before),
        "after": None if each.after is None else str(each.after),
        "cost_before": each.cost_before,
        "cost_after": each.cost_after,
    }


def _row(row: TreeRow) -> dict[str, object]:
    return {
        "depth": row.depth,
        "name": row.name,
        "version": None if row.version is None else str(row.version),
        "requirement": row.requirement or None,
        "extras": list(row.extras),
        "group": row.group or None,
        "repeated": row.is_repeated,
        "cut": row.is_cut,
    }

"""The one JSON form of an outcome, shared by every way in; its schema is `docs/report.schema.json`.

Every key is always there; what an outcome does not have is null or empty.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from packaging.version import Version

from pinwise.formats.lock_text import utc_time, without_credentials
from pinwise.model.conflict import Derivation, Derived, Fact, Term
from pinwise.model.differing import Differences, OtherDocument
from pinwise.model.edit import Edit
from pinwise.model.environment import Environment
from pinwise.model.facts import File, Skip
from pinwise.model.hint import Hint
from pinwise.model.names import NormalizedName
from pinwise.model.outcome import (
    Advice,
    Better,
    Change,
    Effort,
    Outcome,
    Pin,
    Price,
    Proof,
    Refusal,
    Undecided,
)
from pinwise.model.request import DirectRequirement, LocalProject

FORM = 1
"""Goes up when a key changes its meaning or goes away."""


class ExplanationText(Protocol):
    """A refusal in prose, as `pinwise.explain` writes it."""

    @property
    def headline(self) -> str:
        """The conflict in one sentence."""
        ...

    @property
    def sentences(self) -> tuple[str, ...]:
        """How it comes about, step by step."""
        ...


def to_report(
    outcome: Outcome, explanation: ExplanationText | None, edits: Iterable[Edit] = ()
) -> dict[str, object]:
    """Return `outcome` as values that JSON has, without credentials.

    Args:
        outcome: Of any kind.
        explanation: The prose of a refusal, None for other outcomes.
        edits: What `pinwise add` or `pinwise remove` made of the manifest.
    """
    report: dict[str, object] = {
        "form": FORM,
        "outcome": _kind(outcome),
        "goal": outcome.request.goal,
        "environment": environment_values(outcome.request.environment),
        "edits": [_edit(edit) for edit in edits if edit.is_change],
        "packages": [],
        "proof": None,
        "changes": [],
        "better": None,
        "conflict": None,
        "undecided": None,
        "left_out": [_left_out(direct) for direct in outcome.request.left_out],
        "overrides": list(_overrides(outcome)),
        "excluded": list(_excluded(outcome)),
        "skipped": [],
        "warnings": list(outcome.warnings),
        "snapshot": outcome.snapshot,
        "effort": _effort(outcome.effort),
    }
    match outcome:
        case Advice():
            report["packages"] = [_package(pin) for pin in outcome.pins]
            report["proof"] = proof_values(outcome.proof)
            report["changes"] = [_change(change) for change in outcome.changes]
            report["better"] = None if outcome.better is None else _better(outcome.better)
            report["left_out"] = [_left_out(direct) for direct in outcome.left_out]
            report["skipped"] = list(_skipped(outcome.skipped))
        case Refusal():
            assert explanation is not None, "a refusal is explained"
            report["conflict"] = {
                "headline": explanation.headline,
                "sentences": list(explanation.sentences),
                "derivation": derivation_steps(outcome.derivation),
                "hints": [_hint(hint) for hint in outcome.hints],
            }
        case Undecided():
            report["undecided"] = {"reason": outcome.reason, "missing": list(outcome.missing)}
    return {key: without_secrets(value) for key, value in report.items()}


@dataclass(frozen=True, slots=True)
class OverlayReport:
    """One overlay in a report on several.

    Attributes:
        name: Its name.
        outcome: Its outcome; None where an index failed.
        explanation: The prose of a refusal.
        failure: What failed, None where there is an outcome.
        locks: Names of its locks, and what became of each in a word or two.
        exit_code: The one that it alone would have ended with.
    """

    name: str
    outcome: Outcome | None
    explanation: ExplanationText | None
    failure: str | None
    locks: tuple[tuple[str, str], ...]
    exit_code: int


def to_overlay_reports(reports: Iterable[OverlayReport]) -> dict[str, object]:
    """Return reports on overlays as values that JSON has; its schema is `docs/overlays.schema.json`."""
    return {
        "form": FORM,
        "overlays": [
            {
                "overlay": each.name,
                "exit_code": each.exit_code,
                "locks": [{"file": file, "state": state} for file, state in each.locks],
                "failure": without_secrets(each.failure),
                "report": None if each.outcome is None else to_report(each.outcome, each.explanation),
            }
            for each in reports
        ],
    }


def _kind(outcome: Outcome) -> str:
    match outcome:
        case Advice():
            return "advice"
        case Refusal():
            return "refusal"
        case Undecided():
            return "undecided"


def without_secrets(value: object) -> object:
    """Return a JSON value with no credentials in any of its strings."""
    match value:
        case str():
            return without_credentials(value)
        case list():
            return [without_secrets(item) for item in value]
        case dict():
            return {key: without_secrets(item) for key, item in value.items()}
        case _:
            return value


def environment_values(environment: Environment) -> dict[str, object]:
    """Return an environment as the report has it."""
    return {
        "python": str(environment.python),
        "implementation": environment.implementation,
        "platform": environment.platform,
        "abi_flags": environment.abi_flags,
        "markers": dict(environment.markers),
        "origins": dict(environment.origins),
    }


def _edit(edit: Edit) -> dict[str, object]:
    return {
        "name": edit.name,
        "before": edit.before,
        "after": edit.after,
        "group": edit.group,
        "file": edit.file,
        "note": edit.note or None,
    }


def _better(better: Better) -> dict[str, object]:
    return {"proof": proof_values(better.proof), "changes": [_change(change) for change in better.changes]}


def _change(change: Change) -> dict[str, object]:
    return {
        "name": change.name,
        "before": None if change.before is None else str(change.before),
        "after": None if change.after is None else str(change.after),
    }


def _package(pin: Pin) -> dict[str, object]:
    return {
        "name": pin.name,
        "version": str(pin.version),
        "index": pin.index,
        "index_name": pin.index_name,
        "groups": list(pin.groups),
        "direct": pin.is_direct,
        "extras": list(pin.extras),
        "marker": pin.marker,
        "requested_by": [
            {"name": edge.name, "requirement": edge.requirement, "group": edge.group or None}
            for edge in pin.requested_by
        ],
        "requires": list(pin.requires),
        "requires_python": pin.requires_python,
        "cost": sum(price.amount for price in pin.prices),
        "prices": [price_values(price) for price in pin.prices],
        "behind": pin.behind,
        "days_behind": pin.days_behind,
        "latest": str(pin.latest),
        "yanked": pin.yanked,
        "metadata": pin.metadata_origin.value,
        "other_documents": [other_document_values(other) for other in pin.others],
        "local": None if pin.local is None else _local(pin.local),
        "files": [_file(file) for file in pin.files],
    }


def other_document_values(other: OtherDocument) -> dict[str, object]:
    """Return a document that differs from the one that decides as the report has it."""
    return {"file": other.file, "metadata": other.kind.value, **difference_values(other.differences)}


def difference_values(found: Differences) -> dict[str, object]:
    """Return what one document says besides another as JSON values."""
    return {
        "required": list(found.required),
        "not_required": list(found.not_required),
        "provided": list(found.provided),
        "not_provided": list(found.not_provided),
        "requires_python": found.requires_python,
        "unusable": found.unusable or None,
    }


def price_values(price: Price) -> dict[str, object]:
    """Return a price as the report has it."""
    return {
        "unit": price.unit,
        "subject": price.subject,
        "amount": price.amount,
        "reason": price.reason,
        "link": price.link or None,
    }


def _local(project: LocalProject) -> dict[str, object]:
    return {"path": project.path, "editable": project.is_editable, "sha256": project.sha256}


def _file(file: File) -> dict[str, object]:
    return {
        "filename": file.filename,
        "url": file.url,
        "sha256": file.sha256,
        "size": file.size,
        "uploaded": None if file.uploaded is None else utc_time(file.uploaded),
        "requires_python": file.requires_python,
        "yanked": file.yanked,
    }


def proof_values(proof: Proof) -> dict[str, object]:
    """Return a proof as the report has it."""
    return {
        "optimal": proof.optimal,
        "cost": proof.cost,
        "bound": proof.bound,
        "unknown": proof.unknown,
        "predictor": proof.predictor,
        "reason": proof.reason or None,
        "joint": proof.is_joint,
        "prover": None if proof.prover is None else proof.prover.value,
    }


def _left_out(direct: DirectRequirement) -> dict[str, object]:
    marker = direct.requirement.marker
    return {
        "requirement": str(direct),
        "marker": None if marker is None else str(marker),
        "place": str(direct.place),
    }


def _overrides(outcome: Outcome) -> Iterator[dict[str, object]]:
    for direct in outcome.request.overrides:
        yield {
            "name": direct.name,
            "requirement": str(direct),
            "place": str(direct.place),
            "in_place_of": _amended(outcome, direct.name),
        }


def _excluded(outcome: Outcome) -> Iterator[dict[str, object]]:
    for exclusion in outcome.request.exclusions:
        yield {
            "name": exclusion.name,
            "reason": exclusion.reason,
            "place": str(exclusion.place),
            "in_place_of": _amended(outcome, exclusion.name),
        }


def _amended(outcome: Outcome, name: NormalizedName) -> list[dict[str, object]]:
    """Return what the stack required of a project before it was overridden or excluded."""
    edges = outcome.amended.get(name, ()) if isinstance(outcome, Advice) else ()
    return [{"name": edge.name, "requirement": edge.requirement} for edge in edges]


def _skipped(skipped: Mapping[NormalizedName, Iterable[Skip]]) -> Iterator[dict[str, object]]:
    for name in sorted(skipped):
        for skip in skipped[name]:
            yield {"project": name, "what": skip.what, "reason": skip.reason}


def _effort(effort: Effort) -> dict[str, object]:
    return {
        "pages": effort.pages,
        "documents": effort.documents,
        "requests": effort.requests,
        "rounds": effort.rounds,
        "seconds": round(effort.seconds, 3),
    }


def _hint(hint: Hint) -> dict[str, object]:
    return {
        "kind": hint.kind.value,
        "relaxed": hint.relaxed or None,
        "instead": hint.instead or None,
        "place": hint.place or None,
        "project": hint.project,
        "version": None if hint.version is None else str(hint.version),
        "edits": hint.edits,
        "packages": hint.packages,
        "cost": hint.cost,
        "optimal": hint.optimal,
    }


def derivation_steps(derivation: Derivation) -> list[dict[str, object]]:
    """Return the steps of a derivation, each after those that it rests on; the last one is the conflict.

    A conclusion that is used in several places is one step, named by its number in each. Steps stand side by
    side, not one in another: a chain of a thousand conclusions is no deeper than one of two.
    """
    if isinstance(derivation, Fact):
        return [{"number": 1, "terms": [], "premises": [_fact(derivation)]}]
    numbers: dict[int, int] = {}
    steps: list[dict[str, object]] = []
    waiting = [derivation]
    while waiting:
        node = waiting[-1]
        before = [item for item in node.premises if isinstance(item, Derived) and id(item) not in numbers]
        if before and id(node) not in numbers:
            waiting += reversed(before)
            continue
        waiting.pop()
        if id(node) not in numbers:
            numbers[id(node)] = len(steps) + 1
            steps.append(_step(node, numbers))
    return steps


def _step(node: Derived, numbers: Mapping[int, int]) -> dict[str, object]:
    return {
        "number": numbers[id(node)],
        "terms": [_term(term) for term in node.terms],
        "premises": [
            {"kind": "step", "number": numbers[id(item)]} if isinstance(item, Derived) else _fact(item)
            for item in node.premises
        ],
    }


def _fact(fact: Fact) -> dict[str, object]:
    return {
        "kind": fact.kind.value,
        "subject": None if fact.subject is None else _term(fact.subject),
        "requirement": fact.requirement or None,
        "target": None if fact.target is None else _term(fact.target),
        "reasons": list(fact.reasons),
        "place": fact.place or None,
        "group": fact.group or None,
        "suggestions": list(fact.suggestions),
        "index": fact.index or None,
        "elsewhere": list(fact.elsewhere),
    }


def _term(term: Term) -> dict[str, object]:
    return {
        "project": term.project,
        "or_absent": term.or_absent,
        "every": bool(term.known) and len(term.versions) == len(term.known),
        "versions": [
            {"first": str(run[0]), "last": str(run[-1]), "count": len(run)}
            for run in _runs(term.versions, term.known)
        ],
    }


def _runs(versions: Sequence[Version], known: Sequence[Version]) -> list[list[Version]]:
    """Return the versions in runs without a known one missing: 1, 2, 4 of 1 to 4 are [1, 2] and [4]."""
    places = {version: place for place, version in enumerate(known)}
    runs: list[list[Version]] = []
    for version in versions:
        place = places.get(version)
        if runs and place is not None and places.get(runs[-1][-1]) == place - 1:
            runs[-1].append(version)
        else:
            runs.append([version])
    return runs

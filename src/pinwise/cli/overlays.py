"""What `pinwise advise` does with overlays: one request each, one report each, then a summary.

Every overlay is read and checked before anything is searched, and every search ends before anything is
written. Then the locks of all overlays that have a stack are written, all or none; an overlay without a stack
keeps its lock as it is and takes no other's away.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pinwise.actions.present import Upgrade
from pinwise.cli import render
from pinwise.cli.advising import Locking, code_of, lock, mode_of, passed_by, report_lines, searched
from pinwise.cli.asking import Question
from pinwise.cli.exits import ExitCode
from pinwise.cli.install_lines import Way
from pinwise.cli.lines import Line, wrap
from pinwise.cli.paper import write_lines, write_warnings
from pinwise.cli.reading import Asked, read_overlays
from pinwise.cli.render_overlays import Row, heading, render_overlays
from pinwise.cli.streams import printable, write_err, write_out
from pinwise.explain.names import near_names
from pinwise.explain.refusal import explain
from pinwise.explain.words import listing
from pinwise.formats.entries import shown
from pinwise.formats.report import OverlayReport, to_overlay_reports
from pinwise.model.errors import IndexFailure, UsageError
from pinwise.model.names import parse_name
from pinwise.model.outcome import Advice, Outcome, Refusal

FAILED = "failed"
"""The outcome, in a word, of an overlay for which an index did not answer."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An overlay with its outcome.

    Attributes:
        asked, question: What was asked.
        outcome: The answer, or the failure that took its place.
        notes: What became of its locks.
    """

    asked: Asked
    question: Question
    outcome: Outcome | IndexFailure
    notes: Sequence[render.LockNote] = ()

    @property
    def name(self) -> str:
        """The overlay's name."""
        assert self.asked.overlay is not None, "only overlays are asked here"
        return self.asked.overlay.name

    def code(self, *, is_check: bool) -> ExitCode:
        """Return its exit code."""
        if isinstance(self.outcome, IndexFailure):
            return ExitCode.FAILED
        return code_of(self.outcome, self.notes, is_check=is_check)


def run_overlays(folder: str | None, options: Mapping[str, Any]) -> int:
    """Advise for overlays, write their locks, print their reports; return the worst exit code."""
    asked = read_overlays(folder, options, None if options["all_overlays"] else options["overlay"])
    _check_locks(asked)
    questions = _questions(asked, options)
    _write_shared_warnings(
        (_name(each), [*question.warnings, *passed_by(each.found.folder, each.locks)])
        for each, question in zip(asked, questions, strict=True)
    )
    answer = _answer if len(asked) > 1 else _only_answer
    answered = [answer(each, question, options) for each, question in zip(asked, questions, strict=True)]
    answered = _locked(answered, folder, options)
    _write_shared_warnings((each.name, _new_warnings(each)) for each in answered)
    if options["form"] == "json":
        reports = [_report(each, is_check=options["check"]) for each in answered]
        write_out(json.dumps(to_overlay_reports(reports), indent=2))
    else:
        write_lines(_text(answered, options))
    _write_efforts(answered)
    return max(each.code(is_check=options["check"]) for each in answered)


def _name(asked: Asked) -> str:
    assert asked.overlay is not None, "only overlays are asked here"
    return asked.overlay.name


def _check_locks(asked: Sequence[Asked]) -> None:
    """Refuse a lock that two overlays would write, or that is read as a manifest."""
    owners: dict[str, str] = {}
    for each in asked:
        read = {os.path.realpath(file) for file in each.found.manifest.files}
        for name in each.locks:
            path = each.found.folder / name
            target = os.path.realpath(path)
            if target in read:
                raise UsageError(
                    f"`{path}` is the manifest of the overlay `{_name(each)}` and cannot be its lock too",
                    hint="rename the manifest to `requirements.in`, or choose another lock with `--lock`",
                )
            owner = owners.setdefault(target, _name(each))
            if owner != _name(each):
                raise UsageError(
                    f"the overlays `{owner}` and `{_name(each)}` would both write `{path}`",
                    hint="give each a `lock` of its own; without `lock` and `--lock` they have one",
                )


def _questions(asked: Sequence[Asked], options: Mapping[str, Any]) -> list[Question]:
    """Return what is asked about each overlay.

    Raises:
        UsageError: An overlay has no target, or a project that should be let go of is in none of the locks.
    """
    upgrade = Upgrade(all=options["upgrade"], names=options["upgrade_package"], is_shared=len(asked) > 1)
    questions = [Question.of(each, upgrade=upgrade) for each in asked]
    if not upgrade.is_shared:
        return questions
    kept = [question.request.kept for question in questions if question.request.kept is not None]
    known = {name for each in kept for name in each.pins}
    for name in map(parse_name, upgrade.names):
        if name not in known:
            near = near_names(name, known)
            raise UsageError(
                f"`{shown(name)}` is in none of the locks, so that it cannot be let go of",
                hint=f"did you mean `{near[0]}`?"
                if near
                else "what is not pinned yet is chosen freely anyway",
            )
    return questions


def _answer(asked: Asked, question: Question, options: Mapping[str, Any]) -> Answered:
    """Search for one of several overlays; an index that fails takes away this overlay's answer only."""
    try:
        return Answered(asked, question, searched(question, options))
    except IndexFailure as failure:
        return Answered(asked, question, failure)


def _only_answer(asked: Asked, question: Question, options: Mapping[str, Any]) -> Answered:
    """Search for the only overlay; an index that fails ends the command."""
    return Answered(asked, question, searched(question, options))


def _locked(answered: Sequence[Answered], folder: str | None, options: Mapping[str, Any]) -> list[Answered]:
    """Write the locks of those that have a stack."""
    having = [
        (at, Locking(each.outcome, each.asked.found, each.asked.locks, _way(each, folder, options)))
        for at, each in enumerate(answered)
        if isinstance(each.outcome, Advice)
    ]
    mode = mode_of(options)
    notes = dict(zip((at for at, _ in having), lock([it for _, it in having], mode=mode), strict=True))
    return [
        Answered(each.asked, each.question, each.outcome, notes.get(at, ()))
        for at, each in enumerate(answered)
    ]


def _way(answered: Answered, folder: str | None, options: Mapping[str, Any]) -> Way:
    is_activated = answered.asked.settings.virtual_env is not None
    way = Way.of(folder, options, answered.asked.found, is_activated=is_activated)
    overlay = answered.asked.overlay
    assert overlay is not None, "only overlays are asked here"
    place = folder or "" if not options["requirement"] else way.place
    return replace(way, place="" if place == "." else place, overlay=overlay.name)


# --- what is said


def _new_warnings(answered: Answered) -> list[str]:
    if isinstance(answered.outcome, IndexFailure):
        return []
    said = answered.question.request.warnings
    return [warning for warning in answered.outcome.warnings if warning not in said]


def _write_shared_warnings(warnings: Iterable[tuple[str, Iterable[str]]]) -> None:
    """Write each warning once, with the names of the overlays that it is about unless it is about all."""
    about: dict[str, list[str]] = {}
    count = 0
    for name, texts in warnings:
        count += 1
        for text in dict.fromkeys(texts):
            about.setdefault(text, []).append(name)
    write_warnings(
        text if len(names) == count else f"{listing([f'`{name}`' for name in names], longest=3)}: {text}"
        for text, names in about.items()
    )


def _write_efforts(answered: Sequence[Answered]) -> None:
    for each in answered:
        if not isinstance(each.outcome, IndexFailure):
            about = f"`{each.name}`: " if len(answered) > 1 else ""
            write_err(about + render.summary(each.outcome.effort))


def _text(answered: Sequence[Answered], options: Mapping[str, Any]) -> Iterator[Line]:
    """Yield the report of each overlay under its heading, and the summary of several."""
    for at, each in enumerate(answered):
        if at:
            yield Line()
        yield from heading(each.name)
        if isinstance(each.outcome, IndexFailure):
            yield from _failure(each.outcome)
            continue
        derivation = each.outcome.derivation if isinstance(each.outcome, Refusal) else None
        explanation = None if derivation is None else explain(derivation)
        settings = each.asked.settings
        lines = report_lines(each.outcome, explanation, each.notes, settings, is_check=options["check"])
        yield from _own_end(lines) if len(answered) > 1 else lines
    if len(answered) > 1:
        yield Line()
        yield from render_overlays([_row(each) for each in answered])


def _failure(failure: IndexFailure) -> Iterator[Line]:
    """Yield what a command would say of a failure, in the place of a report."""
    for word, text in (("error: ", str(failure)), ("hint: ", failure.hint)):
        if text:
            yield from (Line(line.text, "bad") for line in wrap(printable(text), first=word, indent="  "))


def _own_end(lines: list[Line]) -> list[Line]:
    """Return a report that speaks of its own overlay only: the locks of others may have been written."""
    end = len(render.NOTHING_WRITTEN)
    if tuple(lines[-end:]) != render.NOTHING_WRITTEN:
        return lines
    return [*lines[:-end], Line(), Line("Nothing was locked for this overlay.")]


def _row(answered: Answered) -> Row:
    outcome = answered.outcome
    locks = tuple(f"{note.name}: {note.state}" for note in answered.notes)
    changes = None
    if isinstance(outcome, Advice) and outcome.request.kept is not None:
        changes = len(outcome.changes)
    return Row(answered.name, _word(outcome), changes, locks)


def _word(outcome: Outcome | IndexFailure) -> str:
    return FAILED if isinstance(outcome, IndexFailure) else type(outcome).__name__.lower()


def _report(answered: Answered, *, is_check: bool) -> OverlayReport:
    outcome = answered.outcome
    failure = outcome if isinstance(outcome, IndexFailure) else None
    derivation = outcome.derivation if isinstance(outcome, Refusal) else None
    return OverlayReport(
        name=answered.name,
        outcome=None if isinstance(outcome, IndexFailure) else outcome,
        explanation=None if derivation is None else explain(derivation),
        failure=None if failure is None else str(failure),
        locks=tuple((note.name, note.state) for note in answered.notes),
        exit_code=answered.code(is_check=is_check),
    )

"""What `pinwise why`, `tree` and `outdated` have in common: a stack, a question about it, two forms."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pinwise.actions.counterfactual import Asking
from pinwise.cli.asking import Question
from pinwise.cli.exits import ExitCode, exit_code
from pinwise.cli.lines import Line
from pinwise.cli.paper import write_lines, write_warnings
from pinwise.cli.render import render_refusal, render_undecided, summary
from pinwise.cli.streams import write_err, write_out
from pinwise.model.outcome import Advice, Outcome, Refusal, Undecided

if TYPE_CHECKING:
    from pinwise.explain.refusal import Explanation


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in both of its forms, each made when it is wanted."""

    lines: Callable[[], Iterable[Line]]
    report: Callable[[], dict[str, object]]


def answer(folder: str | None, options: Mapping[str, Any], ask: Callable[[Asking], Answer]) -> int:
    """Find the stack, ask about it and print the answer; return the exit code.

    Where there is no stack to ask about, the report of `pinwise advise` says why.
    """
    begin = time.monotonic()
    question = Question.read(folder, options)
    with question.searching() as search:
        outcome = search.advise(is_recorded=False, is_compared=False)
        asked = ask(Asking(outcome, search.world, search.options)) if isinstance(outcome, Advice) else None
        effort = search.effort(begin)
    write_warnings(warning for warning in outcome.warnings if warning not in question.request.warnings)
    if asked is None:
        asked = _no_stack(outcome, is_offline=question.settings.offline)
    if options["form"] == "json":
        import json  # noqa: PLC0415  # for this form only

        write_out(json.dumps(asked.report(), indent=2))
    else:
        write_lines(asked.lines())
    write_err(summary(effort))
    return ExitCode.OK if isinstance(outcome, Advice) else exit_code(outcome)


def _no_stack(outcome: Advice | Refusal | Undecided, *, is_offline: bool) -> Answer:
    """Say why there is no stack to ask about."""
    match outcome:
        case Refusal():
            from pinwise.explain.refusal import explain  # noqa: PLC0415  # for refusals only

            explanation = explain(outcome.derivation)
            return Answer(lambda: render_refusal(outcome, explanation), lambda: _report(outcome, explanation))
        case Undecided():
            return Answer(
                lambda: render_undecided(outcome, is_offline=is_offline), lambda: _report(outcome, None)
            )
        case Advice():
            raise AssertionError("there is a stack")


def _report(outcome: Outcome, explanation: "Explanation | None") -> dict[str, object]:
    from pinwise.formats.report import to_report  # noqa: PLC0415  # for JSON only

    return to_report(outcome, explanation)

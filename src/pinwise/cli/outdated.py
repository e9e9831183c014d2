"""`pinwise outdated`: what is behind, and what holds it back."""

from typing import TYPE_CHECKING, Any

import click

from pinwise.cli.options import question_options

if TYPE_CHECKING:
    from pinwise.actions.counterfactual import Asking


@click.command("outdated", short_help="Show the pins that are behind, and what holds each back.")
@click.argument("folder", required=False)
@question_options
def outdated_command(folder: str | None, **options: Any) -> int:
    """Show the pins of the best stack that are behind their newest release, and what holds each back.

    FOLDER holds the manifest; it is the current folder if it is not given, and may be the manifest itself.
    For each of the pins the search is asked what its newest release would bring. No file is written.
    """
    from pinwise.actions.outdated import outdated  # noqa: PLC0415  # `--help` need not pay for it
    from pinwise.cli.answering import Answer, answer  # noqa: PLC0415
    from pinwise.cli.render_reasons import render_outdated  # noqa: PLC0415

    def ask(asking: "Asking") -> Answer:
        found = outdated(asking)

        def report() -> dict[str, object]:
            from pinwise.explain.counterfactual import explain_outdated  # noqa: PLC0415  # for JSON only
            from pinwise.formats.reasons import to_outdated_report  # noqa: PLC0415

            return to_outdated_report(found, explain_outdated(found))

        return Answer(lambda: render_outdated(found), report)

    return answer(folder, options, ask)

"""`pinwise why`: the reasons for one pin."""

from typing import TYPE_CHECKING, Any

import click

from pinwise.cli.options import question_options

if TYPE_CHECKING:
    from pinwise.actions.counterfactual import Asking


@click.command("why", short_help="Say why NAME is in the best stack at its version.")
@click.argument("name")
@click.argument("version", required=False)
@click.option(
    "--folder",
    metavar="FOLDER",
    help="Where the manifest is, or the manifest itself.  [default: the current folder]",
)
@question_options
def why_command(name: str, version: str | None, folder: str | None, **options: Any) -> int:
    """Say why NAME is in the best stack at its version, and what VERSION would bring instead.

    Shown are the shortest chain of requirements from the manifest, all that is held against the pin, and the
    best stack with NAME at VERSION beside the chosen one, or the conflict that forbids it. Without VERSION:
    the newest one that could be chosen. Everything is worked out anew; no file is written.
    """
    from pinwise.actions.why import why  # noqa: PLC0415  # `--help` need not pay for it
    from pinwise.cli.answering import Answer, answer  # noqa: PLC0415
    from pinwise.cli.asking import all_groups  # noqa: PLC0415
    from pinwise.cli.render_reasons import render_why  # noqa: PLC0415
    from pinwise.explain.counterfactual import explain_counterfactual  # noqa: PLC0415
    from pinwise.model.names import parse_name  # noqa: PLC0415

    project = parse_name(name)

    def ask(asking: "Asking") -> Answer:
        found = why(asking, project, version, groups=lambda: all_groups(folder, options))
        explanation = explain_counterfactual(found)

        def report() -> dict[str, object]:
            from pinwise.formats.reasons import to_why_report  # noqa: PLC0415  # for JSON only

            return to_why_report(found, explanation)

        return Answer(lambda: render_why(found, explanation), report)

    return answer(folder, options, ask)

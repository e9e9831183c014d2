"""`pinwise tree`: the stack as a tree."""

from typing import TYPE_CHECKING, Any

import click

from pinwise.cli.options import question_options

if TYPE_CHECKING:
    from pinwise.actions.counterfactual import Asking


@click.command("tree", short_help="Show who requires what in the best stack.")
@click.argument("folder", required=False)
@click.option("--invert", metavar="NAME", help="Show what requires NAME, up to the manifest.")
@click.option("--depth", type=click.IntRange(min=0), metavar="N", help="Show so many steps.  [default: all]")
@question_options
def tree_command(folder: str | None, invert: str | None, depth: int | None, **options: Any) -> int:
    """Show who requires what in the best stack, from the manifest down.

    FOLDER holds the manifest; it is the current folder if it is not given, and may be the manifest itself.
    What is below a package is drawn once. No file is written.
    """
    from pinwise.actions.tree import inverted, tree  # noqa: PLC0415  # `--help` need not pay for it
    from pinwise.cli.answering import Answer, answer  # noqa: PLC0415
    from pinwise.cli.render_reasons import render_tree  # noqa: PLC0415
    from pinwise.model.names import parse_name  # noqa: PLC0415

    project = None if invert is None else parse_name(invert)

    def ask(asking: "Asking") -> Answer:
        stack = asking.advice
        rows = tree(stack, depth=depth) if project is None else inverted(stack, project, depth=depth)

        def report() -> dict[str, object]:
            from pinwise.formats.reasons import to_tree_report  # noqa: PLC0415  # for JSON only

            return to_tree_report(stack, rows, inverted=project)

        return Answer(lambda: render_tree(stack, rows), report)

    return answer(folder, options, ask)

"""What was changed in a manifest, in the report for people."""

from collections.abc import Iterator, Sequence

from pinwise.cli.lines import Line, wrap
from pinwise.explain.words import clean
from pinwise.model.edit import Edit
from pinwise.model.request import DEFAULT_GROUP


def render_edits(edits: Sequence[Edit], *, is_written: bool) -> Iterator[Line]:
    """Yield a line for each edit: ``+`` came, ``-`` went, ``~`` has changed, ``=`` was there already."""
    for file in dict.fromkeys(edit.file for edit in edits):
        mine = [edit for edit in edits if edit.file == file]
        changes = sum(edit.is_change for edit in mine)
        if not changes:
            yield from wrap(f"`{clean(file)}` says the same already and was not changed.")
        else:
            word = "Changed" if is_written else "Would change"
            yield Line(f"{word} in `{clean(file)}`: {changes}", "title")
        for edit in mine:
            yield from _edit(edit)


def _edit(edit: Edit) -> Iterator[Line]:
    group = "" if edit.group == DEFAULT_GROUP else f"  ({clean(edit.group)})"
    before, after = clean(edit.before or ""), clean(edit.after or "")
    if not edit.is_change:
        yield from _styled(f"= {after}{group}", "")
    elif edit.before is None:
        yield from _styled(f"+ {after}{group}", "good")
    elif edit.after is None:
        yield from _styled(f"- {before}{group}", "bad")
    else:
        yield from _styled(f"~ {before} -> {after}{group}", "weak")
    if edit.note:
        yield from wrap(edit.note, first="      ", indent="      ")


def _styled(text: str, style: str) -> Iterator[Line]:
    for line in wrap(text, first="  ", indent="    "):
        yield Line(line.text, style)

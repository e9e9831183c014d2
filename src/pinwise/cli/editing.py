"""What `pinwise add` and `pinwise remove` do, step by step."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pinwise import wiring
from pinwise.actions.edit import (
    BOUNDS,
    Adding,
    EditedManifest,
    Removing,
    Room,
    edit_manifest,
    selection_after,
    with_bounds,
)
from pinwise.actions.manifest import FoundManifest, Texts, scripts_in
from pinwise.actions.present import Upgrade, present_selection
from pinwise.actions.write import Manuscript, write_locks
from pinwise.cli import render
from pinwise.cli.advising import Locking, lock, passed_by, report_lines, searched
from pinwise.cli.asking import Question
from pinwise.cli.exits import ExitCode, exit_code
from pinwise.cli.install_lines import Way
from pinwise.cli.lines import Line
from pinwise.cli.paper import write_lines, write_warnings
from pinwise.cli.reading import Asked, lock_names
from pinwise.cli.render_edits import render_edits
from pinwise.cli.streams import write_err, write_out
from pinwise.explain.refusal import explain
from pinwise.formats.report import to_report
from pinwise.model.errors import ManifestError, UsageError
from pinwise.model.names import parse_name
from pinwise.model.outcome import Advice, Outcome, Refusal
from pinwise.model.request import Selection
from pinwise.settings import read_settings

Options = Mapping[str, Any]
Change = Adding | Removing


def add(requirements: Sequence[str], folder: str | None, options: Options) -> int:
    """Put requirements into the manifest, advise, write both; return the exit code."""
    if options["bounds"] != BOUNDS[0] and options["no_lock"]:
        raise UsageError(
            "`--bounds` needs the version that is chosen, and `--no-lock` chooses none",
            hint="leave one of them out, or write the bound yourself",
        )

    def change(found: FoundManifest) -> Change:
        editable = options["editable"]
        return Adding(wiring.read_wanted(requirements, found, is_editable=editable), _room(options))

    return _edit(folder, options, change)


def remove(names: Sequence[str], folder: str | None, options: Options) -> int:
    """Take projects out of the manifest, advise, write both; return the exit code."""
    removing = Removing(tuple(dict.fromkeys(parse_name(name) for name in names)), _room(options))
    return _edit(folder, options, lambda _: removing)


def _room(options: Options) -> Room:
    return Room(tuple(options["group"]), tuple(options["extra"]), options["dev"])


def _edit(folder: str | None, options: Options, changed: Callable[[FoundManifest], Change]) -> int:
    if options["no_lock"] and options["form"] != "text":
        raise UsageError(
            "`--no-lock` asks for no advice, of which JSON could be written", hint="leave one of them out"
        )
    texts = Texts()
    found = _read(folder, options, None, texts)
    editing = _Editing(folder, options, found, texts)
    change = changed(found)
    edited = edit_manifest(found, texts, change)
    if options["no_lock"]:
        return editing.without_lock(edited)
    attempt = editing.attempt(edited)
    if isinstance(change, Adding) and isinstance(attempt.outcome, Advice):
        wanted = with_bounds(change.wanted, edited.edits, attempt.outcome, options.get("bounds", BOUNDS[0]))
        if wanted != change.wanted:
            edited = edit_manifest(found, texts, replace(change, wanted=wanted))
            attempt = editing.attempt(edited, is_again=True)
    return attempt.conclude(options)


def _read(folder: str | None, options: Options, selection: Selection | None, texts: Texts) -> FoundManifest:
    files, constraints = options["requirement"], options["constraint"]
    try:
        return wiring.read_manifest(folder, files, constraints, selection, texts=texts)
    except ManifestError as error:
        if error.file is None and error.message.startswith("there is no manifest"):
            hint = "make an empty `requirements.in` first, or a `pyproject.toml` with `[project]`"
            if scripts := scripts_in(Path(folder or ".")):
                script = scripts[0]
                hint = f"to edit what the script `{script}` requires, say `--folder {script}`; else {hint}"
            raise ManifestError(error.message, hint=hint) from None
        raise


@dataclass(frozen=True, slots=True)
class _Editing:
    """One manifest that is edited: where it is, and what was read of it."""

    folder: str | None
    options: Options
    found: FoundManifest
    texts: Texts

    def without_lock(self, edited: EditedManifest) -> int:
        """Write the manifest alone."""
        is_written = not self.options["dry_run"]
        if is_written:
            write_locks((), edited=edited.manuscript(self.texts))
        lines = [*render_edits(edited.edits, is_written=is_written)]
        lines += [Line(), Line("The lock was left as it is (`--no-lock`).")]
        write_lines(lines)
        return ExitCode.OK

    def attempt(self, edited: EditedManifest, *, is_again: bool = False) -> "_Attempt":
        """Advise on the manifest as it was edited; when it was edited again, no warning is repeated."""
        options = self.options
        settings = read_settings(options, self.found.manifest)
        names = lock_names(settings, self.found.manifest)
        texts = edited.texts()
        selection = selection_after(
            self.found,
            edited,
            asked=Selection(all_extras=options["all_extras"], all_groups=options["all_groups"]),
            present=present_selection([self.found.folder / name for name in names]),
        )
        after = _read(self.folder, options, selection, texts)
        upgrade = Upgrade(all=options["upgrade"], names=options["upgrade_package"])
        question = Question.of(Asked(after, settings), upgrade=upgrade)
        if not is_again:
            write_warnings([*question.warnings, *passed_by(after.folder, names)])
        outcome = searched(question, options)
        way = Way.of(self.folder, options, after)
        return _Attempt(question, outcome, edited, edited.manuscript(texts), names, way)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """An edit and what an advice says of it; nothing is written yet."""

    question: Question
    outcome: Outcome
    edited: EditedManifest
    manuscript: Manuscript
    names: tuple[str, ...]
    way: Way

    def conclude(self, options: Options) -> int:
        """Write manifest and locks where there is advice, and print the report."""
        outcome, asked = self.outcome, self.question.request
        write_warnings(warning for warning in outcome.warnings if warning not in asked.warnings)
        mode = "dry" if options["dry_run"] else "write"
        notes: list[render.LockNote] = []
        if isinstance(outcome, Advice):
            stack = Locking(outcome, self.question.found, self.names, self.way)
            notes = lock([stack], mode=mode, edited=self.manuscript)[0]
        explanation = explain(outcome.derivation) if isinstance(outcome, Refusal) else None
        if options["form"] == "json":
            write_out(json.dumps(to_report(outcome, explanation, self.edited.edits), indent=2))
            for note in notes:
                write_err(f"{note.name}: {note.state}")
        else:
            settings = self.question.settings
            lines = report_lines(outcome, explanation, notes, settings, is_check=False)
            is_written = isinstance(outcome, Advice) and mode == "write"
            edits = [*render_edits(self.edited.edits, is_written=is_written), Line()]
            write_lines([*edits, *lines])
        write_err(render.summary(outcome.effort))
        return exit_code(outcome)

"""What `pinwise advise` does, step by step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_never

from pinwise.actions.manifest import FoundManifest
from pinwise.actions.present import Upgrade
from pinwise.actions.write import (
    NOTHING_EDITED,
    UP_TO_DATE,
    Lock,
    Manuscript,
    lock_state,
    with_paths_from,
    write_locks,
)
from pinwise.cli import render
from pinwise.cli.asking import Question
from pinwise.cli.exits import ExitCode, exit_code
from pinwise.cli.install_lines import Way, install_commands
from pinwise.cli.lines import Line
from pinwise.cli.lock_warnings import lock_warnings
from pinwise.cli.paper import write_lines, write_warnings
from pinwise.cli.reading import Asked, read_project
from pinwise.cli.streams import write_err, write_out
from pinwise.formats.locked_indexes import as_locked
from pinwise.formats.locks import LockFormat, lock_format
from pinwise.model.outcome import Advice, Outcome, Refusal, Undecided
from pinwise.model.request import Manifest
from pinwise.settings import Settings

if TYPE_CHECKING:
    from pinwise.explain.refusal import Explanation

DRY = "not written"


def run(folder: str | None, options: Mapping[str, Any]) -> int:
    """Advise, write the locks, print the report; return the exit code."""
    if options["overlay"] or options["all_overlays"]:
        from pinwise.cli.overlays import run_overlays  # noqa: PLC0415  # for these options only

        return run_overlays(folder, options)
    asked = read_project(folder, options)
    warnings = passed_by(asked.found.folder, asked.locks)
    question = Question.of(asked, upgrade=Upgrade(all=options["upgrade"], names=options["upgrade_package"]))
    write_warnings([*question.warnings, *warnings])
    way = Way.of(folder, options, asked.found)
    confirmed = _confirmed(question, asked, way) if _is_plain_check(options) else None
    outcome, notes = confirmed or (searched(question, options), [])
    write_warnings(warning for warning in outcome.warnings if warning not in question.request.warnings)
    if isinstance(outcome, Advice) and not notes:
        notes = lock([Locking(outcome, asked.found, asked.locks, way)], mode=mode_of(options))[0]
    explanation = _explanation(outcome)
    if options["form"] == "json":
        import json  # noqa: PLC0415  # for this form only

        from pinwise.formats.report import to_report  # noqa: PLC0415  # as above

        write_out(json.dumps(to_report(outcome, explanation), indent=2))
        for note in notes:
            write_err(f"{note.name}: {note.state}")
    else:
        write_lines(report_lines(outcome, explanation, notes, asked.settings, is_check=options["check"]))
    write_err(render.summary(outcome.effort))
    return code_of(outcome, notes, is_check=options["check"])


def searched(question: Question, options: Mapping[str, Any]) -> Outcome:
    """Search, and look for hints where there is no stack."""
    with question.searching() as search:
        is_compared = not _is_plain_check(options)
        outcome = search.advise(is_recorded=options["form"] == "json", is_compared=is_compared)
        if isinstance(outcome, Refusal) and not options["no_hints"]:
            outcome = search.with_hints(outcome)
    return outcome


def _confirmed(question: Question, asked: Asked, way: Way) -> tuple[Outcome, list[render.LockNote]] | None:
    """Return the advice and what to say of its locks, where all are seen to be up to date."""
    with question.searching() as search:
        advice = search.confirm()
    if advice is None:
        return None
    notes = lock([Locking(advice, asked.found, asked.locks, way)], mode="check")[0]
    return (advice, notes) if all(note.state == UP_TO_DATE for note in notes) else None


def _is_plain_check(options: Mapping[str, Any]) -> bool:
    """Whether nothing is asked but whether the locks are right: no cost, no age, nothing better."""
    return bool(options.get("check")) and options["form"] == "text"


def _explanation(outcome: Outcome) -> "Explanation | None":
    if not isinstance(outcome, Refusal):
        return None
    from pinwise.explain.refusal import explain  # noqa: PLC0415  # for refusals only

    return explain(outcome.derivation)


def code_of(outcome: Outcome, notes: Sequence[render.LockNote], *, is_check: bool) -> ExitCode:
    """Return the exit code of an outcome with its locks: a check fails where one is not up to date."""
    is_stale = is_check and any(note.state != UP_TO_DATE for note in notes)
    return ExitCode.REFUSED if is_stale else exit_code(outcome)


def mode_of(options: Mapping[str, Any]) -> str:
    """Return what is done with the locks: "check", "dry" or "write"."""
    return "check" if options["check"] else "dry" if options["dry_run"] else "write"


def passed_by(folder: Path, names: Sequence[str]) -> list[str]:
    """Warn of a `Pipfile.lock` that pipenv would not read: it prefers any pylock file beside it."""
    written = [folder / name for name in names]
    homes = {lock.parent for lock in written if lock_format(lock.name) is LockFormat.PIPFILE_LOCK}
    present = [found for home in sorted(homes) for found in sorted(home.glob("pylock*.toml"))]
    rivals = [lock for lock in (*written, *present) if lock.parent in homes and _is_pylock(lock.name)]
    return [
        f"pipenv reads `{rival}` in the place of the `Pipfile.lock` beside it; keep it in another folder."
        for rival in dict.fromkeys(rivals)
    ]


def _is_pylock(name: str) -> bool:
    return name == "pylock.toml" or (name.startswith("pylock.") and name.endswith(".toml"))


def report_lines(
    outcome: Outcome,
    explanation: "Explanation | None",
    notes: Sequence[render.LockNote],
    settings: Settings,
    *,
    is_check: bool,
) -> list[Line]:
    """Return the report of an outcome for people."""
    match outcome:
        case Advice() if is_check:
            return render.render_check(outcome, notes)
        case Advice():
            return render.render_advice(outcome, notes)
        case Refusal():
            assert explanation is not None, "a refusal is explained"
            return render.render_refusal(outcome, explanation)
        case Undecided():
            return render.render_undecided(outcome, is_offline=settings.offline)
        case _:
            assert_never(outcome)


# --- locks


@dataclass(frozen=True, slots=True)
class Locking:
    """A stack, the manifest that it is for, the names of its locks, and how a command names them."""

    advice: Advice
    found: FoundManifest
    names: Sequence[str]
    way: Way

    def rendered(self) -> list[Lock]:
        """Return its locks as they are to be written."""
        return [_rendered(self.advice, self.found, name) for name in self.names]

    def commands(self, place: int, lock: Lock) -> tuple[str, ...]:
        """Return the commands that install from one of its locks; only the first need not be named."""
        way = replace(self.way, names_lock=self.way.names_lock or place > 0)
        return install_commands(lock, self.advice, way, self.names[place])


def lock(
    stacks: Sequence[Locking], *, mode: str, edited: Manuscript = NOTHING_EDITED
) -> list[list[render.LockNote]]:
    """Render the locks of stacks and write those that say something new, unless `mode` is "dry" or "check".

    Either all of them are written or none; manifests that were `edited` are written with them. Returned are
    the notes on the locks of each stack.
    """
    for stack in stacks:
        write_warnings(lock_warnings(stack.advice, stack.found.folder, stack.names))
    locks = [stack.rendered() for stack in stacks]
    manifests = [Path(file) for stack in stacks for file in stack.found.manifest.files]
    every = [each for its in locks for each in its]
    written = write_locks(every, manifests=manifests, edited=edited) if mode == "write" else ()
    return [
        [
            render.LockNote(str(each.path), _state(each, written, mode), stack.commands(place, each))
            for place, each in enumerate(its)
        ]
        for stack, its in zip(stacks, locks, strict=True)
    ]


def _state(each: Lock, written: Sequence[Path], mode: str) -> str:
    if mode == "check":
        return lock_state(each)
    if mode == "dry":
        return DRY
    return "written" if each.path in written else "unchanged"


def _rendered(advice: Advice, found: FoundManifest, name: str) -> Lock:
    path, form = found.folder / name, lock_format(name)
    advice = as_locked(with_paths_from(advice, found.base, path.parent))
    return Lock(path, form, render_lock(advice, found.manifest, form))


def render_lock(advice: Advice, manifest: Manifest, form: LockFormat) -> str:
    """Return the text of a lock of one kind."""
    match form:
        case LockFormat.PYLOCK:
            from pinwise.formats.pylock import render_pylock  # noqa: PLC0415  # only the kind that is written

            return render_pylock(advice)
        case LockFormat.PIPFILE_LOCK:
            from pinwise.formats.pipfile_lock import render_pipfile_lock  # noqa: PLC0415

            return render_pipfile_lock(advice, manifest)
        case LockFormat.REQUIREMENTS:
            from pinwise.formats.requirements_lock import render_requirements_lock  # noqa: PLC0415

            return render_requirements_lock(advice)

"""What `pinwise advise` does, step by step."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, assert_never

from pinwise import wiring
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
from pinwise.cli.asking import Question, lock_names
from pinwise.cli.exits import ExitCode, exit_code
from pinwise.cli.lines import Line
from pinwise.cli.paper import write_lines, write_warnings
from pinwise.cli.selection import selection_of
from pinwise.cli.streams import write_err, write_out
from pinwise.explain.refusal import Explanation, explain
from pinwise.formats.locks import LockFormat, lock_format
from pinwise.formats.report import to_report
from pinwise.formats.requirements_lock import is_amended
from pinwise.model.outcome import Advice, Outcome, Refusal, Undecided
from pinwise.model.request import DEFAULT_GROUP, Manifest
from pinwise.settings import Settings, read_settings

DRY = "not written"
_DEVELOP = "develop"


def run(folder: str | None, options: Mapping[str, Any]) -> int:
    """Advise, write the locks, print the report; return the exit code."""
    selection = selection_of(options)
    found = wiring.read_manifest(folder, options["requirement"], options["constraint"], selection)
    settings = read_settings(options, found.manifest)
    names = lock_names(settings, found.manifest)
    upgrade = Upgrade(all=options["upgrade"], names=options["upgrade_package"])
    question = Question.about(found, settings, warnings=passed_by(found.folder, names), upgrade=upgrade)
    with question.searching() as search:
        outcome = search.advise()
        if isinstance(outcome, Refusal) and not options["no_hints"]:
            outcome = search.with_hints(outcome)
    write_warnings(warning for warning in outcome.warnings if warning not in question.request.warnings)
    notes: list[render.LockNote] = []
    if isinstance(outcome, Advice):
        notes = lock(outcome, found, names, mode=_mode(options))
    explanation = explain(outcome.derivation) if isinstance(outcome, Refusal) else None
    if options["form"] == "json":
        write_out(json.dumps(to_report(outcome, explanation), indent=2))
        for note in notes:
            write_err(f"{note.name}: {note.state}")
    else:
        lines = report_lines(outcome, explanation, notes, settings, is_check=options["check"])
        write_lines(lines, is_plain=settings.is_plain)
    write_err(render.summary(outcome.effort))
    is_stale = options["check"] and any(note.state != UP_TO_DATE for note in notes)
    return ExitCode.REFUSED if is_stale else exit_code(outcome)


def _mode(options: Mapping[str, Any]) -> str:
    return "check" if options["check"] else "dry" if options["dry_run"] else "write"


def passed_by(folder: Path, names: Sequence[str]) -> list[str]:
    """Warn of a `Pipfile.lock` that pipenv would not read: it prefers any pylock file beside it."""
    written = [folder / name for name in names]
    homes = {lock.parent for lock in written if lock.name == "Pipfile.lock"}
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
    explanation: Explanation | None,
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


def lock(
    advice: Advice,
    found: FoundManifest,
    names: Sequence[str],
    *,
    mode: str,
    edited: Manuscript = NOTHING_EDITED,
) -> list[render.LockNote]:
    """Render the locks and write those that say something new, unless `mode` is "dry" or "check".

    Manifests that were edited are written with them.
    """
    locks = [_rendered(advice, found, name) for name in names]
    manifests = [Path(file) for file in found.manifest.files]
    written = write_locks(locks, manifests=manifests, edited=edited) if mode == "write" else ()
    return [
        render.LockNote(
            str(each.path),
            _state(each, written, mode),
            install_command(name, each.format, advice),
        )
        for name, each in zip(names, locks, strict=True)
    ]


def _state(each: Lock, written: Sequence[Path], mode: str) -> str:
    if mode == "check":
        return lock_state(each)
    if mode == "dry":
        return DRY
    return "written" if each.path in written else "unchanged"


def _rendered(advice: Advice, found: FoundManifest, name: str) -> Lock:
    path, form = found.folder / name, lock_format(name)
    advice = with_paths_from(advice, found.base, path.parent)
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


def install_command(name: str, form: LockFormat, advice: Advice) -> str:
    """Return the command that installs from a lock, to be run in its folder.

    pip takes no project folder from a file with digests, for a folder has none.
    """
    has_folder = any(pin.local is not None and pin.local.sha256 is None for pin in advice.pins)
    match form:
        case LockFormat.PYLOCK:
            return f"uv pip sync {name}" if has_folder else f"pip install -r {name}"
        case LockFormat.PIPFILE_LOCK:
            more = {group.name for group in advice.request.groups if group.requirements} - {DEFAULT_GROUP}
            option = "" if not more else " --dev" if more == {_DEVELOP} else " --all"
            return f"pipenv sync{option}"
        case LockFormat.REQUIREMENTS:
            options = "--no-deps --require-hashes" if is_amended(advice.request) else "--require-hashes"
            then = "   # and then as its last lines say" if has_folder else ""
            return f"pip install {options} -r {name}{then}"

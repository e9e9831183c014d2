"""What `pinwise convert` does, step by step."""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from packaging.version import Version

from pinwise import wiring
from pinwise.actions.convert import (
    STDOUT,
    Format,
    Formats,
    check_source,
    check_target,
    choose_formats,
    files_wanted,
    lost_besides,
    pipfile_beside,
    read_present_lock,
    with_files,
    write_target,
)
from pinwise.actions.request import build_request
from pinwise.cli.exits import ExitCode
from pinwise.cli.lines import wrap
from pinwise.cli.paper import write_warnings
from pinwise.cli.progress import Progress
from pinwise.cli.streams import write_err, write_out
from pinwise.formats.convert.lock_writers import convert_lock
from pinwise.formats.convert.manifest_losses import ManifestFormat
from pinwise.formats.convert.manifest_writers import convert_manifest
from pinwise.model.environment import Environment
from pinwise.model.errors import UsageError
from pinwise.model.lock import ForeignFormat, LockFormat, PresentLock, PresentPin
from pinwise.model.loss import Converted, Loss
from pinwise.model.names import parse_name
from pinwise.model.request import DEFAULT_GROUP, EVERYTHING, PROJECT_ONLY, Group, Index, Manifest
from pinwise.settings import read_settings

MOST_NAMES = 3
"""How many pins or requirements one line about a loss names."""


def run(source: str, target: str, options: Mapping[str, Any]) -> int:
    """Convert, write, say what is lost; return the exit code."""
    begin = time.monotonic()
    check_source(Path(source))
    formats = choose_formats(
        source,
        target,
        source_format=options["source_format"],
        target_format=options["target_format"],
    )
    is_json = options["form"] == "json"
    if target == STDOUT and is_json and not options["dry_run"]:
        raise UsageError(
            "`--format json` and the text of the target both go to stdout",
            hint="name a file as TARGET, or give `--dry-run`",
        )
    converted = _converted(source, target, formats, options)
    state = _write(converted, target, formats.target, options)
    if is_json:
        write_out(
            json.dumps(to_conversion_report(source, target, formats, state, converted.losses), indent=2)
        )
    else:
        _say(converted.losses, formats.target)
    if state is State.SHOWN:
        write_out(converted.text)
    lost = f"lost: {len(converted.losses):,}" if converted.losses else "nothing lost"
    write_err(f"{_done(state, target)}; {lost}, {time.monotonic() - begin:,.1f} s.")
    return ExitCode.OK


def _converted(source: str, target: str, formats: Formats, options: Mapping[str, Any]) -> Converted:
    if target != STDOUT:
        check_target(Path(source), Path(target))
    match formats.source, formats.target:
        case ManifestFormat() as begin, ManifestFormat() as end:
            return _manifest(source, target, Formats(begin, end))
        case LockFormat() | ForeignFormat() as begin, LockFormat() as end:
            return _lock(read_present_lock(Path(source), begin), source, target, end, options)
        case _:
            raise AssertionError(formats)


class State(StrEnum):
    """What became of a target."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    DRY = "not written"
    SHOWN = "shown"


def _write(converted: Converted, target: str, form: Format, options: Mapping[str, Any]) -> State:
    if options["dry_run"]:
        return State.DRY
    if target == STDOUT:
        return State.SHOWN
    return State(write_target(Path(target), converted.text, form, is_forced=options["force"]).value)


def _done(state: State, target: str) -> str:
    """Say what became of a target, in the words of an advice."""
    match state:
        case State.WRITTEN:
            return f"Wrote `{target}`"
        case State.UNCHANGED:
            return f"`{target}` says the same already and was not rewritten"
        case State.DRY:
            return f"`{target}` was not written (`--dry-run`)"
        case State.SHOWN:
            return "Wrote to stdout"


def to_conversion_report(
    source: str, target: str, formats: Formats, state: State, losses: Sequence[Loss]
) -> dict[str, object]:
    """Return a conversion as JSON has it."""
    from dataclasses import asdict  # noqa: PLC0415  # for JSON only

    return {
        "source": source,
        "target": target,
        "from": str(formats.source),
        "to": str(formats.target),
        "state": str(state),
        "losses": [asdict(loss) for loss in losses],
    }


# --- manifests


def _manifest(source: str, target: str, formats: Formats) -> Converted:
    path, form = Path(source), ManifestFormat(formats.target)
    everything = EVERYTHING if formats.source is ManifestFormat.PYPROJECT else PROJECT_ONLY
    found = wiring.read_manifest(source, (), (), everything)
    write_warnings(found.manifest.warnings)
    folder = path.parent if target == STDOUT else Path(target).parent
    relative = [project.path for project in found.manifest.local if not Path(project.path).is_absolute()]
    if relative and folder.resolve() != path.parent.resolve():
        raise UsageError(
            f"`{relative[0]}` is relative to the folder of `{source}`",
            hint=f"write `{path.parent / Path(target).name}`, beside it",
        )
    besides = lost_besides(path, formats.source, form)
    converted = convert_manifest(found.manifest, form, project=_project_name(folder))
    return replace(converted, losses=(*besides, *converted.losses))


def _project_name(folder: Path) -> str:
    """Return the name of a project that lies in a folder: the folder's own, where it is one."""
    name = folder.resolve().name
    try:
        return parse_name(name)
    except UsageError:
        return "app"


# --- locks


def _lock(
    lock: PresentLock, source: str, target: str, form: LockFormat, options: Mapping[str, Any]
) -> Converted:
    write_warnings(lock.warnings)
    wanted = files_wanted(lock, form)
    if wanted:
        lock = _look_up(lock, wanted, source, options)
    digest = pipfile_beside(target) if form is LockFormat.PIPFILE_LOCK else None
    if form is LockFormat.PIPFILE_LOCK and digest is None:
        write_warnings([_NO_PIPFILE])
    return convert_lock(lock, form, pipfile_sha256=digest)


_NO_PIPFILE = (
    "There is no `Pipfile` beside the lock: `pipenv sync` installs from it, and `pipenv install --deploy` "
    "calls it out of date."
)


def _look_up(
    lock: PresentLock, wanted: Sequence[PresentPin], source: str, options: Mapping[str, Any]
) -> PresentLock:
    """Ask the indexes, or the knowledge base, for the files that a lock has only digests of."""
    named = {index.url: index for index in lock.indexes}
    indexes = (*lock.indexes, *(Index(url) for url in _urls(wanted) if url not in named))
    manifest = Manifest(
        kind="requirements",
        files=(source,),
        groups=(Group(DEFAULT_GROUP, ()),),
        indexes=indexes,
        replaces_default_index=bool(indexes),
    )
    settings = read_settings(options, manifest)
    request = build_request(manifest, settings.choices(), _ANYWHERE)
    bindings = {} if options["index_url"] else {pin.name: pin.index for pin in wanted if pin.index}
    request = replace(request, bindings=bindings)
    with (
        Progress.on_stderr() as progress,
        wiring.open_world(request, settings, now=int(time.time()), progress=progress.show) as world,
    ):
        return with_files(lock, wanted, world.knowledge, world.source)


def _urls(pins: Iterable[PresentPin]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(pin.index for pin in pins if pin.index))


_ANYWHERE = Environment(Version("3"), "cpython", "any", (), {})
"""Pages are the same for every target."""


# --- what is lost


def _say(losses: Sequence[Loss], target: Format) -> None:
    """Say on stderr what is lost, one line per kind."""
    kinds: dict[tuple[str, str], list[Loss]] = {}
    for loss in losses:
        kinds.setdefault((loss.aspect, loss.why) if loss.subject else (loss.what, loss.why), []).append(loss)
    if kinds:
        write_err(f"{target} cannot say:")
    for same in kinds.values():
        for line in wrap(_line(same), first="  ", indent="    "):
            write_err(line.text)


def _line(same: Sequence[Loss]) -> str:
    first = same[0]
    if not first.subject:
        return str(first)
    subjects = tuple(dict.fromkeys(loss.subject for loss in same))
    names = [f"`{subject}`" for subject in subjects[:MOST_NAMES]]
    more = f" and {len(subjects) - MOST_NAMES:,} more" if len(subjects) > MOST_NAMES else ""
    words = first.what.removesuffix(f" of `{first.subject}`")
    return f"{words} of {', '.join(names)}{more}: {first.why}"

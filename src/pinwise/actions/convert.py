"""Turn a lock or a manifest into another format: which formats are meant, what is read, what is looked up."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path, PurePath

from pinwise.actions.ports import Knowledge, Source, Wanted
from pinwise.actions.texts import read_text
from pinwise.actions.write import Lock, write_locks
from pinwise.formats.convert.manifest_losses import ManifestFormat
from pinwise.formats.convert.pyproject_losses import pyproject_losses
from pinwise.formats.entries import near, shown
from pinwise.formats.locks import lock_format
from pinwise.formats.present import read_lock
from pinwise.model.errors import OutputError, UsageError
from pinwise.model.facts import File, Project
from pinwise.model.lock import AnyFormat, ForeignFormat, LockFormat, PresentLock, PresentPin
from pinwise.model.loss import Loss
from pinwise.model.names import NormalizedName

STDOUT = "-"
"""The target that stands for stdout."""

Format = AnyFormat | ManifestFormat
"""Every format that can be named."""

SOURCES: tuple[Format, ...] = (
    ManifestFormat.PIPFILE,
    ManifestFormat.REQUIREMENTS,
    ManifestFormat.PYPROJECT,
    *LockFormat,
    *ForeignFormat,
)
"""What can be converted."""

TARGETS: tuple[Format, ...] = (*ManifestFormat, *LockFormat)
"""What it can be converted to."""


class Written(Enum):
    """What became of a target."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Formats:
    """From which format to which; both are locks, or both are manifests."""

    source: Format
    target: Format


def choose_formats(
    source: str, target: str, *, source_format: str | None, target_format: str | None
) -> Formats:
    """Return the formats that the names of two files mean, unless they are given.

    A name that ends with ``.txt`` means pins where the other file is a lock, requirements where it is a
    manifest.

    Raises:
        UsageError: A name means nothing, or a lock and a manifest would be turned into each other.
    """
    begin = _format(source, source_format, "--from", SOURCES)
    end = _format(target, target_format, "--to", TARGETS)
    begin, end = _alike(begin, end), _alike(end, begin)
    if begin is None or end is None:
        unknown, option = (source, "--from") if begin is None else (target, "--to")
        raise UsageError(
            f"the name `{shown(unknown)}` does not tell whether it is a manifest or a lock",
            hint=f"say it: `{option} {LockFormat.REQUIREMENTS}` (pins) or `{option} "
            f"{ManifestFormat.REQUIREMENTS}` (a manifest)",
        )
    if isinstance(begin, ManifestFormat) != isinstance(end, ManifestFormat):
        raise UsageError(
            f"`{begin}` and `{end}` are a manifest and a lock, which do not turn into each other",
            hint="`pinwise advise` makes a lock from a manifest",
        )
    return Formats(begin, end)


def _format(name: str, given: str | None, option: str, known: tuple[Format, ...]) -> Format | None:
    """Return the format that is given or that a name means; None for ``NAME.txt``, which may be either."""
    if given is not None:
        found = next((form for form in known if form.value == given), None)
        if found is None:
            raise UsageError(
                f"`{shown(given)}` is no format for `{option}`",
                hint=near(given, [form.value for form in known]) or f"it is one of {_listed(known)}",
            )
        return found
    bare = PurePath(name).name
    if bare.endswith(".txt"):
        return None
    found = _by_name(bare, name)
    if found is None or found not in known:
        verb = "read" if option == "--from" else "written"
        cannot = (
            "does not tell its format" if found is None else f"is that of a file that cannot be {verb} here"
        )
        raise UsageError(
            f"the name `{shown(name)}` {cannot}", hint=f"give the format by `{option}`: {_listed(known)}"
        )
    return found


def _by_name(bare: str, name: str) -> Format | None:
    if bare.endswith(".in"):
        return ManifestFormat.REQUIREMENTS
    named: tuple[Format, ...] = (*ManifestFormat, *ForeignFormat)
    for form in named:
        if bare == form.value:
            return form
    try:
        return lock_format(name)
    except UsageError:
        return None


def _alike(form: Format | None, other: Format | None) -> Format | None:
    """Return what a name that ends with ``.txt`` means beside `other`."""
    if form is not None or other is None:
        return form
    is_manifest = isinstance(other, ManifestFormat)
    return ManifestFormat.REQUIREMENTS if is_manifest else LockFormat.REQUIREMENTS


def _listed(known: Iterable[Format]) -> str:
    return ", ".join(f"`{form}`" for form in known)


# --- what is read


def read_present_lock(path: Path, form: AnyFormat) -> PresentLock:
    """Read a lock.

    Raises:
        ManifestError: It is not there, or cannot be understood.
    """
    return read_lock(read_text(path, str(path)), form, file=str(path))


def lost_besides(source: Path, form: Format, target: ManifestFormat) -> tuple[Loss, ...]:
    """Return what is lost of a manifest besides what a `Manifest` holds of it.

    Raises:
        ManifestError: It is not there any more, or cannot be understood.
    """
    if form is not ManifestFormat.PYPROJECT:
        return ()
    return pyproject_losses(read_text(source, str(source)), str(source), target)


def pipfile_beside(target: str) -> str | None:
    """Return the hash of the Pipfile beside a lock that is to be written, None where there is none."""
    path = Path("Pipfile") if target == STDOUT else Path(target).parent / "Pipfile"
    if not path.is_file():
        return None
    from pinwise.formats.pipfile_hash import pipfile_hash  # noqa: PLC0415  # for this format only
    from pinwise.formats.toml_text import Document  # noqa: PLC0415

    return pipfile_hash(Document.parse(read_text(path, str(path)), str(path)))


# --- what is looked up


def files_wanted(lock: PresentLock, target: LockFormat) -> tuple[PresentPin, ...]:
    """Return the pins whose files have to be looked up at their indexes before `target` can be written."""
    if target is not LockFormat.PYLOCK:
        return ()
    return tuple(
        pin
        for pin in lock.pins
        if pin.url is None and pin.path is None and not any(file.url and file.sha256 for file in pin.files)
    )


def with_files(
    lock: PresentLock, wanted: Iterable[PresentPin], knowledge: Knowledge, source: Source | None
) -> PresentLock:
    """Return the lock with the files of `wanted` as their indexes list them, by their digests.

    Raises:
        OutputError: An index lists no file of a pin that has one of its digests, or offline is not known.
        IndexFailure: An index did not answer.
    """
    pins = {id(pin): pin for pin in wanted}
    names = tuple(dict.fromkeys(pin.name for pin in pins.values()))
    unknown = tuple(name for name in names if knowledge.project(name) is None)
    if unknown and source is not None:
        source.fetch(Wanted(pages=unknown), Wanted())
    return replace(
        lock,
        pins=tuple(
            replace(pin, files=_matching(pin, knowledge), index=pin.index or _served_by(pin.name, knowledge))
            if id(pin) in pins
            else pin
            for pin in lock.pins
        ),
    )


def _served_by(name: NormalizedName, knowledge: Knowledge) -> str | None:
    page = knowledge.project(name)
    return page.index if isinstance(page, Project) else None


def _matching(pin: PresentPin, knowledge: Knowledge) -> tuple[File, ...]:
    """Return the files of a pin on its index with the digests of the lock; all where it has none."""
    page = knowledge.project(pin.name)
    if page is None:
        raise OutputError(
            f"the files of `{pin}` are not known, and a `pylock.toml` names them",
            hint="convert without `--offline`",
        )
    releases = page.releases if isinstance(page, Project) else ()
    files = tuple(
        file
        for release in releases
        if release.version == pin.version
        for file in release.files
        if file.sha256 is not None and (not pin.hashes or f"sha256:{file.sha256}" in pin.hashes)
    )
    if not files:
        lists = f"`{shown(page.index)}` lists no" if isinstance(page, Project) else "no index lists a"
        digest = "a digest of this lock" if pin.hashes else "a SHA-256 digest"
        raise OutputError(
            f"{lists} file of `{pin}` with {digest}",
            hint="name the index that it comes from with `--index-url`",
        )
    return tuple(sorted(files, key=lambda file: file.filename))


# --- what is written


def check_source(source: Path) -> None:
    """Refuse a source that is not there, before anything is said of its name.

    Raises:
        UsageError: There is no such file.
    """
    if not source.is_file():
        there = [path.name for path in source.parent.iterdir()] if source.parent.is_dir() else []
        raise UsageError(
            f"there is no file `{shown(str(source))}` to convert",
            hint=near(source.name, there) or "name a lock or a manifest, such as `uv.lock` or `Pipfile`",
        )


def check_target(source: Path, target: Path) -> None:
    """Refuse a target that is the source.

    Raises:
        OutputError: Both are one file.
    """
    if target.exists() and source.exists() and target.samefile(source):
        raise OutputError(f"`{target}` is the source itself", hint="name another target")


def write_target(target: Path, text: str, form: Format, *, is_forced: bool) -> Written:
    """Write a target, all of it or nothing.

    Raises:
        OutputError: Something else is there and may not be replaced, or it cannot be written.
    """
    if target.is_file() and not is_forced and _present(target) != text:
        raise OutputError(f"`{target}` is there already", hint="`--force` replaces it")
    kind = form if isinstance(form, LockFormat) else LockFormat.REQUIREMENTS  # compared by their lines
    try:
        written = write_locks([Lock(target, kind, text)])
    except OutputError as error:
        hint = error.hint if error.hint and "--lock" not in error.hint else "name another target"
        raise OutputError(error.message, file=error.file, line=error.line, hint=hint) from None
    return Written.WRITTEN if written else Written.UNCHANGED


def _present(target: Path) -> str | None:
    try:
        return target.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None

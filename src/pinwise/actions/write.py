"""Write locks, and manifests that were edited, so that nobody ever sees half of one: all of a run, or none.

Every lock is compared with what is there; those that say something new are written in full to temporary
files in the same folder and synced; only when all of these stand are they put in place, one rename each.
"""

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from pinwise.formats.locks import LockFormat, says_the_same
from pinwise.model.errors import OutputError, UsageError
from pinwise.model.outcome import Advice
from pinwise.model.request import LocalProject


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that is rendered and not yet written.

    Attributes:
        path: Where it goes; a symbolic link is followed.
        format: Its kind.
        text: The whole of it.
    """

    path: Path
    format: LockFormat
    text: str


def with_paths_from(advice: Advice, base: Path, folder: Path) -> Advice:
    """Return an advice whose local projects are named as a lock in `folder` must name them.

    Args:
        advice: What is to be locked.
        base: What the paths in it are relative to.
        folder: Where the lock goes; in `base` itself every path stays as it was written.
    """
    if os.path.realpath(base) == os.path.realpath(folder):
        return advice
    pins = (
        pin if pin.local is None else replace(pin, local=_seen_from(folder, base, pin.local))
        for pin in advice.pins
    )
    return replace(advice, pins=tuple(pins))


def _seen_from(folder: Path, base: Path, local: LocalProject) -> LocalProject:
    if os.path.isabs(local.path):  # noqa: PTH117  # a text
        return local
    return replace(local, path=Path(os.path.relpath(base / local.path, folder)).as_posix())


@dataclass(frozen=True, slots=True)
class Manuscript:
    """Manifests that were edited and are not written yet.

    Attributes:
        after: What is to stand in each file that has changed.
        before: What stood in each file that was read; it must still stand there when they are written.
    """

    after: Mapping[Path, bytes] = field(default_factory=dict)
    before: Mapping[Path, bytes] = field(default_factory=dict)


NOTHING_EDITED = Manuscript()


@dataclass(frozen=True, slots=True)
class _Ready:
    """A file whose new content stands in a temporary file next to its target."""

    path: Path
    target: Path
    temporary: Path


def write_locks(
    locks: Sequence[Lock], *, manifests: Collection[Path] = (), edited: Manuscript = NOTHING_EDITED
) -> tuple[Path, ...]:
    """Write the locks that say something new, and return the paths of those; with them what was edited.

    Args:
        locks: All locks of one run.
        manifests: Files that were read as manifests; a lock never replaces one.
        edited: Manifests that are written with the locks.

    Raises:
        UsageError: Two locks go to one file, or one would replace a manifest.
        OutputError: A place cannot be written, or a manifest is no longer what was read; then every file is
            as it was, unless a disk fails between two renames.
    """
    targets = _targets(locks, manifests)
    ready: list[_Ready] = []
    written: list[Path] = []
    try:
        for path, content in edited.after.items():
            ready.append(_prepare_manifest(path, content))
        for lock, target in zip(locks, targets, strict=True):
            present = _present_text(lock, target)
            if present is None or not says_the_same(present, lock.text, lock.format):
                ready.append(_prepare(lock.path, target, lock.text.encode()))
                written.append(lock.path)
        _check_unchanged(edited.before)
        for each in ready:
            _put_in_place(each)
    finally:
        for each in ready:
            with suppress(OSError):
                each.temporary.unlink(missing_ok=True)
    _sync_folders(each.target.parent for each in ready)
    return tuple(written)


def check_writable(path: Path) -> None:
    """Refuse to edit a file that is read-only.

    Raises:
        OutputError: It is.
    """
    if not os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        raise OutputError(f"`{path}` is read-only", hint=f"allow it with `chmod u+w {path}`")


def _check_unchanged(before: Mapping[Path, bytes]) -> None:
    for path, content in before.items():
        try:
            is_same = path.read_bytes() == content
        except OSError:
            is_same = False
        if not is_same:
            raise OutputError(
                f"`{path.name}` was changed by something else while it was being edited; nothing was written",
                hint="look at it, and run the command again",
            )


UP_TO_DATE = "up to date"
STALE = "stale"
MISSING = "missing"


def lock_state(lock: Lock) -> str:
    """Return `UP_TO_DATE`, `STALE` or `MISSING`: what a check says of a lock. Nothing is written."""
    try:
        present = Path(os.path.realpath(lock.path)).read_text(encoding="utf-8")
    except FileNotFoundError:
        return MISSING
    except (OSError, UnicodeDecodeError):
        return STALE
    return UP_TO_DATE if says_the_same(present, lock.text, lock.format) else STALE


def _targets(locks: Sequence[Lock], manifests: Collection[Path]) -> tuple[Path, ...]:
    """Return the real file of each lock."""
    read = {Path(os.path.realpath(path)) for path in manifests}
    targets: list[Path] = []
    for lock in locks:
        target = Path(os.path.realpath(lock.path))
        if target in targets:
            raise UsageError(f"two locks would be written to `{lock.path}`", hint="name each file once")
        if target in read:
            raise UsageError(
                f"`{lock.path}` was read as a manifest and cannot be the lock too",
                hint="choose another name with `--lock`",
            )
        targets.append(target)
    return tuple(targets)


def _present_text(lock: Lock, target: Path) -> str | None:
    """Return what is there now, None if it is nothing or no text.

    Raises:
        OutputError: What is there may not be replaced.
    """
    try:
        if target.is_dir():
            raise OutputError(f"`{lock.path}` is a folder", hint="name a file in it, such as `pylock.toml`")
        if target.exists() and not target.is_file():
            raise OutputError(f"`{lock.path}` is no ordinary file", hint="choose another place with `--lock`")
        present = target.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _cannot_write(lock.path, error) from error
    check_writable(lock.path)
    try:
        return present.decode()
    except UnicodeDecodeError:
        return None


def _prepare(path: Path, target: Path, content: bytes) -> _Ready:
    """Write the content to a new file next to `target`, synced, with the mode that the file will have."""
    import secrets  # noqa: PLC0415  # where something is written only

    temporary = target.with_name(f".pinwise-{secrets.token_hex(8)}.tmp")
    try:
        # The system applies the user's umask to 0o666, as for any new file.
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123  # a descriptor, not a path
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if target.exists():
                temporary.chmod(target.stat().st_mode & 0o7777)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise _cannot_write(path, error) from error
    return _Ready(path, target, temporary)


def _prepare_manifest(path: Path, content: bytes) -> _Ready:
    check_writable(path)
    try:
        return _prepare(path, Path(os.path.realpath(path)), content)
    except OutputError as error:  # whose hint is for locks
        raise OutputError(
            error.message, hint=f"is there room in `{path.parent}`, and may you write?"
        ) from None


def _put_in_place(ready: _Ready) -> None:
    try:
        ready.temporary.replace(ready.target)
    except OSError as error:
        raise _cannot_write(ready.path, error) from error


def _sync_folders(folders: Iterable[Path]) -> None:
    """Make renames last through a power cut, where the system lets folders be synced."""
    for folder in dict.fromkeys(folders):
        with suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _cannot_write(path: Path, error: OSError) -> OutputError:
    reason = error.strerror or type(error).__name__
    if isinstance(error, FileNotFoundError):
        hint = f"make the folder `{path.parent}` first"
    elif isinstance(error, PermissionError):
        hint = f"allow writing in the folder `{path.parent}`, or choose another place with `--lock`"
    else:
        hint = "choose another place with `--lock`"
    return OutputError(f"`{path}` cannot be written: {reason[0].lower()}{reason[1:]}", hint=hint)

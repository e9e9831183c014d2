"""Hold what is installed against a lock: which of its pins count here, and what differs."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from pinwise.actions.present import marker_holds
from pinwise.actions.texts import read_text
from pinwise.explain.names import near_names
from pinwise.explain.words import listing
from pinwise.formats.entries import is_remote, shown
from pinwise.formats.lock_target import read_lock_target
from pinwise.formats.locks import lock_format
from pinwise.formats.present import read_lock
from pinwise.model.environment import Environment
from pinwise.model.errors import ManifestError, TargetError, UsageError
from pinwise.model.installed import Comparison, DirectOrigin, Distribution, Mismatch, MismatchKind
from pinwise.model.lock import LockFormat, LockTarget, PresentLock, PresentPin
from pinwise.model.names import NormalizedName, normalise
from pinwise.model.request import DEFAULT_GROUP, Selection
from pinwise.model.tags import best_rank

SEEDS = frozenset(("pip", "uv", "pkg-resources"))
"""What is never removed: the installers, and what some systems add to each virtual environment."""

OLD_SEEDS = frozenset(("setuptools", "wheel"))
"""What came with each virtual environment before Python 3.12."""

_OURSELVES = normalise("pinwise")


@dataclass(frozen=True, slots=True)
class ReadLock:
    """A lock that was read in order to be installed.

    Attributes:
        path: Where it is.
        lock: What it says.
        target: For which environment pinwise made it, None where it does not say.
    """

    path: Path
    lock: PresentLock
    target: LockTarget | None


def read_present_lock(path: Path) -> ReadLock:
    """Read the lock that is to be installed.

    Raises:
        UsageError: It is not there, or its name means no lock.
        ManifestError: It cannot be read, or follows a newer version of its format.
    """
    form = lock_format(path.name)
    if not path.exists():
        raise UsageError(f"there is no lock `{path}`", hint="`pinwise advise` writes it")
    text = read_text(path, str(path))
    return ReadLock(path, read_lock(text, form, file=str(path)), read_lock_target(text, form))


# --- what of the lock counts


def select_pins(read: ReadLock, selection: Selection, environment: Environment) -> tuple[PresentPin, ...]:
    """Return the pins that belong into an environment, by name.

    Args:
        read: The lock.
        selection: Which extras and groups are asked for beside the default part.
        environment: Where they are installed; their markers must hold for it.

    Raises:
        UsageError: The lock has no such extra or group.
        TargetError: The lock is for another environment.
        ManifestError: Two entries of one project count at once.
    """
    check_target(read, environment)
    lock = read.lock
    groups, extras = _wanted(read, selection), _extras(lock, selection)
    pins: dict[NormalizedName, PresentPin] = {}
    for pin in lock.pins:
        if groups.isdisjoint(pin.groups):
            continue
        if pin.marker is not None and not marker_holds(pin.marker, environment, groups=groups, extras=extras):
            continue
        if pin.name in pins:
            raise ManifestError(
                f"this lock has two entries of `{pin.name}` for what is asked for",
                file=read.path,
                line=pin.line,
                hint="ask for fewer groups at once, or make the lock anew",
            )
        pins[pin.name] = pin
    return tuple(pins.values())


def _extras(lock: PresentLock, selection: Selection) -> frozenset[str]:
    return frozenset(map(normalise, lock.extras if selection.all_extras else selection.extras))


def _wanted(read: ReadLock, selection: Selection) -> frozenset[str]:
    """Return the names of the groups that count, after checking what is asked for."""
    lock, name = read.lock, read.path.name
    if lock.format is LockFormat.REQUIREMENTS:
        if selection:
            raise UsageError(
                f"`{name}` has no extras or groups to choose from: all of it is installed",
                hint="lock into a `pylock.toml`, or each group into a file of its own",
            )
        return frozenset(lock.groups) | {DEFAULT_GROUP}
    if lock.format is LockFormat.PYLOCK and selection.only_groups:
        raise UsageError(
            f"`{name}` does not say which of its default packages a group needs",
            hint="lock the group alone: `pinwise advise --only-group NAME --lock pylock.NAME.toml`",
        )
    known = dict.fromkeys((*lock.groups, *(group for pin in lock.pins for group in pin.groups)))
    groups = [group for group in known if group != DEFAULT_GROUP]
    for extra in selection.extras:
        _check_known(extra, lock.extras, "extra", name)
    for group in (*selection.groups, *selection.only_groups):
        _check_known(group, groups, "group", name)
    chosen = {_key(group) for group in (*selection.groups, *selection.only_groups)}
    asked = {group for group in groups if selection.all_groups or _key(group) in chosen}
    return frozenset(asked if selection.only_groups else {*asked, DEFAULT_GROUP, *lock.default_groups})


def _key(name: str) -> str:
    return name.replace("_", "-").replace(".", "-").lower()


def _check_known(name: str, known: Iterable[str], what: str, lock: str) -> None:
    names = tuple(known)
    if _key(name) in map(_key, names):
        return
    near = near_names(name, names)
    listed = listing([f"`{shown(each)}`" for each in names], longest=6)
    hint = f"did you mean `{near[0]}`?" if near else f"it has {listed}" if names else f"it has no {what}s"
    again = "; `pinwise advise` locks what you ask it for" if what == "extra" or not near else ""
    raise UsageError(f"`{lock}` has no {what} `{shown(name)}`", hint=hint + again)


# --- for whom the lock is


def check_target(read: ReadLock, environment: Environment) -> None:
    """Refuse a lock that is for another environment.

    Raises:
        TargetError: It is.
    """
    lock = read.lock
    is_other = (read.target is not None and not _agrees(read.target, environment)) or not (
        _admits(lock.requires_python, environment) and _has_environment(lock, environment)
    )
    if is_other:
        raise TargetError(
            f"`{read.path}` is for {_target_name(read)}, "
            f"and this environment is {environment_name(environment)}",
            hint="install into an environment of that kind, or lock for this one with `pinwise advise`",
        )


def check_files(read: ReadLock, pins: Sequence[PresentPin], environment: Environment) -> None:
    """Refuse a lock without a file for this environment, as far as it names files.

    Raises:
        TargetError: A pin has none.
    """
    ranks = {tag: rank for rank, tag in enumerate(environment.tags)}
    for pin in pins:
        tagged = [file.tags for file in pin.files]
        if tagged and all(tags and best_rank(tags, ranks) is None for tags in tagged):
            raise TargetError(
                f"`{read.path}` has no file of `{pin}` for {environment_name(environment)}",
                hint="lock for this environment with `pinwise advise`",
            )


def environment_name(environment: Environment) -> str:
    """Return an environment as messages call it: ``Python 3.12.1 on manylinux_2_28_x86_64``."""
    python = environment.python_name
    return f"{python if python.startswith('PyPy') else f'Python {python}'} on {environment.platform}"


def _target_name(read: ReadLock) -> str:
    if read.target is not None:
        return str(read.target)
    lock = read.lock
    said = [f"Python {lock.requires_python}"] if lock.requires_python else []
    said += [f"`{shown(marker)}`" for marker in lock.environments[:1]]
    return ", ".join(said) or "another one"


def _agrees(target: LockTarget, environment: Environment) -> bool:
    minor = ".".join(target.python.split(".")[:2])
    return (
        minor == f"{environment.python.major}.{environment.python.minor}"
        and target.implementation == environment.implementation
        and target.is_free_threaded == ("t" in environment.abi_flags)
        and _kind(target.platform) == _kind(environment.platform)
    )


def _kind(platform: str) -> tuple[str, str]:
    """Return family and processor of a platform tag; how new its C library is, its files show.

    >>> _kind("manylinux_2_28_x86_64"), _kind("macosx_14_0_arm64"), _kind("win_amd64")
    (('manylinux', 'x86_64'), ('macosx', 'arm64'), ('win', 'win_amd64'))
    """
    family, *parts = platform.split("_", 3)
    return ("win", platform) if family.startswith("win") else (family, parts[-1] if parts else "")


def _admits(required: str | None, environment: Environment) -> bool:
    return required is None or SpecifierSet(required).contains(environment.python, prereleases=True)


def _has_environment(lock: PresentLock, environment: Environment) -> bool:
    return not lock.environments or any(marker_holds(marker, environment) for marker in lock.environments)


# --- what differs


def compare(
    pins: Sequence[PresentPin],
    installed: Sequence[Distribution],
    *,
    folder: Path,
    kept: Collection[NormalizedName] = (),
) -> Comparison:
    """Hold what is installed against pins.

    Args:
        pins: What should be installed.
        installed: What is.
        folder: The lock's folder, to which its paths belong.
        kept: Projects that are never extra.
    """
    found: dict[NormalizedName, list[Distribution]] = {}
    for each in installed:
        found.setdefault(each.name, []).append(each)
    wanted = {pin.name for pin in pins}
    mismatches = [
        mismatch for pin in pins if (mismatch := _mismatch(pin, found.get(pin.name, []), folder)) is not None
    ]
    mismatches += [
        Mismatch(MismatchKind.EXTRA, name, installed=_version_name(each[0]))
        for name, each in found.items()
        if name not in wanted and name not in kept
    ]
    return Comparison(
        locked=len(wanted),
        mismatches=tuple(sorted(mismatches, key=lambda each: each.name)),
        kept=tuple(sorted(name for name in found if name in kept and name not in wanted)),
    )


def _version_name(distribution: Distribution) -> str:
    return "of unknown version" if distribution.version is None else str(distribution.version)


def _mismatch(pin: PresentPin, found: Sequence[Distribution], folder: Path) -> Mismatch | None:
    locked = pin.path or pin.url or str(pin.version)
    if not found:
        return Mismatch(MismatchKind.MISSING, pin.name, locked=locked, pin=pin)
    other = next((each for each in found if not _is_as_locked(pin, each, folder)), None)
    if other is None:
        return None
    return Mismatch(
        MismatchKind.OTHER,
        pin.name,
        locked=locked,
        installed=_version_name(other),
        origin=None if other.origin is None else other.origin.url,
        pin=pin,
        is_forced=len(found) > 1 or pin.version is None or _is_public_version(pin.version, other.version),
    )


def _is_public_version(pinned: Version, installed: Version | None) -> bool:
    """Whether an installer would take the installed version for the pinned one: ``1.0+local`` for ``1.0``."""
    return installed is not None and SpecifierSet(f"=={pinned}").contains(installed, prereleases=True)


def _is_as_locked(pin: PresentPin, found: Distribution, folder: Path) -> bool:
    """Whether a distribution is what a pin means, as far as it can be told without its files."""
    origin = found.origin
    if pin.version is not None and found.version != pin.version:
        return False
    if origin is None:
        return pin.path is None and pin.url is None
    if is_folder(pin):
        return _is_same_folder(origin, pin, folder)
    if origin.hashes and pin.hashes:
        return not set(origin.hashes).isdisjoint(pin.hashes)
    if pin.path is not None:
        return origin.url == place_of(pin, folder)
    return pin.url is not None and pin.url.partition("#")[0] in (
        origin.url,
        f"{origin.url}@{origin.commit}",
    )


def _is_same_folder(origin: DirectOrigin, pin: PresentPin, folder: Path) -> bool:
    is_same = origin.url.rstrip("/") == place_of(pin, folder).rstrip("/")
    return origin.is_folder and is_same and origin.is_editable == pin.is_editable


def is_folder(pin: PresentPin) -> bool:
    """Whether a pin is a source tree: nothing but a folder has a path and no digest."""
    return pin.path is not None and not pin.hashes


def place_of(pin: PresentPin, folder: Path) -> str:
    """Return the URL of a local pin, whose path belongs to `folder`."""
    path = pin.path or ""
    if is_remote(path) or path.lower().startswith("file:"):
        return path
    return Path(os.path.abspath(folder / path)).as_uri()  # noqa: PTH100  # links stay


def always_kept(
    installed: Sequence[Distribution], environment: Environment, *, project: Path, has_us: bool
) -> frozenset[NormalizedName]:
    """Return what a sync leaves alone: installers, the project itself, and pinwise where it runs from there.

    Args:
        installed: What is installed.
        environment: Whose Python decides what came with it.
        project: The project's folder.
        has_us: Whether pinwise runs from there.
    """
    seeds = SEEDS | (OLD_SEEDS if environment.python < Version("3.12") else frozenset())
    url = Path(os.path.abspath(project)).as_uri()  # noqa: PTH100  # links stay
    itself = {each.name for each in installed if each.origin and each.origin.url.rstrip("/") == url}
    names = {each.name for each in installed} & {normalise(seed) for seed in seeds}
    return frozenset(names | itself | (set(_closure(installed, _OURSELVES)) if has_us else set()))


def _closure(installed: Sequence[Distribution], root: NormalizedName) -> Iterator[NormalizedName]:
    """Yield a project that is installed, and all that it requires."""
    requires: Mapping[NormalizedName, tuple[NormalizedName, ...]] = {
        each.name: each.requires for each in installed
    }
    seen: set[NormalizedName] = set()
    waiting = [root]
    while waiting:
        name = waiting.pop()
        if name in requires and name not in seen:
            seen.add(name)
            waiting += requires[name]
            yield name

"""The present lock: its pins, to be kept as far as they can be."""

import re
from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.markers import Marker
from packaging.version import Version

from pinwise.actions.texts import read_text
from pinwise.explain.names import near_names
from pinwise.formats.lock_target import other_target
from pinwise.formats.locks import lock_format
from pinwise.formats.present import read_lock, read_pins
from pinwise.model.environment import Environment
from pinwise.model.errors import ManifestError, UsageError
from pinwise.model.lock import PresentLock
from pinwise.model.names import NormalizedName, parse_name
from pinwise.model.request import PROJECT_ONLY, Kept, Selection

_EXTRA = re.compile(r"""["']([^"']+)["'] in extras""")
"""How a marker names an extra: each that any marker names counts as asked for."""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What is to be chosen anew.

    Attributes:
        all: Everything; the lock is then only compared with, and one that cannot be read is no error.
        names: Projects, as the user wrote them.
        is_shared: Whether there are other locks that may have the projects which this one lacks.
    """

    all: bool = False
    names: tuple[str, ...] = ()
    is_shared: bool = False


def read_present(paths: Sequence[Path], environment: Environment, upgrade: Upgrade) -> Kept | None:
    """Return the pins of the first lock that is there, None if there is none.

    Args:
        paths: The locks that will be written.
        environment: The target; pins whose markers do not hold for it do not count.
        upgrade: What is to be chosen anew.

    Raises:
        ManifestError: The lock cannot be read.
        UsageError: A project that should be let go of is not in the lock.
    """
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        if upgrade.names and not upgrade.is_shared:
            raise UsageError(
                f"there is no lock from which `{upgrade.names[0]}` could be let go",
                hint="leave out `--upgrade-package`: everything is chosen anew",
            )
        return None
    form = lock_format(path.name)
    try:
        text = read_text(path, str(path))
        lock = read_pins(text, form, file=str(path))
    except ManifestError as error:
        if upgrade.all:
            return None
        raise ManifestError(
            error.message,
            file=error.file,
            line=error.line,
            hint="`pinwise advise --upgrade` chooses every pin anew and writes the lock afresh",
        ) from error
    kept = Kept(
        _pins(lock, environment),
        frees_all=upgrade.all,
        file=path.name,
        target=other_target(text, form, environment),
    )
    if upgrade.is_shared:
        return replace(kept, freed=frozenset(map(parse_name, upgrade.names)) & kept.pins.keys())
    return replace(kept, freed=_freed(upgrade.names, kept.pins, path))


def present_selection(paths: Sequence[Path]) -> Selection:
    """Return the extras and groups for which the first lock that is there was made, if it can tell."""
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        return PROJECT_ONLY
    try:
        lock = read_lock(read_text(path, str(path)), lock_format(path.name), file=str(path))
    except ManifestError:
        return PROJECT_ONLY  # `read_present` says why
    extras = dict.fromkeys(name for pin in lock.pins for name in _EXTRA.findall(pin.marker or ""))
    return Selection(extras=tuple(extras), groups=lock.groups)


def marker_holds(
    marker: str,
    environment: Environment,
    *,
    groups: frozenset[str] = frozenset(),
    extras: frozenset[str] = frozenset(),
) -> bool:
    """Whether a marker of a lock holds; one that cannot be evaluated, such as ``extras == 'a'``, does not."""
    variables: dict[str, str | AbstractSet[str]] = {**environment.markers, "extra": ""}
    variables |= {"extras": extras, "dependency_groups": groups}
    try:
        return Marker(marker).evaluate(variables, "lock_file")
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


def _pins(lock: PresentLock, environment: Environment) -> dict[NormalizedName, tuple[Version, str]]:
    """Return what the lock pins for one environment."""
    extras = frozenset(name for pin in lock.pins for name in _EXTRA.findall(pin.marker or ""))
    groups = frozenset(lock.groups)
    pins: dict[NormalizedName, tuple[Version, str]] = {}
    for pin in lock.pins:
        if pin.version is None or pin.path is not None or pin.name in pins:
            continue
        if pin.marker is None or marker_holds(pin.marker, environment, groups=groups, extras=extras):
            pins[pin.name] = (pin.version, pin.index or "")
    return pins


def _freed(names: Sequence[str], pins: Collection[NormalizedName], path: Path) -> frozenset[NormalizedName]:
    freed = frozenset(parse_name(name) for name in names)
    for name in sorted(freed):
        if name not in pins:
            near = near_names(name, pins)
            raise UsageError(
                f"`{name}` is not in `{path.name}`, so that it cannot be let go of",
                hint=f"did you mean `{near[0]}`?"
                if near
                else "what is not pinned yet is chosen freely anyway",
            )
    return freed

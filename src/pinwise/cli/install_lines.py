"""The commands that install from a lock, as a report offers them."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pinwise.actions.manifest import FoundManifest
from pinwise.actions.write import Lock
from pinwise.formats.locks import LockFormat
from pinwise.formats.pylock import group_name
from pinwise.model.outcome import Advice
from pinwise.model.request import DEFAULT_GROUP, DEVELOP_GROUP, Group


@dataclass(frozen=True, slots=True)
class Way:
    """How a command names the project and the lock.

    Attributes:
        place: The folder or manifest as the user named it, "" for the current folder.
        names_lock: Whether the lock must be named, because the user named it.
        all_extras, all_groups: Whether the user asked for all of them.
        overlay: The name of an overlay, "" for the project's own lock.
    """

    place: str = ""
    names_lock: bool = False
    all_extras: bool = False
    all_groups: bool = False
    overlay: str = ""

    @classmethod
    def of(cls, where: str | None, options: Mapping[str, Any], found: FoundManifest) -> "Way":
        """Return how the options of an advice name them."""
        named = bool(options["requirement"])
        place = str(found.folder) if named else where or ""
        return cls(
            place="" if place == "." else place,
            names_lock=named or bool(options.get("lock")),
            all_extras=bool(options["all_extras"]),
            all_groups=bool(options["all_groups"]) or found.manifest.kind == "Pipfile",
        )


def install_commands(lock: Lock, advice: Advice, way: Way, name: str) -> tuple[str, ...]:
    """Return the commands that install all that a lock holds.

    Args:
        lock: The lock.
        advice: What it says.
        way: How the project is named.
        name: The lock's name in the project's folder.
    """
    place = [way.place] if way.place else []
    which = ["--lock", name] if way.names_lock else []
    overlay = ["--overlay", way.overlay] if way.overlay else []
    ours = shlex.join(["pinwise", "install", *place, *overlay, *which, *_parts(lock.format, advice, way)])
    if lock.format is LockFormat.REQUIREMENTS and _has_folder(advice):
        ours += "   # and then as its last lines say"
    return (ours, *_theirs(lock, advice))


def _has_folder(advice: Advice) -> bool:
    """Whether a project folder is among the pins: it has no digest."""
    return any(pin.local is not None and pin.local.sha256 is None for pin in advice.pins)


def _parts(form: LockFormat, advice: Advice, way: Way) -> list[str]:
    """Return the options that ask for the extras and groups of a lock."""
    extras, groups = _beyond_default(advice)
    if form is LockFormat.REQUIREMENTS:
        return []
    if form is LockFormat.PIPFILE_LOCK:
        return ["--all-groups"] if groups else []
    chosen = ["--all-extras"] if way.all_extras and extras else _each("--extra", extras)
    return chosen + (["--all-groups"] if way.all_groups and groups else _each("--group", groups))


def _each(option: str, names: list[str]) -> list[str]:
    return [part for name in names for part in (option, name)]


def _beyond_default(advice: Advice) -> tuple[list[str], list[str]]:
    """Return the extras and the groups that a lock holds beside the default group; none without one."""
    groups: tuple[Group, ...] = advice.request.groups
    if not any(group.name == DEFAULT_GROUP for group in groups):
        return [], []
    others = [group for group in groups if group.name != DEFAULT_GROUP and group.requirements]
    extras = [group.extra for group in others if group.extra is not None]
    return [*extras], [group.name for group in others if group.extra is None]


def _theirs(lock: Lock, advice: Advice) -> Iterator[str]:
    """Yield the command of another tool that does the same, where there is one.

    pip takes no project folder from a file with digests, for a folder has none.
    """
    has_folder = _has_folder(advice)
    extras, groups = _beyond_default(advice)
    path = str(lock.path)
    match lock.format:
        case LockFormat.PYLOCK if has_folder:
            parts = [*_each("--extra", extras), *_each("--group", [group_name(name) for name in groups])]
            yield shlex.join(["uv", "pip", "install", "-r", path, *parts])
        case LockFormat.PYLOCK:
            file = f"{path}[{','.join(extras)}]" if extras else path
            parts = _each("--group", [f"{path}:{group_name(name)}" for name in groups])
            yield shlex.join(["pip", "install", "-r", file, *parts])
        case LockFormat.PIPFILE_LOCK if lock.path.parent == Path():
            more = set(groups)
            option = "" if not more else " --dev" if more == {DEVELOP_GROUP} else " --all"
            yield f"{_other_pipfile(lock.path.name)}pipenv sync{option}"
        case LockFormat.REQUIREMENTS if not has_folder:
            from pinwise.formats.requirements_lock import is_amended  # noqa: PLC0415  # of this kind only

            no_deps = ["--no-deps"] if is_amended(advice.request) else []
            yield shlex.join(["pip", "install", *no_deps, "--require-hashes", "-r", path])
        case _:
            return


def _other_pipfile(name: str) -> str:
    """Return what lets pipenv read another lock: it reads the one that is called as its Pipfile is."""
    pipfile = name.removesuffix(".lock")
    return "" if pipfile == "Pipfile" else f"ln -sf Pipfile {pipfile} && PIPENV_PIPFILE={pipfile} "

"""From the options of a command to manifests and their settings: the project's own, or those of overlays."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pinwise import wiring
from pinwise.actions.manifest import FoundManifest
from pinwise.cli.selection import selection_of
from pinwise.formats.locks import LockFormat, lock_format, lock_name_with
from pinwise.model.environment import Environment
from pinwise.model.errors import ManifestError, TargetError, UsageError
from pinwise.model.request import Manifest, Overlay
from pinwise.settings import Settings, read_settings, read_text_limits


@dataclass(frozen=True, slots=True)
class Asked:
    """A manifest with the settings that hold for it.

    Attributes:
        found: The manifest, with the overlay laid over it.
        settings: The settings.
        overlay: The overlay, None for the project's own stack.
        warnings: What to say of the file that describes the overlay.
    """

    found: FoundManifest
    settings: Settings
    overlay: Overlay | None = None
    warnings: tuple[str, ...] = ()

    @property
    def locks(self) -> tuple[str, ...]:
        """The names of the locks to write, relative to the manifest's folder."""
        return lock_names(self.settings, self.found.manifest, self.overlay)


def read_asked(folder: str | None, options: Mapping[str, Any]) -> Asked:
    """Read what a command about one stack asks for: the project's own, or that of the one overlay."""
    name = options.get("overlay")
    return read_overlays(folder, options, [name])[0] if name is not None else read_project(folder, options)


def read_project(folder: str | None, options: Mapping[str, Any]) -> Asked:
    """Read the project's own manifest and settings."""
    files, constraints, selection = options["requirement"], options["constraint"], selection_of(options)
    found = wiring.read_manifest(folder, files, constraints, selection, limits=read_text_limits(options))
    return Asked(found, read_settings(options, found.manifest))


def read_overlays(
    folder: str | None, options: Mapping[str, Any], names: Sequence[str] | None
) -> tuple[Asked, ...]:
    """Read the manifests and settings of overlays.

    Args:
        folder: The project's folder or manifest, None for the current folder.
        options: Of the command.
        names: Which overlays; None for all.

    Raises:
        UsageError: There is no such overlay, or one of them cannot be understood.
    """
    from pinwise.settings.overlays import known_overlays  # noqa: PLC0415  # for overlays only

    files, limits = options["requirement"], read_text_limits(options)
    manifest = None if files else wiring.read_target_manifest(folder, limits=limits)
    known = known_overlays(manifest, _project_folder(folder, files), limits=limits)
    chosen = known.choose(names)
    notes = tuple(known.notes([overlay.name for overlay in chosen]))
    return tuple(_read_overlay(overlay, folder, options, notes) for overlay in chosen)


def _project_folder(folder: str | None, files: Sequence[str]) -> Path:
    place = Path(files[0] if files else folder or ".")
    return place if place.is_dir() else place.parent


def _read_overlay(
    overlay: Overlay, folder: str | None, options: Mapping[str, Any], notes: tuple[str, ...]
) -> Asked:
    selection = selection_of(options)
    overlay = replace(overlay, selection=selection) if selection else overlay
    files = options["requirement"]
    where = None if files and overlay.folder is None else _place(overlay, folder, files)
    limits = read_text_limits(options)
    found = wiring.read_overlaid(overlay, where, files, options["constraint"], limits=limits)
    return Asked(found, read_settings(options, found.manifest, overlay), overlay, notes)


def _place(overlay: Overlay, folder: str | None, files: Sequence[str]) -> str:
    """Return where the manifest of an overlay is: a folder, or the manifest itself."""
    place = Path(folder or ".")
    if overlay.folder is not None:
        place = _project_folder(folder, files) / overlay.folder
        if not place.is_dir():
            raise ManifestError(
                f"the overlay `{overlay.name}` has no folder `{place}`",
                file=overlay.place.file,
                line=overlay.place.line,
                hint="make it, and put the overlay's manifest there",
            )
    if place.is_dir():
        place = next((place / name for name in overlay.manifests if (place / name).is_file()), place)
    return str(place)


# --- targets


def read_target(
    folder: str | None, options: Mapping[str, Any]
) -> tuple[Environment, Settings, tuple[str, ...]]:
    """Return the target of the project, or of its overlay, with the settings and what there is to say.

    Nothing but what concerns the target is read of the manifest, which may require nothing or not be there.
    """
    limits = read_text_limits(options)
    manifest = wiring.read_target_manifest(folder, limits=limits)
    overlay, notes = None, tuple[str, ...]()
    if (name := options["overlay"]) is not None:
        from pinwise.settings.overlays import known_overlays  # noqa: PLC0415  # for overlays only

        known = known_overlays(manifest, _project_folder(folder, ()), limits=limits)
        overlay, notes = known.choose([name])[0], tuple(known.notes([name]))
        folder = _place(overlay, folder, ())
        manifest = wiring.read_target_manifest(folder, limits=limits)
    settings = read_settings(options, manifest, overlay)
    with naming(overlay):
        environment = wiring.choose_environment(settings, _project_folder(folder, ()), manifest)
    return environment, settings, notes


@dataclass(frozen=True, slots=True)
class Locked:
    """Where a lock is that a command reads, with what holds for it.

    Attributes:
        folder: The folder of the manifest and of the lock.
        manifest: What the manifest says beside its requirements, None where there is none.
        settings: The settings.
        lock: The lock's name in the folder.
        overlay: The overlay, None for the project's own lock.
        warnings: What to say of the file that describes the overlay, and of the settings.
    """

    folder: Path
    manifest: Manifest | None
    settings: Settings
    lock: str
    overlay: Overlay | None = None
    warnings: tuple[str, ...] = ()


def read_locked(where: str | None, options: Mapping[str, Any], name: str | None) -> Locked:
    """Find the first lock of a project, or of its overlay of that name; the manifest need not be there."""
    limits = read_text_limits(options)
    folder, manifest = wiring.find_manifest(where, limits=limits)
    overlay, notes = None, tuple[str, ...]()
    if name is not None:
        from pinwise.settings.overlays import known_overlays  # noqa: PLC0415  # for overlays only

        known = known_overlays(manifest, folder, limits=limits)
        overlay, notes = known.choose([name])[0], tuple(known.notes([name]))
        folder, manifest = wiring.find_manifest(_place(overlay, where, ()), limits=limits)
    settings = read_settings(options, manifest, overlay)
    lock = next(iter(settings.lock), None) or _default_lock(manifest or _NO_MANIFEST, overlay)
    return Locked(folder, manifest, settings, lock, overlay, notes)


_PIPFILE = re.compile(r"Pipfile\.[^.]+")
_NO_MANIFEST = Manifest(kind="requirements", files=(), groups=())


@contextmanager
def naming(overlay: Overlay | None) -> Iterator[None]:
    """Let an error about the target say where the overlay that names it stands."""
    try:
        yield
    except TargetError as error:
        if overlay is None or error.file is not None:
            raise
        written = ((key, str(value)) for key, value in overlay.settings.items())
        key = next((key for key, value in written if f"`{value}`" in error.message), None)
        place = overlay.settings_places.get(key or "", overlay.place)
        raise TargetError(error.message, file=place.file, line=place.line, hint=error.hint) from error


# --- locks


def lock_names(settings: Settings, manifest: Manifest, overlay: Overlay | None = None) -> tuple[str, ...]:
    """Return the names of the locks to write, checked before anything is searched.

    Raises:
        UsageError: A name means no lock, or one that this manifest cannot have.
    """
    names = settings.lock or (_default_lock(manifest, overlay),)
    for name in names:
        if lock_format(name) is LockFormat.PIPFILE_LOCK and manifest.kind != "Pipfile":
            raise UsageError(
                f"`{name}` needs a `Pipfile`, and `{manifest.files[0]}` is none",
                hint="write a `pylock.toml` or a requirements file instead",
            )
    return names


def _default_lock(manifest: Manifest, overlay: Overlay | None) -> str:
    own = default_lock(manifest)
    return own if overlay is None or overlay.folder is not None else lock_name_with(own, overlay.name)


def default_lock(manifest: Manifest) -> str:
    """Return the name of the lock that a manifest has where none is named; a script has one of its own.

    So has a `Pipfile.gpu`: pipenv reads the lock that is called as its Pipfile is.
    """
    match manifest.kind:
        case "Pipfile":
            name = Path(manifest.files[0]).name
            return f"{name}.lock" if _PIPFILE.fullmatch(name) else "Pipfile.lock"
        case "script":
            return f"pylock.{Path(manifest.files[0]).stem.replace('.', '-')}.toml"
        case _:
            return "pylock.toml"

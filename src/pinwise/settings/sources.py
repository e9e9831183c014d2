"""The sources of settings: options, variables, the manifest's own table, the configuration file."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pinwise.explain.names import near_names
from pinwise.formats.entries import shown
from pinwise.formats.own_keys import MANIFEST_KEYS, OVERLAY_KEYS, OVERLAYS_KEY
from pinwise.formats.toml_text import Document
from pinwise.model.errors import UsageError
from pinwise.model.request import Manifest, Overlay, Place
from pinwise.settings.places import CONFIG_VARIABLE, user_folder
from pinwise.settings.table import BY_NAME, SETTINGS, Setting

MOST_BYTES = 1_000_000
"""The longest configuration file that is read."""


@dataclass(frozen=True, slots=True)
class Source:
    """One source of settings.

    Attributes:
        values: Setting name -> value as written.
        origin: Where the source is, in words, with ``{}`` where the name of a setting belongs.
        name_of: How the source names a setting.
        place_of: File and line of a setting, as far as there are any.
        folder: To which the source's relative paths belong.
        is_manifest: Whether anyone may have written it, as a manifest one has just cloned.
    """

    values: Mapping[str, object]
    origin: str
    name_of: Callable[[Setting], str]
    place_of: Callable[[str], Place | None]
    folder: Path
    is_manifest: bool = False

    def error(self, setting: Setting, reason: str, hint: str | None = None) -> UsageError:
        """Return the error for a value of `setting`; `reason` goes on after its name."""
        place = self.place_of(setting.name)
        return UsageError(
            f"`{self.name_of(setting)}` {reason}",
            file=place.file if place else None,
            line=place.line if place else None,
            hint=hint,
        )

    def words(self, setting: Setting) -> str:
        """Return where the value of `setting` comes from."""
        return self.origin.replace("{}", self.name_of(setting), 1)


def option_source(options: Mapping[str, object], folder: Path) -> Source:
    """Return the options that were given."""
    given = {key: value for key, value in options.items() if value not in (None, ()) and value is not False}
    return Source(
        given,
        "declared with `{}`",
        lambda setting: setting.option,
        lambda _: None,
        folder,
    )


def variable_source(environ: Mapping[str, str], folder: Path) -> Source:
    """Return the variables that are set; an empty one counts as not set."""
    values = {
        setting.name: environ[setting.variable] for setting in SETTINGS if environ.get(setting.variable)
    }
    return Source(values, "variable `{}`", lambda setting: setting.variable, lambda _: None, folder)


def manifest_source(manifest: Manifest, folder: Path) -> Source:
    """Return the manifest's own table, checked for settings that have no place in it."""
    file = manifest.files[0] if manifest.files else ""
    places = {key.replace("-", "_"): place for key, place in manifest.settings_places.items()}
    source = Source(
        {key.replace("-", "_"): value for key, value in manifest.settings.items()},
        f"`{{}}` in `{manifest.settings_table}` of `{file}`",
        lambda setting: setting.name,
        lambda name: places.get(name, Place(file)),
        folder,
        is_manifest=True,
    )
    names = [setting.name for setting in SETTINGS if setting.is_for_manifests]
    _refuse_unknown(source, [*names, *MANIFEST_KEYS, OVERLAYS_KEY])
    for overlay in manifest.overlays:
        overlay_source(overlay, folder)
    return source


def overlay_source(overlay: Overlay, folder: Path) -> Source:
    """Return what an overlay sets, checked for settings that have no place in it.

    Args:
        overlay: The overlay.
        folder: The project's, to which a file that describes the target is relative.
    """
    places = {key.replace("-", "_"): place for key, place in overlay.settings_places.items()}
    source = Source(
        {key.replace("-", "_"): value for key, value in overlay.settings.items()},
        f"`{{}}` in `{overlay.table}` of `{overlay.place.file}`",
        lambda setting: overlay.words.get(setting.name, setting.name),
        lambda name: places.get(name, overlay.place),
        folder,
        is_manifest=True,
    )
    names = [each.name for each in SETTINGS if each.is_for_manifests or each.is_for_overlays]
    _refuse_unknown(source, [*names, *MANIFEST_KEYS, *OVERLAY_KEYS], "an overlay")
    return source


def config_sources(option: object, environ: Mapping[str, str], folder: Path) -> Iterator[Source]:
    """Yield the configuration file, if there is one."""
    path, is_named = config_path(option, environ, folder)
    text = read_file(path, "configuration file", is_needed=is_named)
    if text is None:
        return
    document = Document.parse(text, str(path))
    source = Source(
        {key.replace("-", "_"): value for key, value in document.tables.items()},
        f"`{{}}` in `{path}`",
        lambda setting: setting.name,
        lambda name: document.place(name if name in document.tables else name.replace("_", "-")),
        path.parent,
    )
    _refuse_unknown(source, [setting.name for setting in SETTINGS])
    yield source


def config_path(option: object, environ: Mapping[str, str], folder: Path) -> tuple[Path, bool]:
    """Return where the configuration file is, and whether an option or a variable names it."""
    named = option if isinstance(option, str) else environ.get(CONFIG_VARIABLE)
    if named:
        return folder / os.path.expanduser(named), True  # noqa: PTH111  # `~` alone may fail
    return Path(user_folder("config")) / "config.toml", False


def read_config_path(option: object) -> Path:
    """Return where the configuration file of this process is, whether or not there is one."""
    return config_path(option, os.environ, Path.cwd())[0]


def read_file(path: Path, what: str, *, is_needed: bool = False) -> str | None:
    """Return the text of a configuration file, None where there is none and none is needed.

    Args:
        path: Where it is.
        what: What it is, in words.
        is_needed: Whether it is an error where there is none.

    Raises:
        UsageError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise UsageError(f"this {what} is longer than {MOST_BYTES:,} bytes", file=path, hint=_LOOK)
        return content.decode("utf-8-sig")
    except FileNotFoundError:
        if is_needed:
            raise UsageError(f"there is no {what} `{path}`", hint=_LOOK) from None
        return None
    except OSError as error:
        reason = f"the {what} cannot be read: {error.strerror}"
        raise UsageError(reason, file=path, hint=_LOOK) from None
    except UnicodeDecodeError:
        raise UsageError(f"the {what} is not UTF-8", file=path, hint=_LOOK) from None


_LOOK = "look at what is there, or name another file"


def _refuse_unknown(source: Source, names: Sequence[str], where: str = "a manifest") -> None:
    for key in source.values:
        if key in names:
            continue
        near = near_names(key, names)
        hint = f"did you mean `{near[0]}`?" if near else f"the settings are {', '.join(names)}"
        if key in BY_NAME:
            hint = "it belongs in the configuration file, an option or a variable, not in a manifest"
        elif key in MANIFEST_KEYS:
            hint = "it belongs in a manifest, in `[tool.pinwise]` or `[pipenv.pinwise]`"
        elif key in OVERLAY_KEYS:
            hint = "it belongs in an overlay, `[tool.pinwise.overlays.NAME]`"
        place = source.place_of(key)
        raise UsageError(
            f"`{shown(key)}` is not a setting"
            + (f" of {where}" if key in BY_NAME or where != "a manifest" else ""),
            file=place.file if place else None,
            line=place.line if place else None,
            hint=hint,
        )

"""What a source says of a setting: parsed, and checked where the setting is more than its kind."""

import os
from pathlib import PurePath

from packaging.version import Version

from pinwise.explain.names import near_names
from pinwise.formats.entries import shown
from pinwise.formats.locks import lock_format
from pinwise.formats.python_names import names_a_python
from pinwise.model.facts import Metadata
from pinwise.model.names import NormalizedName
from pinwise.settings.kinds import Kind, parse_given, parse_value
from pinwise.settings.sources import Source
from pinwise.settings.table import Setting


def setting_value(setting: Setting, source: Source) -> object:
    """Return the checked value that `source` gives to `setting`."""
    written = source.values[setting.name]
    try:
        value = parse_value(setting.kind, written)
    except ValueError as error:
        given = "" if setting.kind is Kind.TABLES else f", not `{shown(str(written))}`"
        reason = str(error)
        raise source.error(setting, reason + ("" if ", not `" in reason else given)) from None
    match setting.kind:
        case Kind.CHOICE:
            _check_choice(setting, str(value), source)
        case Kind.PATH:
            _check_path(setting, str(value), source)
            return source.folder / os.path.expanduser(str(value))  # noqa: PTH111  # `~` alone may fail
        case Kind.FILES:
            _check_locks(setting, value, source)
        case Kind.TABLES:
            return _given(setting, value, source)
        case Kind.TEXT if setting.name == "python":
            _check_python(setting, str(value), source)
        case _:
            pass
    return value


def _check_choice(setting: Setting, value: str, source: Source) -> None:
    if value in setting.choices:
        return
    near = near_names(value, setting.choices)
    known = f"it may be {' or '.join(f'`{choice}`' for choice in setting.choices)}"
    hint = f"did you mean `{near[0]}`? {known}" if near else known
    raise source.error(setting, f"has no choice `{shown(value)}`", hint)


def _check_python(setting: Setting, value: str, source: Source) -> None:
    """A manifest may come from anyone: it names a version, never a program to run."""
    if source.is_manifest and not names_a_python(value):
        raise source.error(setting, f"must be a version here, not `{shown(value)}`")


def _check_path(setting: Setting, value: str, source: Source) -> None:
    """A manifest may come from anyone: it names no file outside of its folder."""
    path = PurePath(value)
    if source.is_manifest and (path.is_absolute() or ".." in path.parts or value.startswith("~")):
        raise source.error(setting, f"must name a file in the manifest's folder, not `{shown(value)}`")


def _check_locks(setting: Setting, value: object, source: Source) -> None:
    """Check the names of locks; those in a manifest stay in its folder."""
    assert isinstance(value, tuple), "file names were parsed"
    for name in value:
        lock_format(name)
        if source.is_manifest and (PurePath(name).is_absolute() or ".." in PurePath(name).parts):
            raise source.error(setting, f"must name files in the manifest's folder, not `{shown(name)}`")


def _given(setting: Setting, value: object, source: Source) -> dict[tuple[NormalizedName, Version], Metadata]:
    assert isinstance(value, tuple), "tables were parsed"
    given: dict[tuple[NormalizedName, Version], Metadata] = {}
    for table in value:
        try:
            release, metadata = parse_given(table)
        except ValueError as error:
            reason = "".join(letter if letter.isprintable() else "?" for letter in str(error)[:300])
            raise source.error(setting, reason) from None
        given[release] = metadata
    return given

"""Our own table in a manifest: ``[tool.pinwise]``, in a Pipfile ``[pipenv.pinwise]``.

It holds settings, which `pinwise.settings` checks, and a few keys that only a manifest can have. Overlays are
tables of the same kind below it: ``[tool.pinwise.overlays.NAME]``.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from pinwise.formats.entries import checked_name, direct_requirement, shown
from pinwise.formats.own_keys import MANIFEST_KEYS, OVERLAY_KEYS, OVERLAYS_KEY
from pinwise.formats.requirements import checked_constraint
from pinwise.formats.toml_text import Document, Path, Table
from pinwise.model.names import NormalizedName, normalise
from pinwise.model.request import DirectRequirement, Exclusion, Overlay, Place, Prereleases, Selection

_OVERLAY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")


@dataclass(frozen=True, slots=True)
class OwnTable:
    """What our own table says.

    Attributes:
        header: Its header, as it stands in the file.
        settings: Everything but `MANIFEST_KEYS`, as written.
        places: Where each of the settings stands.
        prereleases, constraints, overrides, exclusions: As in `pinwise.model.request.Manifest`.
        overlays: In the order of the file.
    """

    header: str
    settings: Mapping[str, object]
    places: Mapping[str, Place]
    prereleases: Prereleases
    constraints: tuple[DirectRequirement, ...]
    overrides: tuple[DirectRequirement, ...]
    exclusions: tuple[Exclusion, ...]
    overlays: tuple[Overlay, ...] = ()


def read_own_table(document: Document, *path: str) -> OwnTable:
    """Return what the table at `path` says; one that is not there says nothing.

    Raises:
        ManifestError: One of `MANIFEST_KEYS` or an overlay cannot be understood, with file and line.
    """
    return replace(
        _read_table(document, *path, apart=(OVERLAYS_KEY,)), overlays=_overlays(document, *path, OVERLAYS_KEY)
    )


def _read_table(document: Document, *path: str, apart: Collection[str]) -> OwnTable:
    """Return what a table says but for its overlays; the keys in `apart` are no settings."""
    table = document.table(*path)
    own = {_plain(key): key for key in table if _plain(key) in MANIFEST_KEYS}
    others = {*MANIFEST_KEYS, *apart}
    settings = {key: value for key, value in table.items() if _plain(key) not in others}
    return OwnTable(
        header=f"[{'.'.join(path)}]",
        settings=settings,
        places={key: document.place(*path, key) for key in settings},
        prereleases=_prereleases(document, table, *path, own.get("allow_prereleases", "")),
        constraints=_requirements(document, table, "constraint", *path, own.get("constraints", "")),
        overrides=_requirements(document, table, "override", *path, own.get("overrides", "")),
        exclusions=_exclusions(document, table, *path, own.get("exclude", "")),
    )


def _plain(key: str) -> str:
    return key.replace("-", "_")


# --- overlays


def _overlays(document: Document, *path: str) -> tuple[Overlay, ...]:
    """Return the overlays below `path`."""
    overlays: dict[str, Overlay] = {}
    for name in document.table(*path):
        if _OVERLAY_NAME.fullmatch(name) is None:
            raise document.error(
                f"`{shown(name)}` is not a name of an overlay",
                *path,
                name,
                hint="use letters, digits, `-` and `_`: it becomes part of the name of a lock",
            )
        if (same := overlays.get(name.casefold())) is not None:
            raise document.error(
                f"the overlays `{same.name}` and `{name}` differ in case only ({same.place})",
                *path,
                name,
                hint="rename one of them: not every disk tells their locks apart",
            )
        overlays[name.casefold()] = _overlay(document, *path, name)
    return tuple(overlays.values())


def _overlay(document: Document, *path: str) -> Overlay:
    """Return the overlay at `path`."""
    table, name = document.table(*path), path[-1]
    own = _read_table(document, *path, apart=OVERLAY_KEYS)
    named = {_plain(key): key for key in table}
    if OVERLAYS_KEY in named:
        raise document.error(
            "an overlay holds no overlays", *path, named[OVERLAYS_KEY], hint="write each of them by itself"
        )
    requirements = document.items(table, *path, named.get("requirements", "requirements"))
    return Overlay(
        name=name,
        place=document.place(*path),
        table=own.header,
        settings=own.settings,
        settings_places=own.places,
        requirements=tuple(direct_requirement(text, place) for text, place in requirements),
        constraints=own.constraints,
        overrides=own.overrides,
        exclusions=own.exclusions,
        prereleases=own.prereleases,
        selection=_selection(document, table, named, *path),
    )


def _selection(document: Document, table: Table, named: Mapping[str, str], *path: str) -> Selection:
    """Return which extras and groups an overlay takes."""

    def names(key: str) -> tuple[str, ...]:
        return document.strings(table, *path, named.get(key, key))

    selection = Selection(
        extras=names("extras"),
        groups=names("groups"),
        only_groups=names("only_groups"),
        all_extras=document.flag(table, *path, named.get("all_extras", "all_extras")),
        all_groups=document.flag(table, *path, named.get("all_groups", "all_groups")),
    )
    if selection.only_groups and selection != Selection(only_groups=selection.only_groups):
        raise document.error(
            "`only_groups` leaves out what the other keys ask for",
            *path,
            named["only_groups"],
            hint="write all groups in `only_groups`, or use `groups` to add to the project",
        )
    return selection


# --- single keys


def _prereleases(document: Document, table: Table, *path: str) -> Prereleases:
    value = table.get(path[-1], {})
    if isinstance(value, bool):
        return Prereleases(all=value)
    return Prereleases(names=prerelease_names(document, value, *path))


def prerelease_names(document: Document, table: object, *path: str) -> frozenset[NormalizedName]:
    """Return the projects to which a table of projects with `true` or `false` allows pre-releases."""
    if not isinstance(table, dict):
        raise document.error(
            f"`{'.'.join(path)}` must be a table",
            *path,
            hint="write it like `allow_prereleases = {flask = true}`",
        )
    names = {checked_name(name, document.place(*path, name)): name for name in table}
    return frozenset(normalise(name) for name in names.values() if document.flag(table, *path, name))


def _requirements(document: Document, table: Table, word: str, *path: str) -> tuple[DirectRequirement, ...]:
    """Return a list of constraints or overrides."""
    return tuple(
        checked_constraint(direct_requirement(text, place), word)
        for text, place in document.items(table, *path)
    )


def _exclusions(document: Document, table: Table, *path: str) -> tuple[Exclusion, ...]:
    reasons = table.get(path[-1], {})
    hint = 'write it like `exclude = {pywin32 = "we do not run on Windows"}`'
    if not isinstance(reasons, dict):
        raise document.error(f"`{'.'.join(path)}` must be a table of projects and reasons", *path, hint=hint)
    exclusions: dict[str, Exclusion] = {}
    for name, reason in reasons.items():
        key: Path = (*path, name)
        place = document.place(*key)
        normalised = normalise(checked_name(name, place))
        if not isinstance(reason, str) or not reason.strip():
            raise document.error(f"the exclusion of `{shown(name)}` has no reason", *key, hint=hint)
        if normalised in exclusions:
            raise document.error(
                f"`{normalised}` is excluded twice ({exclusions[normalised].place})", *key, hint="keep one"
            )
        exclusions[normalised] = Exclusion(normalised, shown(reason.strip(), 300), place)
    return tuple(exclusions.values())

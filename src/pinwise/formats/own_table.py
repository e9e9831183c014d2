"""Our own table in a manifest: ``[tool.pinwise]``, in a Pipfile ``[pipenv.pinwise]``.

It holds settings, which `pinwise.settings` checks, and four keys that only a manifest can have.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pinwise.formats.entries import checked_name, direct_requirement, shown
from pinwise.formats.requirements import checked_constraint
from pinwise.formats.toml_text import Document, Path, Table
from pinwise.model.names import NormalizedName, normalise
from pinwise.model.request import DirectRequirement, Exclusion, Place, Prereleases

MANIFEST_KEYS: Mapping[str, str] = {
    "allow_prereleases": (
        "`true` for every project, or a table of projects with `true` or `false`: which may be pinned at a "
        "pre-release."
    ),
    "constraints": "A list of requirements that restrict projects wherever they are needed.",
    "overrides": (
        "A list of requirements, each of which stands for whatever other projects require of that project: "
        "their ranges of versions no longer count, their extras do. What you require yourself stays."
    ),
    "exclude": (
        "A table of projects with the reason for each: what others require of them is left out. The report "
        "repeats the reasons."
    ),
}
"""What only a manifest's own table can hold, and what it means."""


@dataclass(frozen=True, slots=True)
class OwnTable:
    """What our own table says.

    Attributes:
        header: Its header, as it stands in the file.
        settings: Everything but `MANIFEST_KEYS`, as written.
        places: Where each of the settings stands.
        prereleases, constraints, overrides, exclusions: As in `pinwise.model.request.Manifest`.
    """

    header: str
    settings: Mapping[str, object]
    places: Mapping[str, Place]
    prereleases: Prereleases
    constraints: tuple[DirectRequirement, ...]
    overrides: tuple[DirectRequirement, ...]
    exclusions: tuple[Exclusion, ...]


def read_own_table(document: Document, *path: str) -> OwnTable:
    """Return what the table at `path` says; one that is not there says nothing.

    Raises:
        ManifestError: One of `MANIFEST_KEYS` cannot be understood, with file and line.
    """
    table = document.table(*path)
    own = {_plain(key): key for key in table if _plain(key) in MANIFEST_KEYS}
    settings = {key: value for key, value in table.items() if _plain(key) not in MANIFEST_KEYS}
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

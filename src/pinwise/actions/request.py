"""From a manifest, the user's choices and a target to the one `Request` that everything else starts from."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from pinwise.explain.names import near_names
from pinwise.model.environment import Environment
from pinwise.model.errors import ManifestError, UsageError
from pinwise.model.facts import Metadata
from pinwise.model.names import NormalizedName
from pinwise.model.request import (
    DirectRequirement,
    Exclusion,
    FormatControl,
    Group,
    Index,
    LocalProject,
    Manifest,
    Place,
    Prereleases,
    Request,
)


@dataclass(frozen=True, slots=True)
class IndexChoice:
    """The indexes that one source of settings names.

    Attributes:
        index: The index URL, None where it names none.
        extra: Further indexes, in their order.
        flat: From ``--find-links``, in their order.
    """

    index: Index | None = None
    extra: tuple[Index, ...] = ()
    flat: tuple[Index, ...] = ()


@dataclass(frozen=True, slots=True)
class Choices:
    """What options, variables and configuration files add to the manifest.

    Attributes:
        asked: Indexes from the command's options; they outrank those of the manifest.
        fallback: Indexes from everywhere else; they count where the manifest does not name its own.
        goal: Name of a goal.
        allows_prereleases: Whether every project may be pinned at a pre-release.
        formats: Outranks the manifest's where both name a project.
        given: Metadata for releases that have none.
    """

    asked: IndexChoice = IndexChoice()
    fallback: IndexChoice = IndexChoice()
    goal: str = "stable"
    allows_prereleases: bool = False
    formats: FormatControl = field(default_factory=FormatControl)
    given: Mapping[tuple[NormalizedName, Version], Metadata] = field(default_factory=dict)


def absolute_index(index: Index, folder: Path) -> Index:
    """Return an index that is a path without a scheme as an absolute one, relative to `folder`.

    The knowledge base, which many projects share, knows no current folder.
    """
    if "://" in index.url:
        return index
    return replace(index, url=os.path.abspath(folder / os.path.expanduser(index.url)))  # noqa: PTH100, PTH111  # a text


def build_request(manifest: Manifest, choices: Choices, environment: Environment) -> Request:
    """Return what is asked of pinwise.

    Raises:
        UsageError: The manifest contradicts itself: one project bound to two indexes, one name for two local
            projects, a binding to an index that does not exist, two overrides of one project, an exclusion of
            a project that it requires or overrides.
    """
    groups, left_out = _holding_groups(manifest.groups, environment)
    overrides = tuple(item for item in manifest.overrides if holds(item, environment))
    _check_amendments(groups, overrides, manifest.exclusions)
    constraints = [item for item in manifest.constraints if holds(item, environment)]
    named, indexes = indexes_of(manifest, choices)
    return Request(
        groups=groups,
        environment=environment,
        indexes=indexes,
        constraints=tuple(constraints),
        overrides=overrides,
        exclusions=manifest.exclusions,
        left_out=left_out,
        bindings=_bindings(groups, named),
        goal=choices.goal,
        prereleases=Prereleases(
            manifest.prereleases.all or choices.allows_prereleases, manifest.prereleases.names
        ),
        formats=_join_formats(manifest.formats, choices.formats),
        given=choices.given,
        local=_local(manifest.local, groups),
        warnings=(*manifest.warnings, *_python_warnings(manifest, environment)),
    )


def holds(requirement: DirectRequirement, environment: Environment) -> bool:
    """Whether the requirement's marker holds for the environment."""
    marker = requirement.requirement.marker
    return marker is None or marker.evaluate({**environment.markers, "extra": ""})


def _holding_groups(
    groups: Iterable[Group], environment: Environment
) -> tuple[tuple[Group, ...], tuple[DirectRequirement, ...]]:
    """Return the groups with what holds for the environment, and everything that does not."""
    kept: list[Group] = []
    left_out: list[DirectRequirement] = []
    for group in groups:
        holding = tuple(item for item in group.requirements if holds(item, environment))
        kept.append(replace(group, requirements=holding))
        left_out += [item for item in group.requirements if not holds(item, environment)]
    return tuple(kept), tuple(left_out)


def _check_amendments(
    groups: Iterable[Group], overrides: Iterable[DirectRequirement], exclusions: Iterable[Exclusion]
) -> None:
    """Refuse overrides and exclusions that contradict each other or what the manifest itself requires."""
    overridden: dict[NormalizedName, DirectRequirement] = {}
    for item in overrides:
        first = overridden.setdefault(item.name, item)
        if first is not item:
            raise _contradiction(
                item, "overridden twice", first.place, "keep one, or let their markers differ"
            )
    excluded = {exclusion.name: exclusion for exclusion in exclusions}
    for item in (*overridden.values(), *(item for group in groups for item in group.requirements)):
        if item.name in excluded:
            what = "overridden" if item is overridden.get(item.name) else "required"
            place = excluded[item.name].place
            raise _contradiction(item, f"{what} and excluded", place, "keep one of the two")


def _contradiction(item: DirectRequirement, what: str, other: Place, hint: str) -> ManifestError:
    return ManifestError(
        f"`{item.name}` is {what} ({other})", file=item.place.file, line=item.place.line, hint=hint
    )


def indexes_of(manifest: Manifest, choices: Choices) -> tuple[tuple[Index, ...], tuple[Index, ...]]:
    """Return the manifest's own indexes as they count here, and all indexes in the order of the policy.

    Extra indexes come first: a private index shadows the public one. An index URL from the options stands in
    for the manifest's default index and keeps its name; configured indexes then have no say, so that nobody's
    configuration adds to what was asked for by name. An index URL that is said to be a mirror of one of the
    manifest's stands in for that one, wherever it comes from.
    """
    own = list(manifest.indexes)
    asked, fallback = choices.asked, choices.fallback
    index = asked.index or fallback.index
    is_placed = index is not None and _replace_mirrored(own, index)
    if asked.index is not None and not is_placed and manifest.replaces_default_index:
        _replace_default(own, asked.index, is_first=manifest.kind == "Pipfile")
    before = [*asked.flat, *asked.extra]
    if manifest.replaces_default_index:
        return tuple(own), _distinct([*before, *own])
    after = [] if asked.index is not None else [*fallback.flat, *fallback.extra]
    if index is not None and not is_placed:
        after.append(index)
    return tuple(own), _distinct([*before, *own, *after])


def _replace_mirrored(indexes: list[Index], index: Index) -> bool:
    """Put `index` in the place of the index of which it is said to be a mirror; whether there is that one."""
    for place, other in enumerate(indexes):
        if index.stands_for is not None and not other.is_flat and other.url == index.stands_for.url:
            indexes[place] = _standing_in(index, other)
            return True
    return False


def _standing_in(index: Index, other: Index) -> Index:
    """Return `index` with the name of the one that it stands in for, and which locks name."""
    locked = index.stands_for or other
    if locked.url == other.url:
        locked = other
    return replace(index, name=other.name, stands_for=None if locked.url == index.url else locked)


def _replace_default(indexes: list[Index], index: Index, *, is_first: bool) -> None:
    """Put `index` in the place of the default index: a Pipfile's first source, a requirements file's last."""
    places = [place for place, other in enumerate(indexes) if not other.is_flat]
    if not places:
        indexes.append(index)
        return
    place = places[0 if is_first else -1]
    indexes[place] = _standing_in(index, indexes[place])


def _distinct(indexes: Iterable[Index]) -> tuple[Index, ...]:
    """Return each index once, where it first stands, with the first name and secret that any of them has."""
    merged: dict[tuple[str, bool], Index] = {}
    for index in indexes:
        key = (index.url, index.is_flat)
        first = merged.get(key, index)
        merged[key] = replace(
            first,
            name=first.name or index.name,
            secret=first.secret or index.secret,
            stands_for=first.stands_for or index.stands_for,
        )
    return tuple(merged.values())


def _bindings(groups: Iterable[Group], named: Iterable[Index]) -> dict[NormalizedName, str]:
    """Return the index URL of every project that is bound to one."""
    urls = {index.name: index.url for index in named if index.name is not None}
    bound: dict[NormalizedName, DirectRequirement] = {}
    for item in (item for group in groups for item in group.requirements if item.index is not None):
        if item.index not in urls:
            raise _unknown_index(item, urls)
        first = bound.setdefault(item.name, item)
        if urls[first.index or ""] != urls[item.index or ""]:
            raise UsageError(
                f"`{item.name}` is bound to two indexes: `{first.index}` ({first.place}) "
                f"and `{item.index}` ({item.place})",
                hint="bind it to one of them everywhere",
            )
    return {name: urls[item.index or ""] for name, item in bound.items()}


def _unknown_index(item: DirectRequirement, known: Iterable[str]) -> ManifestError:
    near = near_names(item.index or "", known)
    return ManifestError(
        f"`{item.name}` is bound to the index `{item.index}`, which the manifest does not name",
        file=item.place.file,
        line=item.place.line,
        hint=f"did you mean `{near[0]}`?" if near else "add a source of that name to the manifest",
    )


def _local(local: Iterable[LocalProject], groups: Iterable[Group]) -> dict[NormalizedName, LocalProject]:
    """Return the local projects that what holds asks for, by name."""
    wanted = {(item.name, item.path) for group in groups for item in group.requirements}
    projects: dict[NormalizedName, LocalProject] = {}
    for project in local:
        if (project.name, project.path) not in wanted:
            continue
        first = projects.setdefault(project.name, project)
        if first.path != project.path:
            raise UsageError(
                f"`{project.name}` is named by two paths: `{first.path}` and `{project.path}`",
                hint="keep one of them",
            )
    return projects


def _join_formats(manifest: FormatControl, chosen: FormatControl) -> FormatControl:
    """Return both; a name that the user chose one way is no longer held the other way by the manifest."""
    return FormatControl(
        no_binary=(manifest.no_binary - chosen.only_binary) | chosen.no_binary,
        only_binary=(manifest.only_binary - chosen.no_binary) | chosen.only_binary,
    )


def _python_warnings(manifest: Manifest, environment: Environment) -> Iterable[str]:
    """Warn where the target is another Python than the manifest requires."""
    required = (manifest.requires_python or "").strip()
    if not required or required == "*":
        return
    specifier = required if required[0] in "<>=!~" else f"=={required}.*"
    try:
        agrees = SpecifierSet(specifier).contains(environment.python, prereleases=True)
    except InvalidSpecifier:
        agrees = False
    if not agrees:
        origin = environment.origins.get("python", "declared")
        yield (
            f"`{manifest.files[0]}` requires Python {required}, but the target is "
            f"{environment.python_name} ({origin})."
        )

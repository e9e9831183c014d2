"""What a manifest loses on its way into another format: found by reading back what was written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pinwise.model.loss import Loss
from pinwise.model.names import normalise
from pinwise.model.request import DirectRequirement, Exclusion, Manifest


class ManifestFormat(StrEnum):
    """A kind of manifest that is written; its value is the name that stands for it in messages."""

    PIPFILE = "Pipfile"
    REQUIREMENTS = "requirements.in"
    PYPROJECT = "pyproject.toml"


PIPFILE, REQUIREMENTS, PYPROJECT = ManifestFormat


@dataclass(frozen=True, slots=True)
class Aspect:
    """Something that manifests say: what it is called, and for each format that cannot say it always, why."""

    words: str
    reasons: Mapping[ManifestFormat, str]


REQUIREMENT_ASPECTS: Mapping[str, Aspect] = {
    "entry": Aspect(
        "the requirement",
        {
            PIPFILE: "a project stands once in a category, so that its lines are joined",
            PYPROJECT: "a dependency has no relative path; a comment names it",
        },
    ),
    "groups": Aspect("the group", {REQUIREMENTS: "pip knows no groups; a heading names it"}),
    "requirement": Aspect(
        "the requirement as written",
        {PIPFILE: "a project stands once in a category, so that its lines are joined"},
    ),
    "path": Aspect("the path as written", {REQUIREMENTS: "a path begins with `./` here"}),
    "is_editable": Aspect(
        "the editable installation", {PYPROJECT: "a dependency by URL is installed as it is"}
    ),
    "index": Aspect(
        "the binding to an index",
        {REQUIREMENTS: "pip asks every index for every project", PYPROJECT: "it has no place for it"},
    ),
    "hashes": Aspect("the digests", {PYPROJECT: "it has no place for them"}),
}
"""What a requirement says."""

_OWN_LISTS = {REQUIREMENTS: "it has no place for them"}

_MADE_ANEW = {
    PIPFILE: "it says what is required, not what is built of it",
    REQUIREMENTS: "it says what is required, not what is built of it",
    PYPROJECT: "only what is required is carried over",
}

MANIFEST_ASPECTS: Mapping[str, Aspect] = {
    "project": Aspect("what `[project]` says besides", _MADE_ANEW),
    "build": Aspect("the build system", _MADE_ANEW),
    "tables": Aspect(
        "tables of other tools",
        {
            PIPFILE: "it has no place for them",
            REQUIREMENTS: "it has no place for them",
            PYPROJECT: "only what is required is carried over",
        },
    ),
    "includes": Aspect(
        "which groups and extras include others",
        dict.fromkeys((PIPFILE, REQUIREMENTS, PYPROJECT), "what they stand for is written in their place"),
    ),
    "extras": Aspect("the extra", {PIPFILE: "a category stands for it, which is installed by itself"}),
    "group names": Aspect(
        "the name of the group",
        {
            PIPFILE: "the usual name of `dev` is `dev-packages`",
            PYPROJECT: "the usual name of `develop` is `dev`",
        },
    ),
    "taken names": Aspect("the name of the group", {PIPFILE: "that name means something else in it"}),
    "empty groups": Aspect(
        "groups that hold nothing",
        {PIPFILE: "a category without packages is none", REQUIREMENTS: "pip knows no groups"},
    ),
    "constraints": Aspect("the constraints", {REQUIREMENTS: "they stand in files of their own (`-c`)"}),
    "constraint digests": Aspect(
        "the digests of constraints",
        {PIPFILE: "it has no place for them", PYPROJECT: "it has no place for them"},
    ),
    "indexes": Aspect(
        "names and settings of the indexes",
        {
            PIPFILE: "sources replace the default index, have names, and are no pages of links",
            REQUIREMENTS: "an index has a URL and no name",
            PYPROJECT: "it has no place for indexes; name them by `--index-url` or in the settings",
        },
    ),
    "prereleases": Aspect(
        "which pre-releases are allowed", {PYPROJECT: "all projects, or single ones, but not both"}
    ),
    "formats": Aspect(
        "which kinds of files are allowed",
        {
            PIPFILE: "`no_binary` stands at a project of the Pipfile only",
            PYPROJECT: "it has no place for them",
        },
    ),
    "requires_python": Aspect(
        "the version of Python",
        {PIPFILE: "`[requires]` names one version only", REQUIREMENTS: "it has no place for it"},
    ),
    "overrides": Aspect("the overrides", _OWN_LISTS),
    "exclusions": Aspect("the exclusions", _OWN_LISTS),
    "settings": Aspect("our own settings", {REQUIREMENTS: "it has no place for them"}),
    "logins": Aspect(
        "the logins of the indexes",
        dict.fromkeys((PIPFILE, REQUIREMENTS, PYPROJECT), "they are not carried over; write them anew"),
    ),
    "overlays": Aspect(
        "the overlays",
        {
            PIPFILE: "they are not carried over; write them in `[pipenv.pinwise.overlays]`",
            REQUIREMENTS: "it has no place for them",
            PYPROJECT: "they are not carried over; write them in `[tool.pinwise.overlays]`",
        },
    ),
}
"""What a manifest says as a whole."""


def manifest_losses(before: Manifest, after: Manifest, target: ManifestFormat) -> tuple[Loss, ...]:
    """Return all that `before` says and `after`, the same manifest in another format, does not."""
    return (*_whole(before, after, target), *_requirements(before, after, target))


def loss_of(aspect: str, target: ManifestFormat, *, subject: str = "", named: str = "") -> Loss:
    """Return a loss with its words and its reason."""
    known = (REQUIREMENT_ASPECTS if subject else MANIFEST_ASPECTS)[aspect]
    what = f"{known.words} of `{subject}`" if subject else known.words + (f" (`{named}`)" if named else "")
    return Loss(subject, aspect, what, known.reasons.get(target, "it has no place for it"))


def one_python(text: str | None) -> str | None:
    """Return a version of Python as a specifier, whether it was written as ``3.12`` or as one."""
    if text is None or not text[:1].isdigit():
        return text
    is_full = text.count(".") >= 2  # noqa: PLR2004  # three parts
    return f"=={text}" if is_full else f"=={text}.*"


def _with_login(manifest: Manifest) -> frozenset[str]:
    return frozenset(index.url for index in manifest.indexes if index.secret is not None)


def _whole(before: Manifest, after: Manifest, target: ManifestFormat) -> Iterator[Loss]:
    pairs: dict[str, tuple[object, object]] = {
        "constraints": (_texts(before.constraints), _texts(after.constraints)),
        "indexes": (_indexes(before, before), _indexes(after, before)),
        "prereleases": (before.prereleases, after.prereleases),
        "formats": (before.formats, after.formats),
        "requires_python": (one_python(before.requires_python), one_python(after.requires_python)),
        "overrides": (_texts(before.overrides), _texts(after.overrides)),
        "exclusions": (_names(before.exclusions), _names(after.exclusions)),
        "settings": (dict(before.settings), dict(after.settings)),
        "overlays": (before.overlays, after.overlays),
    }
    for aspect, (old, new) in pairs.items():
        if old != new:
            yield loss_of(aspect, target)
    if _with_login(before) - _with_login(after):
        yield loss_of("logins", target)
    if after.constraints and _digests(before.constraints) != _digests(after.constraints):
        yield loss_of("constraint digests", target)
    names = {normalise(group.name) for group in after.groups}
    empty = [group.name for group in before.groups[1:] if not group.requirements]
    if gone := [name for name in empty if normalise(name) not in names]:
        yield loss_of("empty groups", target, named="`, `".join(gone))


def _digests(constraints: tuple[DirectRequirement, ...]) -> tuple[frozenset[str], ...]:
    return tuple(direct.hashes for direct in constraints)


def _texts(requirements: tuple[DirectRequirement, ...]) -> tuple[str, ...]:
    return tuple(str(direct) for direct in requirements)


def _names(exclusions: tuple[Exclusion, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((exclusion.name, exclusion.reason) for exclusion in exclusions)


def _indexes(manifest: Manifest, before: Manifest) -> object:
    """Return what is said of indexes: names only of those that had one before, for a new name is no loss."""
    unnamed = {index.url for index in before.indexes if index.name is None}
    named = [
        (index.url, None if index.url in unnamed else index.name, index.verify_ssl, index.is_flat)
        for index in manifest.indexes
    ]
    return (
        (named, manifest.replaces_default_index) if before.indexes or before.replaces_default_index else None
    )


def _requirements(before: Manifest, after: Manifest, target: ManifestFormat) -> Iterator[Loss]:
    """Compare requirement by requirement; several of one project follow each other as they stand.

    A requirement that a group holds twice says no more than one.
    """
    waiting: dict[str, list[tuple[str, DirectRequirement]]] = {}
    for group in after.groups:
        for direct in group.requirements:
            waiting.setdefault(direct.name, []).append((group.name, direct))
    for group in before.groups:
        once = {(str(each), each.index, each.hashes): each for each in group.requirements}
        for direct in once.values():
            same = waiting.get(direct.name, [])
            name = normalise(group.name)
            found = next((each for each in same if normalise(each[0]) == name), same[0] if same else None)
            if found is None:
                yield loss_of("entry", target, subject=str(direct))
                continue
            same.remove(found)
            old = _facts(before, group.name, direct)
            new = _facts(after, *found)
            for aspect in REQUIREMENT_ASPECTS:
                if aspect != "entry" and old[aspect] != new[aspect]:
                    yield loss_of(aspect, target, subject=str(direct))


def _facts(manifest: Manifest, group: str, direct: DirectRequirement) -> dict[str, object]:
    requirement = direct.requirement
    return {
        "groups": normalise(group),
        "requirement": (direct.extras, requirement.specifier, str(requirement.marker or "")),
        "path": direct.path,
        "is_editable": direct.is_editable,
        "index": next((i.url for i in manifest.indexes if direct.index and i.name == direct.index), None),
        "hashes": direct.hashes,
    }

"""Names of groups on their way from one manifest to another: what each format calls the same group."""

from collections.abc import Collection
from dataclasses import replace

from pinwise.formats.convert.manifest_losses import PIPFILE, PYPROJECT, loss_of
from pinwise.formats.pipfile import TAKEN
from pinwise.formats.pipfile_hash import CATEGORIES, NO_CATEGORIES
from pinwise.model.loss import Loss
from pinwise.model.request import DEFAULT_GROUP, DEVELOP_GROUP, Group, Manifest

USUAL = "dev"
"""What every tool that reads a `pyproject.toml` calls `DEVELOP_GROUP`."""

_NO_NAMES = {*TAKEN, *CATEGORIES, *NO_CATEGORIES, "thoth"}
"""Names that no category of a `Pipfile` can have, or that mean another one."""

Renamed = tuple[Manifest, tuple[Loss, ...]]
"""A manifest with other names of groups, and what its groups no longer say."""


def for_pyproject(manifest: Manifest) -> Renamed:
    """Return the manifest with `develop` named `dev`, as every tool that reads the format calls it."""
    develop = next((group for group in manifest.groups if group.name == DEVELOP_GROUP), None)
    if develop is None or manifest.kind == "pyproject" or USUAL in _names(manifest):
        return manifest, ()
    groups = tuple(replace(group, name=USUAL) if group is develop else group for group in manifest.groups)
    return replace(manifest, groups=groups), (loss_of("group names", PYPROJECT, named=DEVELOP_GROUP),)


def for_pipfile(manifest: Manifest) -> Renamed:
    """Return the manifest with categories in place of extras, none of which has a name that is taken."""
    if manifest.kind != "pyproject":
        return manifest, ()
    taken = set(_names(manifest))
    groups: list[Group] = []
    losses: list[Loss] = []
    for group in manifest.groups:
        name = _category(group, taken)
        taken.add(name)
        groups.append(replace(group, name=name, extra=None))
        if group.extra is not None:
            losses.append(loss_of("extras", PIPFILE, named=group.extra))
        elif name != group.name:
            aspect = "group names" if group.name == USUAL else "taken names"
            losses.append(loss_of(aspect, PIPFILE, named=group.name))
    return replace(manifest, groups=tuple(groups)), tuple(losses)


def _category(group: Group, taken: Collection[str]) -> str:
    """Return the name of a group as a category of a `Pipfile`."""
    name = group.extra or group.name
    if group.extra is None:
        if name == USUAL and DEVELOP_GROUP not in taken:
            return DEVELOP_GROUP
        if name in {DEFAULT_GROUP, DEVELOP_GROUP} or name not in _NO_NAMES:
            return name
    while name in taken or name in _NO_NAMES:
        name = f"{name}-packages"
    return name


def _names(manifest: Manifest) -> list[str]:
    return [group.name for group in manifest.groups]

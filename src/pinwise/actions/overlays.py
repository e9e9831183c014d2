"""Lay an overlay over a manifest."""

from collections.abc import Iterable
from dataclasses import replace

from pinwise.model.request import (
    DEFAULT_GROUP,
    DirectRequirement,
    Exclusion,
    Group,
    Manifest,
    Overlay,
    Prereleases,
)


def overlaid(manifest: Manifest, overlay: Overlay) -> Manifest:
    """Return the manifest with what the overlay adds to it; its settings are left to `pinwise.settings`."""
    return replace(
        manifest,
        groups=_with_requirements(manifest.groups, overlay.requirements),
        constraints=manifest.constraints + overlay.constraints,
        overrides=_outranking(manifest.overrides, overlay.overrides),
        exclusions=_outranking_exclusions(manifest.exclusions, overlay.exclusions),
        prereleases=Prereleases(
            manifest.prereleases.all or overlay.prereleases.all,
            manifest.prereleases.names | overlay.prereleases.names,
        ),
    )


def _with_requirements(
    groups: tuple[Group, ...], requirements: tuple[DirectRequirement, ...]
) -> tuple[Group, ...]:
    """Return the groups with more requirements in the default one, which is made where there is none."""
    if not requirements:
        return groups
    if not groups or groups[0].name != DEFAULT_GROUP:
        return (Group(DEFAULT_GROUP, requirements), *groups)
    return (replace(groups[0], requirements=groups[0].requirements + requirements), *groups[1:])


def _outranking(
    below: Iterable[DirectRequirement], above: tuple[DirectRequirement, ...]
) -> tuple[DirectRequirement, ...]:
    names = {item.name for item in above}
    return (*(item for item in below if item.name not in names), *above)


def _outranking_exclusions(below: Iterable[Exclusion], above: tuple[Exclusion, ...]) -> tuple[Exclusion, ...]:
    names = {item.name for item in above}
    return (*(item for item in below if item.name not in names), *above)

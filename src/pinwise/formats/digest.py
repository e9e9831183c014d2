"""One digest for what was asked, so that a lock tells whether it still answers the same request."""

import hashlib
import json
from collections.abc import Iterable

from pinwise.model.environment import Environment
from pinwise.model.facts import Metadata
from pinwise.model.request import DirectRequirement, LocalProject, Request

# Differ between machines that are the same target: the running kernel.
_MACHINE_MARKERS = frozenset({"platform_release", "platform_version"})


def request_digest(request: Request) -> str:
    """Return the SHA-256, in hexadecimal, of everything in `request` on which pins depend.

    Where a requirement was written (file and line), why a project is excluded, how the environment was found,
    credentials, and the names and certificate settings of indexes do not count, and a mirror counts as the
    index that it stands for; the order of requirements and
    of indexes does, because it decides ties and which index serves a project.
    """
    locked = {index.url: index.locked.url for index in request.indexes}
    content: dict[str, object] = {
        "form": 1,
        "groups": [[group.name, _requirements(group.requirements)] for group in request.groups],
        "constraints": sorted(_requirements(request.constraints), key=json.dumps),
        "indexes": [[index.locked.url, index.is_flat] for index in request.indexes],
        "bindings": {name: locked.get(url, url) for name, url in request.bindings.items()},
        "environment": _environment(request.environment),
        "goal": request.goal,
        "prereleases": [request.prereleases.all, sorted(request.prereleases.names)],
        "no_binary": sorted(request.formats.no_binary),
        "only_binary": sorted(request.formats.only_binary),
        "given": sorted(
            [name, str(version), _metadata(metadata)] for (name, version), metadata in request.given.items()
        ),
        "local": [_local(request.local[name]) for name in sorted(request.local)],
    }
    # Left out where there is none, so that locks from before they existed stay as they are.
    if request.overrides:
        content["overrides"] = sorted(_requirements(request.overrides), key=json.dumps)
    if request.exclusions:
        content["exclude"] = sorted(exclusion.name for exclusion in request.exclusions)
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _requirements(requirements: Iterable[DirectRequirement]) -> list[list[object]]:
    return [
        [
            direct.name,
            list(direct.extras),
            str(direct.requirement.specifier),
            str(direct.requirement.marker or ""),
            direct.requirement.url or "",
            sorted(direct.hashes),
            direct.path or "",
            direct.is_editable,
        ]
        for direct in requirements
    ]


def _environment(environment: Environment) -> list[object]:
    markers = {name: text for name, text in environment.markers.items() if name not in _MACHINE_MARKERS}
    names: list[object] = [str(environment.python), environment.implementation, environment.platform, markers]
    if environment.abi_flags:
        names.append(environment.abi_flags)
    return [*names, list(environment.tags)] if environment.has_own_tags else names


def _local(project: LocalProject) -> list[object]:
    return [
        project.name,
        str(project.version),
        project.path,
        project.is_editable,
        _metadata(project.metadata),
        project.sha256 or "",
    ]


def _metadata(metadata: Metadata) -> list[object]:
    return [
        str(metadata.requires_python or ""),
        sorted(str(requirement) for requirement in metadata.requirements),
        sorted(metadata.extras),
    ]

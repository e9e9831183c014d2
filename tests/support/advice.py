"""Builders of pins, requests and advices, so that a test shows only what it is about.

::

    stack = advice(
        pin("flask", "3.0", requires=["click"], asked="flask>=2"),
        pin("click", "8.1", by=["flask"], groups=["default", "develop"]),
    )
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.tags import sys_tags
from packaging.utils import canonicalize_name
from packaging.version import Version

from pinwise.model.environment import Environment
from pinwise.model.facts import File, Metadata, Origin
from pinwise.model.outcome import Advice, Effort, Pin, Price, Proof, RequestedBy
from pinwise.model.request import (
    DEFAULT_GROUP,
    DEVELOP_GROUP,
    DirectRequirement,
    Group,
    Index,
    LocalProject,
    Manifest,
    Place,
    Request,
)
from support.loopback import Listed

INDEX = "https://index.example/simple"
"""The index of every pin that names no other."""


def this_environment() -> Environment:
    """Return the environment of the running interpreter, for tests that really install."""
    markers = {name: str(value) for name, value in default_environment().items()}
    return Environment(
        python=Version(markers["python_full_version"]),
        implementation=markers["implementation_name"],
        platform=next(tag.platform for tag in sys_tags()),
        tags=tuple(str(tag) for tag in sys_tags()),
        markers=markers,
    )


def linux_environment(python: str = "3.12.4") -> Environment:
    """Return a declared Linux environment."""
    return Environment(
        python=Version(python),
        implementation="cpython",
        platform="manylinux_2_28_x86_64",
        tags=("py3-none-any",),
        markers={"sys_platform": "linux", "platform_machine": "x86_64", "python_full_version": python},
        origins={"python": "given by `--python`", "platform": "given by `--platform`"},
    )


def wheel_file(name: str, version: str, **changes: Any) -> File:
    """Return a pure wheel of a release; `changes` are fields of `File`."""
    stem = canonicalize_name(name).replace("-", "_")
    return _file(f"{stem}-{version}-py3-none-any.whl", "py3-none-any", changes)


def sdist_file(name: str, version: str, **changes: Any) -> File:
    """Return an sdist of a release; `changes` are fields of `File`."""
    stem = canonicalize_name(name).replace("-", "_")
    return _file(f"{stem}-{version}.tar.gz", "", changes)


def _file(filename: str, tags: str, changes: Mapping[str, Any]) -> File:
    file = File(
        filename=filename,
        url=f"https://files.example/{filename}",
        sha256=hashlib.sha256(filename.encode()).hexdigest(),
        size=1234,
        uploaded=1_700_000_000,
        requires_python=">=3.8",
        yanked=None,
        metadata="",
        tags=tags,
    )
    return file._replace(**changes)


def listed_file(listed: Listed) -> File:
    """Return a file of a loopback index as its page lists it."""
    name = listed.artifact.filename
    return File(
        filename=name,
        url=listed.url,
        sha256=listed.sha256,
        size=listed.size,
        uploaded=1_704_164_645,
        requires_python=listed.requires_python,
        yanked=listed.yanked,
        metadata="",
        tags="-".join(name.removesuffix(".whl").split("-")[-3:]) if name.endswith(".whl") else "",
    )


def pin(  # noqa: PLR0913  # a builder: every keyword is one fact
    name: str,
    version: str,
    *,
    asked: str | None = None,
    by: Sequence[str] = (),
    requires: Sequence[str] = (),
    groups: Sequence[str] = (DEFAULT_GROUP,),
    index: str = INDEX,
    index_name: str | None = None,
    files: Iterable[File] | None = None,
    prices: Sequence[Price] = (),
    local: LocalProject | None = None,
    requires_python: str | None = ">=3.8",
    yanked: str | None = None,
) -> Pin:
    """Return a pin.

    Args:
        name: The project.
        version: Its version.
        asked: The manifest's requirement (``flask[async]>=2 ; python_version>'3'``), None for none.
        by: Projects that require it.
        requires: Projects that it requires.
        groups: Categories that need it; the last one is where the manifest asks.
        index: The URL that serves it.
        index_name: The manifest's name for that.
        files: Its files; a wheel and an sdist unless given.
        prices: Its prices.
        local: Set for a project named by path.
        requires_python: The page's specifier.
        yanked: The reason for which it is yanked.
    """
    direct = None if asked is None else Requirement(asked)
    edges = [RequestedBy(canonicalize_name(each), name) for each in by]
    if direct is not None:
        edges.append(RequestedBy(None, str(direct), groups[-1]))
    usual = () if local is not None else (wheel_file(name, version), sdist_file(name, version))
    return Pin(
        name=canonicalize_name(name),
        version=Version(version),
        index=index if local is None else local.path,
        index_name=index_name,
        groups=tuple(groups),
        is_direct=direct is not None,
        extras=tuple(sorted(canonicalize_name(extra) for extra in direct.extras)) if direct else (),
        marker=str(direct.marker) if direct and direct.marker else None,
        requested_by=tuple(edges),
        requires=tuple(sorted(canonicalize_name(each) for each in requires)),
        prices=tuple(prices),
        behind=0,
        days_behind=0,
        latest=Version(version),
        files=usual if files is None else tuple(files),
        requires_python=requires_python,
        metadata_origin=Origin.LOCAL if local is not None else Origin.METADATA_FILE,
        yanked=yanked,
        local=local,
    )


def folder(
    name: str, version: str, path: str, *, editable: bool = False, sha256: str | None = None
) -> LocalProject:
    """Return a project named by its path: a folder, or an archive if it has a digest."""
    metadata = Metadata(None, (), frozenset(), Origin.LOCAL)
    return LocalProject(canonicalize_name(name), Version(version), path, editable, metadata, sha256)


def direct_requirement(
    text: str, *, file: str = "Pipfile", line: int = 1, path: str | None = None
) -> DirectRequirement:
    """Return a requirement of the manifest."""
    requirement = Requirement(text)
    extras = tuple(sorted(canonicalize_name(extra) for extra in requirement.extras))
    name = canonicalize_name(requirement.name)
    return DirectRequirement(name, extras, requirement, Place(file, line), path=path)


def advice(
    *pins: Pin,
    indexes: Sequence[Index] = (Index(INDEX),),
    environment: Environment | None = None,
    file: str = "Pipfile",
    cost: int | None = None,
) -> Advice:
    """Return an advice whose request is what the pins say they were asked for."""
    names = dict.fromkeys((DEFAULT_GROUP, *(group for each in pins for group in each.groups)))
    asked: dict[str, list[DirectRequirement]] = {name: [] for name in names}
    for each in pins:
        for edge in each.requested_by:
            if edge.name is None:
                path = each.local.path if each.local else None
                asked[edge.group].append(direct_requirement(edge.requirement, file=file, path=path))
    request = Request(
        groups=tuple(Group(name, tuple(requirements)) for name, requirements in asked.items()),
        environment=environment or linux_environment(),
        indexes=tuple(indexes),
        local={each.name: each.local for each in pins if each.local is not None},
    )
    total = sum(price.amount for each in pins for price in each.prices) if cost is None else cost
    return Advice(
        request=request,
        pins=tuple(sorted(pins, key=lambda each: each.name)),
        proof=Proof(optimal=True, cost=total, bound=total, unknown=0, predictor="exact"),
        snapshot="0" * 64,
        effort=Effort(pages=1, documents=2, requests=3, rounds=1, seconds=0.5),
    )


def pipfile_manifest(stack: Advice, *, indexes: Sequence[Index] = (), sha256: str = "1" * 64) -> Manifest:
    """Return the Pipfile that asked for an advice."""
    groups = stack.request.groups
    if DEVELOP_GROUP not in {group.name for group in groups}:
        groups = (*groups, Group(DEVELOP_GROUP, ()))
    return Manifest(
        kind="Pipfile", files=("Pipfile",), groups=groups, indexes=tuple(indexes), pipfile_sha256=sha256
    )

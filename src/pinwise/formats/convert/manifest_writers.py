"""Write a manifest in another format."""

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

from packaging.requirements import Requirement

from pinwise.formats.convert.group_names import for_pipfile, for_pyproject
from pinwise.formats.convert.manifest_losses import ManifestFormat, manifest_losses, one_python
from pinwise.formats.entries import LocalPath, shown
from pinwise.formats.lock_text import one_line
from pinwise.formats.pipfile import OWN_TABLE, parse_pipfile
from pinwise.formats.pipfile_hash import CATEGORIES
from pinwise.formats.pipfile_lock import named_sources
from pinwise.formats.pyproject import parse_project
from pinwise.formats.requirements import parse_requirements
from pinwise.formats.requirements_lock import dotted, index_lines
from pinwise.formats.toml_write import toml_key, toml_string, toml_value
from pinwise.model.errors import OutputError, UsageError
from pinwise.model.loss import Converted, Loss
from pinwise.model.names import parse_name
from pinwise.model.request import (
    ALL,
    DEFAULT_GROUP,
    DEVELOP_GROUP,
    EVERYTHING,
    DirectRequirement,
    FormatControl,
    Group,
    Index,
    LocalProject,
    Manifest,
    Place,
    Prereleases,
)

_CATEGORY_OF = {group: category for category, group in CATEGORIES.items()}


def convert_manifest(manifest: Manifest, target: ManifestFormat, *, project: str = "app") -> Converted:
    """Return a manifest in another format, with all that is lost: the text is read back and compared.

    Args:
        manifest: What the user wrote.
        target: The format to write.
        project: For a `pyproject.toml` the name of the project, which no other manifest has.

    Raises:
        OutputError: The target cannot hold the manifest at all.
    """
    losses: tuple[Loss, ...] = ()
    match target:
        case ManifestFormat.PIPFILE:
            manifest, losses = for_pipfile(manifest)
            text = _pipfile(manifest)
            after = parse_pipfile(text, target.value, local=_known_locals(manifest))
        case ManifestFormat.REQUIREMENTS:
            text = _requirements(manifest)
            after = parse_requirements(text, target.value, read=_no_file, local=_known_locals(manifest))
        case ManifestFormat.PYPROJECT:
            manifest, losses = for_pyproject(manifest)
            text = _pyproject(manifest, project)
            after = parse_project(text, target.value, selection=EVERYTHING, local=_known_locals(manifest))
    return Converted(text, (*losses, *manifest_losses(manifest, after, target)))


def _known_locals(manifest: Manifest) -> Callable[[LocalPath], LocalProject]:
    """Return a reader of the local projects that the manifest names, as they were read already."""
    projects = {dotted(project.path): project for project in manifest.local}

    def read(local: LocalPath) -> LocalProject:
        return replace(projects[dotted(local.path)], path=local.path, is_editable=local.is_editable)

    return read


def _no_file(path: str, place: Place) -> str:
    raise AssertionError(f"{place}: nothing that we write includes `{path}`")


# --- Pipfile


def _pipfile(manifest: Manifest) -> str:
    sources = named_sources(_sources(manifest))
    lines: list[str] = []
    for source in sources:
        lines += [
            "[[source]]",
            f"name = {toml_string(source.name or '')}",
            f"url = {toml_string(source.url)}",
        ]
        lines += [f"verify_ssl = {toml_value(source.verify_ssl)}", ""]
    names = {index.name: _source_name(index, sources) for index in manifest.indexes}
    groups = {group.name: group for group in manifest.groups}
    for name in dict.fromkeys((DEFAULT_GROUP, DEVELOP_GROUP, *groups)):
        if name not in {DEFAULT_GROUP, DEVELOP_GROUP} and not groups[name].requirements:
            continue
        lines.append(f"[{toml_key(_CATEGORY_OF.get(name, name))}]")
        if name in groups:
            lines += _category(groups[name], manifest, names)
        lines.append("")
    lines += _requires(manifest.requires_python)
    lines += _pipenv(manifest)
    return "\n".join(lines).rstrip("\n") + "\n"


def _sources(manifest: Manifest) -> tuple[Index, ...]:
    """Return the indexes that a Pipfile names; the default one last where it counts too."""
    indexes = tuple(index for index in manifest.indexes if not index.is_flat)
    if not indexes or manifest.replaces_default_index:
        return indexes
    from plette.pipfiles import DEFAULT_SOURCE_TOML  # noqa: PLC0415  # heavy

    source = tomllib.loads(DEFAULT_SOURCE_TOML)["source"][0]
    return (*indexes, Index(str(source["url"]).rstrip("/"), str(source["name"])))


def _source_name(index: Index, sources: Sequence[Index]) -> str | None:
    return next((source.name for source in sources if source.url == index.url), None)


def _category(group: Group, manifest: Manifest, names: Mapping[str | None, str | None]) -> Iterator[str]:
    together: dict[str, list[DirectRequirement]] = {}
    for direct in group.requirements:
        together.setdefault(direct.name, []).append(direct)
    for name, same in together.items():
        entry = _entry(_joined(same), is_source_only=name in manifest.formats.no_binary)
        if same[0].index is not None:
            entry["index"] = names[same[0].index]
        value = entry["version"] if list(entry) == ["version"] else entry
        yield f"{toml_key(same[0].requirement.name)} = {toml_value(value)}"


def _joined(same: Sequence[DirectRequirement]) -> DirectRequirement:
    """Return one requirement that says what several of one project say.

    Raises:
        OutputError: They have different markers or places.
    """
    first, *others = same
    requirement = Requirement(str(first.requirement))
    for other in others:
        if str(other.requirement.marker) != str(requirement.marker) or other.path != first.path:
            raise OutputError(
                f"`{first.name}` is required several times under different markers, and a category of a "
                "`Pipfile` has room for it once",
                hint="join these lines first, or convert to another format",
            )
        requirement.specifier &= other.requirement.specifier
    extras = tuple(sorted({extra for each in same for extra in each.extras}))
    hashes = frozenset[str].intersection(*(each.hashes for each in same))
    return replace(first, requirement=requirement, extras=extras, hashes=hashes)


def _entry(direct: DirectRequirement, *, is_source_only: bool) -> dict[str, object]:
    entry: dict[str, object] = {}
    if direct.path is None:
        entry["version"] = str(direct.requirement.specifier) or "*"
    else:
        entry["path"] = direct.path
    if direct.is_editable:
        entry["editable"] = True
    if direct.extras:
        entry["extras"] = list(direct.extras)
    if direct.requirement.marker is not None:
        entry["markers"] = str(direct.requirement.marker).replace('"', "'")
    if direct.hashes:
        entry["hashes"] = sorted(direct.hashes)
    if is_source_only:
        entry["no_binary"] = True
    return entry


def _requires(python: str | None) -> Iterator[str]:
    written = one_python(python)
    if written is None or not written.startswith("=="):
        return
    version = written.removeprefix("==")
    if version.removesuffix(".*").replace(".", "").isdigit():
        key = "python_version" if version.endswith(".*") else "python_full_version"
        yield from ("[requires]", f"{key} = {toml_string(version.removesuffix('.*'))}", "")


def _pipenv(manifest: Manifest) -> Iterator[str]:
    if manifest.prereleases.all:
        yield from ("[pipenv]", "allow_prereleases = true", "")
    settings = dict(manifest.settings) | _allowed(manifest.prereleases) | _amendments(manifest)
    if settings:
        yield f"[pipenv.{OWN_TABLE}]"
        yield from (f"{toml_key(key)} = {toml_value(value)}" for key, value in settings.items())


def _allowed(prereleases: Prereleases) -> dict[str, object]:
    names = dict.fromkeys(sorted(prereleases.names), True)
    return {"allow_prereleases": names} if names else {}


def _amendments(manifest: Manifest) -> dict[str, object]:
    """Return what our own table says of other projects' requirements, for each manifest that has one."""
    said: dict[str, object] = {
        "constraints": [str(direct.requirement) for direct in manifest.constraints],
        "overrides": [str(direct.requirement) for direct in manifest.overrides],
        "exclude": {exclusion.name: exclusion.reason for exclusion in manifest.exclusions},
    }
    return {key: value for key, value in said.items() if value}


# --- requirements.in


def _requirements(manifest: Manifest) -> str:
    lines = [*_options(manifest)]
    for group in manifest.groups:
        if group.requirements and group.name != DEFAULT_GROUP:
            lines += ["", f"# Only for {one_line(group.name)}"]
        elif group.requirements and lines:
            lines.append("")
        lines += [_line(direct) for direct in group.requirements]
    return "\n".join(lines).lstrip("\n") + "\n"


def _options(manifest: Manifest) -> Iterator[str]:
    indexes = manifest.indexes
    if indexes and not manifest.replaces_default_index:
        lines = [line for line in index_lines((*indexes, Index(""))) if line and line != "--index-url "]
        yield from lines
    elif indexes or manifest.replaces_default_index:
        yield from [line for line in index_lines(indexes) if line] or ["--no-index"]
    if manifest.prereleases.all:
        yield "--pre"
    yield from (f"--all-releases {name}" for name in sorted(manifest.prereleases.names))
    yield from _file_options(manifest.formats)


def _file_options(formats: FormatControl) -> Iterator[str]:
    """Yield the options for kinds of files, `ALL` first, because it clears what stands before it."""
    named = [("--no-binary", name) for name in formats.no_binary]
    named += [("--only-binary", name) for name in formats.only_binary]
    yield from (f"{option} {name}" for option, name in sorted(named, key=lambda each: (each[1] != ALL, each)))


def _line(direct: DirectRequirement) -> str:
    if direct.path is not None:
        extras = f"[{','.join(direct.extras)}]" if direct.extras else ""
        marker = direct.requirement.marker
        place = ("-e " if direct.is_editable else "") + dotted(direct.path) + extras
        return place if marker is None else f"{place} ; {marker}"
    return " ".join((str(direct.requirement), *(f"--hash={digest}" for digest in sorted(direct.hashes))))


# --- pyproject.toml


def _pyproject(manifest: Manifest, project: str) -> str:
    lines = ["[project]", f"name = {toml_string(_own_name(manifest, project))}", 'version = "0"']
    if python := one_python(manifest.requires_python):
        lines.append(f"requires-python = {toml_string(python)}")
    groups = {group.name: group for group in manifest.groups}
    lines += _list("dependencies", groups.pop(DEFAULT_GROUP, Group(DEFAULT_GROUP, ())))
    extras = [group for group in groups.values() if group.extra is not None]
    if extras:
        lines += ["", "[project.optional-dependencies]"]
        for group in extras:
            lines += _list(toml_key(group.extra or ""), group)
    others = [group for group in groups.values() if group.extra is None]
    if others:
        lines += ["", "[dependency-groups]"]
        for group in others:
            lines += _list(_checked_group(group.name), group)
    own = dict(manifest.settings) | _allowed(manifest.prereleases) | _amendments(manifest)
    if manifest.prereleases.all:
        own["allow_prereleases"] = True
    if own:
        lines += ["", "[tool.pinwise]"]
        lines += (f"{toml_key(key)} = {toml_value(value)}" for key, value in own.items())
    return "\n".join(lines) + "\n"


def _own_name(manifest: Manifest, project: str) -> str:
    """Return a name for the project that none of its requirements has, for that would mean the project."""
    name = parse_name(project)
    required = {direct.name for group in manifest.groups for direct in group.requirements}
    while name in required:
        name = parse_name(f"{name}-project")
    return name


def _checked_group(name: str) -> str:
    """Return a name of a group as a key.

    Raises:
        OutputError: The format has no groups of that name.
    """
    try:
        parse_name(name)
    except UsageError:
        raise OutputError(
            f"`{shown(name)}` cannot be the name of a group in `pyproject.toml`",
            hint="use letters, digits, `.`, `-` and `_`",
        ) from None
    return toml_key(name)


def _list(key: str, group: Group) -> Iterator[str]:
    yield f"{key} = ["
    for direct in group.requirements:
        if direct.path is None:
            yield f"    {toml_string(str(direct.requirement))},"
        elif direct.path.startswith("/"):
            yield f"    {toml_string(_by_url(direct))},"
        else:
            yield f"    # {one_line(_line(direct))}"
    yield "]"


def _by_url(direct: DirectRequirement) -> str:
    extras = f"[{','.join(direct.extras)}]" if direct.extras else ""
    marker = direct.requirement.marker
    place = f"{direct.name}{extras} @ file://{quote(direct.path or '')}"
    return place if marker is None else f"{place} ; {marker}"

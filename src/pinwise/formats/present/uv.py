"""Read a ``uv.lock`` (version 1).

It pins a whole workspace for every platform: a package is needed where a chain of requirements leads to it
from a member of the workspace or from what ``[manifest]`` requires (of a script, or of a workspace whose root
is no project), under the markers along that chain. The root is no pin. Extras and groups become groups.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pinwise.formats.entries import parse_index, shown
from pinwise.formats.present.entry import Entry, default_first, in_order
from pinwise.formats.present.markers import all_of, split_marker
from pinwise.formats.present.toml import entries, parse_lock_toml, whole_number
from pinwise.model.facts import File
from pinwise.model.lock import ForeignFormat, PresentLock, PresentPin
from pinwise.model.request import DEFAULT_GROUP, Index, Place

KNOWN_VERSION = 1
MOST_CONDITIONS = 16
"""How many chains of markers are told apart for one package; beyond that it counts as always needed."""

MOST_STEPS = 50_000
"""How many requirements are followed for one group."""

MOST_FORKS = 100
"""How many entries of one project there may be."""

Chain = frozenset[str]
Node = tuple[int, str]
"""A package by its number, and one of its extras or ""."""


@dataclass(slots=True)
class _Package:
    """One ``[[package]]``: its pin without groups and marker, None for a member, and what it requires."""

    entry: Entry
    table: dict[str, object]
    pin: PresentPin | None
    edges: dict[str, list[tuple[Node, str | None]]] = field(default_factory=dict)


def read_uv_lock(text: str, file: str) -> PresentLock:
    """Return what a `uv.lock` says.

    Raises:
        ManifestError: It is not valid, of another version, or keeps stacks that exclude each other.
    """
    tables = parse_lock_toml(text, file)
    head = Entry(file, "the lock")
    if whole_number(tables.get("version")) != KNOWN_VERSION:
        raise head.error(
            f"this lock has the version `{shown(str(tables.get('version')))}`; pinwise reads {KNOWN_VERSION}",
            "export it with `uv export`, or make the lock anew",
        )
    if tables.get("conflicts"):
        raise head.error(
            "this lock keeps several stacks apart (`conflicts`)", "export one of them with `uv export`"
        )
    packages = [
        _Package(entry, table, _pin(entry, table))
        for entry, table in entries(tables, text, file, key="package")
    ]
    packages += _manifest(head, tables, packages)
    _connect(packages)
    if packages and all(package.pin is not None for package in packages):
        raise head.error(
            "nothing in this lock says what is required", "export it with `uv export`, or make the lock anew"
        )
    pins = tuple(_pins(packages))
    return PresentLock(
        ForeignFormat.UV,
        in_order(pins),
        groups=default_first((DEFAULT_GROUP, *_group_names(packages))),
        indexes=tuple(Index(url) for url in dict.fromkeys(pin.index for pin in pins if pin.index)),
        requires_python=head.specifiers(tables.get("requires-python")),
    )


# --- single packages


def _pin(entry: Entry, table: dict[str, object]) -> PresentPin | None:
    """Return the pin of a package, None for a member of the workspace."""
    source = entry.table(table.get("source"), "the source")
    if _is_member(source):
        return None
    files = tuple(_files(entry, table))
    is_archive = "url" in source or "path" in source
    digests = [
        file.get("hash")
        for file in (*entry.tables([table["sdist"]] if "sdist" in table else [], "the sdist"),
                     *entry.tables(table.get("wheels"), "the wheels"))
        if file.get("hash") is not None
    ]  # fmt: skip
    version = table.get("version")
    return PresentPin(
        name=entry.name(table.get("name")),
        version=None
        if version is None or "git" in source or "directory" in source
        else entry.version(version),
        index=_index(entry, source),
        hashes=entry.hashes(digests),
        url=_url(entry, source),
        path=_path(entry, source),
        is_editable="editable" in source,
        files=() if is_archive else files,
        requires=entry.names(
            item.get("name") for item in entry.tables(table.get("dependencies"), "the dependencies")
        ),
        line=entry.line,
    )


def _is_member(source: Mapping[str, object]) -> bool:
    """Whether a package is the project itself or a member of its workspace."""
    return "virtual" in source or source.get("editable") == "." or source.get("directory") == "."


def _index(entry: Entry, source: Mapping[str, object]) -> str | None:
    if "registry" not in source:
        return None
    return parse_index(entry.clean(source["registry"], "the index"), Place(entry.file, entry.line)).url


def _url(entry: Entry, source: Mapping[str, object]) -> str | None:
    if "url" in source:
        return entry.clean(source["url"], "the URL")
    if "git" not in source:
        return None
    address, _, commit = entry.clean(source["git"], "the URL").partition("#")
    bare, _, query = address.partition("?")
    folders = [part for part in query.split("&") if part.startswith("subdirectory=")]
    return f"git+{bare}" + (f"@{commit}" if commit else "") + (f"#{folders[0]}" if folders else "")


def _path(entry: Entry, source: Mapping[str, object]) -> str | None:
    found = next((source[key] for key in ("path", "directory", "editable") if key in source), None)
    return None if found is None else entry.clean(found, "the path")


def _files(entry: Entry, table: Mapping[str, object]) -> Iterator[File]:
    sdists = [table["sdist"]] if "sdist" in table else []
    for file in (*entry.tables(sdists, "the sdist"), *entry.tables(table.get("wheels"), "the wheels")):
        place = file.get("url", file.get("path"))
        digest = file.get("hash")
        name = file.get("filename", "")
        if place is None and not name:
            continue
        yield entry.listed_file(
            "" if place is None else entry.clean(place, "the URL of a file"),
            () if digest is None else entry.hashes([digest]),
            name=entry.string(name, "the name of a file"),
            size=file.get("size"),
            uploaded=file.get("upload-time"),
        )


# --- who needs what


def _manifest(head: Entry, tables: Mapping[str, object], packages: Sequence[_Package]) -> Iterator[_Package]:
    """Yield what ``[manifest]`` requires, as a member of the workspace that has no name."""
    manifest = head.table(tables.get("manifest"), "the manifest")
    members = {head.string(name, "a member") for name in head.items(manifest.get("members"), "the members")}
    pinned = [
        {"name": package.table["name"]}
        for package in packages
        if package.pin is not None and package.pin.path is not None and package.table["name"] in members
    ]
    required = [*head.tables(manifest.get("requirements"), "the requirements"), *pinned]
    groups = head.table(manifest.get("dependency-groups"), "the groups")
    if required or groups:
        entry = Entry(head.file, "the manifest")
        yield _Package(entry, {"name": "", "dependencies": required, "dev-dependencies": groups}, None)


def _connect(packages: list[_Package]) -> None:
    """Fill the edges of every package: under "", and under each of its extras."""
    by_name: dict[str, list[int]] = {}
    for number, package in enumerate(packages):
        same = by_name.setdefault(package.entry.string(package.table.get("name"), "the name"), [])
        same.append(number)
        if len(same) > MOST_FORKS:
            raise package.entry.error(f"`{package.entry.shown}` has more than {MOST_FORKS} entries")
    for package in packages:
        entry, table = package.entry, package.table
        lists = {
            "": table.get("dependencies"),
            **entry.table(table.get("optional-dependencies"), "the extras"),
        }
        if package.pin is None:
            groups = entry.table(table.get("dev-dependencies"), "the groups")
            lists |= {f"group {name}": items for name, items in groups.items()}
        for name, items in lists.items():
            package.edges[name] = [
                edge
                for item in entry.tables(items, "the dependencies")
                for edge in _edges(entry, item, packages, by_name)
            ]


def _edges(
    entry: Entry, item: dict[str, object], packages: list[_Package], by_name: Mapping[str, list[int]]
) -> Iterator[tuple[Node, str | None]]:
    """Yield what one dependency leads to: the package, and each of its extras that is asked for."""
    name = entry.string(item.get("name"), "a dependency")
    found = [
        number
        for number in by_name.get(name, [])
        if all(item[key] == packages[number].table.get(key) for key in ("version", "source") if key in item)
    ]
    marker = entry.marker(item.get("marker"))
    forks = [_fork_marker(packages[number]) for number in found]
    if len(found) > 1 and "version" not in item and all(forks):  # what `[manifest]` requires names no fork
        for number, fork in zip(found, forks, strict=True):
            yield from _nodes(entry, item, number, all_of([part for part in (marker, fork) if part]))
        return
    if len(found) != 1:
        problem = "is missing from" if not found else "is ambiguous in"
        raise entry.error(f"`{shown(name)}`, which `{entry.shown}` needs, {problem} this lock", "lock anew")
    yield from _nodes(entry, item, found[0], marker)


def _nodes(
    entry: Entry, item: dict[str, object], number: int, marker: str | None
) -> Iterator[tuple[Node, str | None]]:
    yield (number, ""), marker
    for extra in (
        *entry.items(item.get("extra"), "the extras"),
        *entry.items(item.get("extras"), "the extras"),
    ):
        yield (number, entry.string(extra, "an extra")), marker


def _fork_marker(package: _Package) -> str | None:
    """Return where an entry counts that is one of several of its project; None where it does not say."""
    written = package.entry.items(package.table.get("resolution-markers"), "the markers")
    markers = [package.entry.marker(each) for each in written]
    return " or ".join(f"({each})" for each in markers if each) or None


def _group_names(packages: list[_Package]) -> Iterator[str]:
    for package in packages:
        if package.pin is None:
            yield from (name.removeprefix("group ") for name in package.edges if name)


def _pins(packages: list[_Package]) -> Iterator[PresentPin]:
    """Yield every pin that something needs, with its groups and its marker."""
    groups: dict[int, list[str]] = {}
    conditions: dict[int, set[Chain]] = {}
    for group in default_first((DEFAULT_GROUP, *_group_names(packages))):
        for (number, _), chains in _reached(packages, group).items():
            groups.setdefault(number, []).append(group)
            conditions[number] = _least(conditions.get(number, set()) | chains)
    for number, names in groups.items():
        pin = packages[number].pin
        if pin is not None:
            marker = packages[number].entry.marker(_marker(conditions[number]))
            yield replace(pin, groups=tuple(dict.fromkeys(names)), marker=marker)


def _reached(packages: list[_Package], group: str) -> dict[Node, set[Chain]]:
    """Return every node that a group leads to, with the markers along the chains that lead there."""
    reached: dict[Node, set[Chain]] = {}
    waiting: deque[tuple[Node, set[Chain]]] = deque()
    for package in packages:
        if package.pin is not None:
            continue
        for name in ("",) if group == DEFAULT_GROUP else (group, f"group {group}"):
            waiting.extend((node, {_chain(marker)}) for node, marker in package.edges.get(name, []))
    steps = 0
    while waiting:
        node, chains = waiting.popleft()
        steps += 1
        if steps > MOST_STEPS:
            raise packages[node[0]].entry.error("the requirements in this lock are too entangled to follow")
        before = reached.get(node, set())
        after = _least(before | chains)
        if after == before:
            continue
        reached[node] = after
        number, extra = node
        for following, marker in packages[number].edges.get(extra, []):
            waiting.append((following, {chain | _chain(marker) for chain in after}))
    return reached


def _chain(marker: str | None) -> Chain:
    if marker is None:
        return frozenset()
    is_choice = len(split_marker(marker, "or")) > 1
    return frozenset([marker] if is_choice else split_marker(marker, "and"))


def _least(chains: set[Chain]) -> set[Chain]:
    """Return the chains that no other one makes needless; one empty chain where there are too many."""
    least = {chain for chain in chains if not any(other < chain for other in chains)}
    return least if len(least) <= MOST_CONDITIONS else {frozenset()}


def _marker(chains: set[Chain]) -> str | None:
    """Return the marker that holds where one of the chains does, None where it always holds."""
    if frozenset() in chains:
        return None
    each = sorted(
        " and ".join(f"({part})" if len(split_marker(part, "or")) > 1 else part for part in sorted(chain))
        for chain in chains
    )
    return " or ".join(f"({marker})" for marker in each) if len(each) > 1 else each[0]

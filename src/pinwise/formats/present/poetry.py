"""Read a ``poetry.lock`` of Poetry 1 or 2 (lock versions 1.x and 2.x)."""

from collections.abc import Iterable

from pinwise.formats.entries import parse_index, shown
from pinwise.formats.lock_text import without_credentials
from pinwise.formats.present.entry import Entry, default_first, in_order
from pinwise.formats.present.markers import split_marker
from pinwise.formats.present.toml import entries, parse_lock_toml
from pinwise.model.lock import ForeignFormat, PresentLock, PresentPin
from pinwise.model.names import NormalizedName
from pinwise.model.request import DEFAULT_GROUP, Index, Place

MAIN = "main"
"""Poetry's own name for the default group."""

KNOWN_MAJORS = ("1", "2")
REPOSITORIES = ("git", "hg", "svn")


def read_poetry_lock(text: str, file: str) -> PresentLock:
    """Return what a `poetry.lock` says; its group ``main`` is our default group.

    Files have names and digests and no URLs. Optional packages belong to the extras that name them, which
    become groups. Locks of Poetry before 2 name no groups and no markers, so everything is needed always.

    Raises:
        ManifestError: It is not valid, or of a newer version.
    """
    tables = parse_lock_toml(text, file)
    head = Entry(file, "metadata")
    metadata = head.table(tables.get("metadata"), "the content")
    version = metadata.get("lock-version", "1.0")
    if not isinstance(version, str) or version.partition(".")[0] not in KNOWN_MAJORS:
        raise head.error(
            f"this lock has the version `{shown(str(version))}`; pinwise reads 1.x and 2.x",
            "export it with `poetry export`, or make the lock anew",
        )
    extras = _extras(head, tables.get("extras"))
    old_files = head.table(metadata.get("files"), "the files")
    pins = [
        _pin(entry, table, old_files, extras) for entry, table in entries(tables, text, file, key="package")
    ]
    python = metadata.get("python-versions")
    return PresentLock(
        ForeignFormat.POETRY,
        in_order(pins),
        groups=default_first((DEFAULT_GROUP, *(group for pin in pins for group in pin.groups))),
        indexes=tuple(Index(url) for url in dict.fromkeys(pin.index for pin in pins if pin.index)),
        requires_python=_python(head, python),
    )


def _python(head: Entry, value: object) -> str | None:
    """Return what Python the lock is for, where Poetry's notation is the standard's too."""
    if not isinstance(value, str) or any(letter in value for letter in "^|*~"):
        return None
    return head.specifiers(value)


def _extras(head: Entry, value: object) -> dict[NormalizedName, list[str]]:
    """Return the extras that each optional project belongs to."""
    found: dict[NormalizedName, list[str]] = {}
    for extra, names in head.table(value, "`extras`").items():
        for name in head.items(names, "`extras`"):
            bare = head.string(name, "an extra").partition(" ")[0].partition("[")[0]
            found.setdefault(head.name(bare), []).append(extra)
    return found


def _pin(
    entry: Entry,
    table: dict[str, object],
    old_files: dict[str, object],
    extras: dict[NormalizedName, list[str]],
) -> PresentPin:
    name = entry.name(table.get("name"))
    source = entry.table(table.get("source"), "the source")
    kind = None if source.get("type") is None else entry.string(source["type"], "the source")
    files = entry.tables(table.get("files", old_files.get(entry.what)), "the files")
    place = without_credentials(entry.string(source.get("url", ""), "the URL"))
    is_named = kind in {*REPOSITORIES, "url", "file", "directory"}
    if is_named:
        place = entry.clean(place, "the URL")
    groups = _groups(entry, table, extras.get(name, []))
    return PresentPin(
        name=name,
        version=None if kind in {"directory", *REPOSITORIES} else entry.version(table.get("version")),
        index=parse_index(place, Place(entry.file, entry.line)).url if place and not is_named else None,
        groups=groups,
        hashes=entry.hashes(file.get("hash") for file in files),
        marker=_marker(entry, table.get("markers"), groups),
        url=_repository(entry, source, place) if kind in REPOSITORIES else place if kind == "url" else None,
        path=place if kind in {"file", "directory"} else None,
        is_editable=kind == "directory" and entry.flag(table.get("develop"), "`develop`"),
        files=tuple(
            entry.listed_file(
                "",
                [entry.string(file.get("hash"), "a digest")],
                name=entry.string(file.get("file"), "a file"),
            )
            for file in files
        )
        if not is_named
        else (),
        requires_python=_python(entry, table.get("python-versions")),
        requires=entry.names(entry.table(table.get("dependencies"), "the dependencies")),
        line=entry.line,
    )


def _groups(entry: Entry, table: dict[str, object], extras: Iterable[str]) -> tuple[str, ...]:
    """Return the groups of a package: those that are written, or Poetry's old category, or its extras."""
    written = table.get("groups", [table.get("category", MAIN)])
    names = [entry.clean(name, "a group") for name in entry.items(written, "the groups")] or [MAIN]
    if entry.flag(table.get("optional"), "`optional`") and (optional := list(extras)):
        names = [name for name in names if name != MAIN] + optional
    return default_first(DEFAULT_GROUP if name == MAIN else name for name in names)


def _marker(entry: Entry, value: object, groups: tuple[str, ...]) -> str | None:
    """Return the marker of a package; a table gives one per group, of which the parts are joined."""
    if not isinstance(value, dict):
        return _without_extras(entry, value)
    each = [_without_extras(entry, value.get(MAIN if group == DEFAULT_GROUP else group)) for group in groups]
    if None in each:
        return None
    return entry.marker(" or ".join(f"({marker})" for marker in dict.fromkeys(each)))


def _without_extras(entry: Entry, value: object) -> str | None:
    """Return a marker without what it says of extras, which are groups here."""
    marker = entry.marker(value)
    if marker is None:
        return None
    parts = [part for part in split_marker(marker, "and") if not part.startswith("extra ")]
    return entry.marker(" and ".join(parts))


def _repository(entry: Entry, source: dict[str, object], url: str) -> str:
    commit = source.get("resolved_reference", source.get("reference"))
    folder = source.get("subdirectory")
    at = "" if commit is None else f"@{entry.clean(commit, 'the commit')}"
    return f"{source['type']}+{url}{at}" + (
        "" if folder is None else f"#subdirectory={entry.clean(folder, 'the folder')}"
    )

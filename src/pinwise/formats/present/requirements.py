"""Read a ``requirements.txt`` that pins everything: ours, pip-tools', uv's, or one written by hand."""

import re
from dataclasses import dataclass, field, replace

from packaging.requirements import Requirement
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from pinwise.formats.entries import is_remote, parse_index, parse_requirement, shown
from pinwise.formats.lock_text import without_credentials
from pinwise.formats.present.entry import Entry, default_first, file_name, in_order
from pinwise.formats.requirements import is_own_lock, looks_like_path
from pinwise.formats.requirements_lines import RequirementsLine, requirements_lines
from pinwise.model.errors import ManifestError
from pinwise.model.lock import LockFormat, PresentLock, PresentPin
from pinwise.model.names import NormalizedName
from pinwise.model.request import DEFAULT_GROUP, Index, Place

_SECTION = re.compile(r"# Only for (?P<group>\S.*)")
_FROM = re.compile(r"\s+# from (?P<url>/\S*|[A-Za-z]+://\S+)")
_PATH = re.compile(r"(?P<path>[^;\[]+)(?:\[(?P<extras>[^\]]*)\])?\s*(?:;(?P<marker>.*))?")


@dataclass(slots=True)
class _Reading:
    """One file while it is read."""

    file: str
    indexes: dict[str, list[str]] = field(default_factory=dict)
    pins: list[PresentPin] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def all_indexes(self) -> tuple[Index, ...]:
        """Return the indexes in the order in which they serve."""
        urls = {**self.indexes, "--index-url": self.indexes.get("--index-url", [])[-1:]}
        found = (
            parse_index(url, Place(self.file), is_flat=option == "--find-links")
            for option in ("--find-links", "--extra-index-url", "--index-url")
            for url in urls.get(option, [])
        )
        return tuple(dict.fromkeys(found))


def read_requirements_lock(text: str, file: str) -> PresentLock:
    """Return what a `requirements.txt` pins.

    ``# Only for GROUP`` above a pin of our own locks and ``# from URL`` below a pin, which uv writes too, are
    read. Folders have no name in this format, so they are left out, with a warning.

    Raises:
        ManifestError: A line cannot be understood, or pins nothing.
    """
    reading = _Reading(file)
    for line in requirements_lines(text, file):
        _read_line(line, reading)
    notes = _notes(text, {pin.line or 0 for pin in reading.pins}, has_groups=is_own_lock(text))
    indexes = reading.all_indexes()
    usual = [index.url for index in indexes if not index.is_flat]
    only = usual[0] if len(indexes) == len(usual) == 1 else None
    pins = [_noted(pin, notes, only, file) for pin in reading.pins]
    return PresentLock(
        LockFormat.REQUIREMENTS,
        in_order(pins),
        groups=default_first((DEFAULT_GROUP, *(group for pin in pins for group in pin.groups))),
        indexes=indexes,
        warnings=tuple(reading.warnings),
    )


def _read_line(line: RequirementsLine, reading: _Reading) -> None:
    editable = [value for name, value in line.options if name == "--editable"]
    for name, value in line.options:
        if name == "--requirement":
            raise ManifestError(
                f"this lock includes `{shown(value)}`, so that it does not stand for itself",
                file=line.place.file,
                line=line.place.line,
                hint="name the included file, or join both",
            )
        if name in {"--index-url", "--extra-index-url", "--find-links"}:
            reading.indexes.setdefault(name, []).append(value)
    hashes = [value for name, value in line.options if name == "--hash"]
    for written in (*([line.requirement] if line.requirement else []), *editable):
        entry = Entry(reading.file, written, line.place.line)
        pin = _pin(written, entry, hashes)
        if pin is None:
            reading.warnings.append(
                f"{line.place}: `{entry.shown}` has no name in this format and is left out."
            )
        else:
            reading.pins.append(replace(pin, is_editable=written in editable))


def _pin(written: str, entry: Entry, hashes: list[str]) -> PresentPin | None:
    """Return what a line pins, None for a folder, whose name is not written."""
    if looks_like_path(written) and " @ " not in written:
        return _from_path(written, entry, hashes)
    requirement = _requirement(written, entry)
    name = entry.name(requirement.name)
    url = None if requirement.url is None else entry.clean(requirement.url, "the URL")
    is_path = url is not None and not is_remote(url)
    return PresentPin(
        name=name,
        version=_pinned(requirement, entry) if url is None else _version_in(url, name),
        hashes=entry.hashes(hashes),
        marker=entry.marker(None if requirement.marker is None else str(requirement.marker)),
        url=None if is_path else url,
        path=url if is_path else None,
        extras=entry.names(requirement.extras),
        line=entry.line,
    )


def _requirement(written: str, entry: Entry) -> Requirement:
    try:
        return parse_requirement(written)
    except ValueError as error:
        raise entry.error(f"`{entry.shown}` is not a valid requirement: {error}") from None


def _pinned(requirement: Requirement, entry: Entry) -> Version:
    """Return the one version that a requirement allows."""
    specifiers = list(requirement.specifier)
    if len(specifiers) == 1 and specifiers[0].operator in {"==", "==="} and "*" not in specifiers[0].version:
        return entry.version(specifiers[0].version)
    raise entry.error(
        f"`{entry.shown}` is no pin, so this file is no lock",
        "a lock pins every project with `==`; `pinwise advise` makes one",
    )


def _from_path(written: str, entry: Entry, hashes: list[str]) -> PresentPin | None:
    parts = _PATH.fullmatch(written)
    if parts is None:
        raise entry.error(f"`{entry.shown}` is not the path of a project")
    place = entry.clean(parts["path"], "the path")
    named = _named(file_name(place))
    if named is None:
        return None
    name, version = named
    return PresentPin(
        name=name,
        version=version,
        hashes=entry.hashes(hashes),
        marker=entry.marker((parts["marker"] or "").strip()),
        url=place if is_remote(place) else None,
        path=None if is_remote(place) else place,
        extras=entry.names(extra.strip() for extra in (parts["extras"] or "").split(",") if extra.strip()),
        line=entry.line,
    )


def _named(filename: str) -> tuple[NormalizedName, Version] | None:
    """Return the project and version that the name of a wheel or sdist says, None for any other name."""
    if len(filename) > 300:  # noqa: PLR2004  # longer than any file system takes
        return None
    try:
        if filename.endswith(".whl"):
            return parse_wheel_filename(filename)[:2]
        return parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename, ValueError):
        return None


def _version_in(url: str, name: NormalizedName) -> Version | None:
    named = _named(file_name(url))
    return named[1] if named is not None and named[0] == name else None


def _notes(text: str, starts: set[int], *, has_groups: bool) -> dict[int, tuple[str, str | None]]:
    """Return, for each line on which a pin starts, its group and the index that a comment below it names."""
    notes: dict[int, tuple[str, str | None]] = {}
    group, start = DEFAULT_GROUP, 0
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        if number in starts:
            start = number
            notes[start] = (group, None)
        elif has_groups and (section := _SECTION.fullmatch(line)):
            group = section["group"].strip()
        elif start and (source := _FROM.fullmatch(line)):
            notes[start] = (notes[start][0], without_credentials(source["url"]).rstrip("/"))
    return notes


def _noted(
    pin: PresentPin, notes: dict[int, tuple[str, str | None]], only: str | None, file: str
) -> PresentPin:
    group, index = notes[pin.line or 0]
    if pin.url is not None or pin.path is not None:
        return replace(pin, groups=(group,))
    if index is not None:
        index = parse_index(index, Place(file, pin.line)).url
    return replace(pin, groups=(group,), index=index or only)

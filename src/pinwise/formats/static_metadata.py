"""What a release or a local project states about itself in writing: METADATA, PKG-INFO, egg-info, pyproject.

No code of a package is ever run to learn its metadata. A text from an index that cannot be understood gives
`Unusable` with a reason, never an exception: one bad release is left out, not its project. A
``pyproject.toml`` is the user's own file: what is wrong in it is a `ManifestError` with its line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from pinwise.formats.entries import parse_marker, parse_requirement, parse_specifiers, parse_version, shown
from pinwise.formats.toml_text import Document
from pinwise.model.errors import UsageError
from pinwise.model.facts import Metadata, Origin, Unusable
from pinwise.model.limits import USUAL, TextLimits
from pinwise.model.names import NormalizedName, normalise, parse_name

MOST_BYTES = 64 * 1024 * 1024
"""The longest text that is read at all; whoever reads it from an index has a lower limit."""

MOST_REQUIREMENTS = 20_000

NO_VERSION = Version("0")
"""Stands for the version of a local project whose version is dynamic."""

FIRST_STATIC = (2, 2)
"""Since this metadata version an sdist says which of its fields a build may change (PEP 643)."""

_HEADER = re.compile(r"(?P<name>[!-9;-~]+):(?P<value>.*)", re.DOTALL)
_LINE_END = re.compile(r"\r\n|\r|\n")
_METADATA_VERSION = re.compile(r"([0-9]{1,3})\.([0-9]{1,3})")

WANTED = frozenset(
    ["metadata-version", "name", "version", "requires-python", "requires-dist", "provides-extra", "dynamic"]
)


@dataclass(frozen=True, slots=True)
class ParsedMetadata:
    """What one document states.

    Attributes:
        name: Its own name; whoever asked compares it with the one expected.
        version: Its own version; `NO_VERSION` where a ``pyproject.toml`` leaves it to a build.
        metadata: Its requirements.
        metadata_version: As written, "" where it is missing.
        dynamic: The fields that a build may change, in lower case (``requires-dist``).
    """

    name: NormalizedName
    version: Version
    metadata: Metadata
    metadata_version: str = ""
    dynamic: frozenset[str] = frozenset()

    @property
    def is_static(self) -> bool:
        """Whether every build gives the same requirements, so that an sdist's document can be believed."""
        found = _METADATA_VERSION.fullmatch(self.metadata_version)
        if found is None or (int(found[1]), int(found[2])) < FIRST_STATIC:
            return False
        return self.dynamic.isdisjoint({"requires-dist", "provides-extra"})


def parse_metadata(
    text: bytes | str,
    *,
    origin: Origin = Origin.METADATA_FILE,
    file: str = "",
    limits: TextLimits = USUAL,
) -> ParsedMetadata | Unusable:
    """Return what a METADATA or PKG-INFO document says.

    Args:
        text: The document.
        origin: Which kind of document it is.
        file: The name of the file whose document it is.
        limits: Under which its entries are read.
    """
    if len(text) > MOST_BYTES:
        return Unusable(f"its metadata is larger than {MOST_BYTES:,} bytes")
    fields = _fields(text.decode("utf-8", errors="replace") if isinstance(text, bytes) else text)
    try:
        return _parsed(fields, origin, file, limits)
    except ValueError as error:
        return Unusable(str(error))


def parse_egg_info(
    pkg_info: bytes | str, requires: bytes | str, *, file: str = "", limits: TextLimits = USUAL
) -> ParsedMetadata | Unusable:
    """Return what the ``PKG-INFO`` and the ``requires.txt`` of an egg-info folder say together.

    Args:
        pkg_info: ``PKG-INFO``, for name, version and Requires-Python.
        requires: ``requires.txt``; empty where the folder has none, which means that nothing is required.
        file: The name of the sdist.
        limits: Under which its entries are read.
    """
    stated = parse_metadata(pkg_info, origin=Origin.EGG_INFO, file=file, limits=limits)
    if isinstance(stated, Unusable):
        return stated
    if len(requires) > MOST_BYTES:
        return Unusable(f"its requires.txt is larger than {MOST_BYTES:,} bytes")
    try:
        requirements, extras = parse_requires_txt(
            requires.decode("utf-8", errors="replace") if isinstance(requires, bytes) else requires, limits
        )
    except ValueError as error:
        return Unusable(str(error))
    metadata = Metadata(stated.metadata.requires_python, requirements, extras, Origin.EGG_INFO, file)
    return ParsedMetadata(stated.name, stated.version, metadata, stated.metadata_version, stated.dynamic)


def parse_requires_txt(
    text: str, limits: TextLimits = USUAL
) -> tuple[tuple[Requirement, ...], frozenset[NormalizedName]]:
    """Return the requirements and extras of setuptools' ``requires.txt``.

    A section ``[extra]``, ``[:marker]`` or ``[extra:marker]`` holds for the lines below it; the lines above
    all sections are always required.

    Raises:
        ValueError: A line is no requirement.
    """
    requirements: list[Requirement] = []
    extras: set[NormalizedName] = set()
    extra = condition = ""
    for line in map(str.strip, _LINE_END.split(text)):
        if line.startswith("[") and line.endswith("]"):
            extra, _, condition = (part.strip() for part in line[1:-1].partition(":"))
            if extra:
                extras.add(normalise(extra))
        elif line and not line.startswith("#"):
            requirements.append(_required(line, limits, extra=extra, condition=condition))
            _check_count(requirements)
    return tuple(requirements), frozenset(extras)


def parse_pyproject(text: str, file: str, limits: TextLimits = USUAL) -> ParsedMetadata | None:
    """Return what the ``[project]`` table of a ``pyproject.toml`` says; None where it has no such table.

    Raises:
        ManifestError: The file is not valid, with its line.
    """
    document = Document.parse(text, file, limits)
    project = document.table("project")
    if "project" not in document.tables:
        return None
    dynamic = {_PYPROJECT_FIELDS.get(key, key) for key in document.strings(project, "project", "dynamic")}
    written = document.string(project, "project", "name")
    version = document.string(project, "project", "version")
    requires_python = document.string(project, "project", "requires-python")
    requirements = list(_table_requirements(document, "dependencies"))
    extras = document.table("project", "optional-dependencies")
    for extra in extras:
        requirements += _table_requirements(document, "optional-dependencies", extra)
    if written is None:
        raise document.error("`[project]` has no `name`", "project")
    if version is None and "version" not in dynamic:
        raise document.error(
            "`[project]` has no `version`", "project", hint='or write `dynamic = ["version"]`'
        )
    try:
        name = parse_name(written)
        found = NO_VERSION if version is None else parse_version(version, limits)
        specifiers = None if requires_python is None else parse_specifiers(requires_python, limits)
    except (UsageError, ValueError) as error:
        raise document.error(f"`[project]` cannot be read: {shown(str(error), 160)}", "project") from None
    metadata = Metadata(
        specifiers, tuple(requirements), frozenset(map(normalise, extras)), Origin.LOCAL, file
    )
    return ParsedMetadata(name, found, metadata, ".".join(map(str, FIRST_STATIC)), frozenset(dynamic))


_PYPROJECT_FIELDS = {"dependencies": "requires-dist", "optional-dependencies": "provides-extra"}


def _table_requirements(document: Document, *path: str) -> Iterator[Requirement]:
    """Yield the requirements of one list of ``[project]``; those of an extra with its marker."""
    extra = path[1] if len(path) > 1 else ""
    for text in document.strings(document.table("project", *path[:-1]), "project", *path):
        try:
            yield _required(text, document.limits, extra=extra)
        except ValueError as error:
            raise document.error(str(error), "project", *path) from None


# --- fields and values


def _fields(text: str) -> dict[str, list[str]]:
    """Return the wanted headers of a document, by lower-case name.

    It reads as the standard library's email parser does, of which installers make use: a line that begins
    with white space continues the header above, also when there is nothing else on it (License texts), and
    the headers end at the first empty line, or at a line that is no header.
    """
    fields: dict[str, list[list[str]]] = {}
    parts: list[str] = []
    for line in _lines(text.removeprefix("\ufeff")):
        if line[:1] in {" ", "\t"}:
            parts.append(line.strip())
            continue
        header = _HEADER.match(line)
        if header is None and line[:1] != ":":
            break
        parts = []
        name = "" if header is None else header["name"].lower()
        if header is not None and name in WANTED:
            parts.append(header["value"].strip())
            fields.setdefault(name, []).append(parts)
    return {name: [" ".join(filter(None, parts)) for parts in values] for name, values in fields.items()}


def _lines(text: str) -> Iterator[str]:
    """Yield the lines of `text` one by one: most of a long document is not looked at."""
    start = 0
    for end in _LINE_END.finditer(text):
        yield text[start : end.start()]
        start = end.end()
    yield text[start:]


def _parsed(fields: dict[str, list[str]], origin: Origin, file: str, limits: TextLimits) -> ParsedMetadata:
    """Return the values of `fields`, or raise a `ValueError` whose message is the reason."""
    written = fields.get("requires-dist", [])
    _check_count(written)
    metadata = Metadata(
        requires_python=_requires_python(fields.get("requires-python", [""])[0], limits),
        requirements=tuple(_required(text, limits) for text in written),
        extras=frozenset(normalise(extra) for extra in fields.get("provides-extra", []) if extra),
        origin=origin,
        file=file,
    )
    return ParsedMetadata(
        name=_name(fields.get("name", [""])[0]),
        version=_version(fields.get("version", [""])[0], limits),
        metadata=metadata,
        metadata_version=fields.get("metadata-version", [""])[0][:20],
        dynamic=frozenset(field.lower() for field in fields.get("dynamic", [])),
    )


def _check_count(requirements: list[str] | list[Requirement]) -> None:
    if len(requirements) > MOST_REQUIREMENTS:
        raise ValueError(f"it has more than {MOST_REQUIREMENTS:,} requirements")


def _name(text: str) -> NormalizedName:
    try:
        return parse_name(text)
    except UsageError:
        raise ValueError(f"its metadata has no valid name (`{shown(text)}`)") from None


def _version(text: str, limits: TextLimits) -> Version:
    try:
        return parse_version(text, limits)
    except ValueError:
        raise ValueError(f"its metadata has no valid version (`{shown(text)}`)") from None


def _requires_python(text: str, limits: TextLimits) -> SpecifierSet | None:
    if text in {"", "UNKNOWN"}:  # what old build tools write for a field that was not set
        return None
    try:
        return parse_specifiers(text, limits)
    except ValueError:
        raise ValueError(f"its Requires-Python `{shown(text)}` is not valid") from None


def _required(text: str, limits: TextLimits, *, extra: str = "", condition: str = "") -> Requirement:
    """Return a requirement that holds under `condition`, for an extra where one is named."""
    try:
        requirement = parse_requirement(text, limits)
        own = "" if requirement.marker is None else str(requirement.marker)
        markers = [f"({marker})" for marker in (own, condition) if marker]
        if extra:
            markers.append(f'extra == "{normalise(extra)}"')
        if extra or condition:
            requirement.marker = parse_marker(" and ".join(markers), limits)
    except ValueError as error:
        raise ValueError(f"its requirement `{shown(text)}` is not valid: {error}") from None
    return requirement

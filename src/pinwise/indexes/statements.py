"""What the texts in a file state of its release, held to the name and version that the file bears."""

from typing import NamedTuple

from packaging.version import Version

from pinwise.formats.static_metadata import ParsedMetadata, parse_egg_info, parse_metadata
from pinwise.indexes.archives import SdistTexts
from pinwise.indexes.plain import plain
from pinwise.model.facts import ANOTHER_RELEASE, Document, File, Origin, Unusable
from pinwise.model.limits import USUAL, TextLimits
from pinwise.model.names import NormalizedName


class Subject(NamedTuple):
    """The release that a document should be about."""

    index_url: str
    name: NormalizedName
    version: Version


def stated_document(
    text: bytes, file: File, subject: Subject, origin: Origin, *, limits: TextLimits = USUAL
) -> Document:
    """Read METADATA, or PKG-INFO that is believed."""
    return _held(parse_metadata(text, origin=origin, file=file.filename, limits=limits), subject)


def sdist_document(
    texts: SdistTexts, file: File, subject: Subject, *, limits: TextLimits = USUAL
) -> Document | None:
    """Read the PKG-INFO of an sdist; None where it has none, or a build may change it (PEP 643)."""
    if texts.pkg_info is None:
        return None
    parsed = parse_metadata(texts.pkg_info, origin=Origin.SDIST, file=file.filename, limits=limits)
    if isinstance(parsed, ParsedMetadata) and not parsed.is_static:
        return None
    return _held(parsed, subject)


def egg_info_document(
    texts: SdistTexts, file: File, subject: Subject, *, limits: TextLimits = USUAL
) -> Document | None:
    """Read the egg-info of an sdist; None where it has none.

    Setuptools leaves ``requires.txt`` out where nothing is required.
    """
    if texts.egg_pkg_info is None and texts.requires is None:
        return None
    pkg_info = texts.egg_pkg_info or texts.pkg_info or b""
    parsed = parse_egg_info(pkg_info, texts.requires or b"", file=file.filename, limits=limits)
    return _held(parsed, subject)


def _held(parsed: ParsedMetadata | Unusable, subject: Subject) -> Document:
    if isinstance(parsed, Unusable):
        return parsed
    if parsed.name != subject.name:
        return Unusable(f"{ANOTHER_RELEASE}`{plain(parsed.name, 80)}`")
    if parsed.version != subject.version:
        return Unusable(f"{ANOTHER_RELEASE}version {plain(parsed.version, 40)}")
    return parsed.metadata

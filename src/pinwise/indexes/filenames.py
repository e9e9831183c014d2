"""What the name of a file says: the version, and the tags of a wheel.

The rules are those of the binary distribution format and of PEP 625, as `packaging` reads them, without
an object per tag: a page of two thousand files is read at every change of the project.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from pinwise.indexes.plain import plain
from pinwise.model.facts import Skip
from pinwise.model.names import NormalizedName

SDIST_ENDINGS = (".tar.gz", ".zip")
_OLD_SDIST_ENDINGS = (".tar.bz2", ".tar.xz", ".tar.Z", ".tgz", ".tbz", ".tar")
_LONGEST_NAME = 300
LONGEST_VERSION = 200
_MOST_TAGS = 500
_NAME = re.compile(r"[\w.]+", re.ASCII)
_BUILD = re.compile(r"(\d{1,18})(.*)", re.ASCII)
_TAG_SETS = re.compile(r"[a-z_]\w*(?:\.[a-z_]\w*)*-\w+(?:\.\w+)*-\w+(?:\.\w+)*", re.ASCII)


class NamedFile(NamedTuple):
    """What a file's name says: its version, and its tags ("" for an sdist)."""

    version: Version
    tags: str


def is_distribution(filename: str) -> bool:
    """Whether a file may be a wheel or an sdist; pages also list eggs, installers, signatures and folders."""
    return filename.endswith((".whl", *SDIST_ENDINGS, *_OLD_SDIST_ENDINGS))


def parse_filename(
    filename: str, name: NormalizedName, *, version_length: int = LONGEST_VERSION
) -> NamedFile | Skip | None:
    """Read the name of a file that a page of project `name` lists.

    Args:
        filename: The name.
        name: The project.
        version_length: How many characters its version may have.

    Returns:
        None for what is neither a wheel nor an sdist (eggs, installers, signatures), and a `Skip` for one
        that cannot be read or belongs to another project.
    """
    if len(filename) > _LONGEST_NAME:
        return Skip(plain(filename, 80), "its name is too long")
    named = _parse(filename, name)
    if len(filename) > version_length and _is_long(named, version_length):
        return Skip(plain(filename, 80), f"its version is longer than {version_length:,} characters")
    return named


def _is_long(named: NamedFile | Skip | None, most: int) -> bool:
    return isinstance(named, NamedFile) and len(str(named.version)) > most


def _parse(filename: str, name: NormalizedName) -> NamedFile | Skip | None:
    if filename.endswith(".whl"):
        return _parse_wheel(filename, name)
    for ending in SDIST_ENDINGS:
        if filename.endswith(ending):
            return _parse_sdist(filename, filename.removesuffix(ending), name)
    if filename.endswith(_OLD_SDIST_ENDINGS) and _parse_stem(filename, name):
        return Skip(
            plain(filename), "an sdist is a .tar.gz or a .zip file; installers of locks read no others"
        )
    return None


def belongs_to(filename: str, name: NormalizedName) -> bool:
    """Whether a file from a list of many projects' files may be one of project `name`."""
    if len(filename) > _LONGEST_NAME:
        return False
    if filename.endswith(".whl"):
        return canonicalize_name(filename.partition("-")[0]) == name
    return _parse_stem(filename, name)


def _parse_stem(filename: str, name: NormalizedName) -> bool:
    stem = next(
        (filename.removesuffix(e) for e in SDIST_ENDINGS + _OLD_SDIST_ENDINGS if filename.endswith(e)), ""
    )
    text = _version_after(stem, name)
    return text is not None and parse_version(text) is not None


def _parse_wheel(filename: str, name: NormalizedName) -> NamedFile | Skip:
    parts = filename[:-4].split("-")
    if len(parts) not in (5, 6):
        return Skip(plain(filename), "the name of a wheel has five or six parts")
    if "__" in parts[0] or _NAME.fullmatch(parts[0]) is None:
        return Skip(plain(filename), "the name of a wheel begins with the name of its project")
    if parts[0] != name and canonicalize_name(parts[0]) != name:
        return Skip(plain(filename), f"it is not a file of `{name}`")
    version = parse_version(parts[1])
    if version is None:
        return Skip(plain(filename), f"`{plain(parts[1], 40)}` is not a version")
    if len(parts) == 6 and _BUILD.fullmatch(parts[2]) is None:  # noqa: PLR2004  # name, version, build, tags
        return Skip(plain(filename), f"`{plain(parts[2], 40)}` is not a build number")
    tags = "-".join(parts[-3:]).lower()
    if not _is_tag_set(tags):
        return Skip(plain(filename), f"`{plain(tags, 80)}` are not tags of a wheel")
    return NamedFile(version, tags)


def _parse_sdist(filename: str, stem: str, name: NormalizedName) -> NamedFile | Skip:
    text = _version_after(stem, name)
    if text is None:
        return Skip(plain(filename), f"it is not a file of `{name}`")
    version = parse_version(text)
    if version is None:
        return Skip(plain(filename), f"`{plain(text, 40)}` is not a version")
    return NamedFile(version, "")


def _version_after(stem: str, name: NormalizedName) -> str | None:
    """Return what may be the version in an sdist's name: what follows the project's name and a dash.

    The project's name may itself hold dashes, and spell a separator with several characters; there is at
    most one place where it ends, for no name ends in a separator.
    """
    cut = len(name)
    if stem[cut : cut + 1] == "-" and canonicalize_name(stem[:cut]) == name:
        return stem[cut + 1 :]
    found = _beginning(name).match(stem)
    return stem[found.end() :] if found else None


@lru_cache(maxsize=64)
def _beginning(name: NormalizedName) -> re.Pattern[str]:
    """Return what finds a project's name at the beginning of a file's, in linear time."""
    return re.compile("[-_.]+".join(map(re.escape, name.split("-"))) + "-", re.ASCII | re.IGNORECASE)


@lru_cache(maxsize=2**14)
def parse_version(text: str) -> Version | None:
    """Return the version that `text` writes, None if it writes none."""
    try:
        return Version(text)
    except InvalidVersion:
        return None


@lru_cache(maxsize=2**12)
def _is_tag_set(tags: str) -> bool:
    if _TAG_SETS.fullmatch(tags) is None:
        return False
    pythons, abis, platforms = (part.count(".") + 1 for part in tags.split("-"))
    return pythons * abis * platforms <= _MOST_TAGS


def build_number(filename: str) -> tuple[int, str]:
    """Return the build number of a wheel, which decides between equal tags; (-1, "") if it has none."""
    parts = filename[:-4].split("-")
    found = _BUILD.fullmatch(parts[2]) if len(parts) == 6 else None  # noqa: PLR2004  # name, version, build, tags
    return (int(found[1]), found[2]) if found else (-1, "")

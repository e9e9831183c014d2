"""What is installed in an environment, read from its files; nothing of it is run."""

import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from packaging.version import InvalidVersion, Version

from pinwise.model.errors import TargetError, UsageError
from pinwise.model.installed import DirectOrigin, Distribution
from pinwise.model.names import NormalizedName, normalise, parse_name

MOST_BYTES = 4 * 1024 * 1024
"""The longest METADATA or ``direct_url.json`` that is read."""

_FIELD = re.compile(r"(Name|Version|Requires-Dist):[ \t]*(\S[^\r\n]*)", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_EXTRA = re.compile(r"\bextra\b")
_DIGEST = re.compile(r"[A-Za-z0-9_]{1,20}:[0-9A-Fa-f]{8,256}")
_SUFFIXES = (".dist-info", ".egg-info")
_LONGEST_VERSION = 200


def read_installed(sites: Iterable[Path]) -> tuple[Distribution, ...]:
    """Return what is installed in the folders of an environment, by name.

    A project that was installed twice, which should not happen, is there twice.

    Raises:
        TargetError: A folder cannot be read.
    """
    found = (each for site in sites for folder in _listed(site) for each in _read_distribution(folder))
    return tuple(sorted(found, key=lambda each: (each.name, str(each.version))))


def _listed(site: Path) -> list[Path]:
    try:
        names = sorted(os.listdir(site))  # noqa: PTH208  # names are all that is wanted
    except OSError as error:
        raise TargetError(
            f"`{site}` cannot be read: {(error.strerror or type(error).__name__).lower()}",
            hint="is the virtual environment whole? remove it, and `pinwise install` makes it anew",
        ) from None
    return [site / name for name in names if name.endswith(_SUFFIXES) and not name.startswith(("~", "."))]


def _read_distribution(folder: Path) -> Iterator[Distribution]:
    """Yield what one ``.dist-info`` or ``.egg-info`` says; nothing where it is none."""
    metadata = next(
        (text for name in ("METADATA", "PKG-INFO", "") if (text := _text(folder / name)) is not None), ""
    )
    name, version, requires = parse_installed(metadata)
    if name is None:
        stem = folder.name.rpartition(".")[0]
        name, version, _ = parse_installed("Name: {}\nVersion: {}\n".format(*(*stem.split("-"), "")[:2]))
    if name is not None:
        text = _text(folder / "direct_url.json")
        yield Distribution(name, version, None if text is None else parse_direct_url(text), requires)


def _text(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES).decode("utf-8", "replace")
    except (OSError, ValueError):
        return None


def parse_installed(text: str) -> tuple[NormalizedName | None, Version | None, tuple[NormalizedName, ...]]:
    """Return name, version and required projects that METADATA states; None for what it does not."""
    fields: dict[str, str] = {}
    requires: list[NormalizedName] = []
    for line in text.splitlines():
        if not line:
            break
        found = _FIELD.match(line)
        if found is None:
            continue
        key, value = found[1].lower(), found[2].strip()
        if key != "requires-dist":
            fields.setdefault(key, value)
        elif (name := _NAME.match(value)) and not _EXTRA.search(value.partition(";")[2]):
            requires.append(normalise(name[0]))
    return _name(fields.get("name", "")), _version(fields.get("version", "")), tuple(dict.fromkeys(requires))


def _name(text: str) -> NormalizedName | None:
    try:
        return normalise(parse_name(text))
    except UsageError:
        return None


def _version(text: str) -> Version | None:
    if len(text) > _LONGEST_VERSION:
        return None
    with suppress(InvalidVersion, ValueError):
        return Version(text)
    return None


def parse_direct_url(text: str) -> DirectOrigin | None:
    """Return what a ``direct_url.json`` says (PEP 610), None where it cannot be understood."""
    try:
        content = json.loads(text)
        url = _without_login(str(content["url"]))
        folder, archive, repository = (content.get(key) for key in ("dir_info", "archive_info", "vcs_info"))
        if isinstance(repository, dict):
            url = f"{repository.get('vcs')}+{url}"
        return DirectOrigin(
            url=url,
            is_editable=isinstance(folder, dict) and folder.get("editable") is True,
            is_folder=isinstance(folder, dict),
            hashes=_hashes(archive) if isinstance(archive, dict) else (),
            commit=str(repository.get("commit_id")) if isinstance(repository, dict) else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _without_login(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _hashes(archive: dict[str, object]) -> tuple[str, ...]:
    found = []
    several = archive.get("hashes")
    if isinstance(several, dict):
        found += [f"{algorithm}:{digest}" for algorithm, digest in several.items()]
    if isinstance(one := archive.get("hash"), str):
        found.append(one.replace("=", ":", 1))
    return tuple(sorted({digest.lower() for digest in found if _DIGEST.fullmatch(digest)}))

"""The indexes that settings and pip's configuration name."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from pinwise.actions.request import IndexChoice, absolute_index
from pinwise.formats.entries import parse_index, shown
from pinwise.model.request import Index, Place
from pinwise.settings.pip import (
    PipConfiguration,
    parse_pip_configuration,
    parse_pip_file,
    parse_pip_variables,
)
from pinwise.settings.sources import MOST_BYTES, Source
from pinwise.settings.table import BY_NAME, Setting
from pinwise.settings.values import setting_value

PUBLIC_PLACE = "plette"
"""Who names the public index: a project that ships it."""


def index_choice(sources: tuple[Source, ...]) -> IndexChoice:
    """Return the indexes that `sources` name, each setting from the first source that has it."""
    found: dict[str, tuple[Index, ...]] = {}
    for source in sources:
        for name in ("index_url", "extra_index_url", "find_links"):
            if name in source.values and name not in found:
                found[name] = _parse_indexes(BY_NAME[name], source)
    url = found.get("index_url", ())
    return IndexChoice(url[0] if url else None, found.get("extra_index_url", ()), found.get("find_links", ()))


def _parse_indexes(setting: Setting, source: Source) -> tuple[Index, ...]:
    value = setting_value(setting, source)
    urls = value if isinstance(value, tuple) else (value,)
    place = source.place_of(setting.name) or Place(source.name_of(setting))
    is_flat = setting.name == "find_links"
    indexes = (parse_index(str(url), place, is_flat=is_flat) for url in urls)
    found = tuple(absolute_index(index, source.folder) for index in indexes)
    for url, index in zip(urls, found, strict=True):
        if not is_flat and ":" not in index.url and not os.path.isdir(index.url):  # noqa: PTH112  # a text
            reason = f"must be the URL of an index, not `{shown(str(url))}`"
            raise source.error(setting, reason, "it looks like `https://index.example/simple`")
    return found


def named_index(setting: Setting, source: Source, known: Sequence[Index]) -> Index:
    """Return the index that `source` names, by its URL or by its name.

    Args:
        setting: The setting that names it.
        source: Where it is set.
        known: The manifest's indexes; the public one is known too.

    Raises:
        UsageError: It is none of them.
    """
    written = str(setting_value(setting, source))
    if "://" in written:
        index = parse_index(written, source.place_of(setting.name) or Place(source.name_of(setting)))
        return next((each for each in known if each.url == index.url), index)
    names = {index.name: index for index in known if index.name}
    if written not in names:
        public = public_index(is_named=True)
        names.setdefault(public.name or "", public)
    if written not in names:
        listed = " or ".join(f"`{shown(name)}`" for name in names)
        hint = f"it may be {listed}, or the URL of the index"
        raise source.error(setting, f"names no index: nothing is called `{shown(written)}`", hint)
    return names[written]


def standing_for(mirrored: Index | None, choice: IndexChoice) -> IndexChoice:
    """Return the indexes with the index URL as a mirror of `mirrored`."""
    if mirrored is None or choice.index is None or choice.index.url == mirrored.url:
        return choice
    return replace(choice, index=replace(choice.index, name=mirrored.name, stands_for=mirrored))


def trusting(choice: IndexChoice, pip: PipConfiguration) -> IndexChoice:
    """Return the indexes, without checks of certificates for the hosts that pip is told to trust."""

    def trust(index: Index) -> Index:
        parts = urlsplit(index.url)
        names = {parts.hostname or "", parts.netloc.lower()}
        return replace(index, verify_ssl=False) if names & pip.trusted_hosts else index

    return IndexChoice(
        None if choice.index is None else trust(choice.index),
        tuple(map(trust, choice.extra)),
        tuple(map(trust, choice.flat)),
    )


def public_index(*, is_named: bool = False) -> Index:
    """Return the public index as plette ships it, with its name if `is_named`."""
    import tomllib  # noqa: PLC0415  # with the next import only

    from plette.pipfiles import DEFAULT_SOURCE_TOML  # noqa: PLC0415  # 25 ms, only where no index is named

    source = tomllib.loads(DEFAULT_SOURCE_TOML)["source"][0]
    return parse_index(str(source["url"]), Place(PUBLIC_PLACE), name=source["name"] if is_named else None)


def read_pip_configuration(environ: Mapping[str, str], folder: Path) -> PipConfiguration:
    """Return what pip's files and variables say; `folder` is the current one, as in pip's paths.

    Raises:
        UsageError: One of them cannot be understood.
    """
    layers = []
    for path in _pip_files(environ):
        text = _read_pip_file(path)
        if text is not None:
            layers.append(parse_pip_file(text, str(path)))
    pip = parse_pip_configuration([*layers, parse_pip_variables(environ)])
    return replace(
        pip,
        index=None if pip.index is None else absolute_index(pip.index, folder),
        extra=tuple(absolute_index(index, folder) for index in pip.extra),
        flat=tuple(absolute_index(index, folder) for index in pip.flat),
    )


def _pip_files(environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield pip's configuration files in ascending order of rank: global, user, site, ``PIP_CONFIG_FILE``."""
    named = environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return
    home = Path(os.path.expanduser("~"))  # noqa: PTH111  # never fails
    if os.name == "posix":
        folders = environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
        yield from (
            Path(folder) / "pip" / "pip.conf" for folder in reversed(folders.split(os.pathsep)) if folder
        )
        yield Path("/etc/pip.conf")
    if not (named and os.path.exists(named)):  # noqa: PTH110  # a text
        yield home / ".pip" / "pip.conf"
        yield Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf"
    yield Path(environ.get("VIRTUAL_ENV") or sys.prefix) / "pip.conf"
    if named:
        yield Path(named)


def _read_pip_file(path: Path) -> str | None:
    """Return the text of one of pip's files, None where it cannot be read, as pip does."""
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return None

"""Render a stack as `Pipfile.lock`, in pipenv's own layout and with its hash of the `Pipfile`."""

import json
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from pinwise.formats.entries import has_variables_only
from pinwise.formats.lock_text import (
    digests,
    is_url,
    one_line,
    portable_marker,
    serving_indexes,
    without_credentials,
)
from pinwise.model.errors import OutputError, UsageError
from pinwise.model.outcome import Advice, Pin
from pinwise.model.request import DEFAULT_GROUP, DEVELOP_GROUP, Index, Manifest, Request

PIPFILE_SPEC = 6

_FULL_VERSION_PARTS = 3


def render_pipfile_lock(advice: Advice, manifest: Manifest) -> str:
    """Return the text of a `Pipfile.lock` that answers the Pipfile `manifest`.

    Each category holds all that its requirements need, also what an earlier one holds already, at the same
    version. Every entry names its source.

    Raises:
        UsageError: `manifest` is no Pipfile.
        OutputError: A pin has no file with a digest, or comes from an index that pipenv cannot use.
    """
    if manifest.pipfile_sha256 is None:
        raise UsageError(
            f"a `Pipfile.lock` needs a `Pipfile`, and `{one_line(manifest.files[0])}` is none",
            hint="write `pylock.toml` or a `.txt` file instead",
        )
    sources = _sources(advice, manifest)
    content: dict[str, object] = {
        "_meta": {
            "hash": {"sha256": manifest.pipfile_sha256},
            "pipfile-spec": PIPFILE_SPEC,
            "requires": _requires(manifest.requires_python),
            "sources": [source_table(source) for source in sources],
        }
    }
    groups = (group.name for group in (*manifest.groups, *advice.request.groups))
    for name in dict.fromkeys((DEFAULT_GROUP, DEVELOP_GROUP, *groups)):
        content[name] = {
            pin.name: _entry(pin, advice.request, sources) for pin in advice.pins if name in pin.groups
        }
    return json.dumps(content, indent=4, separators=(",", ": "), sort_keys=True) + "\n"


def _requires(python: str | None) -> dict[str, str]:
    """Return pipenv's ``requires``: three parts name a full version, two a minor one."""
    if python is None:
        return {}
    is_full = len(python.split(".")) >= _FULL_VERSION_PARTS
    return {"python_full_version" if is_full else "python_version": python}


def _entry(pin: Pin, request: Request, sources: Sequence[Index]) -> dict[str, object]:
    entry: dict[str, object] = {}
    if pin.local is not None:
        entry["file" if is_url(pin.local.path) else "path"] = without_credentials(pin.local.path)
        if pin.local.is_editable:
            entry["editable"] = True
    else:
        entry["index"] = _source_name(pin, sources)
        entry["version"] = f"=={pin.version}"
    if hashes := digests(pin):
        entry["hashes"] = list(hashes)
    if pin.is_direct and pin.extras:
        entry["extras"] = sorted(pin.extras)
    if marker := portable_marker(pin, request):
        entry["markers"] = single_quoted(marker)
    return entry


def single_quoted(marker: str) -> str:
    """Return a marker with quotes that need no escape in JSON, as pipenv writes them."""
    return marker if "'" in marker else marker.replace('"', "'")


def _source_name(pin: Pin, sources: Sequence[Index]) -> str:
    """Return the name of the source that serves `pin`: the manifest's own where one URL has several.

    An index that stands in for a source of the manifest has its name, and the source's URL is locked.
    """
    names = [source.name for source in sources if source.url == pin.index and source.name]
    if pin.index_name is not None and (not names or pin.index_name in names):
        return pin.index_name
    return names[0]


def source_table(index: Index) -> dict[str, object]:
    """Return a source as pipenv writes it: variables in its credentials as in the manifest, nothing else."""
    url = index.secret if index.secret and has_variables_only(index) else without_credentials(index.url)
    return {"name": index.name, "url": url, "verify_ssl": index.verify_ssl}


def _sources(advice: Advice, manifest: Manifest) -> tuple[Index, ...]:
    """Return the sources of the lock, each with a name: the manifest's, then others that serve a pin.

    Raises:
        OutputError: A pin comes from a page of links, which is no source to pipenv.
    """
    serving = serving_indexes(advice.request.indexes, advice.pins)
    for index in serving:
        if index.is_flat:
            raise OutputError(
                f"`{one_line(index.url)}` is a page of links, which a `Pipfile.lock` cannot name as a source",
                hint="write `pylock.toml` or a `.txt` file instead",
            )
    written = [index for index in manifest.indexes if not index.is_flat]
    written_urls = {index.url for index in written}
    names = {index.name for index in written if index.name}
    added = [index for index in serving if index.url not in written_urls and index.name not in names]
    chosen = written + added or [index for index in advice.request.indexes if not index.is_flat]
    return named_sources(chosen)


def named_sources(indexes: Iterable[Index]) -> tuple[Index, ...]:
    """Return the indexes with a name for each that has none, made of its host; names stay unique."""
    indexes = tuple(indexes)
    default = _default_source() if any(index.name is None for index in indexes) else Index("")
    taken = {index.name for index in indexes}
    named = []
    for index in indexes:
        name = index.name
        if name is None:
            wish = (default.name if index.url == default.url else None) or _host_name(index.url)
            name = _free_name(wish, taken)
            taken.add(name)
        named.append(replace(index, name=name))
    return tuple(named)


def _free_name(wish: str, taken: set[str | None]) -> str:
    if wish not in taken:
        return wish
    number = 2
    while f"{wish}-{number}" in taken:
        number += 1
    return f"{wish}-{number}"


def _host_name(url: str) -> str:
    parts = urlsplit(url)
    return re.sub(r"[^a-z0-9]+", "-", without_credentials(f"//{parts.netloc}").lower()).strip("-") or "index"


def _default_source() -> Index:
    """Return the source that pipenv gives to a Pipfile without one, as plette ships it."""
    from plette.pipfiles import DEFAULT_SOURCE_TOML  # noqa: PLC0415  # heavy

    source = tomllib.loads(DEFAULT_SOURCE_TOML)["source"][0]
    return Index(str(source["url"]).rstrip("/"), str(source["name"]), bool(source["verify_ssl"]))

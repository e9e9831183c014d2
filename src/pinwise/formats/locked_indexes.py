"""Locks name the indexes that the manifest or the user names, not the mirrors that stood in for them."""

from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlsplit

from pinwise.model.outcome import Advice
from pinwise.model.request import Index, Kept


def as_locked(advice: Advice) -> Advice:
    """Return the advice as locks say it: each mirror as the index that it stands for."""
    mirrors = {index.url: index.locked for index in advice.request.indexes if index.stands_for is not None}
    if not mirrors:
        return advice
    pins = tuple(
        replace(pin, index=mirrors[pin.index].url) if pin.index in mirrors else pin for pin in advice.pins
    )
    indexes = tuple(replace(index.locked, name=index.name) for index in advice.request.indexes)
    bindings = {
        name: mirrors[url].url if url in mirrors else url for name, url in advice.request.bindings.items()
    }
    return replace(advice, pins=pins, request=replace(advice.request, indexes=indexes, bindings=bindings))


def through_mirrors(kept: Kept | None, indexes: Iterable[Index]) -> Kept | None:
    """Return the pins of a lock with the URLs under which their indexes are asked now."""
    urls = {index.locked.url: index.url for index in indexes}
    if kept is None:
        return None
    pins = {name: (version, urls.get(url, url)) for name, (version, url) in kept.pins.items()}
    return replace(kept, pins=pins)


def mirror_of_files(advice: Advice) -> str | None:
    """Return a host that only a mirror has and that serves files of pins, which a `pylock.toml` names."""
    hosts = {
        index.url: urlsplit(index.url).netloc
        for index in advice.request.indexes
        if index.stands_for is not None
    }
    for pin in advice.pins:
        host = hosts.get(pin.index)
        if host and any(urlsplit(file.url).netloc == host for file in pin.files):
            return host
    return None

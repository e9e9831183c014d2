"""Every setting as people and programs may see it: its value without secrets, and where that comes from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pinwise.explain.words import without_query
from pinwise.formats.entries import shown
from pinwise.model.request import Index, Place
from pinwise.settings.indexes import PUBLIC_PLACE
from pinwise.settings.table import SETTINGS, Setting, Settings

INDEX_SETTINGS = frozenset(("index_url", "extra_index_url", "find_links"))
_LONGEST = 1_000


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """One setting.

    Attributes:
        name: Its name in files.
        value: What holds, as JSON has it; None where nothing does.
        is_default: Whether nobody said anything else.
        origin: Where the value comes from, in words; "" for a default.
        place: The file and line, where it stands in a file.
        absent: What holds where there is no value, in words.
    """

    name: str
    value: object
    is_default: bool
    origin: str = ""
    place: Place | None = None
    absent: str = "none"

    @property
    def text(self) -> str:
        """The value on one line."""
        match self.value:
            case None | []:
                return self.absent
            case bool():
                return "yes" if self.value else "no"
            case list():
                return ", ".join(map(str, self.value))
            case int():
                return f"{self.value:,}"
            case float():
                return f"{self.value:g}"
        return str(self.value)


def shown_settings(settings: Settings) -> Iterator[ShownSetting]:
    """Yield every setting in the order of the reference."""
    for setting in SETTINGS:
        if setting.name in INDEX_SETTINGS:
            yield _indexes(setting, settings)
        else:
            value = _plain(getattr(settings, setting.name))
            origin = settings.origins.get(setting.name, "")
            place = settings.places.get(setting.name)
            yield ShownSetting(setting.name, value, not origin, origin, place, setting.default)


def shown_proxies(settings: Settings) -> dict[str, str]:
    """Return the proxies, without logins, which may stand in front of a host without a scheme, too."""
    return {scheme: _without_login(url) for scheme, url in sorted(settings.proxies.items())}


def _without_login(proxy: str) -> str:
    scheme, mark, rest = proxy.rpartition("://")
    login, at, host = rest.rpartition("@")
    return _safe(f"{scheme}{mark}{'****' if login else ''}{at}{host}")


def _indexes(setting: Setting, settings: Settings) -> ShownSetting:
    """Return the indexes that a setting names; pip's or uv's configuration may stand in for it."""
    chosen = (_named(setting.name, settings.asked), _named(setting.name, settings.fallback))
    indexes = next(filter(None, chosen), ())
    value: object = [_safe(without_query(index.url)) for index in indexes]
    if setting.name == "index_url":
        value = _safe(without_query(indexes[0].url)) if indexes else None
    named = indexes[0].place if indexes else None
    is_default = not indexes or (named is not None and named.file == PUBLIC_PLACE)
    place = settings.places.get(setting.name) or (named if named and named.line and not is_default else None)
    elsewhere = "" if is_default or named is None else f"`{_safe(named.file)}`"
    origin = settings.origins.get(setting.name, elsewhere)
    return ShownSetting(setting.name, value, is_default, origin, place)


def _named(name: str, choice: object) -> tuple[Index, ...]:
    field = {"index_url": "index", "extra_index_url": "extra", "find_links": "flat"}[name]
    found = getattr(choice, field)
    return found if isinstance(found, tuple) else () if found is None else (found,)


def _plain(value: object) -> object:
    """Return a value as JSON has it."""
    if isinstance(value, Mapping):
        return [f"{name} {version}" for name, version in sorted(value)]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, str):
        return _safe(value)
    if isinstance(value, Sequence):
        return [_safe(str(item)) for item in value]
    return value


def _safe(text: str) -> str:
    return shown(text, _LONGEST)

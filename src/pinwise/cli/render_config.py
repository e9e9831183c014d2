"""The settings that hold, for people and for programs."""

from collections.abc import Iterator
from pathlib import Path

from pinwise.cli.lines import Line, wrap
from pinwise.explain.words import clean
from pinwise.model.request import Manifest
from pinwise.settings import Settings
from pinwise.settings.shown import ShownSetting, shown_proxies, shown_settings


def render_config(settings: Settings, path: Path, manifest: Manifest | None) -> list[Line]:
    """Return the settings for people.

    Args:
        settings: What holds.
        path: Where the configuration file is, or would be.
        manifest: The manifest whose own table counted, None where there is none.
    """
    lines = [Line("Settings", "title")]
    shown = list(shown_settings(settings))
    width = max(len(each.name) for each in shown)
    for each in shown:
        lines += _setting(each, width)
    return [*lines, Line(), Line("What else was read", "title"), *_surroundings(settings, path, manifest)]


def _setting(each: ShownSetting, width: int) -> Iterator[Line]:
    text = each.text + ("  (default)" if each.is_default else "")
    indent = " " * (width + 4)
    for line in wrap(text, first=f"  {each.name:<{width}}  ", indent=indent):
        yield Line(line.text, "head" if each.is_default else "")
    if origin := _origin(each):
        words = origin if origin.startswith("declared") else f"from {origin}"
        yield from wrap(words, first=f"{indent}  ", indent=f"{indent}  ")


def _origin(each: ShownSetting) -> str:
    """Return where a value comes from, with the line where it stands in a file."""
    line = each.place.line if each.place else None
    words = "".join(letter if letter.isprintable() else "?" for letter in each.origin)
    return words if line is None else f"{words}, line {line}"


def _surroundings(settings: Settings, path: Path, manifest: Manifest | None) -> Iterator[Line]:
    yield from _row("configuration file", f"{path}" + ("" if path.exists() else "  (not there)"))
    yield from _row("manifest", manifest.files[0] if manifest else "none that could hold settings")
    for index in manifest.indexes if manifest else ():
        yield from _row("  its index", f"{index.url}" + (f" (`{index.name}`)" if index.name else ""))
    yield from _row("file of logins", str(settings.netrc) if settings.netrc else "none")
    for scheme, url in shown_proxies(settings).items():
        yield from _row("no proxy for" if scheme == "no" else f"proxy for {scheme}", url)
    if settings.virtual_env is not None:
        yield from _row("virtual environment", str(settings.virtual_env))


def _row(name: str, value: str) -> Iterator[Line]:
    yield from wrap(clean(value), first=f"  {name:<19}  ", indent=" " * 23)


def config_facts(settings: Settings, path: Path) -> dict[str, object]:
    """Return the settings as JSON has them."""
    return {
        "settings": {
            each.name: {
                "value": each.value,
                "is_default": each.is_default,
                "origin": each.origin or None,
                "file": each.place.file if each.place else None,
                "line": each.place.line if each.place else None,
            }
            for each in shown_settings(settings)
        },
        "configuration_file": str(path),
        "netrc": str(settings.netrc) if settings.netrc else None,
        "proxies": shown_proxies(settings),
    }

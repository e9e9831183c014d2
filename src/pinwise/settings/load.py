"""Join the sources of settings to the values that hold for one command."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from pinwise.actions.request import IndexChoice
from pinwise.formats.locks import lock_name_with
from pinwise.model.limits import USUAL, TextLimits
from pinwise.model.request import Index, Manifest, Overlay, Place
from pinwise.settings.indexes import (
    index_choice,
    named_index,
    public_index,
    read_pip_configuration,
    standing_for,
    trusting,
)
from pinwise.settings.pip import PipConfiguration
from pinwise.settings.places import user_folder
from pinwise.settings.sources import (
    Source,
    config_sources,
    manifest_source,
    option_source,
    overlay_source,
    variable_source,
)
from pinwise.settings.table import BY_NAME, SETTINGS, Setting, Settings
from pinwise.settings.values import setting_value


def read_settings(
    options: Mapping[str, object], manifest: Manifest | None = None, overlay: Overlay | None = None
) -> Settings:
    """Return the settings of this process.

    Args:
        options: Setting name -> value, for the options that were given; ``config_file`` among them.
        manifest: The manifest, whose own table is a source.
        overlay: The overlay that is laid over it; it outranks the manifest's own table.

    Raises:
        UsageError: A source holds an unknown setting or a value that cannot be read.
    """
    return load_settings(options, os.environ, manifest=manifest, overlay=overlay, folder=Path.cwd())


def read_text_limits(options: Mapping[str, object]) -> TextLimits:
    """Return the limits under which a manifest is read: known before it is, for it may not change them.

    They come from variables and the configuration file, which is itself read under the usual ones.

    Raises:
        UsageError: As `read_settings` does.
    """
    folder = Path.cwd()
    config = config_sources(options.get("config_file"), os.environ, folder)
    sources = (variable_source(os.environ, folder), *config)
    values: dict[str, Any] = {}
    for name in _TEXT_LIMITS:
        source = next((source for source in sources if name in source.values), None)
        if source is not None:
            values[name] = setting_value(BY_NAME[name], source)
    return TextLimits(**values) if values else USUAL


_TEXT_LIMITS = tuple(limit.name for limit in fields(TextLimits))


def load_settings(
    options: Mapping[str, object],
    environ: Mapping[str, str],
    *,
    folder: Path,
    manifest: Manifest | None = None,
    overlay: Overlay | None = None,
) -> Settings:
    """Return the settings that options, variables and files give; `folder` is the current one.

    Locks that an option or the overlay names are taken as they are. Any other ones would be the project's
    own: into their names the overlay's is put, unless it has a folder of its own.
    """
    own = None if overlay is None else overlay_source(overlay, folder / Path(overlay.place.file).parent)
    sources = (
        option_source(options, folder),
        variable_source(environ, folder),
        *([] if own is None else [own]),
        *([] if manifest is None else [manifest_source(manifest, folder)]),
        *config_sources(options.get("config_file"), environ, folder),
    )
    settings = _Loading(sources, environ, manifest).settings()
    source = next((source for source in sources if "lock" in source.values), None)
    if overlay is None or overlay.folder is not None or source in (None, sources[0], own):
        return settings
    return replace(settings, lock=tuple(lock_name_with(name, overlay.name) for name in settings.lock))


@dataclass(slots=True)
class _Loading:
    """The sources while they are joined."""

    sources: tuple[Source, ...]
    environ: Mapping[str, str]
    manifest: Manifest | None
    origins: dict[str, str] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)

    def settings(self) -> Settings:
        """Return the value of every setting, from the first source that has one."""
        values: dict[str, object] = {}
        for setting in SETTINGS:
            source = self._source_of(setting)
            if source is not None:
                self.origins[setting.name] = source.words(setting)
                if place := source.place_of(setting.name):
                    self.places[setting.name] = place
                values[setting.name] = setting_value(setting, source)
        self._settle_target(values)
        pip = read_pip_configuration(self.environ, self.sources[0].folder)
        indexes = ("index_url", "extra_index_url", "find_links")
        plain = {name: value for name, value in values.items() if name not in indexes}
        settings = Settings(**plain)  # type: ignore[arg-type]  # each value was parsed by its kind
        mirrored = self._mirrored()
        return replace(
            settings,
            asked=standing_for(mirrored, index_choice(self.sources[:1])),
            fallback=standing_for(mirrored, self._fallback(pip)),
            kb=settings.kb if "kb" in values else Path(user_folder("data")) / "knowledge.sqlite",
            ca_file=settings.ca_file or self._ca_file(pip),
            proxies=self._proxies(pip),
            virtual_env=Path(self.environ["VIRTUAL_ENV"]) if self.environ.get("VIRTUAL_ENV") else None,
            search_path=self.environ.get("PATH", os.defpath),
            netrc=self._netrc(),
            variables=dict(self.environ),
            origins=self.origins,
            places=self.places,
        )

    def _settle_target(self, values: dict[str, object]) -> None:
        """Let the target as a file and as names count by rank: the source that outranks the other wins."""
        file = self._source_of(BY_NAME["environment"])
        if file is None:
            return
        names = [name for name in ("python", "platform") if self._source_of(BY_NAME[name])]
        ranks = {name: self._rank(name) for name in names}
        rank = self._rank("environment")
        if beside := next((name for name in names if ranks[name] == rank), None):
            raise file.error(
                BY_NAME["environment"],
                f"and `{file.name_of(BY_NAME[beside])}` both name the target",
                "keep one of them: such a file names the Python and the platform",
            )
        for loser in ("environment",) if min(ranks.values(), default=rank) < rank else names:
            del values[loser], self.origins[loser]
            self.places.pop(loser, None)

    def _rank(self, name: str) -> int:
        """Return the place of the source that has a setting, the first one first."""
        return next(rank for rank, source in enumerate(self.sources) if name in source.values)

    def _source_of(self, setting: Setting) -> Source | None:
        return next((source for source in self.sources if setting.name in source.values), None)

    def _fallback(self, pip: PipConfiguration) -> IndexChoice:
        """Return the indexes of variables, configuration files, pip, uv, and the default.

        Where our own settings name an index URL, neither pip's configuration nor uv's has a say; where pip's
        names any index, uv's has none.
        """
        own = index_choice(self.sources[1:])
        if own.index is not None:
            return trusting(own, pip)
        theirs, has_no_index = IndexChoice(pip.index, pip.extra, pip.flat), pip.has_no_index
        if theirs == IndexChoice() and not has_no_index:
            from pinwise.settings.uv import read_uv_configuration  # noqa: PLC0415  # where no other says

            theirs, has_no_index = read_uv_configuration(self.environ, self.sources[0].folder)
        index = theirs.index
        if index is None and not has_no_index and self._needs_default():
            index = public_index()
        choice = IndexChoice(index, own.extra or theirs.extra, own.flat or theirs.flat)
        if has_no_index:
            choice = IndexChoice(None, own.extra, own.flat or theirs.flat)
        return trusting(choice, pip)

    def _mirrored(self) -> Index | None:
        """Return the index of which the index URL is said to be a mirror.

        Raises:
            UsageError: No index has that name.
        """
        setting = BY_NAME["index_name"]
        source = self._source_of(setting)
        if source is None:
            return None
        known = () if self.manifest is None else self.manifest.indexes
        return named_index(setting, source, [index for index in known if not index.is_flat])

    def _needs_default(self) -> bool:
        asked = "index_url" in self.sources[0].values
        return not asked and (self.manifest is None or not self.manifest.replaces_default_index)

    def _netrc(self) -> Path | None:
        """Return the file of logins that curl, pip and uv read, too; None where there is none."""
        if named := self.environ.get("NETRC"):
            return Path(os.path.expanduser(named))  # noqa: PTH111  # never fails
        home = Path(self.environ.get("HOME") or os.path.expanduser("~"))  # noqa: PTH111  # never fails
        return next((home / name for name in (".netrc", "_netrc") if (home / name).is_file()), None)

    def _ca_file(self, pip: PipConfiguration) -> Path | None:
        """Return the certificates that pip's configuration or a common variable names, and note which."""
        names = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
        variable = next(filter(self.environ.get, names), None)
        if pip.certificates:
            self.origins["ca_file"] = "pip's configuration"
            return Path(pip.certificates)
        if variable:
            self.origins["ca_file"] = f"variable `{variable}`"
            return Path(self.environ[variable])
        return None

    def _proxies(self, pip: PipConfiguration) -> dict[str, str]:
        """Return the proxies, whose variables are written in either case."""
        proxies = {"all": pip.proxy} if pip.proxy else {}
        for scheme in ("all", "http", "https", "no"):
            name = f"{scheme}_proxy"
            value = self.environ.get(name) or self.environ.get(name.upper())
            if value and not (pip.proxy and scheme != "no"):
                proxies[scheme] = value
        return proxies

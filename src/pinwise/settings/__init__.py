"""Every setting, and where its value comes from: the only reader of variables and configuration files.

The first source that names a setting gives its value: the command's options, variables (``PINWISE_*``), the
manifest's own table (``[tool.pinwise]``, ``[pipenv.pinwise]``), the configuration file, the default.
Indexes have further sources, which `pinwise.actions.request` puts in order: the manifest itself, and pip's
configuration.
Names are imported when they are first used: completion reads `pinwise.settings.places` and nothing else.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pinwise.settings.load import load_settings, read_settings, read_text_limits
    from pinwise.settings.table import SETTINGS, Setting, Settings

__all__ = ["SETTINGS", "Setting", "Settings", "load_settings", "read_settings", "read_text_limits"]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import a public name when it is first used."""
        if name not in __all__:
            raise AttributeError(f"module `pinwise.settings` has no attribute `{name}`")
        from pinwise.settings import load, table  # noqa: PLC0415  # see above

        return getattr(load if name.startswith(("load", "read")) else table, name)

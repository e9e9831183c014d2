"""Every setting, and where its value comes from: the only reader of variables and configuration files.

The first source that names a setting gives its value: the command's options, variables (``PINWISE_*``), the
manifest's own table (``[tool.pinwise]``, ``[pipenv.pinwise]``), the configuration file, the default.
Indexes have further sources, which `pinwise.actions.request` puts in order: the manifest itself, and pip's
configuration.
"""

from pinwise.settings.load import load_settings, read_settings
from pinwise.settings.table import SETTINGS, Setting, Settings

__all__ = ["SETTINGS", "Setting", "Settings", "load_settings", "read_settings"]

"""Where the user's own files are, for whoever has no time to read all settings; imports next to nothing."""

import os
import sys

KB_VARIABLE = "PINWISE_KB"
CONFIG_VARIABLE = "PINWISE_CONFIG_FILE"
DIRECTORY_VARIABLE = "PINWISE_DIRECTORY"

_XDG = {"data": ("XDG_DATA_HOME", "~/.local/share"), "config": ("XDG_CONFIG_HOME", "~/.config")}


def user_folder(kind: str) -> str:
    """Return the user's own folder for our configuration ("config") or for our data ("data")."""
    if sys.platform == "linux":  # as platformdirs does, which takes longer than the rest of a completion
        variable, usual = _XDG[kind]
        named = os.environ.get(variable, "")
        return os.path.join(named if os.path.isabs(named) else os.path.expanduser(usual), "pinwise")  # noqa: PTH111, PTH117, PTH118
    import platformdirs  # noqa: PLC0415  # 15 ms

    folder = platformdirs.user_config_dir if kind == "config" else platformdirs.user_data_dir
    return folder("pinwise", appauthor=False)


def knowledge_base(option: str | None, config: str | None) -> str:
    """Return the file of the knowledge base, as the settings find it.

    Args:
        option: What ``--kb`` says, None if it is not there.
        config: The same for ``--config-file``.
    """
    named = option or os.environ.get(KB_VARIABLE)
    if named:
        return os.path.expanduser(named)  # noqa: PTH111  # pathlib costs 5 ms, here and below
    file = config or os.environ.get(CONFIG_VARIABLE) or os.path.join(user_folder("config"), "config.toml")  # noqa: PTH118
    named = _setting("kb", os.path.expanduser(file))  # noqa: PTH111
    return named or os.path.join(user_folder("data"), "knowledge.sqlite")  # noqa: PTH118


def _setting(name: str, file: str) -> str | None:
    """Return the path that a configuration file gives to a setting, None if it does not."""
    try:
        with open(file, encoding="utf-8-sig") as text:  # noqa: PTH123
            content = text.read(1_000_000)
    except OSError:
        return None
    if name not in content:
        return None
    import tomllib  # noqa: PLC0415  # 6 ms, only where the file may say so

    value = tomllib.loads(content).get(name)
    if not isinstance(value, str):
        return None
    return os.path.join(os.path.dirname(file), os.path.expanduser(value))  # noqa: PTH111, PTH118, PTH120


def starting_folder(option: str | None) -> str | None:
    """Return the folder that ``--directory`` or its variable names, None for the current one."""
    named = option or os.environ.get(DIRECTORY_VARIABLE)
    return os.path.expanduser(named) if named else None  # noqa: PTH111

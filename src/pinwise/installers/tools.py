"""Which installer there is."""

import os
import shutil
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from pinwise.model.errors import InstallerFailure
from pinwise.model.installed import Installation, Tool

INSTALLERS = ("uv", "pip")
"""The installers that are understood, the one that is taken first."""


def choose_tool(asked: str | None, search_path: str, installation: Installation | None) -> Tool:
    """Return the installer that is asked for, else the first that is there.

    Args:
        asked: "pip" or "uv", None for either.
        search_path: Where commands are searched.
        installation: Where it will install; its own pip is preferred to others.

    Raises:
        InstallerFailure: There is none.
    """
    finders = {"uv": lambda: _uv(search_path), "pip": lambda: _pips(search_path, installation)}
    names = INSTALLERS if asked is None else (asked,)
    for name in names:
        if tool := next(finders[name](), None):
            return tool
    what = " nor ".join(f"`{name}`" for name in names)
    raise InstallerFailure(
        f"there is neither {what}" if len(names) > 1 else f"there is no {what}",
        hint="install uv, or a virtual environment with pip in it: `python3 -m venv .venv`",
    )


def _uv(search_path: str) -> Iterator[Tool]:
    if command := shutil.which("uv", path=search_path):
        yield Tool("uv", (command,), "on the search path")
    if command := shutil.which("uv", path=str(Path(sys.executable).parent)):
        yield Tool("uv", (command,), "beside pinwise")


def _pips(search_path: str, installation: Installation | None) -> Iterator[Tool]:
    if installation is not None and any(
        (site / "pip" / "__main__.py").is_file() for site in installation.sites
    ):
        command = (os.fspath(installation.python), "-I", "-m", "pip")
        yield Tool("pip", command, "in the environment itself", is_inside=True)
    if command_path := shutil.which("pip", path=search_path) or shutil.which("pip3", path=search_path):
        yield Tool("pip", (command_path,), "on the search path")
    if find_spec("pip"):
        yield Tool("pip", (sys.executable, "-I", "-m", "pip"), "beside pinwise")

"""What the environment says of a terminal: whether the user wants colours, whether anything may move."""

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Terminal:
    """What holds where no option says otherwise.

    Attributes:
        color: Whether colours are wanted; None: on a terminal only.
        is_dumb: Whether the terminal can do nothing but print lines.
    """

    color: bool | None = None
    is_dumb: bool = False


def read_terminal() -> Terminal:
    """Return what this process's variables say."""
    return terminal_of(os.environ)


def terminal_of(environ: Mapping[str, str]) -> Terminal:
    """Return what these variables say: ``NO_COLOR`` before those that force colours, then ``TERM``.

    See https://no-color.org and https://force-color.org: a variable counts where it is not empty.

    >>> terminal_of({"NO_COLOR": "1", "FORCE_COLOR": "1"}).color
    False
    """
    is_dumb = environ.get("TERM") == "dumb"
    if environ.get("NO_COLOR"):
        return Terminal(color=False, is_dumb=is_dumb)
    if any(environ.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return Terminal(color=True, is_dumb=is_dumb)
    return Terminal(color=False if is_dumb else None, is_dumb=is_dumb)

"""Variables with our prefix that mean nothing."""

import os
from collections.abc import Collection, Iterator

from pinwise.explain.names import near_names
from pinwise.formats.entries import shown
from pinwise.settings.places import CONFIG_VARIABLE
from pinwise.settings.table import PREFIX, SETTINGS


def unknown_variables(options: Collection[str]) -> Iterator[str]:
    """Yield a warning for each variable of this process that looks like ours and is none.

    Args:
        options: The variables of options that are no settings.
    """
    known = {setting.variable for setting in SETTINGS if setting.variable} | {CONFIG_VARIABLE} | set(options)
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            near = near_names(name, known)
            yield f"The variable `{shown(name)}` means nothing to pinwise" + (
                f"; did you mean `{near[0]}`?" if near else "."
            )

"""Variables with our prefix that mean nothing."""

import os
from collections.abc import Callable, Collection, Iterator

from pinwise.settings.places import CONFIG_VARIABLE
from pinwise.settings.table import PREFIX, SETTINGS


def unknown_variables(options: Callable[[], Collection[str]]) -> Iterator[str]:
    """Yield a warning for each variable of this process that looks like ours and is none.

    Args:
        options: Returns the variables of options that are no settings; asked where there is a doubt.
    """
    known = {setting.variable for setting in SETTINGS if setting.variable} | {CONFIG_VARIABLE}
    doubtful = [name for name in sorted(os.environ) if name.startswith(PREFIX) and name not in known]
    if not doubtful:
        return
    from pinwise.explain.names import near_names  # noqa: PLC0415  # rarely used
    from pinwise.formats.entries import shown  # noqa: PLC0415

    known |= set(options())
    for name in doubtful:
        if name not in known:
            near = near_names(name, known)
            yield f"The variable `{shown(name)}` means nothing to pinwise" + (
                f"; did you mean `{near[0]}`?" if near else "."
            )

"""The command line: a file per command."""

import gc

gc.set_threshold(500_000, 20, 20)  # for one short process: looking for cycles takes 7 % of it otherwise

from pinwise.cli.command import command as main  # noqa: E402  # what is imported is made under it, too

__all__ = ["main"]

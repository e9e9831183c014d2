"""How a command speaks and where it starts: what the options of every command say."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, chdir, contextmanager
from dataclasses import dataclass, replace

import click

from pinwise.model.errors import UsageError
from pinwise.settings.terminal import read_terminal

_COUNTED = frozenset(("verbose", "quiet"))


@dataclass(frozen=True, slots=True)
class Habits:
    """What the options of every command say, before and after the command's name together.

    Attributes:
        verbose, quiet: How often each was given; they cancel each other out.
        color: "auto", "always" or "never".
        no_progress: Whether no progress is shown.
        directory: The folder to start in, None for the current one.
        by_variable: The options of which only a variable said something; an option outranks it.
    """

    verbose: int = 0
    quiet: int = 0
    color: str = "auto"
    no_progress: bool = False
    directory: str | None = None
    by_variable: frozenset[str] = frozenset()

    @property
    def level(self) -> int:
        """How much is said: 0 as usual, 1 and 2 more, -1 only errors beside the result, -2 no report."""
        return self.verbose - self.quiet

    def having(self, name: str, value: object, *, is_variable: bool) -> "Habits":
        """Return these habits with what one more option or variable says."""
        is_first = name in self.by_variable or name not in _COUNTED
        added = value if is_first else getattr(self, name) + value
        names = self.by_variable | {name} if is_variable else self.by_variable - {name}
        return replace(self, **{name: added}, by_variable=names)  # type: ignore[arg-type]  # by option

    def wants_color(self) -> bool | None:
        """Whether colours are wanted; None: on a terminal only."""
        return {"always": True, "never": False, "none": False}.get(self.color, read_terminal().color)

    @contextmanager
    def there(self) -> Iterator[None]:
        """Be in the folder to start in.

        Raises:
            UsageError: It is no folder that can be entered.
        """
        with ExitStack() as stack:
            if self.directory is not None:
                try:
                    stack.enter_context(chdir(os.path.expanduser(self.directory)))  # noqa: PTH111  # never fails
                except (OSError, ValueError):
                    raise UsageError(
                        f"there is no folder `{self.directory}` to start in",
                        hint="`--directory` or `PINWISE_DIRECTORY` names it",
                    ) from None
            yield


USUAL = Habits()


def current_habits() -> Habits:
    """Return the habits of the command that is running, the usual ones where none is."""
    context = click.get_current_context(silent=True)
    return (context.find_object(Habits) if context else None) or USUAL


def note_habit(context: click.Context, name: str, value: object, *, is_variable: bool) -> None:
    """Note what an option or a variable says, for the command and all that it stands in."""
    habits = (context.find_object(Habits) or USUAL).having(name, value, is_variable=is_variable)
    inner: click.Context | None = context
    while inner is not None:
        inner.obj = habits
        inner = inner.parent

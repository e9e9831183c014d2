"""Exit codes: what a script learns without reading anything."""

from enum import IntEnum
from typing import TYPE_CHECKING, assert_never

if TYPE_CHECKING:
    from pinwise.model.outcome import Outcome


class ExitCode(IntEnum):
    """How a command ends."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    FAILED = 3
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        """What the code says, for the reference."""
        return _MEANINGS[self]


_MEANINGS = {
    ExitCode.OK: "Done; for an advice: there is a stack, and its locks are written.",
    ExitCode.REFUSED: (
        "No stack satisfies the manifest, or a check found a lock that is not up to date; no file was "
        "changed. Or an environment is not as locked."
    ),
    ExitCode.USAGE: "The request or a file cannot be understood, or a lock cannot be written.",
    ExitCode.FAILED: (
        "Undecided: a limit or `--offline` ended the search without an answer; or an index, an installer or "
        "the knowledge base failed."
    ),
    ExitCode.INTERRUPTED: "Interrupted (Ctrl-C); no file was changed, but perhaps an environment.",
}


def exit_code(outcome: "Outcome") -> ExitCode:
    """Return the exit code of an outcome."""
    from pinwise.model.outcome import Advice, Refusal, Undecided  # noqa: PLC0415  # where there is one

    match outcome:
        case Advice():
            return ExitCode.OK
        case Refusal():
            return ExitCode.REFUSED
        case Undecided():
            return ExitCode.FAILED
        case _:
            assert_never(outcome)

"""Every error that pinwise raises on purpose, in one tree.

::

    PinwiseError                what happened, to what, where, and a hint
    ├── UsageError              exit 2: the request cannot be understood
    │   ├── ManifestError       a manifest, constraint or settings file, with file and line
    │   ├── TargetError         a target that does not exist or cannot be detected
    │   └── OutputError         a lock that cannot be written
    └── FailureError            exit 3: the world did not answer
        ├── IndexFailure        an index is down, refuses us, or answers nonsense
        ├── InstallerFailure    pip or uv is missing, cannot be run, or did not do what it was asked
        └── StoreFailure        the knowledge base cannot be opened or written
            └── StoreUnavailable    it may well be whole: newer, held by another program, on a full disk

A refusal and an undecided search are values (`pinwise.model.outcome`), never exceptions.
"""

from pathlib import Path


class PinwiseError(Exception):
    """Something the user can understand and act upon.

    Args:
        message: What happened, to what (names in backticks), in one sentence.
        file: The file in which the cause stands, if there is one.
        line: Its line, counted from 1.
        hint: The next step for the user.
    """

    exit_code = 3

    def __init__(
        self,
        message: str,
        *,
        file: str | Path | None = None,
        line: int | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = None if file is None else str(file)
        self.line = line
        self.hint = hint

    def __str__(self) -> str:
        """Return ``FILE:LINE: message`` without the hint."""
        if self.file is None:
            return self.message
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.message}"


class UsageError(PinwiseError):
    """The request cannot be understood or contradicts itself."""

    exit_code = 2


class ManifestError(UsageError):
    """A manifest, a constraint file or a settings file cannot be read."""


class TargetError(UsageError):
    """The environment that was asked for does not exist or cannot be detected."""


class OutputError(UsageError):
    """A file that should be written cannot be."""


class FailureError(PinwiseError):
    """Something outside of pinwise did not do its part."""


class IndexFailure(FailureError):
    """An index is down, refuses the request, or answers what cannot be read."""


class InstallerFailure(FailureError):
    """pip or uv is missing, cannot be run, or ended with an error."""


class StoreFailure(FailureError):
    """The knowledge base cannot be opened, read or written."""


class StoreUnavailable(StoreFailure):
    """The knowledge base cannot be used now, though it may well be whole: it is no matter for a repair."""

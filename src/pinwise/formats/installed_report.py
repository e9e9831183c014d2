"""The JSON form of `pinwise install`, `sync` and `check --installed`, as `docs/installed.schema.json` has it.

Every key is always there; what there is not is null or empty.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from pinwise.formats.lock_text import without_credentials
from pinwise.model.installed import Comparison, Mismatch

FORM = 1
"""Goes up when a key changes its meaning or goes away."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an environment.

    Attributes:
        command: "install", "sync" or "check".
        lock: The lock, as people see it.
        place: Where the environment is, or would be.
        python: The version of its Python.
        total: How many projects the whole lock has.
        tool: The name of the installer, None for a check.
        before: What differed.
        after: What still differs; the same for a check and a dry run.
        is_dry: Whether nothing was changed on purpose.
        is_created: Whether the environment was made.
        is_exact: Whether what the lock does not have counts, too.
    """

    command: str
    lock: str
    place: str
    python: str
    total: int
    tool: str | None
    before: Comparison
    after: Comparison
    is_dry: bool = False
    is_created: bool = False
    is_exact: bool = False

    @property
    def remaining(self) -> tuple[Mismatch, ...]:
        """What differs in the end and counts."""
        return tuple(each for each in self.after.mismatches if self.is_exact or each.pin is not None)


def to_installed_report(verdict: Verdict) -> dict[str, object]:
    """Return a verdict as values that JSON has."""
    return {
        "form": FORM,
        "command": verdict.command,
        "lock": verdict.lock,
        "environment": {
            "path": verdict.place,
            "python": verdict.python,
            "created": verdict.is_created,
        },
        "installer": verdict.tool,
        "dry_run": verdict.is_dry,
        "packages": verdict.before.locked,
        "differences": _mismatches(verdict.before.mismatches),
        "remaining": _mismatches(verdict.after.mismatches),
        "kept": list(verdict.after.kept),
        "as_locked": not verdict.remaining,
    }


def _mismatches(mismatches: Iterable[Mismatch]) -> list[dict[str, object]]:
    return [
        {
            "name": each.name,
            "kind": each.kind.value,
            "locked": None if each.locked is None else without_credentials(each.locked),
            "installed": each.installed,
            "origin": None if each.origin is None else without_credentials(each.origin),
        }
        for each in mismatches
    ]

"""What an advice ends with: `Advice`, `Refusal` or `Undecided`. Values, never exceptions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packaging.version import Version

from pinwise.model.facts import File, Origin, Skip
from pinwise.model.names import NormalizedName
from pinwise.model.request import DirectRequirement, LocalProject, Request

if TYPE_CHECKING:
    from pinwise.model.conflict import Derivation
    from pinwise.model.hint import Hint


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit holds against a candidate.

    Attributes:
        unit: Name of the unit, such as ``freshness``.
        subject: What is priced: ``flask==2.0`` or ``celery[redis]==4.0``.
        amount: A whole number, 0 to 1,000,000; 0 is never reported.
        reason: Why, in words a newcomer understands.
        link: Where to read more, or "".
    """

    unit: str
    subject: str
    amount: int
    reason: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class RequestedBy:
    """One edge that leads to a pin: who asks for it and in which words.

    Attributes:
        name: The requiring project, None where the manifest asks.
        requirement: As the requirer wrote it, extras and specifier included.
        group: The manifest's category where the manifest asks, else "".
    """

    name: NormalizedName | None
    requirement: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Pin:
    """One chosen candidate with everything that a lock and a report say of it.

    Attributes:
        name, version, index: The candidate; `index` is the URL that serves it, a path for a local project.
        index_name: The manifest's name for that index, or None.
        groups: The categories whose requirements need it, in manifest order; never empty.
        is_direct: Whether the manifest names it.
        extras: The extras of it that the stack asks for, sorted.
        marker: The marker of the direct requirement where it has one, else None.
        requested_by: In manifest order, then by name.
        requires: Names of the projects in the stack that it requires in this environment, sorted.
        prices: Ascending by unit; amounts above 0 only.
        behind: How many releases of its baseline are above it.
        days_behind: Whole days that it is older than the newest of its baseline, None if a time is missing.
        latest: The newest version of its baseline.
        files: Every file that a lock may name, as the page lists them: of an allowed format and for the
            target's Python, wheels for other platforms among them; empty for a local project.
        requires_python: The page's specifier of those files, or None.
        metadata_origin: Which kind of document its requirements were read from.
        yanked: None, or the reason for which it is yanked, possibly "".
        local: Set for a project named by its path.
    """

    name: NormalizedName
    version: Version
    index: str
    index_name: str | None
    groups: tuple[str, ...]
    is_direct: bool
    extras: tuple[NormalizedName, ...]
    marker: str | None
    requested_by: tuple[RequestedBy, ...]
    requires: tuple[NormalizedName, ...]
    prices: tuple[Price, ...]
    behind: int
    days_behind: int | None
    latest: Version
    files: tuple[File, ...]
    requires_python: str | None
    metadata_origin: Origin
    yanked: str | None = None
    local: LocalProject | None = None

    @property
    def version_name(self) -> str:
        """The version for people; ``dynamic`` where only a build would tell it."""
        return "dynamic" if self.local is not None and self.local.is_dynamic else str(self.version)


@dataclass(frozen=True, slots=True)
class Proof:
    """How good the stack is known to be.

    Attributes:
        optimal: Whether no valid stack changes less of the present lock, none that changes as little costs
            less, and no other one wins the ties.
        cost: The exact cost of the stack.
        bound: No valid stack with as few changes can cost less than this.
        unknown: How many releases of the optimistic best stack could not be looked at.
        predictor: The predictor that found the stack.
        reason: Why it is not optimal ("the fetch limit of 500 was reached"), "" if it is.
        is_joint: Whether categories had to be solved together because one after the other had no stack.
    """

    optimal: bool
    cost: int
    bound: int
    unknown: int
    predictor: str
    reason: str = ""
    is_joint: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One project that differs between two stacks.

    Attributes:
        name: The project.
        before: Its version in the present lock, or in the chosen stack where that is compared with the best;
            None if it is not there.
        after: Its version in the chosen stack, or in the best one; None if it is not there.
    """

    name: NormalizedName
    before: Version | None
    after: Version | None


@dataclass(frozen=True, slots=True)
class Better:
    """What the best stack would be where the present pins are kept and are not the best.

    Attributes:
        proof: Of that stack.
        changes: How it differs from the chosen one, by name.
    """

    proof: Proof
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Effort:
    """What the answer took; for people only, never in a lock."""

    pages: int = 0
    documents: int = 0
    requests: int = 0
    rounds: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Advice:
    """A stack, with its proof.

    Attributes:
        request: What was asked.
        pins: Sorted by name.
        proof: How good it is.
        left_out: Direct requirements whose markers do not hold here.
        amended: Per project that the user overrides or excludes, what the stack required of it before.
        skipped: Per project, releases and files newer than the pin that were left out as broken.
        warnings: Whole sentences.
        snapshot: Digest of the facts that the answer rests on.
        changes: How the stack differs from the present lock, by name; empty where there is none.
        better: The best stack, where keeping the present pins costs something; else None.
    """

    request: Request
    pins: tuple[Pin, ...]
    proof: Proof
    left_out: tuple[DirectRequirement, ...] = ()
    amended: Mapping[NormalizedName, tuple[RequestedBy, ...]] = field(default_factory=dict)
    skipped: Mapping[NormalizedName, tuple[Skip, ...]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    snapshot: str = ""
    effort: Effort = Effort()
    changes: tuple[Change, ...] = ()
    better: Better | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """No stack satisfies the manifest, and why.

    Attributes:
        derivation: How it follows from facts.
        hints: Changes with which there is a stack, the least one first; empty where none was looked for.
    """

    request: Request
    derivation: "Derivation"
    warnings: tuple[str, ...] = ()
    snapshot: str = ""
    effort: Effort = Effort()
    hints: "tuple[Hint, ...]" = ()


@dataclass(frozen=True, slots=True)
class Undecided:
    """A limit, or being offline, ended the search with neither stack nor conflict.

    Attributes:
        reason: Why, in one sentence.
        missing: What would have to be fetched ("the page of `flask`", "the metadata of `flask==3.1`").
    """

    request: Request
    reason: str
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    snapshot: str = ""
    effort: Effort = Effort()


Outcome = Advice | Refusal | Undecided

"""A slice: all that compiling needs of one project, as columns, compiled once for one target.

A slice follows from the facts of its own project alone. What depends on flags, the clock or the rest of the
request is left to whoever reads it, and what another project's requirements allow of this one is found by the
text of the range: see ``docs/concepts/knowledge.md``.
"""

from dataclasses import dataclass, field

from pinwise.space.rows import Rows
from pinwise.units.admission import baseline
from pinwise.units.context import Candidates, Context, Refusals


@dataclass(slots=True)
class Ranges:
    """Which candidates of one project ranges of versions hold, by the texts of the ranges.

    Attributes:
        masks: The candidates that satisfy a range, pre-releases like all others.
        naming: The ranges that name a pre-release themselves.
    """

    masks: dict[str, int] = field(default_factory=dict)
    naming: set[str] = field(default_factory=set)

    def add(self, text: str, mask: int, *, names_one: bool) -> None:
        """Note a range, and whether it names a pre-release."""
        self.masks[text] = mask
        if names_one:
            self.naming.add(text)


@dataclass(slots=True)
class Slice:
    """What compiling needs of one project, for one target and file policy.

    Attributes:
        candidates: What a request admits that neither pins a yanked release nor restricts files by digests.
        rows: What their known documents say; extras are added as they are asked for.
        ranges: As far as they have been asked for.
        has_yanked: Whether there are releases that an exact pin would admit.
        is_grown: Whether it holds more than what was stored.
    """

    candidates: Candidates
    rows: Rows
    ranges: Ranges = field(default_factory=Ranges)
    has_yanked: bool = False
    is_grown: bool = False

    def serves(self, context: Context) -> bool:
        """Whether a request admits of the project what is in here."""
        name = self.candidates.name
        return name not in context.hashes and not (self.has_yanked and name in context.exact_pins)

    def seen_by(self, context: Context, refusals: Refusals) -> Candidates:
        """Return the candidates as a request sees them; `refusals` tells what it does not admit."""
        its = self.candidates
        allows = context.allows_prereleases(its.name)
        members = baseline(its.prereleases, len(its), allows_prereleases=allows)
        columns = (its.versions, its.builds, its.uploaded, its.prereleases)
        return Candidates(
            its.name, its.index, *columns, members, its.yanks, its.skipped, refusals, its.is_virtual
        )

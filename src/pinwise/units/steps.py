"""Steps: what is held against a candidate, as a price of at least 0.

A step prices all candidates of a project at once (one list of whole numbers, no object per version) and
gives its reason later, for the few that are chosen. Steps see page facts only; what a release's own metadata
adds to its price is in `METADATA_STEPS`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pinwise.model.names import NormalizedName
from pinwise.units.context import Build, Candidates, Context
from pinwise.units.goals import LARGEST_AMOUNT, Goal

DAY = 86_400
LARGEST_DAYS = 36_500
LARGEST_BEHIND = 100_000


@dataclass(frozen=True, slots=True)
class Step:
    """One unit of this kind.

    Attributes:
        name: As reports and the reference spell it.
        amounts: The price of every candidate, in the order of `Candidates.versions`.
        reason: Why the candidate at a position has its price, in words that follow the price.
        meaning: One sentence for the reference.
    """

    name: str
    amounts: Callable[[Candidates, Context], Sequence[int]]
    reason: Callable[[Candidates, int, Context], str]
    meaning: str


@dataclass(frozen=True, slots=True)
class MetadataStep:
    """A price that the release's own metadata adds to that release, where an extra of it is in the stack.

    Attributes:
        amount: The price of one release that is known to lack an extra for which the manifest asks.
    """

    name: str
    amount: Callable[[Goal], int]
    reason: Callable[[NormalizedName], str]
    meaning: str


def behind_counts(candidates: Candidates) -> list[int]:
    """Return for every candidate how many members of the baseline set are above it."""
    members = candidates.baseline
    if members.bit_count() == len(candidates):
        return list(range(len(candidates) - 1, -1, -1))
    counts = [0] * len(candidates)
    above = 0
    for position in range(len(candidates) - 1, -1, -1):
        counts[position] = above
        above += members >> position + 1 & 1
    return counts


def days_behind(candidates: Candidates) -> list[int] | None:
    """Return for every candidate how many days (UTC) it is older than the newest of the baseline set.

    Days are counted from calendar day to calendar day: a newer release then makes all others older by the
    same number of days, so that adding one never turns the balance between two old ones.

    A release counts as old as the earliest upload among itself and all higher members of the set, so that a
    late fix on an old branch is not fresh. A candidate above the set has age 0. None where the set has a
    time missing.
    """
    members, times = candidates.baseline, candidates.uploaded
    top = members.bit_length() - 2
    if top < 0:
        return None
    if None in times and any(time is None and members >> k + 1 & 1 for k, time in enumerate(times)):
        return None
    newest = earliest = times[top] or 0
    days = [0] * len(candidates)
    for position in range(top, -1, -1):
        time = times[position]
        effective = earliest if time is None or time > earliest else time
        if members >> position + 1 & 1:
            earliest = effective
        if effective < newest:
            days[position] = newest // DAY - effective // DAY
    return days


def _freshness(candidates: Candidates, context: Context) -> Sequence[int]:
    goal, is_direct = context.goal, candidates.name in context.direct
    behind = behind_counts(candidates)
    days = days_behind(candidates)
    if days is None:
        rate = goal.direct_untimed if is_direct else goal.transitive_untimed
        amounts = [count * (rate + goal.release_behind) for count in behind]
    else:
        rate = goal.direct_day if is_direct else goal.transitive_day
        amounts = [
            min(day, LARGEST_DAYS) * rate + min(count, LARGEST_BEHIND) * goal.release_behind
            for day, count in zip(days, behind, strict=True)
        ]
    return [min(amount, LARGEST_AMOUNT) for amount in amounts]


def _freshness_reason(candidates: Candidates, position: int, context: Context) -> str:
    del context
    count = behind_counts(candidates)[position]
    days = days_behind(candidates)
    newest = candidates.newest
    releases = f"{count:,} release{'s' if count != 1 else ''}"
    if days is None:
        return f"{releases} behind {newest}"
    day = days[position]
    return f"{releases} and {day:,} day{'s' if day != 1 else ''} behind {newest}"


def _pre_release(candidates: Candidates, context: Context) -> Sequence[int]:
    """Price pre-releases of a project that has a final one; where there is none, nothing can be preferred."""
    has_final = candidates.prereleases.bit_count() < len(candidates)
    return _held(candidates, candidates.prereleases, context.goal.pre_release if has_final else 0)


def _held(candidates: Candidates, mask: int, amount: int) -> Sequence[int]:
    """Return the same price for all candidates in a mask."""
    if not mask or not amount:
        return [0] * len(candidates)
    return [amount if mask >> k + 1 & 1 else 0 for k in range(len(candidates))]


def _yanked(candidates: Candidates, context: Context) -> Sequence[int]:
    return [context.goal.yanked if k in candidates.yanks else 0 for k in range(len(candidates))]


def _yanked_reason(candidates: Candidates, position: int, context: Context) -> str:
    del context
    why = candidates.yanks[position]
    return f"was yanked: {why}" if why else "was yanked"


def _sdist_build(candidates: Candidates, context: Context) -> Sequence[int]:
    return [context.goal.sdist_build if build == Build.SDIST else 0 for build in candidates.builds]


def _native_build(candidates: Candidates, context: Context) -> Sequence[int]:
    return [context.goal.native_build if build == Build.NATIVE else 0 for build in candidates.builds]


STEPS: tuple[Step, ...] = (
    Step(
        "freshness",
        _freshness,
        _freshness_reason,
        "Age: days and releases behind the newest of the project's baseline, dearer for direct requirements.",
    ),
    Step(
        "pre-release",
        _pre_release,
        lambda _candidates, _position, _context: "is a pre-release",
        "An alpha, beta, candidate or development release; final ones are preferred where there are any.",
    ),
    Step(
        "yanked",
        _yanked,
        _yanked_reason,
        "A release that its authors withdrew; it is a candidate only where the manifest pins it exactly.",
    ),
    Step(
        "sdist-build",
        _sdist_build,
        lambda _candidates, _position, _context: "has no usable wheel and must be built from its sdist",
        "The release has no wheel for the target: installing it builds its sdist.",
    ),
    Step(
        "native-build",
        _native_build,
        lambda _candidates, _position, _context: "has compiled wheels for other targets only: a native build",
        "The release has compiled wheels, but none for the target: installing it needs a compiler.",
    ),
)
"""In the order of the reports."""

METADATA_STEPS: tuple[MetadataStep, ...] = (
    MetadataStep(
        "missing-extra",
        lambda goal: goal.missing_extra,
        lambda extra: f"has no extra `{extra}`, which the manifest asks for",
        "The manifest asks for an extra that the release does not have.",
    ),
)

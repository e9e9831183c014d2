"""What every price is worth, per goal: one table.

Amounts are whole numbers of no unit; only their ratios matter. The exchange rates of `stable` are laws,
each with a scenario under ``tests/scenarios``::

    native build > yanked > sdist build > one year of a direct requirement
"""

from dataclasses import dataclass
from types import MappingProxyType

from pinwise.model.errors import UsageError

LARGEST_AMOUNT = 1_000_000
"""No single price exceeds this, so that sums stay exact in every engine."""


@dataclass(frozen=True, slots=True)
class Goal:
    """How much each price counts.

    Attributes:
        name: As the user writes it.
        meaning: What it is for, in one sentence.
        direct_day: Freshness of a direct requirement, per whole day behind the newest of its baseline.
        transitive_day: The same for every other project.
        release_behind: Freshness, added for each release of the baseline that is above.
        direct_untimed, transitive_untimed: Freshness per release behind where an upload time is missing.
        pre_release: A pre-release or development release.
        yanked: A yanked release that an exact pin admits.
        sdist_build: A release that must be built from its sdist.
        native_build: One whose compiled wheels are all for other targets.
        missing_extra: A release that lacks an extra which the manifest asks for.
    """

    name: str
    meaning: str
    direct_day: int
    transitive_day: int
    release_behind: int
    direct_untimed: int
    transitive_untimed: int
    pre_release: int
    yanked: int
    sdist_build: int
    native_build: int
    missing_extra: int


GOALS = MappingProxyType(
    {
        goal.name: goal
        for goal in (
            Goal(
                name="stable",
                meaning="Recent final releases that install without a compiler.",
                direct_day=10,
                transitive_day=4,
                release_behind=1,
                direct_untimed=30,
                transitive_untimed=12,
                pre_release=20_000,
                yanked=12_000,
                sdist_build=4_000,
                native_build=15_000,
                missing_extra=5_000,
            ),
            Goal(
                name="latest",
                meaning="The newest releases there are, pre-releases and builds included where allowed.",
                direct_day=10,
                transitive_day=10,
                release_behind=1,
                direct_untimed=30,
                transitive_untimed=30,
                pre_release=0,
                yanked=12_000,
                sdist_build=0,
                native_build=0,
                missing_extra=5_000,
            ),
        )
    }
)
"""Every goal by its name; the first is the default."""


def goal_named(name: str) -> Goal:
    """Return the goal called `name`.

    Raises:
        UsageError: There is no such goal.
    """
    try:
        return GOALS[name]
    except KeyError:
        known = ", ".join(f"`{each}`" for each in GOALS)
        raise UsageError(f"there is no goal `{name}`", hint=f"the goals are {known}") from None

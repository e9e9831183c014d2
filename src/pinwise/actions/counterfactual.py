"""What the best stack would be with one more constraint: the same search, the same law, one edit."""

from dataclasses import dataclass, replace

from packaging.requirements import Requirement
from packaging.version import Version

from pinwise.actions.advise import SearchOptions, advise
from pinwise.actions.differences import differences
from pinwise.actions.ports import World
from pinwise.model.facts import Project
from pinwise.model.names import NormalizedName
from pinwise.model.outcome import Advice
from pinwise.model.reasons import Counterfactual
from pinwise.model.request import DirectRequirement, Place, Request
from pinwise.units.admission import admit
from pinwise.units.context import Candidates, context_for

SUPPOSED = Place("supposed here")
"""Where the constraint of a counterfactual stands: in nobody's file."""

PATIENCE = 10.0
"""Seconds that a counterfactual may take where the user sets no limit; it is only a part of the answer."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A stack that was found, and what further questions about it are put to.

    Attributes:
        advice: The stack.
        world: What it was found in.
        options: How it was searched.
    """

    advice: Advice
    world: World
    options: SearchOptions


def counterfactual(asking: Asking, name: NormalizedName, version: Version) -> Counterfactual:
    """Return what the best stack would be with `name` at `version`, or why there is none.

    The user's time limit holds for this search alone; without one, `PATIENCE` does.
    """
    request = asking.advice.request
    candidates = candidates_of(asking, name)
    constraint = exact_constraint(asking, name, version)
    constrained = replace(request, constraints=(*request.constraints, constraint))
    limit = PATIENCE if asking.options.time_limit is None else asking.options.time_limit
    options = replace(asking.options, is_recorded=False, is_compared=False, time_limit=limit)
    outcome = advise(constrained, asking.world.knowledge, asking.world.source, options=options)
    is_admitted = version in candidates.versions
    return Counterfactual(
        version,
        str(constraint.requirement),
        outcome,
        differences(asking.advice, outcome) if isinstance(outcome, Advice) else (),
        time_limit=limit,
        is_yanked=not is_admitted and _is_yanked(asking, name, version),
        is_prerelease=version.is_prerelease and not _allows_prereleases(request, name),
    )


def candidates_of(asking: Asking, name: NormalizedName) -> Candidates:
    """Return the candidates of a project as the whole request sees them."""
    request = asking.advice.request
    context = context_for(request, [group.name for group in request.groups])
    return admit(name, asking.world.knowledge.project(name), context)


def exact_constraint(asking: Asking, name: NormalizedName, version: Version) -> DirectRequirement:
    """Return the constraint that leaves of a project only one version.

    ``==1`` would admit ``1+local`` too; where there is such a release, ``===1`` is meant.
    """
    page = asking.world.knowledge.project(name)
    releases = page.releases if isinstance(page, Project) else ()
    alike = [each for each in releases if each.version.public == version.public]
    operator = "===" if len(alike) > 1 and version.local is None else "=="
    return DirectRequirement(name, (), Requirement(f"{name}{operator}{version}"), SUPPOSED)


def _is_yanked(asking: Asking, name: NormalizedName, version: Version) -> bool:
    page = asking.world.knowledge.project(name)
    releases = page.releases if isinstance(page, Project) else ()
    return any(each.version == version and each.is_yanked for each in releases)


def _allows_prereleases(request: Request, name: NormalizedName) -> bool:
    return context_for(request, [group.name for group in request.groups]).allows_prereleases(name)

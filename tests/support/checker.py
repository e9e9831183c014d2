"""Is this a stack? Every rule that a set of pins breaks, told by `packaging` alone.

Written from the policies, apart from the search and apart from `support.rules`: two readings of the same
page that must agree.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name, parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

from pinwise.model.facts import File, Metadata, Project, Release, Snapshot
from pinwise.model.outcome import Advice, Pin
from pinwise.model.request import DirectRequirement, Request

Pins = Mapping[NormalizedName, Version]
Extras = Mapping[NormalizedName, frozenset[str]]


@dataclass(frozen=True, slots=True)
class View:
    """The part of a request that one step sees."""

    request: Request
    world: Snapshot
    directs: tuple[DirectRequirement, ...]

    def written(self, name: NormalizedName) -> list[DirectRequirement]:
        """Return what the user wrote on a project: requirements, constraints and overrides."""
        request = self.request
        return [d for d in (*self.directs, *request.constraints, *request.overrides) if d.name == name]

    def release(self, name: NormalizedName, version: Version) -> Release | None:
        """Return the release as its index lists it."""
        project = self.world.project(name)
        if not isinstance(project, Project):
            return None
        return next((release for release in project.releases if release.version == version), None)


def broken_rules(request: Request, world: Snapshot, pins: Pins, *, is_joint: bool = False) -> list[str]:
    """Return every rule that the pins break, in words; nothing for a valid stack.

    Groups are judged one after the other, each with what earlier groups need, or jointly.
    """
    count = len(request.groups)
    broken: list[str] = []
    needed: dict[NormalizedName, frozenset[str]] = {}
    for last in [count] if is_joint else range(1, count + 1):
        directs = tuple(d for group in request.groups[:last] for d in group.requirements)
        view = View(request, world, directs)
        needed = _needed(view, pins)
        broken += [problem for name in needed for problem in _project_problems(view, name, pins)]
        broken += list(_requirement_problems(view, pins, needed))
    broken += [f"{name} is not needed" for name in pins.keys() - needed.keys()]
    return list(dict.fromkeys(broken))


def _needed(view: View, pins: Pins) -> dict[NormalizedName, frozenset[str]]:
    """Return the projects that the roots lead to, each with the extras that are asked of it."""
    needed: dict[NormalizedName, frozenset[str]] = {}
    waiting = [direct.requirement for direct in view.directs]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        extras = frozenset(canonicalize_name(extra) for extra in requirement.extras)
        if name not in needed or not extras <= needed[name]:
            needed[name] = needed.get(name, frozenset()) | extras
            waiting += _active(view, name, pins, needed[name])
    return needed


def _active(view: View, name: NormalizedName, pins: Pins, extras: Iterable[str]) -> list[Requirement]:
    """Return what a pin requires when these extras are asked of it."""
    document = view.world.known_documents(name).get(pins[name]) if name in pins else None
    if not isinstance(document, Metadata):
        return []
    asked = ["", *(extra for extra in extras if extra in document.extras)]
    markers = view.request.environment.markers
    required = [
        requirement
        for requirement in document.requirements
        if requirement.marker is None
        or any(requirement.marker.evaluate({**markers, "extra": extra}) for extra in asked)
    ]
    return [required_now for each in required for required_now in _as_the_user_has_it(view, name, each)]


def _as_the_user_has_it(view: View, name: NormalizedName, requirement: Requirement) -> Iterator[Requirement]:
    """Yield what is left of one project's requirement on another: nothing, itself, or the user's range."""
    other = canonicalize_name(requirement.name)
    excluded = {exclusion.name for exclusion in view.request.exclusions}
    overridden = {override.name: override.requirement.specifier for override in view.request.overrides}
    if other == name or other not in excluded | overridden.keys():
        yield requirement
    elif other in overridden:
        extras = f"[{','.join(requirement.extras)}]" if requirement.extras else ""
        yield Requirement(f"{other}{extras}{overridden[other]}")


def _requirement_problems(view: View, pins: Pins, needed: Extras) -> Iterator[str]:
    for direct in view.directs:
        yield from _unmet(view, direct.requirement, pins, "the manifest")
    for constraint in view.request.constraints:
        if constraint.name in needed and constraint.name in pins:
            yield from _unmet(view, constraint.requirement, pins, "a constraint")
    for name, extras in needed.items():
        for requirement in _active(view, name, pins, extras):
            yield from _unmet(view, requirement, pins, f"{name}=={pins[name]}")


def _unmet(view: View, requirement: Requirement, pins: Pins, requirer: str) -> Iterator[str]:
    name = canonicalize_name(requirement.name)
    if name not in pins:
        yield f"{requirer} requires {requirement}, which is absent"
    elif requirement.url is not None and not (
        requirement.url.startswith("file:") and name in view.request.local
    ):
        yield f"{requirer} requires {requirement}, which is on no index"
    elif not requirement.specifier.contains(pins[name], prereleases=True):
        yield f"{requirer} requires {requirement}, not {pins[name]}"
    elif pins[name].is_prerelease and not _may_be_prerelease(view, name, requirement.specifier):
        yield f"{requirer} requires {requirement}, which {pins[name]} meets as a pre-release only"


def _may_be_prerelease(view: View, name: NormalizedName, specifier: SpecifierSet) -> bool:
    allowed = view.request.prereleases
    if allowed.all or name in allowed.names or specifier.prereleases:
        return True
    if any(written.requirement.specifier.prereleases for written in view.written(name)):
        return True
    project = view.world.project(name)
    return isinstance(project, Project) and not any(
        specifier.contains(release.version, prereleases=True)
        for release in project.releases
        if not release.version.is_prerelease and not list(_page_problems(view, project, release))
    )


def _project_problems(view: View, name: NormalizedName, pins: Pins) -> Iterator[str]:
    if name not in pins:
        return  # told by the requirement that is not met
    project, release = view.world.project(name), view.release(name, pins[name])
    if not isinstance(project, Project) or release is None:
        yield f"{name}=={pins[name]} does not exist"
        return
    for problem in _page_problems(view, project, release):
        yield f"{name}=={pins[name]} {problem}"
    document = view.world.known_documents(name).get(pins[name])
    if not isinstance(document, Metadata):
        yield f"{name}=={pins[name]} has no usable metadata"
    elif not _takes(document.requires_python, view.request):
        yield f"{name}=={pins[name]} requires Python {document.requires_python} by its metadata"


def _page_problems(view: View, project: Project, release: Release) -> Iterator[str]:
    written = view.written(project.name)
    if project.status == "quarantined":
        yield "is quarantined"
    bound = view.request.bindings.get(project.name)
    if bound not in {None, project.index}:
        yield f"comes from {project.index} and is bound to {bound}"
    if all(file.yanked is not None for file in release.files) and not any(
        _pins_exactly(direct, release.version) for direct in written
    ):
        yield "is yanked and nobody pins it"
    if project.name in view.request.local:
        return
    if not any(may_install(view.request, project.name, file, written) for file in offered(release)):
        yield "has no file for the target"


def _pins_exactly(direct: DirectRequirement, version: Version) -> bool:
    return any(
        specifier.operator in ("==", "===")
        and "*" not in specifier.version
        and specifier.contains(version, prereleases=True)
        for specifier in direct.requirement.specifier
    )


def offered(release: Release) -> list[File]:
    """Return the files that are not yanked; all of them where the whole release is."""
    return [file for file in release.files if file.yanked is None] or list(release.files)


def may_install(
    request: Request, name: NormalizedName, file: File, written: Iterable[DirectRequirement] = ()
) -> bool:
    """Whether the file policy lets an installer use this file on the target."""
    if file.requires_python is not None and not _takes(SpecifierSet(file.requires_python), request):
        return False
    if any(d.hashes and f"sha256:{file.sha256}" not in d.hashes for d in written):
        return False
    if not file.filename.endswith(".whl"):
        return parse_sdist_filename(file.filename)[0] == name and request.formats.allows_sdists(name)
    wheel, _, _, tags = parse_wheel_filename(file.filename)
    supported = {str(tag) for tag in tags} & set(request.environment.tags)
    return wheel == name and bool(supported) and request.formats.allows_wheels(name)


def _takes(specifier: SpecifierSet | None, request: Request) -> bool:
    return specifier is None or specifier.contains(request.environment.python, prereleases=True)


def faults(advice: Advice, world: Snapshot) -> list[str]:
    """Return every rule that an advice breaks, in its stack and in what it says of each pin."""
    request = advice.request
    pins = {pin.name: pin.version for pin in advice.pins}
    found = broken_rules(request, world, pins, is_joint=advice.proof.is_joint)
    if [pin.name for pin in advice.pins] != sorted(pins):
        found.append("the pins are not sorted by name, each once")
    if found:
        return found
    everything = View(request, world, request.direct)
    needed = _needed(everything, pins)
    for pin in advice.pins:
        found += [f"{pin.name}: {fault}" for fault in _pin_faults(everything, pin, pins, needed)]
    if sum(price.amount for pin in advice.pins for price in pin.prices) != advice.proof.cost:
        found.append("the prices do not add up to the cost")
    if told := _amended_faults(everything, advice, pins, needed):
        found.append(told)
    if advice.proof.bound > advice.proof.cost:
        found.append("the bound is above the cost")
    return found


def _amended_faults(view: View, advice: Advice, pins: Pins, needed: Extras) -> str:
    """Return what is wrong in what an advice says of overrides and exclusions, "" if nothing is."""
    plain = View(replace(view.request, overrides=(), exclusions=()), view.world, view.directs)
    named = {item.name for item in view.request.overrides}
    named |= {exclusion.name for exclusion in view.request.exclusions}
    expected = {
        (canonicalize_name(each.name), name, str(each).partition(";")[0].strip())
        for name, extras in needed.items()
        for each in _active(plain, name, pins, extras)
        if canonicalize_name(each.name) in named - {name}
    }
    told = {(name, e.name, e.requirement) for name, edges in advice.amended.items() for e in edges}
    return "" if told == expected else f"amended {told}, not {expected}"


def _pin_faults(view: View, pin: Pin, pins: Pins, needed: Extras) -> Iterator[str]:
    request, name = view.request, pin.name
    project, release = view.world.project(name), view.release(name, pin.version)
    assert isinstance(project, Project)
    assert release is not None
    if pin.index != project.index:
        yield f"index {pin.index}"
    if set(pin.extras) != needed[name]:
        yield f"extras {pin.extras}, not {sorted(needed[name])}"
    if pin.is_direct != any(direct.name == name for direct in view.directs):
        yield "direct or not"
    groups = [
        group.name
        for group in request.groups
        if name in _needed(View(request, view.world, group.requirements), pins)
    ]
    if list(pin.groups) != groups:
        yield f"groups {pin.groups}, not {groups}"
    required = {canonicalize_name(r.name) for r in _active(view, name, pins, needed[name])} - {name}
    if set(pin.requires) - {name} != required:
        yield f"requires {pin.requires}, not {sorted(required)}"
    is_local = name in request.local
    written = view.written(name)
    files = {f for f in offered(release) if not is_local and may_install(request, name, f, written)}
    if not files <= set(pin.files) <= set(offered(release)):
        yield f"files {[file.filename for file in pin.files]}"
    if any(price.amount <= 0 for price in pin.prices):
        yield "a price that is not above zero"

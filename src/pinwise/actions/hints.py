"""What would help where nothing fits: one thing is relaxed at a time, and the search says whether that helps.

Only what the derivation's facts suggest is tried, and only for a moment: what the user wrote and takes part
in the conflict, other Pythons that its reasons mention, pre-releases, yanked releases and sdists of the
projects in it. A hint stands for a stack that was found; what could not be tried is not claimed.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from pinwise.actions.advise import SearchOptions, advise
from pinwise.actions.ports import Worlds
from pinwise.explain.facts import leaves
from pinwise.model.conflict import Fact, FactKind, Term
from pinwise.model.errors import FailureError, TargetError
from pinwise.model.hint import Hint, HintKind
from pinwise.model.names import NormalizedName, normalise
from pinwise.model.outcome import Advice, Refusal
from pinwise.model.request import DirectRequirement, Group, Place, Request

MOST_HINTS = 3
MOST_TRIES = 16
MOST_SECONDS = 1.5
"""How long trying may take; a search under way may take a second more."""

MOST_FETCHES = 40
"""How many releases' metadata one try may fetch, before that grows with the stack."""

_OLDEST_MINOR, _NEWEST_MINOR = 9, 14
_MOST_PYTHONS = 3
_MOST_OF_A_KIND = 2

_NEEDS_PYTHON = re.compile(r"\S+ needs Python (.+)")
_YANKED = re.compile(r"(\S+) was yanked")
_SDIST = re.compile(r"\S+ has no wheel for the target, and its sdist may not be used")

HINTED = Place("as a hint")


@dataclass(frozen=True, slots=True)
class Trying:
    """What relaxed requests are tried with.

    Attributes:
        worlds: Gives the world as a relaxed request sees it.
        options: How the refused request was searched.
        for_python: The same request for another Python (``3.12``), None where that cannot be asked.
    """

    worlds: Worlds
    options: SearchOptions
    for_python: Callable[[str], Request] | None = None


@dataclass(frozen=True, slots=True)
class Relaxation:
    """One change to a request: what a `Hint` says of it, and the changed request, made when it is tried."""

    kind: HintKind
    project: NormalizedName | None
    request: Callable[[], Request]
    relaxed: str = ""
    instead: str = ""
    place: str = ""
    edits: int = 1


def find_hints(refusal: Refusal, trying: Trying) -> tuple[Hint, ...]:
    """Return changes that were tried and have a stack: the fewest edits first, then the lowest cost."""
    clock = trying.options.clock
    end = clock() + MOST_SECONDS
    found: list[Hint] = []
    for relaxation in islice(_not_needless(relaxations(refusal, trying), found), MOST_TRIES):
        left = end - clock()
        if left <= 0:
            break
        hint = _tried(relaxation, trying, seconds=left)
        if hint is not None:
            found.append(hint)
    return _shown(sorted(found, key=lambda hint: (hint.edits, hint.cost)))


def _shown(found: Sequence[Hint]) -> tuple[Hint, ...]:
    """Return the best hints, and of several other Pythons only the best one."""
    pythons = [hint for hint in found if hint.kind is HintKind.PYTHON]
    return tuple(hint for hint in found if hint not in pythons[1:])[:MOST_HINTS]


def _not_needless(all_of_them: Iterable[Relaxation], found: Sequence[Hint]) -> Iterator[Relaxation]:
    """Leave out what does more than a change to the same requirement that helps already.

    No requirement is left out as a whole where anything less helps.
    """
    for each in all_of_them:
        if _is_removal(each) and not all(_is_removal(hint) for hint in found):
            continue
        if each.edits == 1 or not any(
            (hint.relaxed, hint.place) == (each.relaxed, each.place) for hint in found
        ):
            yield each


def _is_removal(change: Relaxation | Hint) -> bool:
    """Whether a requirement is left out as a whole."""
    return change.kind is HintKind.REQUIREMENT and not change.instead


def _tried(relaxation: Relaxation, trying: Trying, *, seconds: float) -> Hint | None:
    """Search the relaxed request; return None where no stack is known."""
    limits = [limit for limit in (trying.options.time_limit, seconds) if limit is not None]
    options = replace(
        trying.options,
        time_limit=min(limits),
        fetch_limit=min(trying.options.fetch_limit, MOST_FETCHES),
        is_explained=False,
        is_recorded=False,
        is_compared=False,
    )
    try:
        request = relaxation.request()
        world = trying.worlds(request)
        outcome = advise(request, world.knowledge, world.source, options=options)
    except (FailureError, TargetError):
        return None
    if not isinstance(outcome, Advice):
        return None
    pin = next((pin for pin in outcome.pins if pin.name == relaxation.project), None)
    return Hint(
        kind=relaxation.kind,
        relaxed=relaxation.relaxed,
        instead=relaxation.instead,
        place=relaxation.place,
        project=relaxation.project,
        version=None if pin is None else pin.version,
        edits=relaxation.edits,
        packages=len(outcome.pins),
        cost=outcome.proof.cost,
        optimal=outcome.proof.optimal,
    )


def relaxations(refusal: Refusal, trying: Trying) -> Iterator[Relaxation]:
    """Yield what the facts of a refusal suggest, the smallest changes first."""
    facts = leaves(refusal.derivation)
    written = list(_written(refusal.request, facts))
    yield from (each for each in written if each.edits == 1)
    yield from _other_pythons(refusal.request, facts, trying.for_python)
    yield from islice(_yanked(refusal.request, facts), _MOST_OF_A_KIND)
    yield from islice(_prereleases(refusal.request, facts), _MOST_OF_A_KIND)
    yield from islice(_sdists(refusal.request, facts), _MOST_OF_A_KIND)
    yield from (each for each in written if each.edits > 1 and not _is_removal(each))
    yield from (each for each in written if _is_removal(each))


# --- what the user wrote


def _written(request: Request, facts: Sequence[Fact]) -> Iterator[Relaxation]:
    """Yield the requirements and constraints in the conflict with one specifier less, then with none.

    Of several requirements that conflict, one without a specifier may be left out as a whole.
    """
    seen: set[tuple[str, str]] = set()
    roots = [direct for fact in facts if fact.kind is FactKind.ROOT for direct in _meant(request, fact)]
    has_others = any(direct is not roots[0] for direct in roots)
    for fact in facts:
        if fact.kind not in {FactKind.ROOT, FactKind.CONSTRAINT}:
            continue
        for direct in _meant(request, fact):
            text = str(direct.requirement).split(";", 1)[0].strip()
            if (text, str(direct.place)) in seen:
                continue
            seen.add((text, str(direct.place)))
            if direct.requirement.specifier and direct.path is None:
                yield from _looser(request, direct, fact.kind, text)
            elif fact.kind is FactKind.ROOT and has_others:
                yield _left_out(request, direct, text)


def _meant(request: Request, fact: Fact) -> Iterator[DirectRequirement]:
    """Yield what the user wrote that a fact is about."""
    written = request.direct if fact.kind is FactKind.ROOT else request.constraints
    name = _project(fact.target)
    return (each for each in written if each.name == name and str(each.place) == fact.place)


def _looser(request: Request, direct: DirectRequirement, kind: FactKind, text: str) -> Iterator[Relaxation]:
    """Yield a requirement or constraint with each of its specifiers left out, then with all of them."""
    specifiers = sorted(direct.requirement.specifier, key=str)
    rests = [[other for other in specifiers if other is not each] for each in specifiers]
    if len(specifiers) > 1:
        rests.append([])
    for rest in rests:
        looser = Requirement(str(direct.requirement))
        looser.specifier = SpecifierSet(",".join(map(str, rest)))
        changed = replace(direct, requirement=looser)
        is_root = kind is FactKind.ROOT
        new = None if not is_root and not rest else changed
        yield Relaxation(
            HintKind.REQUIREMENT if is_root else HintKind.CONSTRAINT,
            direct.name,
            partial(_with, request, direct, new),
            relaxed=text,
            instead="" if new is None else str(looser).split(";", 1)[0].strip(),
            place=str(direct.place),
            edits=len(specifiers) - len(rest),
        )


def _left_out(request: Request, direct: DirectRequirement, text: str) -> Relaxation:
    """Return a request without a requirement, which is more than without a specifier."""
    changed = partial(_with, request, direct, None)
    place = str(direct.place)
    return Relaxation(HintKind.REQUIREMENT, direct.name, changed, relaxed=text, place=place, edits=2)


def _with(request: Request, old: DirectRequirement, new: DirectRequirement | None) -> Request:
    """Return the request with `new` in the place of `old`, wherever that stands."""

    def changed(written: Iterable[DirectRequirement]) -> tuple[DirectRequirement, ...]:
        return tuple(each for each in (new if item == old else item for item in written) if each is not None)

    groups = tuple(Group(group.name, changed(group.requirements)) for group in request.groups)
    return replace(request, groups=groups, constraints=changed(request.constraints))


# --- what the reasons say


def _other_pythons(
    request: Request, facts: Iterable[Fact], for_python: Callable[[str], Request] | None
) -> Iterator[Relaxation]:
    """Yield the Pythons nearest to the target's that some release in the conflict is made for."""
    if for_python is None:
        return
    current = request.environment.python
    specifiers = [
        specifier
        for _, reason in _reasons(facts)
        if (match := _NEEDS_PYTHON.fullmatch(reason)) and (specifier := _specifier(match[1])) is not None
    ]
    minors = [minor for minor in range(_OLDEST_MINOR, _NEWEST_MINOR + 1) if minor != current.minor]
    wanted = [
        minor
        for minor in minors
        if any(specifier.contains(f"3.{minor}.0", prereleases=True) for specifier in specifiers)
    ]
    wanted.sort(key=lambda minor: (abs(minor - current.minor), -minor))
    for minor in wanted[:_MOST_PYTHONS]:
        python = f"3.{minor}"
        yield Relaxation(
            HintKind.PYTHON,
            None,
            partial(for_python, python),
            relaxed=str(current),
            instead=python,
        )


def _yanked(request: Request, facts: Iterable[Fact]) -> Iterator[Relaxation]:
    """Yield the newest yanked release that would do, of each project."""
    seen: set[NormalizedName] = set()
    for name, reason in _reasons(facts):
        match = _YANKED.match(reason)
        if match and name not in seen and (version := _version(match[1])) is not None:
            seen.add(name)
            yield _constrained(request, HintKind.YANKED, name, f"{name}=={version}")


def _prereleases(request: Request, facts: Iterable[Fact]) -> Iterator[Relaxation]:
    """Yield the projects with pre-releases that a requirement would admit if they were allowed."""
    seen: set[NormalizedName] = set()
    for fact in facts:
        target = fact.target
        if target is None or not fact.requirement or (name := _project(target)) in seen or name is None:
            continue
        missed = _missed_prereleases(fact.requirement, target)
        if missed:
            seen.add(name)
            yield _constrained(request, HintKind.PRE_RELEASE, name, f"{name}>={missed[0]}")


def _missed_prereleases(requirement: str, target: Term) -> list[Version]:
    """Return the pre-releases that a requirement names by number and that are not in its mask."""
    try:
        specifier = Requirement(requirement).specifier
    except InvalidRequirement:
        return []
    others = set(target.known) - set(target.versions)
    return sorted(
        each for each in others if each.is_prerelease and specifier.contains(each, prereleases=True)
    )


def _sdists(request: Request, facts: Iterable[Fact]) -> Iterator[Relaxation]:
    """Yield the projects of which a release has an sdist that may not be used."""
    names = dict.fromkeys(name for name, reason in _reasons(facts) if _SDIST.fullmatch(reason))
    formats = request.formats
    for name in names:
        allowed = replace(
            formats, no_binary=formats.no_binary | {name}, only_binary=formats.only_binary - {name}
        )
        changed = partial(replace, request, formats=allowed)
        yield Relaxation(HintKind.SDIST, name, changed, instead=f"--no-binary {name}")


def _constrained(request: Request, kind: HintKind, name: NormalizedName, text: str) -> Relaxation:
    constraint = DirectRequirement(name, (), Requirement(text), HINTED)
    changed = partial(replace, request, constraints=(*request.constraints, constraint))
    return Relaxation(kind, name, changed, instead=text)


def _reasons(facts: Iterable[Fact]) -> Iterator[tuple[NormalizedName, str]]:
    """Yield every reason why a release cannot be used, with its project."""
    for fact in facts:
        term = fact.subject if fact.kind is FactKind.UNUSABLE else fact.target
        name = _project(term)
        if name is not None:
            yield from ((name, reason) for reason in fact.reasons)


def _project(term: Term | None) -> NormalizedName | None:
    return None if term is None else normalise(term.project.partition("[")[0])


def _specifier(text: str) -> SpecifierSet | None:
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        return None


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None

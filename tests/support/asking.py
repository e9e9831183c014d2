"""Questions about stacks, put to worlds in text."""

from dataclasses import dataclass, replace

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pinwise.actions.advise import SearchOptions, advise
from pinwise.actions.counterfactual import Asking
from pinwise.actions.hints import Trying, find_hints
from pinwise.actions.ports import World
from pinwise.model.facts import Snapshot
from pinwise.model.hint import Hint, HintKind
from pinwise.model.outcome import Advice, Outcome, Refusal
from pinwise.model.request import DirectRequirement, Group, Place, Request
from support.worlds import closed, request, target, world

OPTIONS = SearchOptions()


@dataclass(frozen=True, slots=True)
class Case:
    """A world, all of which is known, and what is asked of it."""

    request: Request
    facts: Snapshot
    outcome: Outcome

    def asking(self) -> Asking:
        """Return the stack as further questions take it."""
        assert isinstance(self.outcome, Advice), self.outcome
        return Asking(self.outcome, World(self.facts, None), OPTIONS)

    def hints(self) -> tuple[Hint, ...]:
        """Return what would help."""
        assert isinstance(self.outcome, Refusal), self.outcome
        return find_hints(self.outcome, self.trying())

    def trying(self) -> Trying:
        """Return what relaxed requests are tried with: the same facts for every request."""
        return Trying(lambda _: World(self.facts, None), OPTIONS, self.for_python)

    def for_python(self, python: str) -> Request:
        """Return the request for another Python; markers of the manifest are not looked at again."""
        return replace(self.request, environment=target(f"{python}.0"))


def case(world_text: str, manifest: str, **options: object) -> Case:
    """Return a case of a world and a manifest in text, as `support.worlds` reads them."""
    asked = request(manifest, **options)
    return case_of(asked, closed(world(world_text), asked))


def case_of(asked: Request, facts: Snapshot) -> Case:
    """Return a case of a request and all facts."""
    return Case(asked, facts, advise(asked, facts, None, options=OPTIONS))


def constrained(asked: Request, text: str) -> Request:
    """Return a request with one more constraint."""
    requirement = Requirement(text)
    constraint = DirectRequirement(canonicalize_name(requirement.name), (), requirement, Place("here"))
    return replace(asked, constraints=(*asked.constraints, constraint))


def followed(asked: Request, hint: Hint) -> Request:
    """Return the request as a user would change it who reads a hint; nothing of the search is used."""
    match hint.kind:
        case HintKind.PYTHON:
            return replace(asked, environment=target(f"{hint.instead}.0"))
        case HintKind.YANKED | HintKind.PRE_RELEASE:
            return constrained(asked, hint.instead)
        case HintKind.SDIST:
            assert hint.project is not None
            formats = asked.formats
            no_binary = formats.no_binary | {hint.project}
            return replace(
                asked,
                formats=replace(
                    formats, no_binary=no_binary, only_binary=formats.only_binary - {hint.project}
                ),
            )
        case HintKind.CONSTRAINT:
            return replace(asked, constraints=_edited(asked.constraints, hint))
        case HintKind.REQUIREMENT:
            groups = tuple(Group(each.name, _edited(each.requirements, hint)) for each in asked.groups)
            assert groups != asked.groups, "the hint names a line of the manifest"
            return replace(asked, groups=groups)


def _edited(written: tuple[DirectRequirement, ...], hint: Hint) -> tuple[DirectRequirement, ...]:
    """Edit the one line that a hint names."""
    edited: list[DirectRequirement] = []
    for each in written:
        text = str(each.requirement).split(";", 1)[0].strip()
        if (text, str(each.place)) != (hint.relaxed, hint.place):
            edited.append(each)
        elif hint.instead:
            edited.append(replace(each, requirement=Requirement(hint.instead)))
    return tuple(edited)

"""Direct requirements on projects that no index has: a refusal names all of them, with their near names."""

from collections.abc import Iterator

from pinwise.actions.ports import Knowledge
from pinwise.explain.suggestions import suggest_names
from pinwise.model.conflict import Derivation, Derived, Fact, FactKind, Term
from pinwise.model.facts import NoProject, Project
from pinwise.model.names import normalise
from pinwise.model.request import DirectRequirement, Request
from pinwise.search.refutation import EMPTY


def with_names(derivation: Derivation, request: Request, knowledge: Knowledge) -> Derivation:
    """Return a derivation with near names, or who else has it, at every missing project.

    Where it is about a direct requirement on a missing project, all others of that kind are added: each alone
    would do, but who has misspelt three names wants to hear of three.
    """
    match derivation:
        case Derived(terms=(), premises=(Fact(kind=FactKind.ROOT) as root, Fact(kind=FactKind.NO_PROJECT))):
            others = _others(request, knowledge, root)
            derivation = Derived((), (*derivation.premises, *others))
        case _:
            pass
    return suggest_names(
        derivation, knowledge.names(), lambda project: knowledge.elsewhere(normalise(project))
    )


def _others(request: Request, knowledge: Knowledge, root: Fact) -> Iterator[Fact]:
    """Yield two facts for each further direct requirement on a missing project."""
    for group in request.groups:
        for direct in group.requirements:
            if (str(direct.place), _text(direct)) == (root.place, root.requirement):
                continue
            page = knowledge.project(direct.name)
            is_empty = isinstance(page, Project) and not page.releases
            if is_empty or isinstance(page, NoProject):
                nothing = Term(direct.name, (), ())
                place = str(direct.place)
                yield Fact(
                    FactKind.ROOT, requirement=_text(direct), target=nothing, place=place, group=group.name
                )
                index = page.index if isinstance(page, Project) else request.bindings.get(direct.name, "")
                reasons = (EMPTY,) if is_empty else ()
                yield Fact(FactKind.NO_PROJECT, subject=nothing, reasons=reasons, index=index)


def _text(direct: DirectRequirement) -> str:
    return str(direct.requirement).split(";", 1)[0].strip()

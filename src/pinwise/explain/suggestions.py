"""Near names for projects that no index has, added to a derivation."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from pinwise.explain.names import near_names
from pinwise.explain.well_known import WELL_KNOWN
from pinwise.model.conflict import Derivation, Fact, FactKind


def suggest_names(
    derivation: Derivation, known: Iterable[str], elsewhere: Callable[[str], tuple[str, ...]] = lambda _: ()
) -> Derivation:
    """Return the derivation with near names at every missing project; shared premises stay shared.

    Args:
        derivation: Any derivation.
        known: Projects that are known to exist; well-known names are suggested next to them.
        elsewhere: Gives the indexes that have a project and do not serve it; its name is then no mistake.
    """
    names = tuple(sorted({*known, *WELL_KNOWN}))
    done: dict[int, Derivation] = {}
    stack = [derivation]
    while stack:
        each = stack[-1]
        premises = () if isinstance(each, Fact) else each.premises
        waiting = [premise for premise in premises if id(premise) not in done]
        if waiting:
            stack.extend(waiting)
            continue
        stack.pop()
        if isinstance(each, Fact):
            done[id(each)] = _with_names(each, names, elsewhere)
        else:
            done[id(each)] = replace(each, premises=tuple(done[id(premise)] for premise in premises))
    return done[id(derivation)]


def _with_names(fact: Fact, names: tuple[str, ...], elsewhere: Callable[[str], tuple[str, ...]]) -> Fact:
    if fact.kind is not FactKind.NO_PROJECT or fact.subject is None:
        return fact
    if others := elsewhere(fact.subject.project):
        return replace(fact, elsewhere=others)
    if fact.reasons:  # an index has the name, which is therefore meant
        return fact
    return replace(fact, suggestions=near_names(fact.subject.project, names))

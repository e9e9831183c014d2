"""The best stack by trying every one: the slow and obvious judge of the search, for small worlds.

`best_stack` takes any function that finds the best stack of one step, so that `support.sat` answers for
larger worlds by the same steps.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import NormalizedName
from packaging.version import Version

from pinwise.model.facts import Snapshot
from pinwise.model.request import Request
from support.rules import Node, Rules, nodes_of, steps, target_of

Stack = Mapping[NormalizedName, Version]
Step = Callable[[Rules, Stack], Stack | None]
"""Finds the best stack under rules that holds every project of an earlier stack."""


@dataclass(frozen=True, slots=True)
class Best:
    """The one best stack.

    Attributes:
        stack: The version of each project.
        cost: The sum over the steps.
        is_joint: Whether the groups had no stack one after the other.
    """

    stack: Stack
    cost: int
    is_joint: bool = False


def best_stack(request: Request, world: Snapshot, step: Step) -> Best | None:
    """Return the best stack group by group, jointly if that has none, None if that has none either."""
    stack: Stack | None = {}
    cost = 0
    for directs in steps(request):
        rules = Rules(request, world, directs)
        held = stack or {}
        stack = step(rules, held)
        if stack is None:
            break
        cost += sum(rules.cost(name, stack[name]) for name in stack.keys() - held.keys())
    if stack is not None:
        return Best(stack, cost)
    rules = Rules(request, world, request.direct)
    stack = step(rules, {}) if len(request.groups) > 1 else None
    return (
        None if stack is None else Best(stack, sum(rules.cost(*pin) for pin in stack.items()), is_joint=True)
    )


def by_trying_all(rules: Rules, held: Stack) -> Stack | None:
    """Return the best of all stacks, None if there is none."""
    return min(all_stacks(rules, held), key=lambda s: rules.rank(s, s.keys() - held.keys()), default=None)


def all_stacks(rules: Rules, held: Stack) -> Iterator[dict[NormalizedName, Version]]:
    """Yield every stack exactly once: what the roots lead to, in every choice of versions."""
    roots = [direct.requirement for direct in rules.directs]
    yield from _grow(rules, held, {}, roots, frozenset())


def _grow(
    rules: Rules,
    held: Stack,
    chosen: dict[NormalizedName, Version],
    pending: Sequence[Requirement],
    seen: frozenset[Node],
) -> Iterator[dict[NormalizedName, Version]]:
    """Satisfy the first pending requirement in every way, then what follows from it."""
    if not pending:
        yield chosen
        return
    first, *rest = pending
    name = target_of(first)
    fixed = chosen.get(name) or held.get(name)
    for version in rules.selectable(name, first.specifier):
        if fixed is None or version == fixed:
            fresh = [node for node in nodes_of(first) if node not in seen]
            following = [r for node in fresh for r in rules.requirements(version, node)]
            yield from _grow(rules, held, {**chosen, name: version}, [*rest, *following], seen.union(fresh))

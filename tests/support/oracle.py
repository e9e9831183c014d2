"""The best stack by trying every one: the slow and obvious judge of the search, for small worlds.

`best_stack` takes any function that finds the best stack of one step, so that `support.sat` answers for
larger worlds by the same steps.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

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
        prices: Of each project in the step that chose it, by the names of the goals table; an extra that it
            lacks is priced in the first step that asks for it.
        is_joint: Whether the groups had no stack one after the other.
    """

    stack: Stack
    prices: Mapping[NormalizedName, Mapping[str, int]]
    is_joint: bool = False

    @property
    def cost(self) -> int:
        """The sum of all prices."""
        return sum(amount for prices in self.prices.values() for amount in prices.values())


def best_stack(request: Request, world: Snapshot, step: Step) -> Best | None:
    """Return the best stack group by group, jointly if that has none, None if that has none either."""
    views = steps(request)
    one_by_one = _best_in_steps([Rules(request, world, view) for view in views], step)
    if one_by_one is not None or len(views) == 1:
        return one_by_one
    jointly = _best_in_steps([Rules(request, world, views[-1])], step)
    return None if jointly is None else replace(jointly, is_joint=True)


def _best_in_steps(views: Sequence[Rules], step: Step) -> Best | None:
    stack: Stack = {}
    prices: dict[NormalizedName, dict[str, int]] = {}
    asked: set[Node] = set()
    for rules in views:
        found = step(rules, stack)
        if found is None:
            return None
        for name, version in found.items():
            if name not in stack:
                prices[name] = rules.prices(name, version)
            elif late := rules.missing_extras(name, version) - {extra for n, extra in asked if n == name}:
                before = prices[name].get("missing_extra", 0)
                prices[name]["missing_extra"] = before + rules.goal.missing_extra * len(late)
        asked = {(direct.name, extra) for direct in rules.directs for extra in direct.extras}
        stack = found
    return Best(stack, prices)


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
    for version in rules.selectable(name, first.specifier) if rules.may_serve(first) else ():
        if fixed is None or version == fixed:
            fresh = [node for node in nodes_of(first) if node not in seen]
            following = [r for node in fresh for r in rules.requirements(version, node)]
            yield from _grow(rules, held, {**chosen, name: version}, [*rest, *following], seen.union(fresh))

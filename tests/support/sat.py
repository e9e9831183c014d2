"""The best stack by weighted MaxSAT (python-sat): a second judge, for worlds too large to try every stack.

Every candidate is a boolean, and so is every extra that may be asked for. The weights order stacks by
cost, then releases behind, then projects; the last tie is settled by listing all that are best so far.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

from packaging.requirements import Requirement
from packaging.utils import NormalizedName
from packaging.version import Version
from pysat.examples.rc2 import RC2Stratified
from pysat.formula import WCNF
from pysat.solvers import Solver

from support.oracle import Stack
from support.rules import Node, Rules, nodes_of, target_of

Candidate = tuple[NormalizedName, Version]


@dataclass(slots=True)
class Encoding:
    """One step as clauses; only what the roots can reach is encoded."""

    rules: Rules
    held: Stack
    clauses: list[list[int]] = field(default_factory=list)
    candidates: dict[Candidate, int] = field(default_factory=dict)
    nodes: dict[Node, int] = field(default_factory=dict)
    _last: int = 0

    def __post_init__(self) -> None:
        for direct in self.rules.directs:
            self._require([], direct.requirement)
        done: set[Node] = set()
        while fresh := [node for node in self.nodes if node not in done]:
            done.update(fresh)
            for node in fresh:
                self._expand(node)

    def _variable(self) -> int:
        self._last += 1
        return self._last

    def _expand(self, node: Node) -> None:
        name = node[0]
        for version in (v for n, v in list(self.candidates) if n == name):
            condition = [-self.candidates[name, version], -self.nodes[node]]
            for requirement in self.rules.requirements(version, node):
                self._require(condition, requirement)

    def _offer(self, name: NormalizedName) -> None:
        """Make a boolean of every release of the project; a stack holds one at most."""
        versions = [r.version for r in self.rules.candidates(name)]
        for version in versions:
            self.candidates[name, version] = self._variable()
            if self.rules.metadata(name, version) is None or self.held.get(name, version) != version:
                self.clauses.append([-self.candidates[name, version]])
        for one, other in combinations(versions, 2):
            self.clauses.append([-self.candidates[name, one], -self.candidates[name, other]])
        for constraint in self.rules.request.constraints:
            if constraint.name == name:
                allowed = self.rules.admitted(name, constraint.requirement.specifier)
                self.clauses += [[-self.candidates[name, v]] for v in versions if v not in allowed]

    def _require(self, condition: list[int], requirement: Requirement) -> None:
        for node in nodes_of(requirement):
            if node not in self.nodes:
                self.nodes[node] = self._variable()
                if not node[1]:
                    self._offer(node[0])
            self.clauses.append([*condition, self.nodes[node]])
        name = target_of(requirement)
        may_serve = self.rules.may_serve(requirement)
        admitted = sorted(self.rules.admitted(name, requirement.specifier)) if may_serve else []
        self.clauses.append([*condition, *(self.candidates[name, version] for version in admitted)])


def is_feasible(rules: Rules, held: Stack) -> bool:
    """Whether there is any stack, by a SAT solver."""
    clauses = Encoding(rules, held).clauses
    with Solver(bootstrap_with=clauses) as solver:
        return all(clauses) and bool(solver.solve())


def by_satisfiability(rules: Rules, held: Stack) -> Stack | None:
    """Return the best stack, None if there is none."""
    best = _all_best(Encoding(rules, held))
    return min(best, key=lambda s: rules.rank(s, s.keys() - held.keys()), default=None)


def _all_best(encoding: Encoding) -> Iterator[Stack]:
    """Yield every stack of the fewest changes, least cost, releases behind and projects."""
    if not all(encoding.clauses):
        return
    if not encoding.candidates:
        yield {}
        return
    formula = WCNF()
    formula.extend(encoding.clauses)
    for candidate, weight in _weights(encoding).items():
        formula.append([-encoding.candidates[candidate]], weight=weight)
    least = None
    with RC2Stratified(formula) as solver:
        while (model := solver.compute()) is not None and least in {None, solver.cost}:
            least = solver.cost
            true = set(model)
            chosen = {c: variable for c, variable in encoding.candidates.items() if variable in true}
            yield {name: version for name, version in chosen}  # noqa: C416  # pairs, not items
            solver.add_clause([-variable for variable in chosen.values()])


def _weights(encoding: Encoding) -> dict[Candidate, int]:
    rules, held = encoding.rules, encoding.held
    behind = {candidate: rules.behind(*candidate) for candidate in encoding.candidates}
    per_release = len({name for name, _ in behind}) + 1
    per_cost = per_release * (sum(behind.values()) + 1)
    costs = {(name, version): 0 if name in held else rules.cost(name, version) for name, version in behind}
    per_change = per_cost * (sum(costs.values()) + 1)
    return {
        (name, version): 1
        + per_release * behind[name, version]
        + per_cost * costs[name, version]
        + per_change * (0 if name in held else rules.changes(name, version))
        for name, version in behind
    }

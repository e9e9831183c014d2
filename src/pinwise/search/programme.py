"""The cheapest stack as a 0/1 programme, and the one engine (HiGHS) that solves it.

One column per class of interchangeable candidates (`pinwise.space.merging`); a clause "if p is in M then t is
in A" is the row ``sum(p in M) <= sum(t in A)``. Floating point is not a proof: stacks that come back are read
as integers and judged exactly by the caller, and a bound counts only when it leaves less than 1 of room.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pinwise.space.masks import ABSENT, bit, positions
from pinwise.space.merging import Class, classes, reachable
from pinwise.space.space import Space

TOLERANCE = 1e-9
ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Answer:
    """What the engine says of one question.

    Attributes:
        picks: Project node -> position, or None where no stack was found.
        bound: A lower bound of the objective, rounded up to the next whole number.
        is_impossible: Whether the engine has shown that no stack satisfies the rows.
    """

    picks: Mapping[int, int] | None
    bound: int
    is_impossible: bool = False


@dataclass(slots=True)
class _Rows:
    starts: list[int] = field(default_factory=lambda: [0])
    columns: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)

    def add(self, terms: Sequence[tuple[int, int]], lower: float, upper: float) -> None:
        self.columns.extend(column for column, _ in terms)
        self.values.extend(float(value) for _, value in terms)
        self.starts.append(len(self.columns))
        self.lower.append(lower)
        self.upper.append(upper)


class Programme:
    """A space within given domains, as columns and rows, ready to be asked several questions."""

    def __init__(self, space: Space, domains: Sequence[int]) -> None:
        self._space = space
        self._domains = domains
        self._nodes = reachable(space, domains)
        self._classes = classes(space, domains, self._nodes)
        self._columns: list[tuple[int, Class]] = []
        self._by_node: dict[int, list[int]] = {}
        self._by_first: dict[int, dict[int, int]] = {}  # node -> first position of a class -> its column
        self._firsts: dict[int, int] = {}  # node -> the mask of these positions
        for node in self._nodes:
            self._by_node[node] = []
            for group in self._classes[space.bases[node]]:
                if group.mask & domains[node]:
                    self._by_node[node].append(len(self._columns))
                    self._columns.append((node, group))
            self._index(node)
        self._highs: Any = None

    def _index(self, node: int) -> None:
        firsts = {next(positions(self._columns[column][1].mask)): column for column in self._by_node[node]}
        self._by_first[node] = firsts
        self._firsts[node] = sum(map(bit, firsts))

    @property
    def projects(self) -> tuple[int, ...]:
        """The project nodes that have columns."""
        return tuple(node for node in self._nodes if self._space.bases[node] == node)

    def costs(self) -> list[int]:
        """Return the price of every column."""
        return [self._space.amounts[node][group.representative] for node, group in self._columns]

    def changes(self) -> list[int]:
        """Return 1 for every column that changes what the present lock says of its project."""
        return [int(bool(self._space.changed[node] & group.mask)) for node, group in self._columns]

    def ties(self, weight: int) -> list[int]:
        """Return for every column of a project its releases behind times `weight`, plus 1."""
        space = self._space
        return [
            space.behind[node][group.representative] * weight + 1 if space.bases[node] == node else 0
            for node, group in self._columns
        ]

    def ranks(self, node: int) -> list[int]:
        """Return 1 for the newest candidate of `node`, 2 for the next, and so on; 0 elsewhere."""
        count = len(self._space.candidates[node])
        return [count - group.representative if owner == node else 0 for owner, group in self._columns]

    def minimise(self, objective: Sequence[int], *, seconds: float | None = None) -> Answer:
        """Return the stack with the smallest objective.

        Args:
            objective: One whole number >= 0 per column.
            seconds: Give up after so long; the answer then has the bound that was reached.
        """
        highs = self._engine()
        count = len(self._columns)
        if count == 0:
            return Answer({}, 0)
        highs.changeColsCost(count, list(range(count)), [float(value) for value in objective])
        spent = highs.getRunTime()
        highs.setOptionValue("time_limit", math.inf if seconds is None else spent + max(seconds, 0.01))
        highs.run()
        return self._answer()

    def limit(self, objective: Sequence[int], upper: int) -> None:
        """Require from now on that an objective is at most `upper`."""
        terms = [(column, value) for column, value in enumerate(objective) if value]
        self._add_row(terms, upper + 0.5)

    def exclude(self, picks: Mapping[int, int]) -> None:
        """Rule out from now on every stack that holds all of `picks`."""
        terms = [
            (column, 1)
            for column, (node, group) in enumerate(self._columns)
            if self._space.bases[node] == node and picks.get(node) == group.representative
        ]
        self._add_row(terms, len(picks) - 1)

    def _add_row(self, terms: Sequence[tuple[int, int]], upper: float) -> None:
        columns = [column for column, _ in terms]
        values = [float(value) for _, value in terms]
        self._engine().addRow(-math.inf, float(upper), len(columns), columns, values)

    def _answer(self) -> Answer:
        import highspy  # noqa: PLC0415  # heavy: 80 ms

        highs = self._highs
        status = highs.getModelStatus()
        if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
            return Answer(None, 0, is_impossible=True)
        info = highs.getInfo()
        bound = max(0, math.ceil(info.mip_dual_bound - ROUNDING)) if math.isfinite(info.mip_dual_bound) else 0
        values = highs.getSolution().col_value
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return Answer(None, bound)
        picks = {
            node: group.representative
            for (node, group), value in zip(self._columns, values, strict=True)
            if value > 0.5 and self._space.bases[node] == node  # noqa: PLR2004  # 0 or 1, in floating point
        }
        return Answer(picks, bound)

    def _engine(self) -> Any:
        if self._highs is None:
            self._highs = self._build()
        return self._highs

    def _build(self) -> Any:
        import highspy  # noqa: PLC0415  # heavy: 80 ms
        import numpy as np  # noqa: PLC0415  # comes with highspy

        rows = self._rows()
        count = len(self._columns)
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = count, len(rows.lower)
        model.col_cost_ = np.zeros(count)
        model.col_lower_, model.col_upper_ = np.zeros(count), np.ones(count)
        model.row_lower_, model.row_upper_ = np.array(rows.lower), np.array(rows.upper)
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.array(rows.starts, dtype=np.int32)
        model.a_matrix_.index_ = np.array(rows.columns, dtype=np.int32)
        model.a_matrix_.value_ = np.array(rows.values)
        model.integrality_ = [highspy.HighsVarType.kInteger] * count
        highs = highspy.Highs()
        for option, value in _OPTIONS.items():
            highs.setOptionValue(option, value)
        highs.passModel(model)
        return highs

    def _rows(self) -> _Rows:
        rows = _Rows()
        for node in self._nodes:
            own = self._by_node[node]
            base = self._space.bases[node]
            is_forced = not self._domains[node] & ABSENT
            rows.add([(column, 1) for column in own], 1.0 if is_forced else 0.0, 1.0)
            if base != node:
                self._tie_rows(rows, node, base)
        for clause in self._space.clauses:
            if clause.source in self._by_node and clause.target in self._by_node:
                self._clause_row(rows, clause.source, clause.condition, clause.target, clause.allowed)
            elif clause.source in self._by_node and clause.condition & self._domains[clause.source]:
                held = self._within(clause.source, clause.condition)
                rows.add([(column, 1) for column in held], 0.0, 0.0)
        return rows

    def _tie_rows(self, rows: _Rows, extra: int, base: int) -> None:
        columns = {self._columns[column][1]: column for column in self._by_node[base]}
        for column in self._by_node[extra]:
            rows.add([(column, 1), (columns[self._columns[column][1]], -1)], -math.inf, 0.0)

    def _clause_row(self, rows: _Rows, source: int, condition: int, target: int, allowed: int) -> None:
        if not condition & self._domains[source] or not self._domains[target] & ~allowed:
            return
        left = self._within(source, condition)
        right = self._within(target, allowed)
        rows.add([*((column, 1) for column in left), *((column, -1) for column in right)], -math.inf, 0.0)

    def _within(self, node: int, mask: int) -> list[int]:
        """Return the columns of a node in the mask of a clause, which holds all of a class or none of it."""
        columns = self._by_first[node]
        return [columns[first] for first in positions(mask & self._firsts[node])]


_OPTIONS: Mapping[str, object] = {
    "output_flag": False,
    "threads": 1,
    "random_seed": 0,
    "mip_rel_gap": 0.0,
    "mip_abs_gap": 0.99,
    "mip_feasibility_tolerance": TOLERANCE,
    "primal_feasibility_tolerance": TOLERANCE,
    "dual_feasibility_tolerance": TOLERANCE,
}

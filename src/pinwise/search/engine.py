"""The best stack by asking the engine, level by level: changes, cost, ties."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from pinwise.model.outcome import Prover
from pinwise.search.answer import Budget, Found
from pinwise.search.programme import Answer, Programme
from pinwise.space.masks import bit
from pinwise.space.space import Picks, Space, changes_in, cost_of, needed_picks, tie_of, unknown_in
from pinwise.space.state import State, incompatibilities

Measure = Callable[[Space, Picks], int]


def by_engine(space: Space, first: Picks, budget: Budget) -> Found:
    """Find the stack with the fewest changes, of those the cheapest, ties settled, from a first stack on.

    Where that holds unknown candidates, ties are left open.
    """
    found = _Question(space, first, budget).answer()
    return replace(found, prover=Prover.ENGINE) if found.is_optimal else found


class _Question:
    """One space, the stacks that were found in it, and the programme that is asked for better ones."""

    def __init__(self, space: Space, first: Picks, budget: Budget) -> None:
        self._space = space
        self._first = first
        self._budget = budget
        state = State(space, incompatibilities(space))
        state.propagate()
        self._domains = tuple(state.domains)
        self._most_changes = changes_in(space, first)

    def answer(self) -> Found:
        space, picks = self._space, self._first
        is_settled = not unknown_in(space, picks)
        is_free = changes_in(space, picks) == 0 and cost_of(space, picks) == 0
        if is_free and (not is_settled or tie_of(space, picks)[0] == 0):
            # Nothing changed, free of cost and nowhere behind: every other such stack has the same newest
            # candidates, hence the same requirements, hence is this one.
            return Found(picks, 0, 0, is_optimal=True, is_settled=is_settled)
        programme = Programme(space, self._domains)
        if any(space.changed):
            best, bound = self._best(programme, programme.changes(), changes_in, picks)
            changes = changes_in(space, best)
            if bound < changes:
                return Found(best, cost_of(space, best), 0, is_optimal=False, reason=self._obstacle())
            picks = best
            self._most_changes = changes
            programme.limit(programme.changes(), changes)
        picks, bound = self._best(programme, programme.costs(), cost_of, picks)
        cost = cost_of(space, picks)
        if bound < cost:
            return Found(picks, cost, bound, is_optimal=False, reason=self._obstacle())
        if unknown_in(space, picks):
            return Found(picks, cost, cost, is_optimal=True, is_settled=False)
        return self._settle(programme, picks, cost)

    def _best(
        self, programme: Programme, objective: Sequence[int], measure: Measure, picks: Picks
    ) -> tuple[Picks, int]:
        """Return the stack with the smallest measure, at worst `picks`, and the bound that was reached."""
        least = measure(self._space, picks)
        if least == 0:
            return picks, 0
        answer = programme.minimise(objective, seconds=self._budget.remaining())
        found = self._judge(answer)
        if found is None or measure(self._space, found) > least:
            return picks, answer.bound
        return found, answer.bound

    def _settle(self, programme: Programme, picks: Picks, cost: int) -> Found:
        """Among the cheapest stacks find the one that wins every tie."""
        programme.limit(programme.costs(), cost)
        weight = len(programme.projects) + 1
        best = programme.minimise(programme.ties(weight), seconds=self._budget.remaining())
        settled = self._judge(best)
        if settled is None or cost_of(self._space, settled) != cost:
            return self._without_ties(picks, cost)
        behind, count = tie_of(self._space, settled)
        tie = behind * weight + count
        if best.bound < tie:
            return self._without_ties(settled, cost)
        if unknown_in(self._space, settled):
            return Found(settled, cost, cost, is_optimal=True, is_settled=False)
        return self._last_tie(programme, settled, cost, tie)

    def _last_tie(self, programme: Programme, picks: Picks, cost: int, tie: int) -> Found:
        """Show that no other stack ties, or decide project by project: absent first, then newest."""
        weight = len(programme.projects) + 1
        projects = {node: k for node, k in picks.items() if self._space.bases[node] == node}
        programme.limit(programme.ties(weight), tie)
        programme.exclude(projects)
        other = programme.minimise([0] * len(programme.costs()), seconds=self._budget.remaining())
        if other.is_impossible:
            return Found(picks, cost, cost, is_optimal=True)
        programme = Programme(self._space, self._domains)
        if any(self._space.changed):
            programme.limit(programme.changes(), self._most_changes)
        programme.limit(programme.costs(), cost)
        programme.limit(programme.ties(weight), tie)
        chosen: Picks | None = picks
        for node in self._space.order:
            if node in programme.projects:
                chosen = self._fix(programme, node)
                if chosen is None:
                    return self._without_ties(picks, cost)
                picks = chosen
        return Found(picks, cost, cost, is_optimal=True, is_settled=not unknown_in(self._space, picks))

    def _fix(self, programme: Programme, node: int) -> Picks | None:
        ranks = programme.ranks(node)
        best = programme.minimise(ranks, seconds=self._budget.remaining())
        picks = self._judge(best)
        if picks is None:
            return None
        rank = 0 if node not in picks else len(self._space.candidates[node]) - picks[node]
        if best.bound < rank:
            return None
        programme.limit(ranks, rank)
        return picks

    def _without_ties(self, picks: Picks, cost: int) -> Found:
        reason = f"{self._obstacle()} before ties were settled"
        return Found(picks, cost, cost, is_optimal=False, reason=reason)

    def _obstacle(self) -> str:
        """Return why the engine did not prove what it was asked."""
        return "the time limit was reached" if self._budget.expired() else "the engine gave up"

    def _judge(self, answer: Answer) -> Picks | None:
        """Return what the roots need of an answer, if it is a valid stack by exact judgement."""
        picks: Mapping[int, int] | None = answer.picks
        if picks is None:
            return None
        if any(not self._domains[node] & bit(k) for node, k in picks.items()):
            return None
        needed = needed_picks(self._space, picks)
        if needed is None or changes_in(self._space, needed) > self._most_changes:
            return None
        return needed

"""Predictor `exact`: the best stack of a space, with a proof."""

from collections.abc import Mapping

from pinwise.search.answer import Budget, Found, GaveUp, NoStack, Prediction
from pinwise.search.latest import first_stack
from pinwise.search.programme import Answer, Programme
from pinwise.space.masks import bit
from pinwise.space.space import Picks, Space, cost_of, needed_picks, tie_of, unknown_in
from pinwise.space.state import State, incompatibilities


def exact(space: Space, budget: Budget) -> Prediction:
    """Find the cheapest stack, ties settled; where it holds unknown candidates, ties are left open."""
    first = first_stack(space, budget)
    if isinstance(first, GaveUp | NoStack):
        return first
    return _Question(space, first, budget).answer()


class _Question:
    """One space, the stacks that were found in it, and the programme that is asked for better ones."""

    def __init__(self, space: Space, first: Picks, budget: Budget) -> None:
        self._space = space
        self._first = first
        self._budget = budget
        state = State(space, incompatibilities(space))
        state.propagate()
        self._domains = tuple(state.domains)

    def answer(self) -> Found:
        space, first = self._space, self._first
        cost = cost_of(space, first)
        is_settled = not unknown_in(space, first)
        if cost == 0 and (not is_settled or tie_of(space, first)[0] == 0):
            # Free of cost and nowhere behind: every other such stack has the same newest candidates, hence
            # the same requirements, hence is this one.
            return Found(first, 0, 0, is_optimal=True, is_settled=is_settled)
        programme = Programme(space, self._domains)
        best = programme.minimise(programme.costs(), seconds=self._budget.remaining())
        picks = self._judge(best)
        if picks is None or cost_of(space, picks) > cost:
            picks = first
        cost = cost_of(space, picks)
        if best.bound < cost:
            return Found(picks, cost, best.bound, is_optimal=False, reason=self._obstacle())
        if unknown_in(space, picks):
            return Found(picks, cost, cost, is_optimal=True, is_settled=False)
        return self._settle(programme, picks, cost)

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
        return needed_picks(self._space, picks)

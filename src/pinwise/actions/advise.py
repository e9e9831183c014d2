"""The main job: from a request to the best stack, a refusal, or an honest "undecided".

The loop of ``docs/concepts/algorithm.md``: compile what is known, taking the unknown optimistically; search;
fetch what the best stack rests on and is not known; again, until it rests on known facts only.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from packaging.version import Version

from pinwise.actions.differences import Chosen, changes, chosen
from pinwise.actions.ports import Knowledge, Source, Wanted
from pinwise.actions.search_options import SearchOptions
from pinwise.actions.stack import Step, assemble, held_by
from pinwise.model.conflict import Derivation, Derived
from pinwise.model.errors import FailureError, UsageError
from pinwise.model.facts import Snapshot
from pinwise.model.names import NormalizedName
from pinwise.model.outcome import Advice, Better, Effort, Outcome, Proof, Prover, Refusal, Undecided
from pinwise.model.request import DirectRequirement, Group, Kept, Request
from pinwise.search import PREDICTORS, Budget, Found, GaveUp, NoStack
from pinwise.space.compile import Compiler
from pinwise.space.masks import ABSENT, newest, positions
from pinwise.space.space import ROOT, Picks, Space, changes_in, unknown_in
from pinwise.units.context import context_for

if TYPE_CHECKING:
    from pinwise.actions.scout import Scout

__all__ = ["SearchOptions", "advise"]

FETCHES_PER_PROJECT = 5
"""The fetch limit grows by this for every project in the stack."""


COMPARING = 10.0
"""Seconds in which the best stack is looked for where present pins are kept and the user sets no limit."""

GRACE = 1.0
"""Seconds past the time limit in which the best of what is known by then is looked for."""


def advise(
    request: Request, knowledge: Knowledge, source: Source | None, *, options: SearchOptions
) -> Outcome:
    """Return the best stack that satisfies a request, with its proof, or why there is none.

    Args:
        request: What is wanted, for one environment.
        knowledge: What is known; it learns what `source` fetches.
        source: Where missing facts are fetched; None when offline.
        options: Predictor, limits and clock.

    Raises:
        UsageError: There is no such predictor or goal.
        IndexFailure: Something that is needed could not be fetched.
    """
    if options.predictor not in PREDICTORS:
        known = ", ".join(f"`{name}`" for name in PREDICTORS)
        raise UsageError(f"there is no predictor `{options.predictor}`", hint=f"the predictors are {known}")
    advising = _Advising(request, knowledge, source, options)
    outcome = advising.outcome()
    if request.kept is not None and isinstance(outcome, Advice):
        outcome = _compare(outcome, request.kept, advising)
    return replace(outcome, snapshot=advising.snapshot(), effort=advising.effort())


def _compare(advice: Advice, kept: Kept, advising: "_Advising") -> Advice:
    """Say how the stack differs from the present lock, and what the best one would be.

    The stack itself does not rest on the second, which may take far longer: hence its own limit.
    """
    pins = chosen(advice)
    changed = changes(kept.pins, pins)
    if kept.frees_all or not advising.options.is_compared:
        return replace(advice, changes=changed)
    advising.is_anew = True
    advising.limit_to(COMPARING)
    best = advising.solved()
    if isinstance(best, _Open):
        better: Better | None = Better(replace(advice.proof, optimal=False, bound=0, reason=best.reason), ())
    else:
        better = _better(advice, pins, best, advising) if isinstance(best, _Stack) else None
    return replace(advice, changes=changed, better=better)


def _better(advice: Advice, pins: Chosen, best: "_Stack", advising: "_Advising") -> Better | None:
    """Return what was found without regard for the present pins, None where the stack is the best anyway."""
    proof = advising.proof(best)
    others = changes(pins, best.chosen(advising.request))
    if proof.optimal or proof.predictor != "exact":
        return Better(proof, others) if others else None
    return Better(proof, others if proof.cost < advice.proof.cost else ())


@dataclass(frozen=True, slots=True)
class _Solved:
    """The best stack of one step and how well it is known to be the best."""

    step: Step
    found: Found
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class _Stack:
    """The best stack of all steps; `is_joint` where they had to be taken together."""

    steps: tuple[_Solved, ...]
    is_joint: bool

    def chosen(self, request: Request) -> Chosen:
        """Return what it has of each project that comes from an index."""
        chosen: dict[NormalizedName, tuple[Version, str]] = {}
        for each in self.steps:
            chosen = {**each.step.chosen(), **chosen}
        return {name: candidate for name, candidate in chosen.items() if name not in request.local}


@dataclass(frozen=True, slots=True)
class _Open:
    """No stack among what is known, and no proof that there is none."""

    reason: str
    missing: tuple[str, ...]


@dataclass(slots=True)
class _Advising:
    """One run of `advise`; its fields count what limits and prefetching need.

    Attributes:
        is_anew: Whether the present pins are left aside.
        fetches: How often something was fetched.
        compilers: Of each step that was taken, by what it is: the present pins are none of it.
        spaces: What each compiler compiled last, and after how many fetches.
        until: When the search has to end, None where it need not.
    """

    request: Request
    knowledge: Knowledge
    source: Source | None
    options: SearchOptions
    tempted: Counter[NormalizedName] = field(default_factory=Counter)
    reached: set[NormalizedName] = field(default_factory=set)
    fetched: int = 0
    rounds: int = 0
    started: float = 0.0
    is_anew: bool = False
    fetches: int = 0
    compilers: dict[object, Compiler] = field(default_factory=dict)
    spaces: dict[tuple[int, bool], tuple[int, Space]] = field(default_factory=dict)
    until: float | None = None

    def limit_to(self, seconds: float) -> None:
        """Let what is searched from now on take no longer, where there is no limit yet."""
        if self.until is None:
            self.until = self.options.clock() + seconds

    def outcome(self) -> Outcome:
        self.started = self.options.clock()
        if self.options.time_limit is not None:
            self.until = self.started + self.options.time_limit
        answer = self.solved()
        if isinstance(answer, NoStack):
            return self._refusal(answer)
        if isinstance(answer, _Open):
            return self._undecided(answer)
        return assemble(
            self.request, self.knowledge, [each.step for each in answer.steps], self.proof(answer)
        )

    def solved(self) -> "_Stack | NoStack | _Open":
        """Return the best stack, group by group, or all groups together where that has none."""
        groups = self.request.groups
        answer: list[_Solved] | NoStack | _Open = self._in_steps([[group] for group in groups])
        is_joint = isinstance(answer, NoStack) and len(groups) > 1
        if is_joint:
            answer = self._in_steps([groups])
        return _Stack(tuple(answer), is_joint) if isinstance(answer, list) else answer

    def _in_steps(self, parts: Sequence[Sequence[Group]]) -> "list[_Solved] | NoStack | _Open":
        """Solve one part of the groups after the other, each with what the earlier ones chose held."""
        solved: list[_Solved] = []
        earlier: list[Group] = []
        for part in parts:
            answer = self._step(solved, earlier, part)
            if not isinstance(answer, _Solved):
                return answer
            solved.append(replace(answer, step=replace(answer.step, group=part[0].name)))
            earlier.extend(part)
        return solved

    def _step(
        self, solved: Sequence[_Solved], earlier: Sequence[Group], new: Sequence[Group]
    ) -> "_Solved | NoStack | _Open":
        groups = [*earlier, *new]
        held = held_by(each.step for each in solved)
        key = (len(earlier), len(new), tuple(sorted(held.items())))
        if key not in self.compilers:
            self.compilers[key] = Compiler(
                self.knowledge,
                context_for(self.request, [group.name for group in groups]),
                roots=[each for group in new for each in group.requirements],
                settled=[each for group in earlier for each in group.requirements],
                held=held,
            )
        compiler = self.compilers[key]
        return self._rounds(compiler, [each for group in groups for each in group.requirements])

    def _compile(self, compiler: Compiler, *, known_only: bool = False) -> Space:
        """Return the space as it is now; between two fetches it stays the same."""
        key = (id(compiler), known_only)
        known = self.spaces.get(key)
        if known is None or known[0] != self.fetches:
            known = self.spaces[key] = (self.fetches, compiler.compile(known_only=known_only))
        space = known[1]
        return replace(space, changed=(0,) * len(space.nodes)) if self.is_anew else space

    def _rounds(self, compiler: Compiler, roots: Sequence[DirectRequirement]) -> "_Solved | NoStack | _Open":
        predictor = PREDICTORS[self.options.predictor]
        scout: Scout | None = None
        before: Wanted | None = None
        while True:
            self.rounds += 1
            space = self._compile(compiler)
            self.reached.update(node.name for node in space.nodes[ROOT + 1 :])
            found = predictor(space, self._budget())
            if isinstance(found, NoStack):
                return found
            if isinstance(found, GaveUp):
                return self._among_known(compiler, space, None, "the time limit was reached")
            if not unknown_in(space, found.picks):
                return _Solved(Step(compiler, space, found.picks), found)
            needed, prefetch = self._wanted(space, found.picks)
            obstacle = self._obstacle(found, needed)
            if obstacle:
                return self._among_known(compiler, space, found, obstacle)
            if needed == before:
                raise FailureError(f"{_missing(needed)[0]} was asked for and is still not known")
            before = needed
            scout = scout or self._scout(compiler, roots)
            self._fetch(needed, prefetch, scout, limit=self._fetch_limit(found))

    def _scout(self, compiler: Compiler, roots: Sequence[DirectRequirement]) -> "Scout":
        from pinwise.actions.scout import Scout  # noqa: PLC0415  # where something is fetched

        return Scout(compiler.context, roots, compiler.candidates, self.knowledge.known_documents)

    def _fetch(self, needed: Wanted, prefetch: Wanted, scout: "Scout", *, limit: int) -> None:
        if self.source is None:
            return
        self.fetched += len(needed.documents)

        def within_limit(guessed: Wanted) -> Wanted:
            documents = guessed.documents[: max(0, limit - self.fetched)]
            self.fetched += len(documents)
            return Wanted(guessed.pages, documents)

        begin = within_limit(prefetch)
        first = within_limit(scout.begin())
        prefetch = Wanted(first.pages, begin.documents + first.documents)
        self.source.fetch(needed, prefetch, lambda name: within_limit(scout.learnt(name)))
        self.fetches += 1

    def _budget(self, *, grace: float = 0.0) -> Budget:
        if self.until is None:
            return Budget()
        end = max(self.until, self.options.clock() + grace) if grace else self.until
        return Budget(lambda: end - self.options.clock())

    def _fetch_limit(self, found: Found) -> int:
        return self.options.fetch_limit + FETCHES_PER_PROJECT * len(found.picks)

    def _obstacle(self, found: Found, needed: Wanted) -> str:
        """Return what keeps us from fetching what is needed, "" if nothing does."""
        if self.source is None:
            return "being offline, not everything that matters could be looked at"
        limit = self._fetch_limit(found)
        if self.fetched + len(needed.documents) > limit:
            return f"the fetch limit of {limit} was reached"
        if self._budget().expired():
            return "the time limit was reached"
        return ""

    def _wanted(self, space: Space, picks: Picks) -> tuple[Wanted, Wanted]:
        """Return what the stack rests on, and what will tempt next.

        Of each tempting project: as many next ones as it has tempted before.
        """
        pages: list[NormalizedName] = []
        documents: list[tuple[NormalizedName, Version]] = []
        next_ones: list[tuple[NormalizedName, Version]] = []
        for node, position in sorted(unknown_in(space, picks).items()):
            candidates = space.candidates[node]
            if candidates.is_virtual:
                pages.append(candidates.name)
                continue
            documents.append((candidates.name, candidates.versions[position]))
            below = [k for k in positions(space.unknown[node] & space.domains[node]) if k < position]
            count = self.tempted[candidates.name]
            next_ones.extend((candidates.name, candidates.versions[k]) for k in below[::-1][:count])
            self.tempted[candidates.name] += 1
        return Wanted(tuple(pages), tuple(documents)), Wanted((), tuple(next_ones))

    def _among_known(
        self, compiler: Compiler, space: Space, optimistic: Found | None, reason: str
    ) -> "_Solved | NoStack | _Open":
        """Return the best stack among known releases, with the optimistic optimum as its bound.

        This last search may take `GRACE` seconds past the time limit: a stack in hand beats none.
        """
        self.knowledge.assure()
        picks = _certain(space) if optimistic is None else optimistic.picks
        wanted = self._wanted(space, picks)[0]
        known = self._compile(compiler, known_only=True)
        found = PREDICTORS[self.options.predictor](known, self._budget(grace=GRACE))
        if not isinstance(found, Found):
            return _Open(reason, _missing(wanted))
        bound = 0
        if optimistic is not None and changes_in(space, optimistic.picks) == changes_in(known, found.picks):
            bound = min(optimistic.bound, found.cost)
        found = replace(found, bound=bound, is_optimal=False, reason=reason, prover=None)
        return _Solved(Step(compiler, known, found.picks), found, unknown=len(wanted))

    def _refusal(self, answer: NoStack) -> Refusal:
        derivation: Derivation = Derived((), ())
        if self.options.is_explained:
            from pinwise.actions.missing import with_names  # noqa: PLC0415  # for refusals only

            derivation = with_names(answer.derivation(), self.request, self.knowledge)
        return Refusal(self.request, derivation, self.request.warnings)

    def _undecided(self, answer: _Open) -> Undecided:
        return Undecided(self.request, answer.reason, answer.missing, self.request.warnings)

    def proof(self, stack: _Stack) -> Proof:
        """Return how well a stack is known to be the best."""
        steps = stack.steps
        reasons = dict.fromkeys(each.found.reason for each in steps if each.found.reason)
        is_optimal = all(each.found.is_optimal for each in steps)
        provers = {each.found.prover for each in steps}
        prover = Prover.ENGINE if Prover.ENGINE in provers else Prover.SEARCH
        return Proof(
            optimal=is_optimal,
            cost=sum(each.found.cost for each in steps),
            bound=sum(each.found.bound for each in steps),
            unknown=sum(each.unknown for each in steps),
            predictor=self.options.predictor,
            reason="; ".join(reasons),
            is_joint=stack.is_joint,
            prover=prover if is_optimal else None,
        )

    def snapshot(self) -> str:
        """Return the digest of all facts that the search could reach, "" where nobody needs it."""
        if not self.options.is_recorded:
            return ""
        from pinwise.model.digest import snapshot_digest  # noqa: PLC0415  # where it is recorded only

        pages = {name: self.knowledge.project(name) for name in self.reached}
        known = {name: page for name, page in pages.items() if page is not None}
        return snapshot_digest(
            Snapshot(known, {name: self.knowledge.known_documents(name) for name in known})
        )

    def effort(self) -> Effort:
        """Return what it took so far."""
        counts = Effort() if self.source is None else self.source.effort()
        return replace(counts, rounds=self.rounds, seconds=self.options.clock() - self.started)


def _certain(space: Space) -> Picks:
    """Return the newest candidate of every project that is sure to be needed; for want of a stack."""
    return {
        node: newest(domain)
        for node, domain in enumerate(space.domains)
        if node != ROOT and not domain & ABSENT
    }


def _missing(wanted: Wanted) -> tuple[str, ...]:
    return (
        *(f"the page of `{name}`" for name in wanted.pages),
        *(f"the metadata of `{name}=={version}`" for name, version in wanted.documents),
    )

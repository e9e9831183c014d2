"""Whether the present lock is still the answer, by looking at its pins alone.

A stack that changes no pin wins over all that change one. So nothing has to be searched where the lock's pins
may all be had, are closed under the requirements of each step, and leave no choice: see "Present pins" in
``docs/concepts/algorithm.md``. What is not asked for that is not read: the other releases, and so what the
pins cost; unless all pins are compiled already, which is quicker still.
"""

from collections.abc import Mapping

from packaging.version import Version

from pinwise.actions.ports import Knowledge
from pinwise.actions.stack import Step, assemble, held_by
from pinwise.model.names import NormalizedName
from pinwise.model.outcome import Advice, Proof, Prover
from pinwise.model.request import Group, Request
from pinwise.search.present import only_unchanged
from pinwise.space.compile import Compiler
from pinwise.space.space import unknown_in
from pinwise.units.context import context_for


def confirm(request: Request, knowledge: Knowledge) -> Advice | None:
    """Return the advice on the present pins if it is certain that all of them stay and none is added.

    All that a lock records of it is as `pinwise.actions.advise.advise` has it, the cost apart: prices, ages
    and what there is to say of other releases are not known. None says nothing: it takes a search to tell.
    """
    kept = request.kept
    if kept is None or kept.frees_all or kept.freed:
        return None
    present = {name: version for name, (version, _) in kept.pins.items()}
    knowledge.expect(present)
    is_compiled = all(knowledge.compiled(name) is not None for name in present)
    facts = knowledge if is_compiled else knowledge.only({**_alone(present), **dict.fromkeys(request.local)})
    steps: list[Step] = []
    earlier: list[Group] = []
    for group in request.groups:
        step = _step(request, facts, steps, earlier, group)
        if step is None:
            return None
        steps.append(step)
        earlier.append(group)
    proof = Proof(optimal=True, cost=0, bound=0, unknown=0, predictor="exact", prover=Prover.SEARCH)
    return assemble(request, facts, steps, proof, is_alone=True)


def _alone(present: Mapping[NormalizedName, Version]) -> dict[NormalizedName, Version | None]:
    """Return the releases to look at: whether a pre-release may be had depends on the others, too."""
    return {name: None if version.is_prerelease else version for name, version in present.items()}


def _step(
    request: Request, facts: Knowledge, steps: list[Step], earlier: list[Group], new: Group
) -> Step | None:
    """Return what the present pins are of one step, as `advise` takes it; None where that is not certain."""
    compiler = Compiler(
        facts,
        context_for(request, [group.name for group in (*earlier, new)]),
        roots=new.requirements,
        settled=[each for group in earlier for each in group.requirements],
        held=held_by(steps),
    )
    space = compiler.compile()
    picks = only_unchanged(space)
    if picks is None or unknown_in(space, picks):
        return None
    return Step(compiler, space, picks, new.name)

"""What prices on pairs of releases cost the search: a compiled space with so many of them, in process.

A price on a pair is a made-up project of three candidates, which any stack that holds one of the two
releases needs: the first release admits candidates 0 and 2, the second one 1 and 2, and only candidate 2 has
a price. A stack with both releases pays it. So the space and the search are those of every advice.
"""

import random
import time
from dataclasses import dataclass, replace
from pathlib import Path

from generated import World, name_of
from peers import PLATFORM, PYTHON

from pinwise import wiring
from pinwise.actions.request import build_request
from pinwise.knowledge.view import KnowledgeView
from pinwise.model.names import normalise
from pinwise.search import PREDICTORS, Budget, Found
from pinwise.settings import load_settings
from pinwise.space.compile import Compiler
from pinwise.space.masks import ABSENT, bit
from pinwise.space.rows import Demand
from pinwise.space.space import ROOT, Clause, Node, Space
from pinwise.units.context import Build, Candidates, context_for
from pinwise.units.versions import Versions

AMOUNTS = (1, 2000)
"""The smallest and the largest price of a pair."""

NEAR = 6
"""Pairs are of a project's newest releases, so many of them: prices on old ones change nothing."""


@dataclass(frozen=True, slots=True)
class Priced:
    """What a space with so many prices on pairs took, in seconds of the processor.

    Attributes:
        pairs: How many.
        compiled: From facts to the space, without the pairs.
        first: To a first stack, by the predictor `latest`.
        proven: To the optimum and its proof, by the predictor `exact`.
        is_optimal: Whether it was proven.
    """

    pairs: int
    compiled: float
    first: float
    proven: float
    is_optimal: bool


def priced_world(world: World, pairs: int, scratch: Path) -> Priced:
    """Measure one number of pairs; the knowledge base is written where there is none."""
    kb = scratch / f"pairs-{world.projects}-{world.versions}.sqlite"
    if not kb.exists():
        world.write(kb)
    space, seconds = compiled(world, kb)
    space = with_pairs(space, pairs, random.Random(pairs))
    began = time.process_time()
    PREDICTORS["latest"](space, Budget())
    first = time.process_time() - began
    began = time.process_time()
    found = PREDICTORS["exact"](space, Budget())
    proven = time.process_time() - began
    return Priced(pairs, seconds, first, proven, isinstance(found, Found) and found.is_optimal)


def compiled(world: World, kb: Path) -> tuple[Space, float]:
    """Return the space of a world, and how long it took from the facts to it."""
    manifest = kb.with_suffix(".in")
    manifest.write_text(f"{name_of(0)}\n", encoding="utf-8")
    options = {"kb": str(kb), "python": PYTHON, "platform": PLATFORM, "index_url": world.url}
    settings = load_settings(options, {"PIP_CONFIG_FILE": "/dev/null"}, folder=kb.parent)
    found = wiring.read_manifest(None, [str(manifest)], [])
    environment = wiring.choose_environment(settings, found.folder, found.manifest)
    request = build_request(found.manifest, settings.choices(), environment)
    context = context_for(request, [group.name for group in request.groups])
    roots = [each for group in request.groups for each in group.requirements]
    with wiring.open_knowledge(settings, read_only=True) as store:
        began = time.process_time()
        view = KnowledgeView(store, request, now=int(time.time()), max_age=None)
        space = Compiler(view, context, roots=roots).compile()
        return space, time.process_time() - began


def with_pairs(space: Space, pairs: int, chance: random.Random) -> Space:
    """Return the space with so many prices on pairs of releases, each of two projects."""
    projects = [n for n in range(ROOT + 1, len(space.nodes)) if space.bases[n] == n]
    nodes, clauses, amounts = [], [], []
    for number in range(pairs):
        node = len(space.nodes) + number
        nodes.append(Node(normalise(f"pair{number}")))
        amounts.append((0, 0, chance.randint(*AMOUNTS)))
        for place, project in enumerate(chance.sample(projects, 2)):
            count = len(space.candidates[project])
            release = bit(count - 1 - chance.randrange(min(NEAR, count)))
            reason = Demand(nodes[-1].name, nodes[-1].name, "")
            clauses.append(Clause(project, release, node, bit(place) | bit(2), reason))
    numbers = range(len(space.nodes), len(space.nodes) + pairs)
    return replace(
        space,
        nodes=(*space.nodes, *nodes),
        bases=(*space.bases, *numbers),
        candidates=(*space.candidates, *(_pair(node) for node in nodes)),
        clauses=(*space.clauses, *clauses),
        domains=(*space.domains, *(bit(0) | bit(1) | bit(2) | ABSENT for _ in nodes)),
        amounts=(*space.amounts, *amounts),
        behind=(*space.behind, *((0, 0, 0) for _ in nodes)),
        changed=(*space.changed, *(0 for _ in nodes)),
        unknown=(*space.unknown, *(0 for _ in nodes)),
        order=(*space.order, *numbers),
    )


def _pair(node: Node) -> Candidates:
    every = bit(0) | bit(1) | bit(2)
    return Candidates(
        node.name, "", Versions(("0", "1", "2")), bytes([Build.WHEEL] * 3), (None,) * 3, 0, every
    )

"""Propagation: what it visits."""

from pinwise.space.compile import Compiler
from pinwise.space.space import Space
from pinwise.space.state import Incompatibility, State, incompatibilities
from pinwise.units.context import context_for
from support.asking import case


class Counting(State):
    """A state that counts its visits."""

    visits = 0

    def _visit(self, node: int) -> Incompatibility | None:
        self.visits += 1
        return super()._visit(node)


def _space(releases: int) -> Space:
    """Return a space in which each release of one project requires another release of the second one."""
    lines = [f"boto {k}: core=={k}\ncore {k}" for k in range(1, releases + 1)]
    given = case("\n".join(lines), "boto")
    compiler = Compiler(
        given.facts,
        context_for(given.request, [group.name for group in given.request.groups]),
        roots=given.request.groups[0].requirements,
    )
    return compiler.compile()


def test_a_node_is_visited_once_for_all_its_clauses() -> None:
    """However many clauses begin at a project, they are looked at together: the work grows as they do."""
    visits = []
    for releases in (10, 40):
        space = _space(releases)
        assert len(space.clauses) > releases
        state = Counting(space, incompatibilities(space))
        assert state.propagate() is None
        visits.append(state.visits)
    assert visits[0] == visits[1]

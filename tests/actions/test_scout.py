"""A scout guesses well, within the fetch limit; it changes how much is fetched, and nothing else."""

from dataclasses import replace

from packaging.version import Version

from pinwise.actions.advise import FETCHES_PER_PROJECT, SearchOptions, advise
from pinwise.actions.ports import Follow, Wanted
from pinwise.actions.scout import Scout
from pinwise.model.facts import Metadata
from pinwise.model.names import normalise
from pinwise.model.outcome import Advice
from pinwise.model.request import LocalProject
from pinwise.space.compile import Compiler
from pinwise.units.context import context_for
from support.worlds import FakeSource, PartialKnowledge, request, world

CHAIN = "a 1: b\na 2: b\nb 1: c\nb 2: c\nc 1: d\nc 2\nd 1"


def guesses(facts: str, manifest: str, **options: object) -> tuple[set[str], set[str]]:
    """Return the pages and the releases that a scout names on its way through a whole world."""
    full, asked = world(facts), request(manifest, **options)
    known = PartialKnowledge()
    source = FakeSource(full, known, follows=True)
    context = context_for(asked, [group.name for group in asked.groups])
    compiler = Compiler(known, context, roots=asked.direct)
    scout = Scout(context, asked.direct, compiler.candidates, known.known_documents)
    source.fetch(Wanted(), scout.begin(), scout.learnt)
    return set(source.pages), {f"{name}=={version}" for name, version in source.prefetched}


def test_the_newest_releases_are_followed_to_the_end() -> None:
    """Pages and metadata of a whole chain are named, and nothing that only an older release requires."""
    assert guesses(CHAIN, "a") == ({"a", "b", "c"}, {"a==2", "b==2", "c==2"})


def test_what_is_asked_for_is_heeded() -> None:
    """Specifiers of the manifest, of constraints, and of those who were followed before."""
    facts = "a 1: b<2\na 2: b<2\nb 1\nb 2\nc 1\nc 2"
    assert guesses(facts, "a\nc==1")[1] == {"a==2", "b==1", "c==1"}
    assert guesses(facts, "a\nc\n[constraints]\na<2")[1] == {"a==1", "b==1", "c==2"}


def test_prereleases_and_yanked_releases_are_no_guess() -> None:
    """They are, where the request or a specifier allows them, or where there is nothing else."""
    facts = "a 1\na 2rc1\na 3 yanked\nb 1rc1"
    assert guesses(facts, "a\nb")[1] == {"a==1", "b==1rc1"}
    assert guesses(facts, "a", prereleases=True)[1] == {"a==2rc1"}
    assert guesses(facts, "a>=2rc1")[1] == {"a==2rc1"}


def test_markers_and_extras_count() -> None:
    """A requirement is followed where its marker holds, and one of an extra where that is asked for."""
    facts = "a 1\na 2: \"b; extra == 'x'\" \"c; python_version < '3'\"\nb 1\nc 1\ne 1: a[x]"
    assert guesses(facts, "a")[0] == {"a"}
    assert guesses(facts, "a[x]")[0] == {"a", "b"}
    assert guesses(facts, "a\ne")[0] == {"a", "b", "e"}


def test_exclusions_overrides_and_present_pins_count() -> None:
    """What is left out is not asked for, an override stands for what others require, a kept pin is kept."""
    facts = "a 1: b<2\na 2: b<2 c\nb 1\nb 2\nc 1"
    assert guesses(facts, "a\n[exclude]\nc not here")[0] == {"a", "b"}
    assert guesses(facts, "a\n[overrides]\nb==2")[1] >= {"a==2", "b==2"}
    assert guesses(facts, "a", kept="a==1 b==1")[1] == {"a==1", "b==1"}


def test_a_project_is_guessed_once() -> None:
    """Where a guess turns out to be wrong, the search says what it wants; more guesses cost more fetches."""
    facts = "a 1: b\nb 2: c\nb 1\nc 1: b<2"
    assert guesses(facts, "a")[1] == {"a==1", "b==2", "c==1"}


def test_releases_that_rule_each_other_out_are_given_up() -> None:
    """Where each known release leads to another one of its requirer, following them comes to an end."""
    full = world("a 1: b\na 2: b<2\nb 1: a<2\nb 2: a")
    known = PartialKnowledge(dict(full.projects), {name: dict(each) for name, each in full.documents.items()})
    asked = request("a")
    compiler = Compiler(known, context_for(asked, ["default"]), roots=asked.direct)
    scout = Scout(compiler.context, asked.direct, compiler.candidates, known.known_documents)
    assert scout.begin() == Wanted()


def test_fewer_rounds_and_the_same_answer() -> None:
    """One fetch learns what took five."""
    rounds, answers = [], []
    for follows in (False, True):
        known = PartialKnowledge()
        source = FakeSource(world(CHAIN), known, follows=follows)
        outcome = advise(request("a"), known, source, options=SearchOptions())
        assert isinstance(outcome, Advice)
        rounds.append(source.rounds)
        answers.append(outcome.pins)
    assert rounds == [6, 1]
    assert answers[0] == answers[1]


def test_guesses_stay_within_the_fetch_limit() -> None:
    """A guess counts like any other fetch, and none goes past the limit."""
    facts = "\n".join(f"p{number} 1: p{number + 1}" for number in range(40)) + "\np40 1"
    fetched: list[int] = []

    class Counting(FakeSource):
        def fetch(self, needed: Wanted, prefetch: Wanted, follow: Follow | None = None) -> None:
            super().fetch(needed, prefetch, follow)
            fetched.append(self.documents)

    known = PartialKnowledge()
    source = Counting(world(facts), known, follows=True)
    assert isinstance(advise(request("p0"), known, source, options=SearchOptions(fetch_limit=2)), Advice)
    assert fetched[0] == 2 + FETCHES_PER_PROJECT  # one project is in the first stack
    assert fetched[-1] == 41


def test_a_local_project_is_asked_of_nobody() -> None:
    """What stands in a folder is known, and no index hears its name."""
    own = LocalProject(normalise("own"), Version("1"), ".", False, Metadata(None, (), frozenset()))  # noqa: FBT003
    asked = replace(request("own\nb"), local={own.name: own})
    known = PartialKnowledge()
    compiler = Compiler(known, context_for(asked, ["default"]), roots=asked.direct)
    scout = Scout(compiler.context, asked.direct, compiler.candidates, known.known_documents)
    assert scout.begin() == Wanted(pages=(normalise("b"),))

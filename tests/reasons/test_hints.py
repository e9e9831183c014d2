"""Hints: what is tried, in which order it is told, and what is not claimed."""

import itertools
from dataclasses import replace

import pytest

from pinwise.actions.advise import SearchOptions, advise
from pinwise.actions.hints import MOST_HINTS, MOST_TRIES, Trying, find_hints, relaxations
from pinwise.actions.ports import Follow, Wanted, World
from pinwise.explain.hints import hint_sentence
from pinwise.model.errors import IndexFailure, TargetError
from pinwise.model.facts import Snapshot
from pinwise.model.outcome import Effort, Refusal
from pinwise.model.request import Request
from support.asking import OPTIONS, Case, case

CONFLICT = "a 1: b<2\na 2: b<2\nb 1\nb 2"


def told(world: str, manifest: str, **options: object) -> list[str]:
    """Return the hints of a case as people read them."""
    return [hint_sentence(hint) for hint in case(world, manifest, **options).hints()]


def test_a_requirement_loses_its_specifier() -> None:
    """The line of the manifest is named, and what stands in its place."""
    assert told(CONFLICT, "a\nb>=2") == [
        "With `b` instead of `b>=2` (requirements.txt:2): a stack of 2 packages with `b` 1, cost 301."
    ]


def test_one_specifier_is_enough_where_it_is_the_cause() -> None:
    """Of several specifiers only the one that has to go goes."""
    assert told(CONFLICT, "a\nb!=0.5,<9,>=2") == [
        (
            "With `b!=0.5,<9` instead of `b!=0.5,<9,>=2` (requirements.txt:2): "
            "a stack of 2 packages with `b` 1, cost 301."
        )
    ]


def test_all_specifiers_go_where_no_single_one_is_the_cause() -> None:
    """The whole requirement is freed only if nothing less helps."""
    assert told(CONFLICT, "a\nb>=2,!=1") == [
        "With `b` instead of `b!=1,>=2` (requirements.txt:2): a stack of 2 packages with `b` 1, cost 301."
    ]


def test_a_constraint_is_left_out() -> None:
    """The same for constraints, whose line is named."""
    assert told(CONFLICT, "a\n[constraints]\nb>=2") == [
        "Without the constraint `b>=2` (constraints.txt:3): a stack of 2 packages with `b` 1, cost 121."
    ]
    assert told(CONFLICT, "a\n[constraints]\nb<9,>=2") == [
        (
            "With the constraint `b<9` instead of `b<9,>=2` (constraints.txt:3): "
            "a stack of 2 packages with `b` 1, cost 121."
        )
    ]


def test_a_requirement_without_specifier_is_left_out_beside_others() -> None:
    """Where bare names conflict, one of them goes; a single one never does."""
    world = "a 1: c<2\nb 1: c>=2\nc 1\nc 2"
    assert told(world, "a\nb") == [
        "Without `a` (requirements.txt:1): a stack of 2 packages, cost 0.",
        "Without `b` (requirements.txt:2): a stack of 2 packages, cost 121.",
    ]
    assert told("a 1: c<2 b\nb 1: c>=2\nc 1\nc 2", "a") == []


def test_the_smallest_change_comes_first_then_the_cheapest() -> None:
    """A cheaper stack after a larger change is told later; no more than three are told."""
    world = "a 1: z<2\na 2: z<2\nb 1: z>=2\nb 2: z>=2\nc 1: z>=2\nz 1\nz 2"
    hints = case(world, "a\nz>=2\nb==1").hints()
    assert [hint.edits for hint in hints] == sorted(hint.edits for hint in hints)
    many = "".join(f"p{k} 1: z<{k + 1}\n" for k in range(9)) + "z 9"
    assert len(case(many, "".join(f"p{k}\n" for k in range(9))).hints()) <= MOST_HINTS


def test_another_python_is_tried_where_a_reason_mentions_one() -> None:
    """The nearest one that is cheapest, newer or older."""
    assert told("a 1 python>=3.12", "a") == [
        "With Python 3.12 (`--python 3.12`): a stack of 1 package, cost 0."
    ]
    assert told("a 1 meta-python<3.11", "a") == [
        "With Python 3.10 (`--python 3.10`): a stack of 1 package, cost 0."
    ]
    assert told("a 1 python>=3.15", "a") == []
    assert told("a 1 python<3", "a") == []


def test_a_yanked_release_is_named_by_an_exact_pin() -> None:
    """The newest one that the requirement would take."""
    assert told("b 1: a>=1\na 1 yanked\na 2 yanked", "b") == [
        (
            "With the constraint `a==2`, which admits a yanked release: "
            "a stack of 2 packages with `a` 2, cost 12,000."
        )
    ]


def test_prereleases_of_one_project_are_allowed() -> None:
    """By a constraint that names one, where a final release is what keeps them out."""
    assert told("app 1: a>=1 c\na 1: c<2\na 2rc1: c\nc 2", "app") == [
        (
            "With the constraint `a>=2rc1`, which allows pre-releases: "
            "a stack of 3 packages with `a` 2rc1, cost 20,000."
        )
    ]


def test_an_sdist_is_built_where_it_was_forbidden() -> None:
    """Only for that project, whether it was named or all were."""
    for names in ([":all:"], ["a"]):
        assert told("a 1 sdist\nb 1", "a\nb", only_binary=names) == [
            (
                "With `--no-binary a`, which builds it from its sdist: "
                "a stack of 2 packages with `a` 1, cost 4,000."
            )
        ]


def test_a_missing_project_has_no_hint() -> None:
    """Nothing that can be relaxed helps there, and near names say what does."""
    assert told("a 1", "aa") == []


def test_what_was_written_twice_is_edited_where_it_takes_part() -> None:
    """Two lines on one project are two hints, each for its own line."""
    hints = case("a 1\na 2", "a>=2\na<2").hints()
    assert {(hint.relaxed, hint.place) for hint in hints} == {
        ("a>=2", "requirements.txt:1"),
        ("a<2", "requirements.txt:2"),
    }


# --- what is not claimed


def refused(given: Case) -> Refusal:
    """Return the refusal of a case."""
    assert isinstance(given.outcome, Refusal)
    return given.outcome


def test_what_is_not_known_is_not_claimed() -> None:
    """Offline, a relaxation that would need unknown metadata gives no hint."""
    given = case(CONFLICT, "a>=1\nb>=2")
    only = {
        name: {v: d for v, d in documents.items() if name != "b" or str(v) != "1"}
        for name, documents in given.facts.documents.items()
    }
    partial = Snapshot(given.facts.projects, only)
    outcome = advise(given.request, partial, None, options=OPTIONS)
    assert isinstance(outcome, Refusal)
    assert find_hints(outcome, Trying(lambda _: World(partial, None), OPTIONS)) == ()


class Down:
    """A source whose index is down."""

    def fetch(self, needed: Wanted, prefetch: Wanted, follow: Follow | None = None) -> None:
        """Fail."""
        del needed, prefetch, follow
        raise IndexFailure("the index is down")

    def effort(self) -> Effort:
        """Nothing was fetched."""
        return Effort()


def test_an_index_that_fails_is_no_error_here() -> None:
    """The refusal stands by itself; the hint that cannot be tried is left out."""
    given = case(CONFLICT, "a\nb>=2")
    documents = {name: each for name, each in given.facts.documents.items() if name == "never"}
    partial = Snapshot(given.facts.projects, documents)
    assert find_hints(refused(given), Trying(lambda _: World(partial, Down()), OPTIONS)) == ()


def test_a_target_that_does_not_exist_is_no_error_here() -> None:
    """Nor is a Python that cannot be declared for this platform."""
    given = case("a 1 python>=3.12", "a")

    def no_python(_: str) -> Request:
        raise TargetError("there is no such target")

    assert find_hints(refused(given), replace(given.trying(), for_python=no_python)) == ()
    assert find_hints(refused(given), replace(given.trying(), for_python=None)) == ()


def test_trying_is_bounded_in_time() -> None:
    """When the time is over nothing more is tried, and the refusal is told as it is."""
    given = case(CONFLICT, "a\nb>=2")
    seconds = itertools.count()
    options = SearchOptions(clock=lambda: float(next(seconds)))
    asked: list[Request] = []

    def counted(request: Request) -> World:
        asked.append(request)
        return World(given.facts, None)

    find_hints(refused(given), Trying(counted, options))
    assert len(asked) <= 1


def test_trying_is_bounded_in_number() -> None:
    """A conflict of many requirements is not tried in all its ways."""
    world = "".join(f"p{k} 1: z!={k}\n" for k in range(40)) + "".join(f"z {k}\n" for k in range(40))
    given = case(world, "".join(f"p{k}==1\n" for k in range(40)))
    tried: list[Request] = []

    def counted(request: Request) -> World:
        tried.append(request)
        return World(given.facts, None)

    assert len(list(relaxations(refused(given), given.trying()))) > MOST_TRIES
    find_hints(refused(given), Trying(counted, OPTIONS))
    assert len(tried) == MOST_TRIES


@pytest.mark.parametrize("manifest", ["a\nb>=2", "b>=2\n[develop]\na", "a\n[develop]\nb>=2"])
def test_categories_are_relaxed_where_they_stand(manifest: str) -> None:
    """The line of any category can be the one to change."""
    hints = case(CONFLICT, manifest).hints()
    assert [(hint.relaxed, hint.instead) for hint in hints] == [("b>=2", "b")]

"""Why a pin is as it is: chains, what is newer, and what another version would bring."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from packaging.version import Version

from pinwise.actions.advise import advise
from pinwise.actions.counterfactual import counterfactual
from pinwise.actions.outdated import outdated
from pinwise.actions.why import why
from pinwise.cli.render import render_advice
from pinwise.explain.counterfactual import (
    counterfactual_sentences,
    explain_counterfactual,
    explain_outdated,
    held_back,
)
from pinwise.model.errors import UsageError
from pinwise.model.names import normalise
from pinwise.model.outcome import Advice, Refusal, Undecided
from pinwise.model.reasons import Counterfactual, Why
from support.asking import Case, case

SHOP = """
shop 1: web theme
shop 2: web theme
theme 1: web
web 1: json<3
web 2: json<2
json 1
json 2
json 3
"""


def asked(given: Case, name: str, version: str | None = None) -> Why:
    """Return why the stack of a case holds a project."""
    return why(given.asking(), normalise(name), version)


def other(answer: Why) -> Counterfactual:
    """Return the counterfactual, which there must be."""
    assert answer.counterfactual is not None
    return answer.counterfactual


def sentences(given: Case, answer: Why) -> str:
    """Return what is said of another version."""
    assert isinstance(given.outcome, Advice)
    return " ".join(counterfactual_sentences(given.outcome, answer.pin.name, other(answer)))


def test_the_chain_is_the_shortest_one() -> None:
    """Of two ways to a package the shorter one is told, with the words of every requirer."""
    chain = asked(case(SHOP, "shop>=1"), "json").chain
    assert [(link.name, link.requirement, link.target) for link in chain] == [
        (None, "shop>=1", "shop"),
        ("shop", "web", "web"),
        ("web", "json<3", "json"),
    ]
    assert chain[0].place == "requirements.txt:1"
    assert [str(link.version) for link in chain[1:]] == ["2", "1"]


def test_a_direct_requirement_is_a_chain_of_one() -> None:
    """What the manifest requires itself needs no detour, and its category is named."""
    chain = asked(case(SHOP, "shop\n[develop]\njson"), "json").chain
    assert [(link.requirement, link.group, link.place) for link in chain] == [
        ("json", "develop", "requirements.txt:3")
    ]


def test_the_newest_version_is_asked_about() -> None:
    """Without a version: the newest one that could have been chosen, not the next one."""
    given = case(SHOP, "shop\nweb==1")
    answer = asked(given, "json")
    assert (str(answer.pin.version), str(other(answer).version)) == ("2", "3")
    assert isinstance(other(answer).outcome, Refusal)
    told = explain_counterfactual(answer)
    assert told is not None
    assert told.headline.startswith("No stack has `json` 3: ")
    assert "(supposed here)" in " ".join(told.sentences)


def test_the_newest_has_no_counterfactual_of_its_own() -> None:
    """Nothing newer, nothing asked; the same version is no other one."""
    given = case(SHOP, "shop")
    assert asked(given, "shop").counterfactual is None
    assert asked(given, "shop", "2").counterfactual is None
    assert explain_counterfactual(asked(given, "shop")) is None


def test_what_another_version_costs_is_told_as_a_difference() -> None:
    """Every project that changes is named with both of its costs."""
    given = case(SHOP, "shop")
    answer = asked(given, "json", "1")
    assert [
        (each.name, str(each.before), str(each.after), each.cost_after - each.cost_before)
        for each in other(answer).differences
    ] == [("json", "2", "1", 121), ("web", "1", "2", -121)]
    assert sentences(given, answer) == (
        "The best stack with it costs as much as the chosen one, which wins the ties (242 instead of 242)."
    )


def test_a_version_that_sends_the_project_away_is_told_so() -> None:
    """A constraint requires nothing: where the best stack does without the project, that is the answer."""
    given = case("a 1: b\na 2: b==2\nb 1\nb 2\na 3", "a<3\n[constraints]\na!=1")
    assert asked(given, "b").counterfactual is None
    given = case("a 1\na 2: b==2\nb 1\nb 2", "a")
    answer = asked(given, "b", "1")
    assert "does without `b`" in sentences(given, answer)
    assert [(each.name, each.after and str(each.after)) for each in other(answer).differences] == [
        ("a", "1"),
        ("b", None),
    ]


def test_a_yanked_version_is_not_admitted_silently() -> None:
    """The exact constraint of the question admits it, and the answer says that nothing else would."""
    given = case('a 1\na 2 yanked="bad wheel"\na 3', "a")
    answer = asked(given, "a", "2")
    assert other(answer).is_yanked
    assert not other(answer).is_prerelease
    assert "was yanked: only an exact pin such as `a==2` admits it" in sentences(given, answer)
    pinned = case("a 1\na 2 yanked\na 3", "a==2")
    assert not counterfactual(pinned.asking(), normalise("a"), Version("2")).is_yanked


def test_a_prerelease_is_not_admitted_silently() -> None:
    """So is a pre-release, unless the manifest allows it."""
    given = case("a 1\na 2rc1", "a")
    answer = asked(given, "a", "2rc1")
    assert other(answer).is_prerelease
    assert "is a pre-release: only" in sentences(given, answer)
    assert "`--pre`" in sentences(given, answer)
    allowed = case("a 1\na 2rc1", "a<2rc1", prereleases=True)
    assert not other(asked(allowed, "a", "2rc1")).is_prerelease


def test_releases_that_cannot_be_chosen_are_named_with_their_reasons() -> None:
    """What is newer and no candidate is listed, the newest first; the question is about what could be."""
    given = case("a 1\na 2 yanked\na 3 python>=3.13\na 4rc1", "a")
    answer = asked(given, "a")
    assert [(str(each.version), each.reason) for each in answer.newer] == [
        ("4rc1", "is a pre-release, which nothing asks for"),
        ("3", "needs Python >=3.13"),
        ("2", "was yanked"),
    ]
    assert answer.counterfactual is None
    refused = other(asked(given, "a", "3"))
    assert isinstance(refused.outcome, Refusal)


def test_a_local_version_is_another_release() -> None:
    """``1`` means exactly that, also where there is ``1+cpu``."""
    given = case("a 1\na 1+cpu\na 2", "a")
    assert other(asked(given, "a", "1")).constraint == "a===1"
    assert other(asked(given, "a", "1+cpu")).constraint == "a==1+cpu"
    best = other(asked(given, "a", "1")).outcome
    assert isinstance(best, Advice)
    assert [str(pin.version) for pin in best.pins] == ["1"]


@pytest.mark.parametrize(
    ("name", "version", "says", "hint"),
    [
        ("jsno", None, "`jsno` is not in the stack", "did you mean `json`?"),
        ("zebra", None, "`zebra` is not in the stack", "`pinwise tree`"),
        ("win", None, 'the marker of `win; sys_platform == "win32"` (requirements.txt:2)', "--platform"),
        ("json", "9", "`json` has no release 9", "`3`, `2`, `1`"),
        ("json", "one", "`one` is not a version", "2.3.1"),
        ("json", "1" * 5000, "", ""),
    ],
)
def test_a_wrong_question_is_a_usage_error(name: str, version: str | None, says: str, hint: str) -> None:
    """A project that is not in the stack, or a version that does not exist, with the next step."""
    given = case(SHOP, 'shop\nwin; sys_platform == "win32"')
    with pytest.raises(UsageError) as caught:
        asked(given, name, version)
    assert says in str(caught.value)
    assert hint in (caught.value.hint or "")


def test_constraints_are_named() -> None:
    """The user's constraints on the project are part of the reasons."""
    answer = asked(case(SHOP, "shop\n[constraints]\njson<2"), "json")
    assert [(link.requirement, link.place) for link in answer.constraints] == [
        ("json<2", "constraints.txt:3")
    ]


def test_what_is_behind_is_told_with_what_holds_it_back() -> None:
    """Every pin below its newest is listed, with the conflict or the cost of the newest one."""
    given = case(SHOP + "free 1\nfree 2: json>=3\nbad 1\nbad 2 meta-python>=3.13", "shop\nfree\nbad\n")
    found = outdated(given.asking())
    told = {
        each.pin.name: held_back(found.advice, each.pin.name, each.counterfactual) for each in found.behind
    }
    assert told == {
        "bad": "cannot be used: 2 needs Python >=3.13",
        "free": "held back by `shop`",
        "json": "held back by `web`, for `shop`",
        "web": "possible: the stack would cost as much, 1 other change",
    }
    assert set(explain_outdated(found)) == {"bad", "free", "json"}
    assert not outdated(case("a 1", "a").asking()).behind


def slow() -> Callable[[], float]:
    """Return a clock that goes on by 11 seconds whenever it is read."""
    return partial(next, itertools.count(11.0, 11.0))


@pytest.mark.parametrize("limit", [None, 3.0])
def test_a_counterfactual_takes_no_longer_than_its_own_limit(limit: float | None) -> None:
    """However long another version would be searched, the chain and the prices are told, and what helps."""
    given = case(SHOP, "shop")
    asking = given.asking()
    options = replace(asking.options, clock=slow(), time_limit=limit)
    answer = why(replace(asking, options=options), normalise("shop"), "1")
    assert answer.chain
    assert isinstance(other(answer).outcome, Undecided)
    seconds = 10 if limit is None else 3
    assert other(answer).time_limit == seconds
    assert f"given {seconds} seconds; `--time-limit 60` looks longer" in sentences(given, answer)


def test_a_counterfactual_that_may_fetch_no_more_says_what_lets_it() -> None:
    """A limit that ended the question is named with the option that raises it."""
    given = case(SHOP, "shop\nweb==1")
    for reason, option in (
        ("the fetch limit of 995 was reached", "`--fetch-limit 5000`"),
        ("being offline, not everything that matters could be looked at", "without `--offline`"),
    ):
        outcome = Undecided(given.request, reason)
        answer = replace(
            asked(given, "json"), counterfactual=Counterfactual(Version("3"), "json==3", outcome)
        )
        assert option in sentences(given, answer).replace("Without", "without")


def test_the_best_stack_is_looked_for_only_so_long() -> None:
    """Where present pins stay, the search for the best stack ends at its limit, and the report says so."""
    given = case(SHOP, "shop\nweb", kept="web==1")
    assert isinstance(given.outcome, Advice)
    assert given.outcome.better is not None
    assert given.outcome.better.proof.optimal
    hurried = advise(given.request, given.facts, None, options=replace(given.asking().options, clock=slow()))
    assert isinstance(hurried, Advice)
    assert hurried.pins == given.outcome.pins
    assert hurried.proof.optimal
    assert hurried.better is not None
    assert not hurried.better.proof.optimal
    assert not hurried.better.changes
    text = " ".join(line.text for line in render_advice(hurried, []))
    assert "What the best stack would be was not settled: the time limit was reached;" in text
    assert "`--time-limit 60` looks longer." in text

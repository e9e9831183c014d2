"""The JSON report: one form for every outcome, as its schema says."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from packaging.version import Version

from pinwise.formats.report import to_report
from pinwise.model.conflict import Derived, Fact, FactKind, Term
from pinwise.model.facts import Skip
from pinwise.model.names import normalise
from pinwise.model.outcome import Advice, Outcome, Price, Refusal, RequestedBy, Undecided
from pinwise.model.request import Request
from support.advice import advice, direct_requirement, folder, linux_environment, pin

SCHEMA = Path(__file__).parents[2] / "docs" / "report.schema.json"


@dataclass(frozen=True, slots=True)
class Prose:
    """An explanation, as the floor above writes it."""

    headline: str = "nothing fits"
    sentences: tuple[str, ...] = ("because a needs b", "and there is no b")


def validator() -> Draft202012Validator:
    """Return the schema, which must itself be valid."""
    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def report(outcome: Outcome) -> dict[str, Any]:
    """Return the report after a round through JSON, checked against the schema."""
    content = unchecked_report(outcome)
    validator().validate(content)
    return content


def unchecked_report(outcome: Outcome) -> dict[str, Any]:
    """Return the report after a round through JSON."""
    explanation = Prose() if isinstance(outcome, Refusal) else None
    content: dict[str, Any] = json.loads(json.dumps(to_report(outcome, explanation)))
    return content


def versions(*texts: str) -> tuple[Version, ...]:
    """Return versions."""
    return tuple(Version(text) for text in texts)


def request() -> Request:
    """Return a request with a requirement that is left out."""
    left_out = direct_requirement('pywin32 ; sys_platform == "win32"', line=7)
    return replace(advice(pin("a", "1", asked="a")).request, left_out=(left_out,))


def full_advice() -> Advice:
    """Return an advice that has something to say under every key."""
    price = Price("freshness", "flask==3.0", 12, "30 days behind 3.1", "https://docs.example/freshness")
    stack = advice(
        pin("flask", "3.0", asked='flask[async] ; os_name == "posix"', requires=["click"], prices=[price]),
        pin("click", "8.1", by=["flask"], yanked=""),
        pin("app", "1", asked="app", local=folder("app", "1", "./app", editable=True)),
    )
    pins = tuple(replace(each, days_behind=None) if each.name == "click" else each for each in stack.pins)
    return replace(
        stack,
        pins=pins,
        left_out=request().left_out,
        skipped={normalise("click"): (Skip("click 7.x", "not a version"),)},
        warnings=("`click==8.1` is yanked",),
        proof=replace(stack.proof, optimal=False, unknown=3, reason="the fetch limit of 500 was reached"),
    )


def chain(length: int) -> Derived:
    """Return a derivation whose every conclusion rests on the one before."""
    node = Derived((), (Fact(FactKind.NO_PROJECT), Fact(FactKind.NO_PROJECT)))
    for _ in range(length):
        node = Derived((), (node, Fact(FactKind.NO_PROJECT)))
    return node


OUTCOMES: dict[str, Outcome] = {
    "advice": full_advice(),
    "refusal": Refusal(request(), chain(1), ("beware",), "0" * 64),
    "undecided": Undecided(request(), "`--offline` was given", ("the page of `flask`",)),
}


@pytest.mark.parametrize("kind", OUTCOMES)
def test_every_outcome_keeps_to_the_schema(kind: str) -> None:
    """Each outcome is valid, names itself, and has the same keys."""
    content = report(OUTCOMES[kind])
    assert content["outcome"] == kind
    assert list(content) == list(json.loads(SCHEMA.read_text())["properties"])
    for key, owner in {"proof": "advice", "conflict": "refusal", "undecided": "undecided"}.items():
        assert (content[key] is not None) == (kind == owner)


@pytest.mark.parametrize("kind", OUTCOMES)
def test_schema_is_closed(kind: str) -> None:
    """A key that the schema does not describe, or one that is missing, is an error at every depth."""
    content = report(OUTCOMES[kind])
    checker = validator()
    places: list[dict[str, Any]] = []

    def walk(value: object, path: str) -> None:
        if isinstance(value, dict):
            if path not in {"environment.markers", "environment.origins"}:
                places.append(value)
            for key, item in value.items():
                walk(item, f"{path}.{key}".lstrip("."))
        elif isinstance(value, list):
            for item in value:
                walk(item, path)

    walk(content, "")
    for place in places:
        place["surprise"] = 1
        assert not checker.is_valid(content)
        del place["surprise"]
        key, value = place.popitem()
        assert not checker.is_valid(content)
        place[key] = value
    assert checker.is_valid(content)


def test_everything_is_described() -> None:
    """Every property of every object is described or refers to what is, and every object is closed."""
    schema = json.loads(SCHEMA.read_text())
    objects = [schema, *(each for each in schema["$defs"].values() if each["type"] == "object")]
    assert len(objects) > 10
    for each in objects:
        assert each["additionalProperties"] is False
        assert set(each["required"]) == set(each["properties"])
        assert all(value.keys() & {"description", "$ref"} for value in each["properties"].values())


def test_package_of_an_advice() -> None:
    """A package says where it comes from, why it is there, and what is held against it."""
    flask = next(each for each in report(full_advice())["packages"] if each["name"] == "flask")
    assert flask["version"] == "3.0"
    assert flask["index"] == "https://index.example/simple"
    assert flask["requested_by"] == [
        {"name": None, "requirement": 'flask[async]; os_name == "posix"', "group": "default"}
    ]
    assert flask["cost"] == 12
    assert flask["prices"] == [
        {
            "unit": "freshness",
            "subject": "flask==3.0",
            "amount": 12,
            "reason": "30 days behind 3.1",
            "link": "https://docs.example/freshness",
        }
    ]
    assert flask["files"][0]["uploaded"] == "2023-11-14T22:13:20Z"


def test_left_out_and_skipped() -> None:
    """What does not concern the target and what is broken is listed with its reason."""
    content = report(full_advice())
    assert content["left_out"] == [
        {
            "requirement": 'pywin32; sys_platform == "win32"',
            "marker": 'sys_platform == "win32"',
            "place": "Pipfile:7",
        }
    ]
    assert content["skipped"] == [{"project": "click", "what": "click 7.x", "reason": "not a version"}]


def test_no_credentials() -> None:
    """No string of a report holds a user or a password, whatever text it came in."""
    stack = full_advice()
    leaky = RequestedBy(None, "flask @ https://me:hunter2@x.example/f.whl", "default")
    pins = tuple(replace(each, requested_by=(leaky,)) for each in stack.pins)
    environment = replace(linux_environment(), origins={"python": "http://me:hunter2@x.example"})
    outcome = replace(stack, pins=pins, request=replace(stack.request, environment=environment))
    text = json.dumps(to_report(outcome, None))
    assert "x.example/f.whl" in text
    assert "hunter2" not in text


def test_shared_conclusion_is_one_step() -> None:
    """A conclusion that is used twice is derived once and named by its number, before its use."""
    fact = Fact(FactKind.REQUIRES, requirement="b>1")
    shared = Derived((), (fact, fact))
    left, right = Derived((), (shared, fact)), Derived((), (fact, shared))
    conflict = report(Refusal(request(), Derived((), (left, right))))["conflict"]
    assert conflict["headline"] == "nothing fits"
    numbers = [
        (step["number"], [premise.get("number", premise["kind"]) for premise in step["premises"]])
        for step in conflict["derivation"]
    ]
    assert numbers == [(1, ["requires"] * 2), (2, [1, "requires"]), (3, ["requires", 1]), (4, [2, 3])]


def test_lone_fact_is_a_step() -> None:
    """A refusal that rests on one fact has one step."""
    (step,) = report(Refusal(request(), Fact(FactKind.NO_PROJECT, suggestions=("flask",))))["conflict"][
        "derivation"
    ]
    assert step["premises"][0]["kind"] == "no project"
    assert step["premises"][0]["suggestions"] == ["flask"]


def test_long_chain_is_no_deeper_than_a_short_one() -> None:
    """A derivation of thousands of steps is a report, not a RecursionError."""
    content = unchecked_report(Refusal(request(), chain(5000)))
    assert len(content["conflict"]["derivation"]) == 5001


def test_runs_of_versions() -> None:
    """Versions are told in runs that leave out none of those known."""
    known = versions("1", "2", "3", "4")
    term = Term("a", versions("1", "2", "4"), known, or_absent=True)
    every = Term("a", known, known)
    fact = Fact(FactKind.REQUIRES, subject=term, target=every)
    (premise,) = report(Refusal(request(), fact))["conflict"]["derivation"][0]["premises"]
    assert premise["subject"] == {
        "project": "a",
        "or_absent": True,
        "every": False,
        "versions": [
            {"first": "1", "last": "2", "count": 2},
            {"first": "4", "last": "4", "count": 1},
        ],
    }
    assert premise["target"]["every"] is True
    assert premise["target"]["versions"] == [{"first": "1", "last": "4", "count": 4}]

"""What people see: whole reports as golden files, layout rules as properties.

``UPDATE_GOLDEN=1`` writes the golden files anew; read the difference before it is committed.
"""

import os
from dataclasses import replace
from pathlib import Path

import click
import pytest
from packaging.version import Version

from pinwise.cli.exits import ExitCode, exit_code
from pinwise.cli.lines import WIDTH, Line
from pinwise.cli.paper import STYLES, write_lines
from pinwise.cli.render import (
    LockNote,
    render_advice,
    render_environment,
    render_refusal,
    render_undecided,
    summary,
)
from pinwise.environment.declare import declare
from pinwise.explain.refusal import explain
from pinwise.model.conflict import Fact, FactKind
from pinwise.model.facts import Skip
from pinwise.model.names import normalise
from pinwise.model.outcome import Advice, Effort, Price, Refusal, RequestedBy, Undecided
from pinwise.model.request import Exclusion, Index, Place, Request
from support.advice import INDEX, advice, direct_requirement, folder, pin

GOLDEN = Path(__file__).parent / "golden"
PRIVATE = "https://private.example/simple"
WRITTEN = LockNote("Pipfile.lock", "written", ("pinwise install", "pipenv sync"))


def is_golden(name: str, lines: list[Line]) -> bool:
    """Whether the lines are those of the golden file, which is written where the user asks for it."""
    file = GOLDEN / f"{name}.txt"
    text = "".join(f"{line.text}\n" for line in lines)
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    return text == file.read_text(encoding="utf-8")


def simple() -> Advice:
    """Return a perfect stack of two."""
    return advice(pin("flask", "3.0", requires=["click"], asked="flask"), pin("click", "8.1", by=["flask"]))


def rich() -> Advice:
    """Return a stack that has one of everything."""
    old = pin(
        "celery",
        "4.0",
        asked="celery[redis]>=4,<5",
        requires=["kombu"],
        index=PRIVATE,
        index_name="private",
        prices=[
            Price("freshness", "celery==4.0", 12_345, "3 releases and 1234 days behind 5.4"),
            Price("missing extra", "celery[redis]==4.0", 500, "the manifest asks for the extra `redis`"),
        ],
    )
    built = pin(
        "a-project-with-a-very-long-name-indeed",
        "2024.11.21.1905",
        by=["celery", "kombu", "pytest", "tox"],
        prices=[Price("native build", "x", 500_000, "must be compiled: its wheels are for other platforms")],
    )
    yanked = pin("kombu", "4.1", by=["celery"], yanked="breaks \x1b[31mredis")
    pins = (
        replace(old, behind=3, days_behind=1234, latest=Version("5.4")),
        built,
        replace(yanked, behind=1, days_behind=None),
        pin("shop", "0.1", asked="shop", local=folder("shop", "0.1", "./shop")),
        pin("pytest", "8.0", asked="pytest", groups=["develop"]),
    )
    stack = advice(*pins, indexes=(Index(PRIVATE, "private"), Index(INDEX)), cost=512_845)
    return replace(
        stack,
        proof=replace(
            stack.proof, optimal=False, bound=500_000, unknown=7, reason="the fetch limit of 500 was reached"
        ),
        left_out=(direct_requirement("colorama; sys_platform == 'win32'", line=9),),
        skipped={
            normalise("kombu"): (
                Skip("kombu-0.1.egg", "eggs are not installed any more"),
                Skip("4.0", "its metadata is not for this version"),
            )
        },
    )


def test_a_perfect_stack() -> None:
    """A small report shows target, pins, cost, proof, lock and what to do next."""
    assert is_golden("simple", render_advice(simple(), [WRITTEN]))


def test_a_stack_with_one_of_everything() -> None:
    """Prices with their reasons, several indexes and categories, what was left out and skipped, no proof."""
    other = LockNote("pylock.toml", "written", ("pinwise install --lock pylock.toml",))
    notes = [replace(WRITTEN, state="unchanged"), other]
    assert is_golden("rich", render_advice(rich(), notes))


def amended() -> Request:
    """Return a request with overrides and exclusions."""
    override = direct_requirement("werkzeug>=3", file="pyproject.toml", line=8)
    idle = direct_requirement("six", file="pyproject.toml", line=9)
    place = Place("pyproject.toml", 12)
    reason = "it is only imported on Windows, where we do not run, and it has no wheels for our targets"
    exclusion = Exclusion(normalise("pywin32"), reason, place)
    spare = Exclusion(normalise("torch"), "too \x1b[31mlarge", Place("pyproject.toml", 13))
    return replace(simple().request, overrides=(override, idle), exclusions=(exclusion, spare))


def test_overrides_and_exclusions() -> None:
    """Each is shown with its place and reason, and with what it stands in place of."""
    told = {
        normalise("werkzeug"): (RequestedBy(normalise("flask"), "werkzeug<3"),),
        normalise("pywin32"): tuple(
            RequestedBy(normalise(name), f"pywin32>={k}") for k, name in enumerate(("flask", "click", "x"))
        ),
    }
    stack = replace(simple(), request=amended(), amended=told)
    assert is_golden("amended", render_advice(stack, [WRITTEN]))


def test_a_refusal_shows_what_the_manifest_overrides() -> None:
    """Where there is no stack, the overrides and exclusions in force are listed."""
    given = replace(refusal(), request=amended())
    assert is_golden("refusal_amended", render_refusal(given, explain(given.derivation)))


def test_a_dry_run() -> None:
    """Nothing was written, so there is nothing to install from yet."""
    assert is_golden("dry_run", render_advice(simple(), [replace(WRITTEN, state="not written")]))


def test_no_package() -> None:
    """A manifest whose markers all fail still has an answer."""
    assert is_golden("empty", render_advice(advice(), [WRITTEN]))


def refusal() -> Refusal:
    """Return a refusal for a project that no index has."""
    fact = Fact(
        FactKind.ROOT, requirement="flaskk", place="Pipfile:2", group="default", suggestions=("flask",)
    )
    return Refusal(simple().request, fact)


def test_a_refusal() -> None:
    """The headline, why, for which target, and that nothing was changed."""
    given = refusal()
    assert is_golden("refusal", render_refusal(given, explain(given.derivation)))


@pytest.mark.parametrize("is_offline", [False, True])
def test_an_undecided_search(is_offline: bool) -> None:  # noqa: FBT001
    """Why, what would have to be fetched, and the next step, which differs when offline."""
    missing = tuple(f"the page of `project{number}`" for number in range(14))
    undecided = Undecided(simple().request, "the fetch limit of 3 was reached", missing)
    name = "undecided_offline" if is_offline else "undecided"
    assert is_golden(name, render_undecided(undecided, is_offline=is_offline))


def test_an_environment() -> None:
    """Python, platform, markers, and the ends of a long list of tags."""
    assert is_golden("environment", render_environment(declare("3.12.4", "manylinux_2_28_x86_64")))


def reports() -> list[list[Line]]:
    """Return every report of this module."""
    return [
        render_advice(simple(), [WRITTEN]),
        render_advice(rich(), [WRITTEN]),
        render_refusal(refusal(), explain(refusal().derivation)),
        render_environment(declare("3.12", "musllinux_1_2_aarch64")),
    ]


@pytest.mark.parametrize("lines", reports())
def test_lines_fit_and_are_clean(lines: list[Line]) -> None:
    """No line is wider than 80 columns; none ends in a space or holds a control character."""
    for line in lines:
        assert len(line.text) <= WIDTH
        assert line.text == line.text.rstrip()
        assert line.text.isprintable()
        assert line.style in STYLES


def test_colours_do_not_change_the_layout(capsys: pytest.CaptureFixture[str]) -> None:
    """With and without colours the text is the same."""
    lines = render_advice(rich(), [WRITTEN])
    write_lines(lines)
    plain = capsys.readouterr().out
    coloured = "\n".join(click.style(line.text, **STYLES[line.style]) for line in lines)  # type: ignore[arg-type]
    assert click.unstyle(coloured) + "\n" == plain
    assert coloured + "\n" != plain


def test_many_askers_are_counted() -> None:
    """A row names as many askers as fit; no asker is lost."""
    askers = [f"asker{number}" for number in range(12)]
    lines = render_advice(advice(pin("a", "1", by=askers), pin("b", "1", asked="b")), [])
    row = next(line.text for line in lines if line.text.startswith("  a "))
    assert row.endswith("asker0, asker1, asker2 and 9 more")


def test_a_long_version_moves_no_row() -> None:
    """A version that has no room in its column stands beside its name; all ages begin in one column."""
    versions = ("1.0", "1.0.0.post1", "0.1.dev20261121235959", "2024.11.21.2")
    pins = (pin(f"p{number}", version, asked="p") for number, version in enumerate(versions))
    texts = [line.text for line in render_advice(advice(*pins), [WRITTEN])]
    start = next(number for number, text in enumerate(texts) if text.startswith("  name"))
    rows = [text for text in texts[start + 1 :] if "newest" in text]
    assert {row.index("newest") for row in rows} == {texts[start].index("age")}
    assert len(rows) == len(versions)
    assert "  p2 0.1.dev20261121235959" in texts


def test_costs_stand_below_each_other() -> None:
    """However long names and versions are, every cost ends in the column in which its title ends."""
    lines = render_advice(
        advice(
            *(
                replace(
                    pin(
                        "a" * length,
                        version,
                        asked="a" * length,
                        prices=[Price("freshness", "a", 1_234, "old")],
                    ),
                    behind=behind,
                    days_behind=1_234,
                )
                for length, version, behind in ((1, "1.0", 1), (24, "2024.11.21.2", 22), (40, "2", 103))
            )
        ),
        [WRITTEN],
    )
    texts = [line.text for line in lines]
    start = next(number for number, text in enumerate(texts) if text.startswith("  name"))
    end = texts[start].index("cost") + len("cost")
    rows = [text for text in texts[start + 1 :] if "behind, 1,234 days" in text]
    assert [text.index("1,234", end - 6) + len("1,234") for text in rows] == [end] * 3


def test_the_summary_says_what_an_answer_took() -> None:
    """Pages, metadata, requests, rounds and time; or that nothing was fetched."""
    effort = Effort(pages=1, documents=2, requests=3, rounds=4, seconds=1234.5)
    assert summary(effort) == (
        "Fetched 1 page and the metadata of 2 releases with 3 requests; 4 rounds of search, 1,234.5 s."
    )
    assert summary(replace(effort, documents=0)).startswith("Fetched 1 page with 3 requests; ")
    assert summary(Effort(rounds=1, seconds=0.04)) == "Nothing was fetched; 1 round of search, 0.0 s."


def test_exit_codes() -> None:
    """Each outcome has its code, each code a meaning."""
    assert exit_code(simple()) == 0
    assert exit_code(refusal()) == 1
    assert exit_code(Undecided(simple().request, "why")) == 3
    assert all(code.meaning for code in ExitCode)

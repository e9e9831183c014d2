"""A stack as a tree, from the manifest down and back up."""

from dataclasses import replace

import pytest

from pinwise.actions.tree import inverted, tree
from pinwise.cli.lines import WIDTH
from pinwise.cli.render_reasons import render_tree
from pinwise.model.errors import UsageError
from pinwise.model.names import normalise
from pinwise.model.outcome import Advice
from support.asking import case


def stack(world: str, manifest: str) -> Advice:
    """Return the stack of a case."""
    outcome = case(world, manifest).outcome
    assert isinstance(outcome, Advice)
    return outcome


def drawn(advice: Advice, *, depth: int | None = None, invert: str | None = None) -> list[str]:
    """Return a tree as people see it."""
    rows = tree(advice, depth=depth) if invert is None else inverted(advice, normalise(invert), depth=depth)
    return [line.text for line in render_tree(advice, rows)]


DIAMOND = "a 1: c b>=1 b<3\nb 1: d[x]\nc 1: b\nd 1 extras=x: \"e; extra == 'x'\"\ne 1: a"


def test_what_is_below_a_package_is_drawn_once() -> None:
    """A package that was drawn is only named again, in cycles too, and the words of each edge stay."""
    assert drawn(stack(DIAMOND, "a\nb<2")) == [
        "a 1",
        "├ b 1  b>=1, b<3",
        "│ └ d[x] 1",
        "│   └ e 1",
        "│     └ a 1 (*)",
        "└ c 1",
        "  └ b 1 (*)",
        "b 1 (*)  b<2",
        "",
        "(*): what it requires is shown elsewhere",
    ]


def test_a_tree_names_groups_and_extras() -> None:
    """A group stands in brackets, an extra is called one."""
    advice = stack("a 1", "a")
    (row,) = tree(advice)
    texts = [render_tree(advice, [replace(row, group=name)])[0].text for name in ("develop", "[web]")]
    assert texts == ["a 1 [develop]", "a 1 [extra web]"]


def test_a_limited_tree_says_what_it_leaves_out() -> None:
    """Below the depth nothing is drawn, and the mark says so; nearer to the manifest more is seen."""
    assert drawn(stack(DIAMOND, "c\na"), depth=1) == [
        "c 1",
        "└ b 1 (…)",
        "a 1",
        "├ b 1 (…)  b>=1, b<3",
        "└ c 1 (*)",
        "",
        "(*): what it requires is shown elsewhere",
        "(…): what it requires is left out (`--depth`)",
    ]
    assert drawn(stack(DIAMOND, "c"), depth=0) == [
        "c 1 (…)",
        "",
        "(…): what it requires is left out (`--depth`)",
    ]


def test_an_inverted_tree_ends_at_the_manifest() -> None:
    """Who requires a package, and who requires that, with the category where the manifest names one."""
    assert drawn(stack("a 1: c\nb 1: c\nc 1", "a\n[develop]\nb>=1"), invert="c") == [
        "c 1",
        "├ a 1",
        "│ └ the manifest: a",
        "└ b 1",
        "  └ the manifest [develop]: b>=1",
    ]


def test_an_absent_project_is_a_usage_error() -> None:
    """With the name that was meant."""
    with pytest.raises(UsageError, match="`cc` is not in the stack") as caught:
        drawn(stack("a 1: c\nc 1", "a"), invert="cc")
    assert caught.value.hint


def test_nothing_is_a_tree_too() -> None:
    """A stack without packages is said to be one."""
    assert drawn(stack("a 1", 'a; sys_platform == "win32"')) == ["No package is needed."]


def test_a_long_chain_is_no_deep_recursion() -> None:
    """Two hundred links are drawn, each row with its package."""
    world = "".join(f"p{k} 1: p{k + 1}\n" for k in range(200)) + "p200 1"
    lines = drawn(stack(world, "p0"))
    assert len(lines) == 201
    assert lines[-1].endswith("p200 1")


def test_long_requirements_have_a_line_of_their_own() -> None:
    """Whatever the words of an edge, no line is wider than the page."""
    long = ",".join(f"!=0.{k}" for k in range(40))
    lines = drawn(stack(f'a 1: "b{long}"\nb 1: "c{long}"\nc 1', "a"))
    assert len(lines) > 3
    assert all(len(line) <= WIDTH for line in lines)

"""`pinwise why`, `tree`, `outdated` and the hints of `advise`, as users meet them, against a loopback index.

``UPDATE_GOLDEN=1`` writes the golden files anew; read the difference before it is committed.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from pinwise.cli import main
from pinwise.cli.lines import WIDTH
from support.artifacts import sdist, wheel
from support.loopback import Answer, LoopbackIndex

DOCS = Path(__file__).parents[2] / "docs"
GOLDEN = Path(__file__).parent / "golden"
TARGET = ("--python", "3.12", "--platform", "manylinux_2_28_x86_64")
MANIFEST = "shop\ntool>1  # for operators\n"


def publish(index: LoopbackIndex) -> None:
    """Publish a small world in which not everything can be the newest."""
    day = "2024-{:02d}-01T00:00:00Z"
    index.add(wheel("shop", "1.0", requires=["web", "theme"]), uploaded=day.format(1))
    index.add(wheel("shop", "2.0", requires=["web<3", "theme"]), uploaded=day.format(6))
    index.add(wheel("theme", "1.0", requires=["web[fast]>=1", "a-library-with-a-long-name"]))
    index.add(wheel("web", "1.0", extras=["fast"]), uploaded=day.format(1))
    index.add(
        wheel("web", "2.0", requires=["json<2", "speed; extra == 'fast'"], extras=["fast"]),
        uploaded=day.format(3),
    )
    index.add(wheel("web", "2.1", extras=["fast"]), uploaded=day.format(5), yanked="leaks")
    index.add(wheel("web", "3.0", extras=["fast"]), uploaded=day.format(7))
    index.add(wheel("web", "4.0rc1", extras=["fast"]), uploaded=day.format(8))
    index.add(wheel("json", "1.0"), uploaded=day.format(1))
    index.add(wheel("json", "2.0"), uploaded=day.format(9))
    index.add(wheel("speed", "1.0"))
    index.add(wheel("a-library-with-a-long-name", "1.0"))
    index.add(wheel("tool", "1.0"), uploaded=day.format(1))
    index.add(wheel("tool", "2.0", requires=["json>=2"]), uploaded=day.format(2))
    index.add(wheel("new", "1.0"), requires_python=">=3.13")
    index.add(sdist("source", "1.0"))


@dataclass(frozen=True)
class Place:
    """A folder in which commands are run against an index."""

    folder: Path
    index: LoopbackIndex

    def run(self, *arguments: str) -> Result:
        """Run a command for a declared target."""
        given = [arguments[0], "--index-url", self.index.url, *TARGET, *arguments[1:]]
        return CliRunner().invoke(main, given)

    def write(self, text: str, name: str = "requirements.txt") -> None:
        """Write a file."""
        (self.folder / name).write_text(text, encoding="utf-8")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Return a folder with a manifest as the current one, with a knowledge base elsewhere."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PINWISE_KB", str(tmp_path / "kb.sqlite"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    with LoopbackIndex() as index:
        publish(index)
        place = Place(folder, index)
        place.write(MANIFEST)
        yield place


def is_golden(name: str, text: str) -> bool:
    """Whether a text is that of the golden file, which is written where the user asks for it."""
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    return text == file.read_text(encoding="utf-8")


def reasons_schema() -> Draft202012Validator:
    """Return the schema of the answers, which must itself be valid."""
    schema = json.loads((DOCS / "reasons.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


QUESTIONS = {
    "why_newer": ("why", "web"),
    "why_forbidden": ("why", "web", "2.0"),
    "why_yanked": ("why", "web", "2.1"),
    "why_prerelease": ("why", "web", "4.0rc1"),
    "why_chosen": ("why", "web", "1.0"),
    "why_older": ("why", "shop", "1.0"),
    "tree": ("tree",),
    "tree_cut": ("tree", "--depth", "1"),
    "tree_inverted": ("tree", "--invert", "json"),
    "outdated": ("outdated",),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_answers_are_as_they_were_read(place: Place, name: str) -> None:
    """The text of every answer is the golden one, in 80 columns, and the same without colours and offline."""
    result = place.run(*QUESTIONS[name])
    assert result.exit_code == 0, result.output
    assert is_golden(name, result.stdout)
    assert all(len(line) <= WIDTH for line in result.stdout.splitlines())
    asked = len(place.index.requests)
    again = place.run(*QUESTIONS[name], "--offline")
    assert (again.exit_code, again.stdout) == (0, result.stdout)
    assert len(place.index.requests) == asked
    assert sorted(path.name for path in place.folder.iterdir()) == ["requirements.txt"]


@pytest.mark.parametrize("name", QUESTIONS)
def test_colours_change_nothing_but_colours(place: Place, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal with colours the words are the same; ``NO_COLOR`` takes them away."""
    plain = place.run(*QUESTIONS[name]).stdout
    given = [QUESTIONS[name][0], "--index-url", place.index.url, *TARGET, *QUESTIONS[name][1:]]
    coloured = CliRunner().invoke(main, given, color=True).stdout
    assert "\x1b[" in coloured or name.startswith("tree")
    assert click.unstyle(coloured) == plain
    monkeypatch.setenv("NO_COLOR", "1")
    assert CliRunner().invoke(main, given, color=True).stdout == plain


@pytest.mark.parametrize("name", QUESTIONS)
def test_answers_as_json_keep_to_their_schema(place: Place, name: str) -> None:
    """Every answer for programs is valid, and says which question it answers."""
    result = place.run(*QUESTIONS[name], "--format", "json")
    assert result.exit_code == 0, result.output
    content: dict[str, Any] = json.loads(result.stdout)
    reasons_schema().validate(content)
    assert content["question"] == QUESTIONS[name][0]


def test_what_json_says_of_a_counterfactual(place: Place) -> None:
    """Cost, changes, and that only the question admits a yanked release."""
    content = json.loads(place.run("why", "web", "2.1", "--format", "json").stdout)
    other = content["counterfactual"]
    assert (other["version"], other["constraint"], other["yanked"]) == ("2.1", "web==2.1", True)
    assert other["outcome"] == "advice"
    assert other["dearer_by"] == sum(each["cost_after"] - each["cost_before"] for each in other["changes"])
    forbidden = json.loads(place.run("why", "web", "2.0", "--format", "json").stdout)["counterfactual"]
    assert (forbidden["outcome"], forbidden["proof"], forbidden["changes"]) == ("refusal", None, [])
    assert forbidden["conflict"]["headline"].startswith("No stack has `web` 2.0: ")


def test_a_refusal_has_no_stack_to_ask_about(place: Place) -> None:
    """The commands end as `advise` does: exit code 1, and the report of the refusal."""
    place.write("shop>=2\nweb>=3\n")
    for question in (("why", "web"), ("tree",), ("outdated",)):
        result = place.run(*question)
        assert result.exit_code == 1, result.output
        assert result.stdout.startswith("No stack satisfies the manifest: ")
        content = json.loads(place.run(*question, "--format", "json").stdout)
        assert content["outcome"] == "refusal"


def test_offline_without_knowledge_is_undecided(place: Place) -> None:
    """Exit code 3 and what would have to be fetched, as for `advise`."""
    for question in (("why", "web"), ("tree",), ("outdated",)):
        result = place.run(*question, "--offline")
        assert result.exit_code == 3
        assert result.stdout.startswith("Undecided: ")


def test_what_cannot_be_known_offline_is_undecided_too(place: Place) -> None:
    """A counterfactual that needs what was never fetched says so, beside the reasons that are known."""
    place.write("tool\n")
    assert place.run("tree").exit_code == 0
    result = place.run("why", "tool", "1.0", "--offline")
    assert result.exit_code == 0, result.output
    assert "Undecided: being offline, not everything that matters could be looked at." in result.stdout
    content = json.loads(place.run("why", "tool", "1.0", "--offline", "--format", "json").stdout)
    reasons_schema().validate(content)
    assert content["counterfactual"]["outcome"] == "undecided"
    assert content["counterfactual"]["undecided"]["missing"] == ["the metadata of `tool==1.0`"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("why", "jsom"), "did you mean `json`?"),
        (("why", "-"), "is not a valid project name"),
        (("why", "json", "9"), "`json` has no release 9"),
        (("why", "json", "new"), "`new` is not a version"),
        (("why", "json", "tools/tool.py"), "to name the manifest, write `--folder tools/tool.py`"),
        (("why",), "`pinwise why` needs `NAME`"),
        (("why", "json", "--folder", "absent"), "absent"),
        (("tree", "--invert", "jsom"), "did you mean `json`?"),
        (("tree", "--depth", "-1"), "--depth"),
        (("outdated", "absent"), "absent"),
    ],
)
def test_a_wrong_question_is_a_usage_error(place: Place, arguments: tuple[str, ...], says: str) -> None:
    """Exit code 2, in our own form, with the next step."""
    result = place.run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert says in result.stderr.lower() or says in result.stderr
    assert "hint: " in result.stderr


def test_another_folder_can_be_asked_about(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """`why` takes the folder as an option, for its arguments are a name and a version."""
    monkeypatch.chdir(place.folder.parent)
    result = place.run("why", "tool", "--folder", "project")
    assert result.exit_code == 0, result.output
    assert "requirements.txt:2" in result.stdout


def test_a_cheaper_stack_that_moves_present_pins_is_told_so(place: Place) -> None:
    """Pins are kept before cost counts: that, and nothing else, is why the cheaper stack was not chosen."""
    place.write("tool<2\n")
    assert place.run("advise").exit_code == 0
    place.write("tool\n")
    said = " ".join(place.run("why", "tool").stdout.split())
    assert "costs 311 less than the chosen one, but makes 2 more changes to the lock, whose pins are" in said
    assert "one after the other" not in said


def test_a_project_of_an_extra_or_a_group_is_named_with_it(place: Place) -> None:
    """What only an extra or a group requires that was not asked for is no riddle."""
    project = '[project]\nname = "app"\ndependencies = ["tool"]\n[project.optional-dependencies]\n'
    place.write(f'{project}net = ["web"]\n[dependency-groups]\ndev = ["shop"]\n', "pyproject.toml")
    for name, word, option in (
        ("web", "extra `net`", "--extra net"),
        ("shop", "dependency group `dev`", "--group dev"),
    ):
        result = place.run("why", name)
        assert result.exit_code == 2
        assert f"only the {word} requires it, which is not asked for" in result.stderr
        assert f"hint: ask for it too: `{option}`" in result.stderr
        assert place.run("why", name, *option.split()).exit_code == 0


# --- hints


def test_a_refusal_ends_with_what_would_help(place: Place) -> None:
    """Each hint was tried; the text is the golden one."""
    place.write("shop>=2\nweb>=3\n")
    result = place.run("advise")
    assert result.exit_code == 1
    assert is_golden("hints", result.stdout)
    assert all(len(line) <= WIDTH for line in result.stdout.splitlines())


def test_hints_in_the_report(place: Place) -> None:
    """The JSON report has them beside the conflict, and keeps to its schema."""
    place.write("shop>=2\nweb>=3\n")
    content = json.loads(place.run("advise", "--format", "json").stdout)
    Draft202012Validator(json.loads((DOCS / "report.schema.json").read_text("utf-8"))).validate(content)
    hints = content["conflict"]["hints"]
    assert [(hint["kind"], hint["relaxed"], hint["instead"], hint["version"]) for hint in hints] == [
        ("requirement", "shop>=2", "shop", "1.0"),
        ("requirement", "web>=3", "web", "1.0"),
    ]
    for hint in hints:
        place.write(f"{hint['instead']}\nshop>=2\n" if hint["project"] == "web" else "shop\nweb>=3\n")
        assert place.run("advise", "--dry-run").exit_code == 0


def test_no_hints_where_none_are_wanted(place: Place) -> None:
    """``--no-hints`` tries nothing and says nothing."""
    place.write("shop>=2\nweb>=3\n")
    result = place.run("advise", "--no-hints")
    assert result.exit_code == 1
    assert "would help" not in result.stdout
    content = json.loads(place.run("advise", "--no-hints", "--format", "json").stdout)
    assert content["conflict"]["hints"] == []


def test_another_python_is_tried_with_its_own_wheels_and_markers(place: Place) -> None:
    """The manifest is read for the other target; following the hint gives a stack."""
    place.write('new\nmissing; python_version >= "3.14"\n')
    result = place.run("advise")
    assert result.exit_code == 1
    assert "With Python 3.13 (`--python 3.13`): a stack of 1 package, cost 0." in result.stdout
    followed = CliRunner().invoke(
        main, ["advise", "--dry-run", "--index-url", place.index.url, *TARGET[2:], "--python", "3.13"]
    )
    assert followed.exit_code == 0, followed.output


def test_a_hint_on_an_sdist_is_true_as_it_is_written(place: Place) -> None:
    """``--no-binary`` as the hint says it outweighs ``--only-binary :all:``."""
    place.write("source\n")
    result = place.run("advise", "--only-binary", ":all:")
    assert result.exit_code == 1
    assert "With `--no-binary source`, which builds it from its sdist" in result.stdout
    assert place.run("advise", "--dry-run", "--only-binary", ":all:", "--no-binary", "source").exit_code == 0


def test_an_index_that_fails_while_hints_are_tried_changes_nothing(place: Place) -> None:
    """The refusal is told without them."""
    place.write("shop>=2\nweb>=3\n")
    assert place.run("advise", "--no-hints").exit_code == 1
    for version in ("shop-1.0", "web-1.0", "web-2.0"):
        place.index.answer(f"/files/{version}-py3-none-any.whl.metadata", Answer(status=403))
    result = place.run("advise")
    assert result.exit_code == 1
    assert "would help" not in result.stdout

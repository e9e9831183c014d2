"""The documents are true: their commands run, their example is computed, their links lead somewhere."""

import importlib.util
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest

from pinwise.actions.advise import SearchOptions, advise
from pinwise.cli import main as command
from pinwise.cli.completion_table import completion_table
from pinwise.model.outcome import Advice
from pinwise.settings import SETTINGS
from pinwise.units.goals import GOALS
from pinwise.units.steps import METADATA_STEPS, STEPS
from support.loopback import LoopbackIndex
from support.pages import documents_index, page_environment, run_page, run_shell, shell_commands
from support.worlds import FakeSource, PartialKnowledge, request, world

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md"), ROOT / "benchmarks" / "README.md"])
WITH_SHELL = [page for page in PAGES if any(shell_commands(page.read_text(encoding="utf-8")))]
WITH_COMMANDS = [page for page in PAGES if "```console\n" in page.read_text(encoding="utf-8")]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def every_page(pages: list[Path]) -> pytest.MarkDecorator:
    """Run a test once per page, under the page's path."""
    return pytest.mark.parametrize("page", pages, ids=lambda page: str(page.relative_to(ROOT)))


@pytest.fixture(scope="module")
def index() -> Iterator[LoopbackIndex]:
    """Serve the world of the documents once."""
    with documents_index() as served:
        yield served


def generator() -> ModuleType:
    """Import docs/generate.py, which is no module of the package, as `python` runs it: beside its folder."""
    sys.path.insert(0, str(DOCS))
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(DOCS))
    return module


@every_page(WITH_COMMANDS)
def test_commands_say_what_the_page_claims(page: Path, index: LoopbackIndex, tmp_path: Path) -> None:
    """Every command that a page shows is run, and says what the page shows."""
    folder, home = tmp_path / "shop", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    environment = page_environment(index, home, os.environ)
    text = page.read_text(encoding="utf-8")
    assert run_page(text, folder=folder, index=index, environment=environment) == text


@every_page(WITH_SHELL)
def test_shell_commands_work(page: Path, index: LoopbackIndex, tmp_path: Path) -> None:
    """Commands that are shown without their output succeed in a folder with a manifest and constraints."""
    folder, home = tmp_path / "shop", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    (folder / "Pipfile").write_text('[packages]\nflask = "*"\n', encoding="utf-8")
    (folder / "constraints.txt").write_text("werkzeug<4\n", encoding="utf-8")
    (folder / "production.toml").write_text('python = "3.12"\nplatform = "win_amd64"\n', encoding="utf-8")
    environment = page_environment(index, home, os.environ)
    for each in shell_commands(page.read_text(encoding="utf-8")):
        assert run_shell(each, folder=folder, index=index, environment=environment) == "", each


def test_the_reference_is_fresh() -> None:
    """Pages made from the code are what the code makes now; `python docs/generate.py` writes them."""
    generate = generator()
    assert {path.name for path in (DOCS / "reference").iterdir()} == set(generate.PAGES)
    for name in generate.PAGES:
        written = (DOCS / "reference" / name).read_text(encoding="utf-8")
        assert written == generate.page(name), f"docs/reference/{name} is stale"


def test_what_completion_knows_is_fresh() -> None:
    """The table of commands for shells is what the commands are now; `docs/generate.py` writes it, too."""
    assert generator().COMPLETION.read_text(encoding="utf-8") == completion_table(command), "it is stale"


def commands(described: click.Command, path: str = "pinwise") -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its full name."""
    yield path, described
    if isinstance(described, click.Group):
        for name, inner in described.commands.items():
            yield from commands(inner, f"{path} {name}")


def test_every_command_and_option_is_documented() -> None:
    """The reference names every command, option and argument, and each has a help text."""
    text = (DOCS / "reference" / "cli.md").read_text(encoding="utf-8")
    for path, described in commands(command):
        assert f"## {path}\n" in text
        assert described.help, path
        for parameter in described.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{path} {parameter.opts}"
                assert all(option in text for option in (*parameter.opts, *parameter.secondary_opts))
            else:
                assert (parameter.metavar or parameter.name or "").upper() in text


def test_every_setting_is_documented() -> None:
    """The reference has each setting, with its variable and its option, and that option exists."""
    text = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
    known = {
        option for _, each in commands(command) for parameter in each.params for option in parameter.opts
    }
    for setting in SETTINGS:
        assert f"## {setting.name}\n" in text
        assert setting.variable in text
        assert not setting.option or setting.option in known, f"{setting.option} is no option"


def test_every_price_and_goal_is_documented() -> None:
    """The reference has each price and goal, and the page on prices explains each price."""
    reference = (DOCS / "reference" / "prices.md").read_text(encoding="utf-8")
    concept = (DOCS / "concepts" / "prices.md").read_text(encoding="utf-8")
    for goal in GOALS:
        assert f"`{goal}`" in reference
    for name in [step.name for step in STEPS] + [step.name for step in METADATA_STEPS]:
        assert f"`{name}`" in reference
        assert name in concept.lower()


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as the usual renderers make them."""
    headings = HEADING.findall(re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@every_page(PAGES)
def test_links_lead_somewhere(page: Path) -> None:
    """A link to a page or heading of ours finds it."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in LINK.findall(text):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        linked = (page.parent / name).resolve() if name else page
        assert linked.exists(), f"{page.relative_to(ROOT)} links to {target}"
        assert not anchor or anchor in anchors(linked), f"{page.relative_to(ROOT)} links to {target}"


def test_every_page_can_be_reached() -> None:
    """From the first page, links lead to every other one."""
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md" or not page.is_file():
            continue
        reached.add(page)
        targets = LINK.findall(page.read_text(encoding="utf-8"))
        waiting += [
            (page.parent / target.partition("#")[0]).resolve() for target in targets if "://" not in target
        ]
    assert set(PAGES) <= reached


def test_the_worked_example_is_computed() -> None:
    """The algorithm's example has the prices, the rounds and the optimum that its page works out by hand."""
    text = (DOCS / "concepts" / "algorithm.md").read_text(encoding="utf-8")
    block = re.search(r"```world\n(.*?)```", text, re.DOTALL)
    assert block is not None
    source = FakeSource(world(block[1]), PartialKnowledge())
    outcome = advise(request("shop\nmail"), source.knowledge, source, options=SearchOptions())
    assert isinstance(outcome, Advice)
    stack = ", ".join(
        f"{pin.name} {pin.version}" for pin in sorted(outcome.pins, key=lambda pin: "smw".index(pin.name[0]))
    )
    assert f"| {outcome.effort.rounds} | {stack} | {outcome.proof.cost} | nothing: proven |" in text
    assert source.pages == ["shop", "mail", "web"]
    assert [f"{name} {version}" for name, version in source.needed] == ["shop 2", "mail 2", "shop 1", "web 3"]
    other = advise(request("shop==2\nmail==1"), source.knowledge, source, options=SearchOptions())
    assert isinstance(other, Advice)
    assert f"`shop 2`, `mail 1`, `web 2` costs 0 + 301 + 121 = {other.proof.cost}." in text

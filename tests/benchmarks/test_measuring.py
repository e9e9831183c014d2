"""The programs that measure: a small fraction of what each does, and what makes figures mean something."""

import hashlib
import json
import random
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.request import urlopen
from xml.etree import ElementTree as ET

import pytest
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "benchmarks"
sys.path.append(str(PROGRAMS))  # at the end: a module there has the name of one of the standard library

import measure  # noqa: E402  # after the path is set
from bounds import lower_bounds  # noqa: E402
from generated import World, name_of  # noqa: E402
from growth import Point, slope  # noqa: E402
from measure import Spent  # noqa: E402
from pair_prices import compiled, with_pairs  # noqa: E402
from phases import IMPORTS, PHASES, phase_of  # noqa: E402
from serve_slice import served  # noqa: E402

from pinwise.search import PREDICTORS, Budget, Found  # noqa: E402
from pinwise.space.masks import bit  # noqa: E402
from pinwise.space.space import Space  # noqa: E402

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return what runs a program of the folder in an empty one and returns what it printed."""

    def run_program(program: str, *options: object) -> str:
        command = [sys.executable, str(PROGRAMS / program), *map(str, options)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run_program


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a slice of an index of five projects, and a requirement set for it."""
    folder, world = tmp_path_factory.mktemp("small"), World(5, 12)
    with zipfile.ZipFile(folder / "slice.zip", "w") as archive:
        for project in range(world.projects):
            page = json.loads(_body(world, f"/simple/{name_of(project)}/"))
            for file in page["files"]:
                document = _body(world, f"/files/{file['filename']}.metadata")
                digest = hashlib.sha256(document).hexdigest()
                file["core-metadata"] = {"sha256": digest}
                archive.writestr(f"metadata/{digest}", document)
            archive.writestr(f"simple/{name_of(project)}.json", json.dumps(page))
    (folder / "sets").mkdir()
    (folder / "sets" / "tiny.txt").write_text(f"{name_of(0)}\n", encoding="utf-8")
    return folder


def _body(world: World, path: str) -> bytes:
    resource = world.resource(path)
    assert resource is not None, path
    return resource.body


def rows_of(text: str) -> list[list[str]]:
    """Return the cells of the rows of all tables of a text."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_resolvers_are_compared(run: Run, small: Path) -> None:
    """Each resolver has a row, and behind its times stand the ratios to uv's."""
    if not Path(sys.executable).with_name("uv").exists():
        pytest.skip("uv is not installed")
    out = run(
        "compare.py", "--slice", small / "slice.zip", "--sets", small / "sets", "--repeat", "1", "--pip"
    )
    assert re.match(r"pinwise \S+, pip \S+, uv \S+; \d+ cores", out)
    rows = {row[1]: row for row in rows_of(out) if row[0] == "tiny"}
    assert list(rows) == ["pinwise exact", "pinwise latest", "pip", "uv"]
    assert rows["pinwise exact"][-1] == "proven"
    for name, row in rows.items():
        assert row[2] == "5"
        ratio = "" if name == "uv" else r" \(\d+\.\d\)"
        assert all(re.fullmatch(rf"\d+\.\d{{3}}{ratio}", cell) for cell in row[4:6]), row
        assert all(1 < int(cell) < 1000 for cell in row[6:8]), row


def test_growth_is_measured(run: Run, tmp_path: Path) -> None:
    """Each size has a row for both predictors, pairs have theirs, and there is a picture."""
    sizes = (
        "--both",
        "2x10 5x10",
        "--projects",
        "",
        "--versions",
        "",
        "--groups",
        "0 3",
        "--groups-in",
        "4x10",
    )
    out = run("growth.py", *sizes, "--repeat", "1", "--svg", "growth.svg")
    rows = rows_of(out)
    assert [row[:2] for row in rows[1:5]] == [
        [size, predictor] for size in ("2 x 10", "5 x 10") for predictor in ("latest", "exact")
    ]
    assert [(row[0], row[-1]) for row in rows[-2:]] == [("0", "yes"), ("3", "yes")]
    assert "`latest`: the steepest slope is " in out
    picture = ET.parse(tmp_path / "growth.svg")
    assert len(picture.findall("{http://www.w3.org/2000/svg}circle")) == 4


def test_a_profile_adds_up(run: Run, small: Path, tmp_path: Path) -> None:
    """The phases of a warm and a cold run are all of it, and nothing is fetched or stored in a warm one."""
    options = ("--slice", small / "slice.zip", "--set", small / "sets" / "tiny.txt", "--repeat", "1")
    out = run("profile.py", *options, "--svg", "seen")
    rows = {row[0]: [int(cell) for cell in row[1:]] for row in rows_of(out)[1:]}
    assert set(PHASES) < set(rows)
    for column in range(2):
        parts = sum(each[column] for name, each in rows.items() if name != "whole process")
        assert parts == pytest.approx(rows["whole process"][column], abs=len(rows))
    assert rows["fetch"][0] == rows["store"][0] == 0
    assert min(rows["fetch"][1], rows["store"][1], rows["imports"][0]) > 0
    for name in ("warm", "cold"):
        ET.parse(tmp_path / f"seen-{name}.svg")
    assert "pinwise/actions/advise:" in out


def test_the_profile_program_does_not_hide_that_of_the_library() -> None:
    """A program beside `profile.py` that imports `cProfile` gets the standard library's `profile`."""
    path = f"import sys; sys.path.insert(0, {str(PROGRAMS)!r})"
    code = "import cProfile, profile; cProfile.run('1'); print(profile.Profile)"
    command = [sys.executable, "-c", f"{path}; {code}"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.stdout.endswith("<class 'profile.Profile'>\n"), done.stderr


def test_a_large_store_is_measured(run: Run, small: Path) -> None:
    """The same set is advised out of a small and a large knowledge base, with the same pins."""
    options = ("--slice", small / "slice.zip", "--set", small / "sets" / "tiny.txt")
    out = run("large_store.py", *options, "--releases", "3000", "--repeat", "1")
    sizes = [int(size) for size in re.findall(r"^(?:small|large): (\d+) MiB$", out, re.MULTILINE)]
    assert sizes[0] < sizes[1]
    assert [row[0] for row in rows_of(out)[1:]] == ["wall, ms", "processor, ms", "memory, MiB"]


def test_a_bound_leaves_the_stack_as_it_is(tmp_path: Path) -> None:
    """Every bound admits what is pinned and rules something out."""
    world = World(3, 9)
    world.write(tmp_path / "kb.sqlite")
    stacks: list[Mapping[str, str]] = [
        {name_of(0): "8", name_of(1): "5"},
        {name_of(0): "7", name_of(1): "6", name_of(2): "1"},
    ]
    bounds = list(lower_bounds(tmp_path / "kb.sqlite", world.url, stacks, seed=3))
    assert len(bounds) == len(set(bounds)) == 6 + 4
    for bound in bounds:
        name, _, least = bound.partition(">=")
        assert all(SpecifierSet(f">={least}").contains(stack[name]) for stack in stacks)
        assert not SpecifierSet(f">={least}").contains("0")


def test_memory_is_that_of_the_command(tmp_path: Path) -> None:
    """What the measuring process holds is not counted to what it measures."""
    ballast = bytearray(200 << 20)
    spent = measure.run([sys.executable, "-S", "-c", "pass"], tmp_path, {}).spent
    assert len(ballast) / 2**20 > 5 * spent.memory
    assert 0 < spent.processor < 10


def test_a_failure_of_a_command_is_told(tmp_path: Path) -> None:
    """The status and the words of a command that fails come back."""
    done = measure.run([sys.executable, "-c", "import sys; print(1); sys.exit('no')"], tmp_path, {})
    assert (done.status, done.out, done.said) == (1, "1\n", "no\n")


def test_a_slice_is_served_as_if_far_away(small: Path) -> None:
    """Every answer waits as long as was asked for."""
    with served(small / "slice.zip", delay_ms=150) as url:
        began = time.monotonic()
        with urlopen(f"{url}/{name_of(1)}/") as answer:
            assert json.load(answer)["name"] == name_of(1)
        assert time.monotonic() - began > 0.15


def test_a_slope_of_one_is_proportional() -> None:
    """Twice the time for twice the releases has slope 1, four times slope 2; a start is taken off."""
    one, two, four = (
        Point(World(size, 100), "latest", Spent(0.0, seconds, 0.0), {}, None)
        for size, seconds in ((20, 1.0), (40, 2.0), (80, 8.0))
    )
    assert slope(one, two) == pytest.approx(1.0)
    assert slope(two, four) == pytest.approx(2.0)
    assert slope(one, two, 0.5) == pytest.approx(1.585, abs=0.001)


def test_a_pair_pays_where_both_are(tmp_path: Path) -> None:
    """A made-up project of a pair costs what it says where both releases are in the stack, else nothing."""
    world = World(6, 8)
    world.write(tmp_path / "kb.sqlite")
    space, _ = compiled(world, tmp_path / "kb.sqlite")
    plain = PREDICTORS["exact"](space, Budget())
    assert isinstance(plain, Found)
    for seed in range(6):
        priced = with_pairs(space, 12, random.Random(seed))
        found = PREDICTORS["exact"](priced, Budget())
        assert isinstance(found, Found)
        assert found.is_optimal
        assert plain.cost <= found.cost
        base = sum(space.amounts[n][k] for n, k in found.picks.items() if n < len(space.nodes))
        assert found.cost == base + _paid(priced, found, len(space.nodes))


def _paid(priced: Space, found: Found, first: int) -> int:
    """Return the prices of the pairs of which a stack holds both, by a look at the clauses alone."""
    held: dict[int, int] = {}
    for clause in priced.clauses:
        if clause.target >= first and clause.source in found.picks:
            held[clause.target] = held.get(clause.target, 0) + bool(
                clause.condition & bit(found.picks[clause.source])
            )
    return sum(priced.amounts[node][2] for node, count in held.items() if count == 2)


def test_the_innermost_module_says_the_phase() -> None:
    """Work belongs to the module that asked for it; what happens during an import is the import's."""
    assert phase_of(("pinwise/cli/advise:run", "pinwise/space/compile:f", "packaging/version:g")) == "compile"
    assert phase_of(("pinwise/space/compile:f", "pinwise/knowledge/store:Store.page")) == "facts"
    assert phase_of(("pinwise/search/exact:f", "pinwise/search/programme:run")) == "engine"
    assert phase_of(("pinwise/formats/requirements_lock:render",)) == "lock"
    assert phase_of(("pinwise/formats/requirements:parse",)) == "manifest"
    assert phase_of(("pinwise/knowledge/database:Database.writing", "pinwise/knowledge/lock:f")) == "store"
    assert phase_of(("pinwise/cli/advise:f", "importlib._bootstrap:_load", "numpy/core:<module>")) == IMPORTS

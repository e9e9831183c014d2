"""Compiled slices: whatever changes, a request sees what it would see if nothing had been compiled before."""

import marshal
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import cast

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from pinwise.actions.advise import advise
from pinwise.knowledge.care import StoreCare
from pinwise.knowledge.database import Terms
from pinwise.knowledge.lock import WriteLock
from pinwise.knowledge.slices import COMPILER
from pinwise.knowledge.store import Store, open_store
from pinwise.knowledge.view import KnowledgeView
from pinwise.model.facts import Project, Snapshot
from pinwise.model.request import Request
from support.judges import EXACT, summary
from support.random_worlds import MEDIUM, SMALL, Case, random_case
from support.stored import afresh, columns, compiled, put_document, put_page, put_world, seen_by
from support.worlds import INDEX, closed, request, target, world

BLOCKS = range(8)
CASES, CHANGES = 4, 6


@pytest.mark.parametrize("block", BLOCKS)
def test_whatever_changes_slices_give_what_compiling_afresh_gives(block: int, tmp_path: Path) -> None:
    """After each of random changes of facts, several requests see the same space and the same pins."""
    for seed in range(7000 + CASES * block, 7000 + CASES * (block + 1)):
        random = Random(seed)
        case = random_case(seed, MEDIUM if seed % 4 == 0 else SMALL)
        path = tmp_path / f"{seed}.sqlite"
        changing = Changing(case, random)
        with open_store(path) as store:
            put_world(store, changing.snapshot(), case.request())
        for _ in range(CHANGES):
            for asked in variants(case, random):
                with open_store(path, read_only=True) as store:
                    assert_same(store, asked, case)
            with open_store(path) as store:
                changing.change(store)
        with open_store(path) as store:
            through = advise(case.request(), seen_by(store, case.request()), None, options=EXACT)
            names = iter(changing.snapshot().projects)
            plain = advise(case.request(), afresh(store, case.request(), names), None, options=EXACT)
        assert summary(through) == summary(plain), f"{case}\n{changing.done}"


def assert_same(store: Store, asked: Request, case: Case) -> None:
    """Assert that slices and facts give one space; afterwards the slices are kept."""
    view = seen_by(store, asked)
    for known_only in (False, True):
        space = compiled(view, asked, known_only=known_only)
        facts = afresh(store, asked, (node.name for node in space.nodes[1:]))
        assert columns(space) == columns(compiled(facts, asked, known_only=known_only)), case
    view.put_slices()


def variants(case: Case, random: Random) -> Iterator[Request]:
    """Yield the request of a case, and one with other flags, another policy or another target."""
    asked = case.request()
    yield asked
    names = list(case.snapshot().projects)
    flags: dict[str, object] = random.choice(
        [
            {"prereleases": True},
            {"goal": "latest"},
            {"only_binary": [":all:"]},
            {"no_binary": random.sample(names, 2)},
            {"python": "3.12.1"},
            {"environment": target(platform="manylinux_2_28_aarch64")},
        ]
    )
    other = request(case.manifest, **{**case.options, **flags})
    pinned = request(f"{random.choice(names)}==1.0").direct
    yield random.choice([other, replace(other, constraints=(*other.constraints, *pinned))])


class Changing:
    """A world that changes, line by line, and the store that hears of it."""

    def __init__(self, case: Case, random: Random) -> None:
        self._case = case
        self._random = random
        self._lines = [line for line in case.world.splitlines() if line.strip()]
        releases = [line for line in self._lines if not line.startswith("project ")]
        self._hidden = random.sample(releases, len(releases) // 4)
        self.done: list[str] = []

    def snapshot(self) -> Snapshot:
        """Return the world as it is now."""
        return closed(
            world("\n".join(each for each in self._lines if each not in self._hidden)), self._case.request()
        )

    def change(self, store: Store) -> None:
        """Change one thing: in the world, or in what is known of it."""
        change = self._random.choice(
            [self._reveal, self._hide, self._yank, self._rewrite, self._silence, self._quarantine]
        )
        name = change()
        self.done.append(f"{change.__name__} {name}")
        if name is None or self._random.random() < 0.2:
            name = canonicalize_name(self._random.choice(list(self.snapshot().projects)))
            self.done.append(f"forget {name}")
            store.forget(name)
            if self._random.random() < 0.5:
                return
        self._learn(store, name)

    def _learn(self, store: Store, name: str) -> None:
        """Tell the store of the page, and of some documents of a project."""
        full, known = self.snapshot(), canonicalize_name(name)
        page = full.project(known)
        if page is None:
            return
        put_page(store, known, page)
        for release in page.releases if isinstance(page, Project) else ():
            if self._random.random() < 0.7:
                document = full.known_documents(known)[release.version]
                put_document(store, known, release, document, self._case.request())

    def _some(self, lines: Sequence[str]) -> int | None:
        chosen = [line for line in lines if not line.startswith("project ")]
        return self._lines.index(self._random.choice(chosen)) if chosen else None

    def _reveal(self) -> str | None:
        place = self._some(self._hidden)
        if place is None:
            return None
        self._hidden.remove(self._lines[place])
        return self._lines[place].split()[0]

    def _hide(self) -> str | None:
        place = self._some([line for line in self._lines if line not in self._hidden])
        if place is None:
            return None
        self._hidden.append(self._lines[place])
        return self._lines[place].split()[0]

    def _edit(self, pattern: str, replacement: str) -> str | None:
        place = self._some([line for line in self._lines if line not in self._hidden])
        if place is None:
            return None
        self._lines[place] = re.sub(pattern, replacement, self._lines[place], count=1)
        return self._lines[place].split()[0]

    def _yank(self) -> str | None:
        return self._edit(r"^(\S+ [^ :]+)", r"\1 yanked=changed")

    def _rewrite(self) -> str | None:
        """Let a release require something else: its document is another one."""
        name = self._random.choice(list(self.snapshot().projects))
        return self._edit(r"(:.*)?$", f": '{name}>=1.0'")

    def _silence(self) -> str | None:
        return self._edit(r"^(\S+ [^ :]+)", r"\1 unusable=changed")

    def _quarantine(self) -> str | None:
        name = self._random.choice(self._lines).split()[0]
        if name == "project":
            return None
        self._lines = [line for line in self._lines if not line.startswith(f"project {name} ")]
        self._lines.append(f"project {name} status={self._random.choice(['active', 'quarantined'])}")
        return name


# --- one thing at a time

WORLD = "app 1: a>=1\napp 2: 'a>=2' 'b; extra == \"x\"'\na 1\na 2: b\na 3rc1\nb 1\nb 2 yanked"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a knowledge base in which everything was compiled once."""
    path = tmp_path / "kb.sqlite"
    asked = request("app")
    with open_store(path) as store:
        put_world(store, world(WORLD), asked)
        keep(seen_by(store, asked), asked)
    return path


def keep(view: KnowledgeView, asked: Request) -> None:
    """Compile a request and keep its slices."""
    compiled(view, asked)
    view.put_slices()


def kept(path: Path, asked: Request) -> set[str]:
    """Return the projects of which there is a slice for a request."""
    with open_store(path, read_only=True) as store:
        view = seen_by(store, asked)
        return {name for name in store.names() if view.compiled(name) is not None}


def rows(path: Path) -> list[tuple[object, ...]]:
    """Return what lies in the table of slices."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT * FROM slices ORDER BY project_id, target, policy").fetchall()


def test_flags_and_clock_leave_no_trace(path: Path) -> None:
    """Goal, pre-releases, constraints, bounds and the present lock neither need nor make other slices."""
    before = rows(path)
    for asked in (
        request("app>=1.5", goal="latest"),
        request("app", prereleases=True),
        request("app\n[constraints]\na!=7"),
        request("app", kept="app==1 a==1"),
    ):
        assert kept(path, asked) == {"app", "a", "b"}
        with open_store(path, read_only=True) as store:
            keep(seen_by(store, asked), asked)
    assert rows(path) == before


def test_the_form_of_slices_has_a_number(path: Path) -> None:
    """Whoever changes what a slice holds counts up `COMPILER`, so that no pinwise reads another's slices."""
    _, a, _ = (marshal.loads(cast("bytes", row[4])) for row in rows(path))  # written just now
    times = (1706659200, 1709251200, 1711843200)
    listed = ("1\n2\n3rc1", b"\0\0\0", times, 0b1000, (), False)
    said: tuple[object, ...] = (
        0b1110,
        (((("b", "b", "", (), "", ""), 0b0100),), {1: (0,)}),
        {},
        {},
        b"\1\1\1",
        {},
    )
    ranges: tuple[object, ...] = ({">=1": 0b1110, ">=2": 0b1100}, ())
    assert (COMPILER, a) == (1, (listed, (*said, *ranges)))


def test_a_document_takes_the_slice_of_its_project_with_it(path: Path) -> None:
    """A document that is learnt leaves the other projects' slices where they are."""
    asked, full = request("app"), world(WORLD.replace("a 2: b", "a 2"))
    page = full.projects[canonicalize_name("a")]
    assert isinstance(page, Project)
    with open_store(path) as store:
        put_document(store, page.name, page.releases[1], full.documents[page.name][Version("2")], asked)
    assert kept(path, asked) == {"app", "b"}


def test_a_page_that_says_the_same_changes_nothing(path: Path) -> None:
    """A page that is confirmed or read again leaves its slice; one with a new release does not."""
    asked, a = request("app"), canonicalize_name("a")
    with open_store(path) as store:
        store.touch_page(INDEX, a, checked=2_000_000_000)
        put_page(store, a, world(WORLD).projects[a])
    assert kept(path, asked) == {"app", "a", "b"}
    with open_store(path) as store:
        put_page(store, a, world(f"{WORLD}\na 4").projects[a])
    assert kept(path, asked) == {"app", "b"}


def test_an_exact_pin_of_a_yanked_release_is_compiled_for_itself(path: Path) -> None:
    """The slice without yanked releases stays, and does not serve a request that may have one."""
    asked, before = request("app\nb==2"), rows(path)
    with open_store(path, read_only=True) as store:
        view = seen_by(store, asked)
        space = compiled(view, asked)
        view.put_slices()
    assert [str(v) for v in space.candidates[2].versions] == ["1", "2"]
    assert rows(path) == before


def test_damage_is_compiled_anew(path: Path) -> None:
    """A slice of which one bit has flipped counts as not there, and the next run puts it right."""
    asked, before = request("app"), rows(path)
    for column in ("content", "page", "project_id", "target", "policy"):
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            value = {"content": "CAST(substr(content, 1, 9) || 'x' || substr(content, 11) AS BLOB)"}
            changed = value.get(column, f"{column} + 100")
            connection.execute(f"UPDATE slices SET {column} = {changed} WHERE project_id = 2")
        assert kept(path, asked) == {"app", "b"}, column
        with open_store(path, read_only=True) as store:
            keep(seen_by(store, asked), asked)
        assert [row for row in rows(path) if row in before] == before, column


def test_a_run_in_between_is_not_overwritten(path: Path) -> None:
    """What was compiled from facts that have changed since is not kept."""
    asked, a = request("app"), canonicalize_name("a")
    other = world(f"{WORLD}\na 4: c")
    with open_store(path) as store:
        store.forget(a)
        put_world(store, world(WORLD), asked)
    with open_store(path, read_only=True) as reader:
        view = seen_by(reader, asked)
        compiled(view, asked)
        with open_store(path) as writer:
            put_world(writer, other, asked)
        view.put_slices()
    assert "a" not in kept(path, asked)
    with open_store(path, read_only=True) as store:
        assert_same(store, asked, random_case(1, SMALL))


def test_nobody_waits_for_slices(path: Path) -> None:
    """While another process writes, nothing is kept, and nothing fails; so too where no table can be made."""
    asked = request("app", python="3.12.1")
    with open_store(path, read_only=True) as store, WriteLock(path, patience=1).held():
        keep(seen_by(store, asked), asked)
    assert kept(path, asked) == set()
    with open_store(path, read_only=True) as store:
        keep(seen_by(store, asked), asked)
    assert kept(path, asked) == {"app", "a", "b"}


def test_rebuilding_drops_what_is_derived(path: Path) -> None:
    """`kb rebuild` leaves the facts alone; the next run compiles them again."""
    asked = request("app")
    StoreCare(path, Terms()).rebuild()
    assert kept(path, asked) == set()
    with open_store(path, read_only=True) as store:
        keep(seen_by(store, asked), asked)
    assert kept(path, asked) == {"app", "a", "b"}
    assert not StoreCare(path, Terms()).examine().damage

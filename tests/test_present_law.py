"""The law of present pins: looking at them alone says nothing that the whole search does not say."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from random import Random

import pytest
from packaging.version import Version

from pinwise.actions.advise import advise
from pinwise.actions.confirm import confirm
from pinwise.actions.ports import Knowledge
from pinwise.formats.pylock import render_pylock
from pinwise.formats.requirements_lock import render_requirements_lock
from pinwise.model.facts import Snapshot
from pinwise.model.outcome import Advice, Pin
from pinwise.model.request import Request
from pinwise.search import Budget, Found
from pinwise.search.exact import by_search, exact
from pinwise.search.present import only_unchanged
from pinwise.space.compile import Compiler
from pinwise.space.space import Space
from pinwise.units.context import context_for
from support.judges import EXACT, part_of
from support.random_worlds import MEDIUM, PRERELEASES, SMALL, VERSIONS, Case, random_case

BLOCKS = range(8)
PER_BLOCK = 25


def locked_cases(block: int) -> Iterator[Case]:
    """Yield worlds with the lock that an advice on them wrote, most of them changed since in some way."""
    for seed in range(block * PER_BLOCK, (block + 1) * PER_BLOCK):
        case = random_case(seed, MEDIUM if seed % 5 == 0 else SMALL)
        fresh = Case(seed, case.world, case.manifest, {**case.options, "kept": None, "freed": ()})
        outcome = advise(fresh.request(), fresh.snapshot(), None, options=EXACT)
        if isinstance(outcome, Advice) and outcome.pins:
            random = Random(f"drift {seed}")
            lock = {str(pin.name): str(pin.version) for pin in outcome.pins}
            yield replace(fresh, options={**fresh.options, "kept": _kept(lock)})
            for _ in range(4):
                drifted, pins = fresh, dict(lock)
                for _ in range(random.choice([1, 1, 2])):
                    drifted, pins = random.choice(DRIFTS)(drifted, pins, random)
                yield replace(drifted, options={**drifted.options, "kept": _kept(pins)})


def _kept(pins: Mapping[str, str]) -> str:
    return " ".join(f"{name}=={version}" for name, version in sorted(pins.items()))


Pins = dict[str, str]
Drift = Callable[[Case, Pins, Random], tuple[Case, Pins]]


def _of_the_world(change: Callable[[list[str], Pins, Random], list[str]]) -> Drift:
    def drift(case: Case, pins: Pins, random: Random) -> tuple[Case, Pins]:
        return replace(case, world="\n".join(change(case.world.splitlines(), pins, random))), pins

    return drift


def _pinned_line(lines: list[str], pins: Pins, random: Random) -> int:
    """Return the number of the line of one pinned release."""
    heads = [(name, version) for name, version in pins.items()]
    wanted = {" ".join(head) for head in heads}
    found = [k for k, line in enumerate(lines) if " ".join(line.split(":")[0].split()[:2]) in wanted]
    return random.choice(found) if found else 0


def _yanked(lines: list[str], pins: Pins, random: Random) -> list[str]:
    """Yank a pinned release."""
    number = _pinned_line(lines, pins, random)
    head, colon, tail = lines[number].partition(":")
    lines[number] = f"{head if 'yanked' in head else head + ' yanked'}{colon}{tail}"
    return lines


def _gone(lines: list[str], pins: Pins, random: Random) -> list[str]:
    """Remove a pinned release."""
    del lines[_pinned_line(lines, pins, random)]
    return lines


def _released(lines: list[str], pins: Pins, random: Random) -> list[str]:
    """Add a release of a pinned project, like one that it has, or one that requires nothing."""
    name = random.choice(sorted(pins))
    version = random.choice([*VERSIONS, *PRERELEASES, "9"])
    known = [line for line in lines if line.startswith(f"{name} ")]
    if not known or any(line.startswith(f"{name} {version} ") for line in known):
        return lines
    needs = random.choice([random.choice(known).partition(":")[2], ""])
    return [*lines, f"{name} {version} extras=x,y,all:{needs}"]


def _required_anew(lines: list[str], pins: Pins, random: Random) -> list[str]:
    """Let a pinned release require something else."""
    number = _pinned_line(lines, pins, random)
    name = random.choice(sorted(pins))
    bound = random.choice(["", f"<={pins[name]}", f">{pins[name]}", f"=={pins[name]}"])
    lines[number] = f"{lines[number].partition(':')[0]}: {name}{bound}"
    return lines


def _asked(case: Case, pins: Pins, random: Random) -> tuple[Case, Pins]:
    """Add a requirement, a group, a constraint, an override or an exclusion, or drop a line."""
    names = sorted({line.split()[0] for line in case.world.splitlines()} - {"project"})
    name = random.choice(names)
    extra = random.choice(["", "", "[x]", "[y]", "[none]"])
    met = f"=={pins[name]}" if name in pins and random.random() < 0.5 else ""
    bound = met or random.choice(["", ">=1.0", "<3", "<=2.0"])
    sections = ["[develop]", "[docs]", "[constraints]", "[overrides]"]
    lines = case.manifest.splitlines()
    kind = random.choice(["first", "first", *sections, "[exclude]", "drop"])
    if kind == "first":
        lines.insert(0, f"{name}{extra}{bound}")
    elif kind == "drop" and len(lines) > 1 and not lines[1].startswith("["):
        del lines[0]
    elif kind == "[exclude]" and kind not in lines and not re.search(rf"\b{name}\b", case.manifest):
        lines += [kind, f"{name} not needed any more"]
    elif kind in lines:
        lines.insert(lines.index(kind) + 1, f"{name}{bound}")
    elif kind in sections:
        lines += [kind, f"{name}{bound}"]
    return replace(case, manifest="\n".join(lines)), pins


def _other_lock(case: Case, pins: Pins, random: Random) -> tuple[Case, Pins]:
    """Change a pin, drop one, or add one of a project that nothing needs."""
    name = random.choice(sorted(pins))
    names = sorted({line.split()[0] for line in case.world.splitlines()} - {"project"})
    match random.choice(["other", "drop", "add"]):
        case "other":
            pins[name] = random.choice([*VERSIONS, *PRERELEASES])
        case "drop" if len(pins) > 1:
            del pins[name]
        case _:
            pins.setdefault(random.choice(names), random.choice(VERSIONS))
    return case, pins


DRIFTS: tuple[Drift, ...] = (
    _of_the_world(_yanked),
    _of_the_world(_gone),
    _of_the_world(_released),
    _of_the_world(_required_anew),
    _asked,
    _asked,
    _other_lock,
)


@pytest.mark.parametrize("block", BLOCKS)
def test_the_present_stack_is_what_a_search_finds(block: int) -> None:
    """Where looking at the present pins gives an answer, the engine gives the same: picks, cost and proof."""
    found = 0
    for case in locked_cases(block):
        for space in spaces(case.request(), case.snapshot()):
            if only_unchanged(space) is not None:
                found += 1
                assert isinstance(exact(space, Budget()), Found)
                assert exact(space, Budget()) == by_search(space, Budget()), case
    assert found > 25


def spaces(request: Request, knowledge: Knowledge) -> Iterator[Space]:
    """Yield the space of each group alone, and of all of them together."""
    for part in [*([group] for group in request.groups), list(request.groups)]:
        context = context_for(request, [group.name for group in part])
        yield Compiler(knowledge, context, roots=[d for group in part for d in group.requirements]).compile()


@pytest.mark.parametrize("block", BLOCKS)
def test_a_lock_is_confirmed_if_and_only_if_the_search_leaves_it(block: int) -> None:
    """The pins, their requirers, files and locks are those of the whole search; else it says nothing."""
    verdicts: list[bool] = []
    for case in locked_cases(block):
        request, full = case.request(), case.snapshot()
        expected = advise(request, full, None, options=EXACT)
        stays = isinstance(expected, Advice) and not expected.proof.is_joint and stays_as_it_is(expected)
        confirmed = confirm(request, full)
        assert (confirmed is not None) == stays, case
        if confirmed is not None and isinstance(expected, Advice):
            assert_same(confirmed, expected, case)
        verdicts.append(stays)
        part = part_of(full, Random(f"part {case}"))
        seen = confirm(request, Snapshot(part.projects, part.documents))
        assert seen is None or stays, case
        if seen is not None and isinstance(expected, Advice):
            assert_same(seen, expected, case)
    assert 15 < sum(verdicts) < len(verdicts) - 15


def stays_as_it_is(advice: Advice) -> bool:
    """Whether every pin of a stack is the lock's."""
    kept = advice.request.kept
    assert kept is not None
    return all(pin.name in kept.pins and kept.pins[pin.name][0] == pin.version for pin in advice.pins)


def assert_same(confirmed: Advice, expected: Advice, case: Case) -> None:
    """Assert that two advices give the same locks, and the same warnings of what is in them."""
    assert [recorded(pin) for pin in confirmed.pins] == [recorded(pin) for pin in expected.pins], case
    of_pins = tuple(each for each in expected.warnings if "which no index has" not in each)
    assert confirmed.warnings == of_pins, case
    assert confirmed.proof.optimal
    assert expected.proof.optimal
    assert without_cost(render_pylock(confirmed)) == without_cost(render_pylock(expected)), case
    assert render_requirements_lock(confirmed) == render_requirements_lock(expected), case


def recorded(pin: Pin) -> Pin:
    """Return a pin without what no lock records: what is held against it, and how old it is."""
    return replace(pin, prices=(), behind=0, days_behind=None, latest=Version("0"))


def without_cost(text: str) -> str:
    """Return a `pylock.toml` without our note of the cost."""
    return re.sub(r"^cost = .*\n", "", text, flags=re.MULTILINE)


def test_the_cases_hold_what_may_happen_to_a_lock() -> None:
    """Every kind of change that a lock may have to stand occurs."""
    text = "\n".join(f"{case}" for block in BLOCKS for case in locked_cases(block))
    for trouble in ["yanked", "rc1", "[develop]", "[constraints]", "[overrides]", "[exclude]", "any more"]:
        assert trouble in text, trouble

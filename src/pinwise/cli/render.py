"""The report for people: plain text in 80 columns, the same with colours and without.

Every function returns lines; `Line` keeps what is coloured apart from the text, so that colours never change
the layout.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pinwise.cli.lines import WIDTH, Line, wrap
from pinwise.cli.render_amendments import amendments
from pinwise.explain.prices import cost_by_unit, proof_sentence
from pinwise.explain.words import address, clean, count, listing
from pinwise.model.environment import Environment
from pinwise.model.outcome import Advice, Change, Effort, Pin, Refusal, Undecided
from pinwise.model.request import DEFAULT_GROUP, DirectRequirement, Request

if TYPE_CHECKING:
    from pinwise.explain.refusal import Explanation
    from pinwise.model.hint import Hint

MOST_SKIPPED = 10
MOST_MISSING = 10
MOST_CHANGES = 20
_MOST_ASKERS = 3
_ROOM_FOR_ASKERS = 20
_NARROWEST_NAMES = 22
_WIDEST_VERSION = 12
_SHOWN_IN_AGE = frozenset(("freshness", "yanked"))
"""Prices whose reason a row says already, in its column of age or in a line of its own."""

NOTHING_WRITTEN = (Line(), Line("No file was changed."))
"""The end of the report of a refusal, and of a search without an answer."""


@dataclass(frozen=True, slots=True)
class LockNote:
    """What became of one lock.

    Attributes:
        name: Its path, as people see it.
        state: "written", "unchanged" or "not written" (a dry run); for a check "up to date", "stale" or
            "missing".
        commands: How to install from it: ours first, then another tool's that does the same.
    """

    name: str
    state: str
    commands: tuple[str, ...]


# --- advice


def render_advice(advice: Advice, locks: Sequence[LockNote]) -> list[Line]:
    """Return the report of an advice."""
    request = advice.request
    found = "" if advice.proof.optimal else " found"
    aim = "The stack that changes least" if _keeps_pins(request) else "The best stack"
    lines = [Line(f"{aim}{found}{_manifest(request)}, goal `{request.goal}`", "title")]
    lines += [*_target(request.environment), *_pins(advice), *_indexes(advice)]
    lines += [*_changes(advice), Line(), *_costs(advice), Line(), *_proof(advice), *_better(advice)]
    lines += [*_left_out(advice.left_out), *amendments(request, advice.amended), *_skipped(advice)]
    return [*lines, *_locks(locks, request.environment)]


def _manifest(request: Request) -> str:
    """Return for which files the stack is, as the places of the requirements name them."""
    files = list(dict.fromkeys(item.place.file for item in (*request.direct, *request.left_out)))
    return f" for {listing([f'`{clean(file)}`' for file in files], longest=2)}" if files else ""


def _target(environment: Environment) -> Iterator[Line]:
    for word, value, origin in (
        ("Python", environment.python_name, environment.origins.get("python", "declared")),
        ("platform", environment.platform, environment.origins.get("platform", "declared")),
    ):
        yield Line(f"  {word:<9} {value}", "")
        yield from wrap(origin, first=" " * 12, indent=" " * 12)


def _pins(advice: Advice) -> Iterator[Line]:
    """Yield a table for every category: the first lists what default needs, others what they add."""
    groups = [group.name for group in advice.request.groups]
    if not advice.pins:
        yield Line()
        yield Line("No package is needed.")
        return
    tables: dict[str, list[Pin]] = {}
    for pin in advice.pins:
        tables.setdefault(min(pin.groups, key=groups.index), []).append(pin)
    widths = _widths(advice.pins)
    for name in sorted(tables, key=groups.index):
        yield Line()
        title = "Packages" if name == groups[0] else f"Packages that `{clean(name)}` adds"
        title += "" if name == DEFAULT_GROUP or name != groups[0] else f" of `{clean(name)}`"
        yield Line(f"{title}: {len(tables[name])}", "title")
        head = _row(widths, "name", "version", "age", "cost", "required by")
        yield Line(head if len(head) <= WIDTH else head.removesuffix("required by").rstrip(), "head")
        for pin in tables[name]:
            yield from _pin(pin, widths)


class _Widths(NamedTuple):
    """Of the columns."""

    name: int
    version: int
    age: int
    cost: int


def _widths(pins: Sequence[Pin]) -> _Widths:
    """Return the widths of the columns: as wide as needed, within what leaves room for the last one.

    A name or a version that is wider than its column stands in a line of its own.
    """
    name = max(4, *(len(_name(pin)) for pin in pins))
    versions = (len(pin.version_name) for pin in pins)
    version = max(7, *(length for length in versions if length <= _WIDEST_VERSION), 0)
    age = max(len(_age(pin)) for pin in pins)
    cost = max(4, *(len(_cost(pin)) for pin in pins))
    room = WIDTH - version - age - cost - 5 * 2 - _ROOM_FOR_ASKERS
    return _Widths(min(name, max(room, _NARROWEST_NAMES)), version, age, cost)


def _row(widths: _Widths, name: str, version: str, *rest: str) -> str:
    age, cost, askers = rest
    cells = f"{name:<{widths.name}}  {version:<{widths.version}}  {age:<{widths.age}}"
    return f"  {cells}  {cost:>{widths.cost}}  {askers}"


def _name(pin: Pin) -> str:
    return f"{pin.name}[{','.join(pin.extras)}]" if pin.extras else pin.name


def _cost(pin: Pin) -> str:
    return f"{sum(price.amount for price in pin.prices):,}" if pin.prices else "-"


def _age(pin: Pin) -> str:
    """Return how old a pin is beside the newest release that could be pinned."""
    if pin.local is not None:
        return "local"
    if pin.behind == 0:
        return "newest"
    behind = f"{pin.behind:,} behind"
    return behind if pin.days_behind is None else f"{behind}, {count(pin.days_behind, 'day')}"


def _askers(pin: Pin) -> Iterator[str]:
    """Yield who requires a pin: first the manifest, with its own words where they say more than a name."""
    for edge in pin.requested_by:
        if edge.name is None:
            wanted = clean(edge.requirement).partition(";")[0].strip()
            yield "manifest" if wanted == pin.name else f"manifest ({wanted})"
        else:
            yield edge.name


def _pin(pin: Pin, widths: _Widths) -> Iterator[Line]:
    askers = list(dict.fromkeys(_askers(pin)))
    name, version, rest = _name(pin), pin.version_name, (_age(pin), _cost(pin), "")
    is_wide = len(version) > widths.version
    row = _row(widths, name, version, *rest)
    if is_wide or len(name) > widths.name or len(row.rstrip()) > WIDTH:
        yield from wrap(f"{name} {version}" if is_wide else name, first="  ", indent="  ")
        row = _row(widths, "", "" if is_wide else version, *rest)
    yield from _last_column(row, askers)
    if pin.yanked is not None:
        yield from wrap(
            f"yanked{': ' + clean(pin.yanked) if pin.yanked else ''}", first="      ", indent="      "
        )
    for price in pin.prices:
        if price.unit not in _SHOWN_IN_AGE:
            text = f"{price.amount:,} {price.unit}: {price.reason}"
            yield from wrap(text, first="      ", indent="      ")


def _last_column(row: str, askers: Sequence[str]) -> Iterator[Line]:
    """Yield a row with as many askers as fit, the others counted."""
    for shown in range(min(len(askers), _MOST_ASKERS), 0, -1):
        rest = len(askers) - shown
        line = row + ", ".join(askers[:shown]) + (f" and {rest} more" if rest else "")
        if len(line) <= WIDTH:
            yield Line(line)
            return
    others = f" and {len(askers) - 1} more" if len(askers) > 1 else ""
    text = f"{askers[0]}{others}" if askers else ""
    if len(row) + len(text) <= WIDTH or not text:
        yield Line((row + text).rstrip())
        return
    yield Line(row.rstrip())
    yield from wrap(f"required by {text}", first="      ", indent="      ")


def _indexes(advice: Advice) -> Iterator[Line]:
    """Say which index serves what, where there are several."""
    if len(advice.request.indexes) < 2:  # noqa: PLR2004  # several
        return
    served: dict[str, list[str]] = {}
    for pin in advice.pins:
        if pin.local is None:
            served.setdefault(pin.index, []).append(pin.name)
    names = {index.url: index.name for index in advice.request.indexes}
    yield Line()
    yield Line("Where the files come from", "title")
    for url in sorted(served, key=lambda url: (len(served[url]), url)):
        label = f" (`{clean(names[url] or '')}`)" if names.get(url) else ""
        yield from wrap(f"{address(url)}{label}:", first="  ", indent="  ")
        yield from wrap(listing(served[url], longest=12), first="    ", indent="    ")


def _costs(advice: Advice) -> Iterator[Line]:
    units = cost_by_unit(advice.pins)
    yield Line(
        f"Cost: {advice.proof.cost:,}  (lower is better; 0: nothing is held against the stack)", "title"
    )
    if not units:
        return
    name = max(len(unit) for unit, _, _ in units)
    amount = max(len(f"{value:,}") for _, value, _ in units)
    for unit, value, prices in units:
        yield Line(f"  {unit:<{name}}  {value:>{amount},}  in {count(prices, 'package')}")


def _proof(advice: Advice) -> Iterator[Line]:
    style = "good" if advice.proof.optimal else "weak"
    sentence = proof_sentence(advice.proof, keeps_pins=_keeps_pins(advice.request))
    yield from (Line(line.text, style) for line in wrap(sentence))


# --- present pins


def _keeps_pins(request: Request) -> bool:
    return request.kept is not None and not request.kept.frees_all


def _changes(advice: Advice) -> Iterator[Line]:
    """Say how the stack differs from the present lock, if there is one."""
    kept = advice.request.kept
    if kept is None:
        return
    yield Line()
    if not advice.changes and not kept.target:
        yield Line(f"Nothing changes: every pin of `{clean(kept.file)}` stays.")
        return
    if kept.target:
        pins = "" if advice.changes else " Every pin stays."
        yield from wrap(f"`{clean(kept.file)}` was made for another target: {clean(kept.target)}.{pins}")
    if not advice.changes:
        return
    yield Line(f"What changes in `{clean(kept.file)}`: {len(advice.changes)}", "title")
    yield from render_changes(advice.changes)


def render_changes(changes: Iterable[Change]) -> Iterator[Line]:
    """Yield a line for each change: ``+`` comes, ``-`` goes, ``~`` has another version or index."""
    for change in changes:
        if change.before is None:
            yield Line(f"  + {change.name} {change.after}", "good")
        elif change.after is None:
            yield Line(f"  - {change.name} {change.before}", "bad")
        elif change.before == change.after:
            yield Line(f"  ~ {change.name} {change.after}, from another index", "weak")
        else:
            yield Line(f"  ~ {change.name} {change.before} -> {change.after}", "weak")


def _better(advice: Advice) -> Iterator[Line]:
    """Say what the best stack would be, where keeping pins leads to another one."""
    better = advice.better
    if better is None:
        return
    yield Line()
    costs = f"{better.proof.cost:,} instead of {advice.proof.cost:,}"
    yield from (Line(line.text, "title") for line in wrap(f"The best stack costs {costs}. It would have"))
    shown = better.changes[:MOST_CHANGES]
    yield from render_changes(shown)
    if len(better.changes) > len(shown):
        yield Line(
            f"  and {count(len(better.changes) - len(shown), 'more change')}; `--format json` lists all"
        )
    yield from wrap("`--upgrade` takes it whole; `-P NAME` lets go of one pin.", first="  ", indent="  ")


def _left_out(left_out: Sequence[DirectRequirement]) -> Iterator[Line]:
    if not left_out:
        return
    yield Line()
    yield Line("Left out, because their markers do not hold for this target", "title")
    for item in left_out:
        yield from wrap(f"{clean(str(item))}  ({clean(str(item.place))})", first="  ", indent="    ")


def _skipped(advice: Advice) -> Iterator[Line]:
    """Say what was left out as broken: of each project the first case, the others counted."""
    if not advice.skipped:
        return
    yield Line()
    yield Line("Skipped, because they are broken", "title")
    for name in sorted(advice.skipped)[:MOST_SKIPPED]:
        first, *others = advice.skipped[name]
        more = f" (and {len(others):,} more)" if others else ""
        yield from wrap(f"{clean(first.what)}: {first.reason[:300]}{more}", first="  ", indent="    ")
    if len(advice.skipped) > MOST_SKIPPED:
        projects = count(len(advice.skipped) - MOST_SKIPPED, "more project")
        yield Line(f"  and some of {projects}; `--format json` lists all")


def _locks(locks: Sequence[LockNote], environment: Environment) -> Iterator[Line]:
    if not locks:
        return
    yield Line()
    for lock in locks:
        match lock.state:
            case "written":
                yield Line(f"Wrote `{lock.name}`.")
            case "unchanged":
                yield Line(f"`{lock.name}` says the same already and was not rewritten.")
            case _:
                yield Line(f"`{lock.name}` was not written (`--dry-run`).")
    if not any(lock.state in {"written", "unchanged"} for lock in locks):
        return
    yield Line()
    yield from (Line(line.text, "title") for line in wrap(f"Next, install it{_elsewhere(environment)}:"))
    for lock in locks:
        for place, command in enumerate(lock.commands):
            yield from _command(command, first="  or: " if place else "  ")


def _command(command: str, *, first: str) -> Iterator[Line]:
    """Yield a command to copy: a long one goes on after ``&&``, as a shell reads it, and is never wrapped."""
    begin, together, end = command.partition(" && ")
    if together and len(first + command) > WIDTH:
        yield Line(f"{first}{begin} &&")
        yield Line(f"{'':<{len(first)}}{end}")
    else:
        yield Line(first + command)


def _elsewhere(environment: Environment) -> str:
    """Say where a stack for a declared platform will be installed, which may be another machine."""
    if environment.origins.get("platform", "").startswith("detected"):
        return ""
    name = environment.python_name
    python = name if name.startswith("PyPy") else f"Python {name}"
    return f" where it will run, on {environment.platform} with {python}"


def render_check(advice: Advice, locks: Sequence[LockNote]) -> list[Line]:
    """Return what a check of the present locks has found."""
    lines: list[Line] = []
    for lock in locks:
        match lock.state:
            case "up to date":
                lines.append(Line(f"`{lock.name}` is up to date.", "good"))
            case "missing":
                lines.append(Line(f"`{lock.name}` is not there.", "bad"))
            case _:
                lines.append(Line(f"`{lock.name}` is stale.", "bad"))
    if all(lock.state == "up to date" for lock in locks):
        return lines
    kept = advice.request.kept
    if kept is not None and kept.target:
        text = f"`{clean(kept.file)}` was made for another target: {clean(kept.target)}."
        lines += [Line(), *wrap(text)]
    if advice.changes:
        lines += [Line(), Line(f"What would change: {len(advice.changes)}", "title")]
        lines += render_changes(advice.changes)
    elif any(lock.state == "stale" for lock in locks):
        beside = "the request, the target, files or digests"
        text = f"Its pins hold. What it records beside them is no longer right: {beside}."
        lines += [Line(), *wrap(text)]
    return [*lines, Line(), *wrap("Next: run the command without `--check` to write it.")]


# --- refusal and undecided


def render_refusal(refusal: Refusal, explanation: "Explanation") -> list[Line]:
    """Return the report of a refusal."""
    lines = [Line(line.text, "bad") for line in wrap(explanation.headline)]
    lines.append(Line())
    for sentence in explanation.sentences:
        lines += wrap(sentence, first="  ", indent="  ")
    return [
        *lines,
        *_hints(refusal.hints),
        Line(),
        Line("For the target", "title"),
        *_target(refusal.request.environment),
        *amendments(refusal.request),
        *NOTHING_WRITTEN,
    ]


def _hints(hints: "Sequence[Hint]") -> Iterator[Line]:
    """Say what would help, and that it was tried."""
    if not hints:
        return
    from pinwise.explain.hints import hint_sentence  # noqa: PLC0415  # for refusals only

    yield Line()
    yield Line("What would help (tried, one at a time)", "title")
    for hint in hints:
        yield from wrap(hint_sentence(hint), first="  ", indent="    ")


def render_undecided(undecided: Undecided, *, is_offline: bool) -> list[Line]:
    """Return the report of a search that ended without an answer."""
    lines = [Line(line.text, "weak") for line in wrap(f"Undecided: {undecided.reason}")]
    if undecided.missing:
        lines += [Line(), Line("What would have to be fetched", "title")]
        lines += [
            line
            for each in undecided.missing[:MOST_MISSING]
            for line in wrap(each, first="  ", indent="    ")
        ]
        if len(undecided.missing) > MOST_MISSING:
            lines.append(
                Line(f"  and {len(undecided.missing) - MOST_MISSING:,} more; `--format json` lists all")
            )
    hint = (
        "run it once without `--offline`: what is fetched then is kept"
        if is_offline
        else "raise `--fetch-limit` or `--time-limit`, or add constraints (`-c`) that narrow the choice"
    )
    return [*lines, Line(), *wrap(f"Next: {hint}."), *NOTHING_WRITTEN]


# --- summaries


def summary(effort: Effort) -> str:
    """Say what an answer took, in one sentence; where several searches made it, their rounds are not told."""
    took = [f"{count(effort.rounds, 'round')} of search"] if effort.rounds else []
    end = ", ".join([*took, f"{effort.seconds:,.1f} s"])
    if not (effort.requests or effort.pages or effort.documents):
        return f"Nothing was fetched; {end}."
    fetched = [count(effort.pages, "page")] if effort.pages else []
    fetched += [f"the metadata of {count(effort.documents, 'release')}"] if effort.documents else []
    return f"Fetched {listing(fetched) or 'nothing'} with {count(effort.requests, 'request')}; {end}."


def render_environment(environment: Environment) -> list[Line]:
    """Return an environment for people."""
    tags = environment.tags
    lines = [Line("Target", "title"), *_target(environment), Line(), Line("Markers", "title")]
    width = max(len(name) for name in environment.markers)
    lines += [
        Line(f"  {name:<{width}}  {clean(value)}".rstrip())
        for name, value in sorted(environment.markers.items())
    ]
    lines += [Line(), Line(f"Wheel tags: {len(tags):,}, the best first", "title")]
    return [*lines, *(Line(f"  {tag}") for tag in _ends(tags))]


def _ends(tags: Sequence[str], shown: int = 3) -> Iterable[str]:
    """Return the first and the last of many."""
    return tags if len(tags) <= 2 * shown + 1 else (*tags[:shown], "…", *tags[-shown:])


def environment_facts(environment: Environment) -> dict[str, object]:
    """Return an environment as values that JSON and TOML have."""
    return {
        "python": str(environment.python),
        "implementation": environment.implementation,
        "platform": environment.platform,
        **({"abi_flags": environment.abi_flags} if environment.abi_flags else {}),
        "tags": list(environment.tags),
        "origins": dict(sorted(environment.origins.items())),
        "markers": dict(sorted(environment.markers.items())),
    }


def to_toml(facts: Mapping[str, object]) -> str:
    """Return the facts of an environment as TOML, a list with one item per line."""
    import tomlkit.items  # noqa: PLC0415  # for this one form

    document = tomlkit.document()
    for key, value in facts.items():
        item = tomlkit.item(value)
        if isinstance(item, tomlkit.items.Array):
            item.multiline(multiline=True)
        document.add(key, item)
    return tomlkit.dumps(document)

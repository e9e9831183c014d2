"""Why a pin is as it is, a stack as a tree, and what is behind, for people: plain text in 80 columns."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from pinwise.cli.lines import WIDTH, Line, wrap
from pinwise.explain.words import clean, code, count, listing
from pinwise.model.outcome import Advice, Pin, Refusal
from pinwise.model.reasons import Counterfactual, Difference, Link, Outdated, TreeRow, Why
from pinwise.model.request import DEFAULT_GROUP

if TYPE_CHECKING:
    from pinwise.explain.refusal import Explanation

MOST_ASKERS = 6
MOST_NEWER = 5
MOST_DIFFERENCES = 40

_BARE = re.compile(r"[\w.-]*(\[[^]]*\])?")
"""A requirement that says no more than a name, which the tree shows anyway."""


# --- why


def render_why(why: Why, explanation: "Explanation | None") -> list[Line]:
    """Return why a pin is as it is.

    Args:
        why: The answer.
        explanation: The conflict that forbids the other version, None where there is none.
    """
    lines = [
        Line(f"{why.pin.name} {why.pin.version_name}, goal `{why.advice.request.goal}`", "title"),
        Line(),
    ]
    lines += [Line("Why it is in the stack", "title"), *_chain(why)]
    lines += [Line(), *_prices(why.pin), *_newer(why)]
    if why.is_chosen:
        lines += [Line(), *wrap(f"{why.pin.version} is the version that was chosen.")]
    if why.counterfactual is not None:
        lines += [Line(), *_counterfactual(why, why.counterfactual, explanation)]
    return lines


def _chain(why: Why) -> Iterator[Line]:
    for link in why.chain:
        yield from wrap(f"{_requirer(link)} requires {_code(link.requirement)}", first="  ", indent="    ")
    first = {(link.name, link.requirement) for link in why.chain}
    others = [edge for edge in why.pin.requested_by if (edge.name, edge.requirement) not in first]
    if others:
        told = [
            f"{'the manifest' if edge.name is None else edge.name} ({_code(edge.requirement)})"
            for edge in others
        ]
        yield from wrap(f"also required by {listing(told, longest=MOST_ASKERS)}", first="  ", indent="    ")
    for link in why.constraints:
        place = f" ({clean(link.place)})" if link.place else ""
        yield from wrap(f"the constraint {_code(link.requirement)}{place} holds", first="  ", indent="    ")


def _code(requirement: str) -> str:
    """Return a requirement in backticks."""
    return code(_spaced(requirement))


def _spaced(requirement: str) -> str:
    """Return a requirement, a long one with room to break between its specifiers."""
    return requirement.replace(",", ", ") if len(requirement) > WIDTH // 2 else requirement


def _requirer(link: Link) -> str:
    if link.name is not None:
        return f"{link.name} {link.version_name}"
    group = "" if link.group in ("", DEFAULT_GROUP) else f", for {code(link.group)},"
    return f"the manifest ({clean(link.place)}){group}" if link.place else f"the manifest{group}"


def _prices(pin: Pin) -> Iterator[Line]:
    if not pin.prices:
        newest = " it is the newest release that can be used" if pin.behind == 0 else ""
        yield from wrap(f"Nothing is held against it{':' if newest else ''}{newest}.")
        return
    yield Line(f"What is held against it: {sum(price.amount for price in pin.prices):,}", "title")
    for price in pin.prices:
        text = f"{price.amount:,} {price.unit}: {clean(price.reason)}"
        yield from wrap(text, first="  ", indent="    ")


def _newer(why: Why) -> Iterator[Line]:
    """Say which releases above the pin cannot be chosen at all."""
    if not why.newer:
        return
    yield Line()
    yield Line("Newer, but left out", "title")
    for each in why.newer[:MOST_NEWER]:
        yield from wrap(f"{each.version} {clean(each.reason)}", first="  ", indent="    ")
    if len(why.newer) > MOST_NEWER:
        yield Line(f"  and {len(why.newer) - MOST_NEWER:,} more; `--format json` lists all")


def _counterfactual(why: Why, other: Counterfactual, explanation: "Explanation | None") -> Iterator[Line]:
    from pinwise.explain.counterfactual import counterfactual_sentences  # noqa: PLC0415  # a tree needs none

    yield Line(f"If it were {other.version}", "title")
    if explanation is not None:
        yield from (Line(line.text, "bad") for line in wrap(explanation.headline, first="  ", indent="  "))
        yield Line()
        for sentence in explanation.sentences:
            yield from wrap(sentence, first="  ", indent="  ")
    for sentence in counterfactual_sentences(why.advice, why.pin.name, other):
        yield from wrap(sentence, first="  ", indent="  ")
    if other.differences:
        yield Line()
        yield from differences(other.differences)


def differences(changed: Sequence[Difference]) -> Iterator[Line]:
    """Yield ``+ - ~`` lines with what each change costs, those of the same cost as well."""
    rows = [(_mark(each), each.name, _versions(each), _change(each)) for each in changed]
    name = min(max(len(row[1]) for row in rows), 30)
    versions = min(max(len(row[2]) for row in rows), 24)
    cost = max(len(row[3]) for row in rows)
    for mark, project, moved, amount in rows[:MOST_DIFFERENCES]:
        line = f"  {mark} {project:<{name}}  {moved:<{versions}}  {amount:>{cost}}".rstrip()
        if len(line) <= WIDTH:
            yield Line(line)
        else:
            yield from wrap(f"{mark} {project}", first="  ", indent="    ")
            yield Line(f"    {moved}  {amount}".rstrip())
    if len(rows) > MOST_DIFFERENCES:
        yield Line(f"  and {len(rows) - MOST_DIFFERENCES:,} more; `--format json` lists all")


def _mark(each: Difference) -> str:
    return "+" if each.before is None else "-" if each.after is None else "~"


def _versions(each: Difference) -> str:
    if each.before is None or each.after is None:
        return str(each.after if each.before is None else each.before)
    return str(each.before) if each.before == each.after else f"{each.before} -> {each.after}"


def _change(each: Difference) -> str:
    more = each.cost_after - each.cost_before
    return f"{more:+,}" if more else ""


# --- tree


def render_tree(advice: Advice, rows: Iterable[TreeRow]) -> list[Line]:
    """Return a stack as a tree."""
    if not advice.pins:
        return [Line("No package is needed.")]
    lines: list[Line] = []
    ends: list[bool] = []
    is_repeated = is_cut = False
    for row in rows:
        del ends[row.depth :]
        lines += _row(row, ends)
        ends.append(row.is_last)
        is_repeated, is_cut = is_repeated or row.is_repeated, is_cut or row.is_cut
    notes = [Line("(*): what it requires is shown elsewhere", "head")] if is_repeated else []
    notes += [Line("(…): what it requires is left out (`--depth`)", "head")] if is_cut else []
    return [*lines, *([Line()] if notes else []), *notes]


def _row(row: TreeRow, ends: Sequence[bool]) -> Iterator[Line]:
    """Yield one row; the words of the edge go to a line of their own where there is no room."""
    start, rest = "", ""
    if row.depth:
        start = "".join("  " if end else "│ " for end in ends[1:])
        start, rest = start + ("└ " if row.is_last else "├ "), start + ("  " if row.is_last else "│ ")
    group = _group(row.group)
    if row.name is None:
        yield Line(f"{start}the manifest{group}: {clean(row.requirement)}"[:WIDTH])
        return
    extras = f"[{','.join(row.extras)}]" if row.extras else ""
    mark = " (*)" if row.is_repeated else " (…)" if row.is_cut else ""
    head = f"{start}{row.name}{extras} {row.version_name}{group}{mark}"
    words = clean(_spaced(row.requirement)) if not _BARE.fullmatch(row.requirement) else ""
    if not words:
        yield Line(head)
    elif len(head) + 2 + len(words) <= WIDTH:
        yield Line(f"{head}  {words}")
    else:
        yield Line(head)
        yield from wrap(words, first=f"{rest}    ", indent=f"{rest}    ")


def _group(name: str) -> str:
    """Return the mark of a group that is not the default one; that of an extra is named in brackets."""
    if name in ("", DEFAULT_GROUP):
        return ""
    return f" [extra {clean(name[1:-1])}]" if name.startswith("[") else f" [{clean(name)}]"


# --- outdated


def render_outdated(outdated: Outdated) -> list[Line]:
    """Return what is behind: a row for each pin, and below it what holds it back."""
    total = count(len(outdated.advice.pins), "package")
    if not outdated.behind:
        return [Line(f"Nothing is behind: {total}, each at the newest release that can be used.")]
    pins = [each.pin for each in outdated.behind]
    widths = (
        min(max(4, *(len(pin.name) for pin in pins)), 30),
        min(max(7, *(len(str(pin.version)) for pin in pins)), 14),
        min(max(6, *(len(str(pin.latest)) for pin in pins)), 14),
    )
    lines = [Line(f"Behind: {len(pins)} of {total}", "title")]
    lines.append(Line(f"  {_cells(('name', 'version', 'newest'), widths)}  behind", "head"))
    from pinwise.explain.counterfactual import held_back  # noqa: PLC0415  # as above

    for each in outdated.behind:
        pin = each.pin
        cells: tuple[str, ...] = (pin.name, str(pin.version), str(pin.latest))
        if any(len(text) > width for text, width in zip(cells, widths, strict=True)):
            lines += wrap(f"{pin.name} {pin.version} -> {pin.latest}", first="  ", indent="    ")
            cells = ("", "", "")
        lines.append(Line(f"  {_cells(cells, widths)}  {_age(pin)}"))
        text = held_back(outdated.advice, pin.name, each.counterfactual)
        style = "weak" if isinstance(each.counterfactual.outcome, Refusal) else ""
        lines += (Line(line.text, style) for line in wrap(text, first="    ", indent="    "))
    return [*lines, Line(), *wrap("Next: `pinwise why NAME` says more of one of them.")]


def _cells(texts: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(f"{text:<{width}}" for text, width in zip(texts, widths, strict=True))


def _age(pin: Pin) -> str:
    releases = count(pin.behind, "release")
    return releases if pin.days_behind is None else f"{releases}, {count(pin.days_behind, 'day')}"

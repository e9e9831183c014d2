"""Chains of functions with their seconds as a tree of text and as a picture."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Chains = Mapping[tuple[str, ...], float]

ROW = 17  # pixels
WIDTH = 1200
LETTER = 7.0
COLOURS = ("#e8a33d", "#d9822b", "#c96a28", "#e0b050", "#cf9440")


@dataclass(slots=True)
class Part:
    """A function, the seconds in it and in what it calls, and these."""

    name: str
    seconds: float = 0.0
    calls: dict[str, "Part"] = field(default_factory=dict)

    def sorted(self) -> list["Part"]:
        """Return what it calls, the longest first."""
        return sorted(self.calls.values(), key=lambda part: -part.seconds)


def tree_of(chains: Chains) -> Part:
    """Return all chains as one tree."""
    root = Part("all")
    for chain, seconds in chains.items():
        root.seconds += seconds
        part = root
        for name in chain:
            part = part.calls.setdefault(name, Part(name))
            part.seconds += seconds
    return root


def render_tree(root: Part, *, least: float) -> str:
    """Return the tree as text, without parts that take less than this share of the whole.

    A function that does nothing but call one other is not shown.
    """
    lines: list[str] = []
    _add_lines(lines, root, 0, root.seconds or 1.0, least)
    return "\n".join(lines)


def _add_lines(lines: list[str], part: Part, depth: int, whole: float, least: float) -> None:
    while len(part.calls) == 1 and next(iter(part.calls.values())).seconds > 0.98 * part.seconds:
        part = next(iter(part.calls.values()))
    lines.append(f"{part.seconds / whole:6.1%} {'  ' * depth}{part.name}")
    for each in part.sorted():
        if each.seconds >= least * whole:
            _add_lines(lines, each, depth + 1, whole, least)


def render_flame(root: Part, title: str, *, least: float) -> str:
    """Return the tree as a picture (SVG): each function a bar as wide as its time, below what called it."""
    picture = _Picture(root.seconds or 1.0, least)
    picture.add(root, 0.0, 0)
    height = (picture.depth + 2) * ROW + 8
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="monospace" font-size="11">\n'
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n'
        f'<text x="4" y="{ROW - 4}" font-size="13">{html.escape(title)}</text>\n'
    )
    return f"{head}{''.join(picture.bars)}</svg>\n"


@dataclass(slots=True)
class _Picture:
    """A picture that is being drawn; `whole` is the time of its width, `least` the smallest share shown."""

    whole: float
    least: float
    depth: int = 0
    bars: list[str] = field(default_factory=list)

    def add(self, part: Part, left: float, depth: int) -> None:
        """Add the bars of a part, whose left side is at this share of the width."""
        self.depth = max(self.depth, depth)
        share = part.seconds / self.whole
        x, y, width = left * WIDTH, (depth + 1) * ROW + 4, share * WIDTH
        colour = COLOURS[sum(map(ord, part.name.partition(":")[0])) % len(COLOURS)]
        label = part.name.rpartition("/")[2][: int(width / LETTER)] if width > 4 * LETTER else ""
        self.bars.append(
            f'<g><title>{html.escape(part.name)} {share:.1%}</title><rect x="{x:.1f}" y="{y}" '
            f'width="{max(0.3, width - 0.6):.1f}" height="{ROW - 1}" fill="{colour}"/>'
            f'<text x="{x + 2:.1f}" y="{y + ROW - 5}">{html.escape(label)}</text></g>\n'
        )
        for each in part.sorted():
            if each.seconds >= self.least * self.whole:
                self.add(each, left, depth + 1)
                left += each.seconds / self.whole


def without(chains: Chains, prefixes: Sequence[str]) -> dict[tuple[str, ...], float]:
    """Return the chains without the functions whose names begin so: what lies between is of no interest."""
    kept: dict[tuple[str, ...], float] = {}
    for chain, seconds in chains.items():
        short = tuple(name for name in chain if not name.startswith(tuple(prefixes)))
        kept[short] = kept.get(short, 0.0) + seconds
    return kept

"""Lines on axes that are both logarithmic, as a picture (SVG)."""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 860, 520
LEFT, RIGHT, TOP, BOTTOM = 70, 210, 44, 50
COLOURS = ("#1f5fa8", "#c2572b", "#2f8f5b", "#8b4aa3", "#8a7a1c", "#3a9aa8")


@dataclass(frozen=True, slots=True)
class Line:
    """A name and points (x, y), both above 0."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class _Axes:
    """The powers of ten at the ends of both axes."""

    x: tuple[int, int]
    y: tuple[int, int]

    def place(self, point: tuple[float, float]) -> tuple[float, float]:
        """Return where a point is on the picture."""
        right = (math.log10(point[0]) - self.x[0]) / (self.x[1] - self.x[0])
        up = (math.log10(point[1]) - self.y[0]) / (self.y[1] - self.y[0])
        return LEFT + right * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)


def render_plot(title: str, lines: Sequence[Line]) -> str:
    """Return the picture, with a legend and a dotted line of slope 1."""
    points = [point for line in lines for point in line.points]
    axes = _Axes(_ends([x for x, _ in points]), _ends([y for _, y in points]))
    frame = f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {frame}>',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="24" font-size="15">{html.escape(title)}</text>',
        *_grid(axes),
        *_slope_one(axes),
    ]
    for number, line in enumerate(lines):
        parts += _drawn(axes, line, number)
    return "\n".join((*parts, "</svg>\n"))


def _ends(values: Sequence[float]) -> tuple[int, int]:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _grid(axes: _Axes) -> list[str]:
    parts = []
    for power in range(axes.x[0], axes.x[1] + 1):
        x, bottom = axes.place((10.0**power, 10.0 ** axes.y[0]))
        parts.append(f'<path d="M{x:.1f} {TOP}V{bottom:.1f}" stroke="#dddddd"/>')
        label = f'<text x="{x:.1f}" y="{bottom + 20:.1f}" text-anchor="middle">{10**power:,}</text>'
        parts.append(label)
    for power in range(axes.y[0], axes.y[1] + 1):
        left, y = axes.place((10.0 ** axes.x[0], 10.0**power))
        parts.append(f'<path d="M{left:.1f} {y:.1f}H{WIDTH - RIGHT}" stroke="#dddddd"/>')
        parts.append(f'<text x="{left - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    return parts


def _slope_one(axes: _Axes) -> list[str]:
    """Return a line from the lower left as far as it goes: what grows in proportion is parallel to it."""
    powers = min(axes.x[1] - axes.x[0], axes.y[1] - axes.y[0])
    start = axes.place((10.0 ** axes.x[0], 10.0 ** axes.y[0]))
    end = axes.place((10.0 ** (axes.x[0] + powers), 10.0 ** (axes.y[0] + powers)))
    path = f"M{start[0]:.1f} {start[1]:.1f}L{end[0]:.1f} {end[1]:.1f}"
    return [
        f'<path d="{path}" stroke="#888888" stroke-dasharray="3 4" fill="none"/>',
        f'<text x="{end[0] + 6:.1f}" y="{end[1] + 14:.1f}" fill="#666666" font-size="12">slope 1</text>',
    ]


def _drawn(axes: _Axes, line: Line, number: int) -> list[str]:
    colour = COLOURS[number % len(COLOURS)]
    places = [axes.place(point) for point in line.points]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    parts = [f'<path d="M{path}" stroke="{colour}" stroke-width="2" fill="none"/>']
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places]
    x, y = WIDTH - RIGHT + 18, TOP + 14 + 22 * number
    parts.append(f'<path d="M{x} {y - 4}h22" stroke="{colour}" stroke-width="3"/>')
    parts.append(f'<text x="{x + 30}" y="{y}">{html.escape(line.name)}</text>')
    return parts

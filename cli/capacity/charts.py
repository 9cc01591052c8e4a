"""Charts as SVG, of lines and of bars; no more than the pages in docs/ need."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 720, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 40, 64
COLOURS = ("#2563a8", "#c2500a", "#2c7a4b", "#8a3ffc", "#6f6f6f")
STYLE = "font-family:system-ui,sans-serif;font-size:12px"
Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """A named line."""

    name: str
    points: Sequence[Point]


@dataclass(frozen=True)
class Axis:
    """One side of a chart: what it shows, and how values lie on it."""

    title: str
    low: float
    high: float
    is_log: bool = False

    @classmethod
    def of(cls, title: str, values: Sequence[float], *, is_log: bool = False) -> "Axis":
        """Return an axis that has room for values."""
        if is_log:
            known = [math.log10(value) for value in values if value > 0]
            low, high = math.floor(min(known)), math.ceil(max(known))
            return cls(title, 10.0**low, 10.0 ** max(high, low + 1), is_log=True)
        step = _step(max(values, default=1.0))
        return cls(title, 0.0, step * max(1, math.ceil(max(values) / step)))

    def place(self, value: float) -> float:
        """Return where a value lies, from 0 to 1."""
        if self.is_log:
            span = math.log10(self.high / self.low)
            return math.log10(max(value, self.low) / self.low) / span
        return (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """Return the values to write beside it."""
        if self.is_log:
            first, last = round(math.log10(self.low)), round(math.log10(self.high))
            return [10.0**power for power in range(first, last + 1)]
        step = _step(self.high)
        return [step * n for n in range(round(self.high / step) + 1)]


def draw_lines(title: str, across: Axis, up: Axis, lines: Sequence[Line]) -> str:
    """Return a chart of lines."""
    parts = [_grid(up), _under([(across.place(x), _told(x)) for x in across.ticks()])]
    for number, line in enumerate(lines):
        places = " ".join(
            f"{_x(across.place(x)):.1f},{_y(up.place(y)):.1f}" for x, y in line.points
        )
        colour = COLOURS[number % len(COLOURS)]
        parts.append(
            f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
    return _page(title, across.title, up.title, [line.name for line in lines], parts)


def draw_bars(
    title: str,
    up: Axis,
    groups: Sequence[str],
    bars: Sequence[tuple[str, Sequence[float]]],
) -> str:
    """Return a chart of bars: one of each kind in each group."""
    wide = 1 / len(groups)
    parts = [_grid(up), _under([((n + 0.5) * wide, g) for n, g in enumerate(groups)])]
    each = wide * 0.7 / len(bars)
    for number, (_, values) in enumerate(bars):
        for group, value in enumerate(values):
            at = _x(group * wide + wide * 0.15 + number * each)
            top, bottom = _y(up.place(value)), _y(0)
            colour, width = COLOURS[number], each * (WIDTH - LEFT - RIGHT) - 2
            parts.append(
                f'<rect x="{at:.1f}" y="{top:.1f}" width="{width:.1f}" '
                f'height="{bottom - top:.1f}" fill="{colour}"/>'
                f'<text x="{at + width / 2:.1f}" y="{top - 4:.1f}" '
                f'text-anchor="middle">{_told(value)}</text>'
            )
    return _page(title, "", up.title, [name for name, _ in bars], parts)


def _page(
    title: str, below: str, beside: str, names: Sequence[str], parts: Sequence[str]
) -> str:
    legend, at = [], float(LEFT)
    for number, name in enumerate(names):
        legend.append(
            f'<rect x="{at:.0f}" y="24" width="10" height="10" '
            f'fill="{COLOURS[number % len(COLOURS)]}"/>'
            f'<text x="{at + 14:.0f}" y="33">{escape(name)}</text>'
        )
        at += 34 + 6.5 * len(name)
    middle = (LEFT + WIDTH - RIGHT) / 2
    lines = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'role="img" aria-label="{escape(title)}" style="{STYLE}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="15" font-weight="600">{escape(title)}</text>',
        *legend,
        *parts,
        f'<text x="{middle}" y="{HEIGHT - 12}" text-anchor="middle">{escape(below)}</text>',
        f'<text transform="translate(14 {HEIGHT / 2}) rotate(-90)" '
        f'text-anchor="middle">{escape(beside)}</text>',
        "</svg>",
    )
    return "\n".join(lines) + "\n"


def _grid(up: Axis) -> str:
    return "".join(
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{_y(up.place(tick)):.1f}" '
        f'y2="{_y(up.place(tick)):.1f}" stroke="#dddddd"/>'
        f'<text x="{LEFT - 6}" y="{_y(up.place(tick)) + 4:.1f}" '
        f'text-anchor="end">{_told(tick)}</text>'
        for tick in up.ticks()
    )


def _under(labels: Sequence[tuple[float, str]]) -> str:
    return "".join(
        f'<text x="{_x(place):.1f}" y="{HEIGHT - BOTTOM + 18}" '
        f'text-anchor="middle">{escape(label)}</text>'
        for place, label in labels
    )


def _x(place: float) -> float:
    return LEFT + place * (WIDTH - LEFT - RIGHT)


def _y(place: float) -> float:
    return HEIGHT - BOTTOM - place * (HEIGHT - TOP - BOTTOM)


def _step(high: float) -> float:
    """Return a round number of which some make up a height."""
    if high <= 0:
        return 1.0
    rough = high / 5
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(power * n for n in (1, 2, 5, 10) if power * n >= rough)


def _told(value: float) -> str:
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"

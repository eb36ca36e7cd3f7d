"""Draws the report's charts as inline SVG: no script, no image, no request.

Owns geometry and accessible names. Positions are percentages, so that a chart is as wide as its
page while its letters keep their size: on a telephone nothing shrinks. Colours are CSS classes, so
that light and dark are the page's business.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from chertlog.queries.clean_text import html_text

_TOP, _FOOT = 14, 22


@dataclass(frozen=True)
class Band:
    """A ratio with its interval at one place of the time axis; None where there were no trials."""

    middle: float | None
    low: float | None
    high: float | None


def stacked_bars(
    key: str,
    title: str,
    desc: str,
    times: Sequence[datetime],
    series: Sequence[tuple[str, Sequence[int]]],
    tips: Sequence[str],
    height: int = 220,
) -> str:
    """Bars over time, one colour (CSS class) per series, the first at the bottom."""
    count = len(times)
    totals = [sum(values[i] for _, values in series) for i in range(count)]
    top = nice_top(max(totals, default=0))
    room = height - _TOP - _FOOT
    step = 100 / max(count, 1)
    bars = []
    for i in range(count):
        base = float(height - _FOOT)
        pieces = []
        for name, values in series:
            tall = values[i] / top * room
            if values[i]:
                base -= tall
                pieces.append(
                    f'<rect class="{name}" x="{i * step + step * 0.1:.3f}%" y="{base:.1f}" '
                    f'width="{step * 0.8:.3f}%" height="{max(tall, 0.8):.1f}"/>'
                )
        # The whole column answers to the pointer: bars can be a pixel high.
        place = f'x="{i * step:.3f}%" y="{_TOP}" width="{step:.3f}%" height="{room}"'
        pieces.append(f'<rect class="hit" {place}/>')
        bars.append(f"<g><title>{html_text(tips[i])}</title>{''.join(pieces)}</g>")
    grid = _grid(top, height, room, [f"{round(top * part):,}" for part in (1, 0.5)])
    return _svg(key, title, desc, height, grid + "".join(bars) + _time_axis(times, height))


def band_line(
    key: str,
    title: str,
    desc: str,
    times: Sequence[datetime],
    bands: Sequence[Band],
    earlier: Sequence[float | None] = (),
    height: int = 140,
) -> str:
    """A ratio over time with its interval as a band; where nothing was measured there is a gap.

    `earlier` is the same ratio of an earlier time, step by step: a dashed line.
    """
    count = len(bands)
    measured = [*(band.middle for band in bands), *earlier]
    highest = max((ratio for ratio in measured if ratio is not None), default=0.0)
    # Scaled to the line: in an hour with three responses the interval reaches half the way up.
    top = min(nice_top(highest * 100, least=1), 100) / 100
    room = height - _TOP - _FOOT
    shapes = []
    for run in _runs([Band(ratio, None, None) for ratio in earlier]):
        line = [(i + 0.5, band.middle or 0) for i, band in run]
        shapes.append(
            f'<polyline class="earlier" vector-effect="non-scaling-stroke" '
            f'points="{_points(line, top, room)}"/>'
        )
    for run in _runs(bands):
        lower = [(i + 0.5, min(band.low or 0, top)) for i, band in run]
        upper = [(i + 0.5, min(band.high or 0, top)) for i, band in run]
        middle = [(i + 0.5, band.middle or 0) for i, band in run]
        if len(run) == 1:  # a line needs two ends
            middle = [(run[0][0] + 0.2, middle[0][1]), (run[0][0] + 0.8, middle[0][1])]
        outline = _points([*upper, *reversed(lower)], top, room)
        shapes.append(f'<polygon class="band" points="{outline}"/>')
        shapes.append(
            f'<polyline class="line" vector-effect="non-scaling-stroke" '
            f'points="{_points(middle, top, room)}"/>'
        )
    plot = (
        f'<svg y="{_TOP}" width="100%" height="{room}" viewBox="0 0 {max(count, 1)} {room}" '
        f'preserveAspectRatio="none" aria-hidden="true">{"".join(shapes)}</svg>'
    )
    labels = [f"{top * part * 100:.3g} %" for part in (1, 0.5)]
    grid = _grid(top, height, room, labels)
    return _svg(key, title, desc, height, grid + plot + _time_axis(times, height))


def whisker(key: str, title: str, band: Band, top: float) -> str:
    """One ratio as a dot with its interval, on a scale from 0 to `top`."""
    if None in (band.middle, band.low, band.high) or top <= 0:
        return ""
    low, middle, high = ((value or 0) / top * 100 for value in (band.low, band.middle, band.high))
    body = (
        '<line class="axis" x1="0" x2="100%" y1="10" y2="10"/>'
        f'<line class="whisker" x1="{low:.2f}%" x2="{high:.2f}%" y1="10" y2="10"/>'
        f'<circle class="dot" cx="{middle:.2f}%" cy="10" r="4.5"/>'
    )
    return _svg(key, title, "", 20, body)


def share_bar(key: str, title: str, parts: Sequence[tuple[str, int]], whole: int) -> str:
    """Counts of one whole, side by side, each in its colour (CSS class)."""
    if whole <= 0:
        return ""
    left, rects = 0.0, []
    for name, count in parts:
        width = count / whole * 100
        if count:
            place = f'x="{left:.3f}%" y="3" width="{width:.3f}%" height="8" rx="1"'
            rects.append(f'<rect class="{name}" {place}/>')
        left += width
    return _svg(key, title, "", 14, "".join(rects))


def strip(
    key: str,
    title: str,
    since: datetime,
    until: datetime,
    pieces: Sequence[tuple[datetime, datetime, str, float, str]],
) -> str:
    """Stretches of time on the line of a window: from, to, colour (CSS class), strength, words."""
    whole = (until - since).total_seconds()
    body = ['<line class="axis" x1="0" x2="100%" y1="15" y2="15"/>']
    for begin, end, name, strength, words in pieces:
        left = max((begin - since).total_seconds() / whole * 100, 0)
        width = (end - begin).total_seconds() / whole * 100
        # A minute of a day would be thinner than a pixel.
        place = f'x="{min(left, 97):.2f}%" y="3" width="{max(width, 3):.2f}%" height="12"'
        opacity = f"{0.25 + 0.75 * strength:.2f}"
        body.append(
            f'<rect class="{name}" {place} fill-opacity="{opacity}">'
            f"<title>{html_text(words)}</title></rect>"
        )
    return _svg(key, title, "", 18, "".join(body))


def nice_top(value: float, least: float = 4) -> float:
    """The end of an axis: the next of 1, 2, 4, 5 or 8 times a power of ten."""
    wanted = max(value, least)
    power = 10.0 ** (len(f"{wanted:.0f}") - 1)
    for factor in (0.1, 0.2, 0.4, 0.5, 0.8, 1, 2, 4, 5, 8, 10):
        if factor * power >= wanted:
            return factor * power
    return 10 * power


def _svg(key: str, title: str, desc: str, height: int, body: str) -> str:
    described = f'<desc id="{key}-d">{html_text(desc)}</desc>' if desc else ""
    names = f"{key}-t {key}-d" if desc else f"{key}-t"
    return (
        f'<svg role="img" aria-labelledby="{names}" width="100%" height="{height}">'
        f'<title id="{key}-t">{html_text(title)}</title>{described}{body}</svg>'
    )


def _grid(top: float, height: int, room: int, labels: Sequence[str]) -> str:
    foot = height - _FOOT
    lines = [f'<line class="axis" x1="0" x2="100%" y1="{foot}" y2="{foot}"/>']
    for label, part in zip(labels, (1, 0.5), strict=True):
        y = foot - part * room
        lines.append(f'<line class="grid" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>')
        lines.append(f'<text x="0" y="{y - 3:.1f}">{label}</text>')
    return "".join(lines)


def _time_axis(times: Sequence[datetime], height: int) -> str:
    if not times:
        return ""
    span = times[-1] - times[0]
    form = "%H:%M" if span.days < 2 else "%d %b"
    texts = []
    for part in range(4):
        i = len(times) * part // 4
        texts.append(
            f'<text x="{i / len(times) * 100:.2f}%" y="{height - 6}">{times[i]:{form}}</text>'
        )
    end = times[-1] + (times[1] - times[0]) if len(times) > 1 else times[-1]
    texts.append(f'<text x="100%" y="{height - 6}" text-anchor="end">{end:{form}}</text>')
    return "".join(texts)


def _runs(bands: Sequence[Band]) -> list[list[tuple[int, Band]]]:
    known = [(i, band) for i, band in enumerate(bands) if band.middle is not None]
    runs: list[list[tuple[int, Band]]] = [known[:1]] if known else []
    for before, item in pairwise(known):
        if item[0] == before[0] + 1:
            runs[-1].append(item)
        else:
            runs.append([item])
    return runs


def _points(places: Sequence[tuple[float, float]], top: float, room: int) -> str:
    return " ".join(f"{x:.2f},{room - min(y / top, 1) * room:.2f}" for x, y in places)

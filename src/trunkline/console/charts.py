"""Charts as shapes in the units of an SVG, which the templates draw."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from trunkline.console.texts import duration, moment, number, percent
from trunkline.observe.usage_counts import HOUR, Counts, Span

__all__ = ["HEIGHT", "WIDTH", "Bar", "Chart", "Charts", "Line", "all_charts"]

WIDTH, HEIGHT = 400, 110
_QUANTILES = (0.5, 0.95, 0.99)
_GAP = 0.2  # of a bar's place


class Bar(Struct):
    """A bar from the bottom. ``title`` says it in words."""

    x: float
    width: float
    height: float
    title: str


class Line(Struct):
    """A line, in pieces: hours without requests interrupt it. ``points`` are as SVG has them."""

    name: str
    pieces: list[str]


class Chart(Struct):
    """What is drawn above an axis of time. ``top`` is the value at the upper edge."""

    top: str
    first: str
    last: str
    width: int = WIDTH
    height: int = HEIGHT
    bars: Sequence[Bar] = ()
    lines: Sequence[Line] = ()


class Charts(Struct):
    """What the page of all operations, or of one, draws."""

    requests: Chart
    failures: Chart
    latency: Chart


def all_charts(counted: Mapping[int, Counts], since: float, span: Span) -> Charts:
    """Draw what was counted in each span since a time."""
    return Charts(*(draw(counted, since, span) for draw in (_requests, _failures, _latency)))


def _requests(counted: Mapping[int, Counts], since: float, span: Span) -> Chart:
    """Draw how many requests there were in each span."""
    values = {start: (counts.count, number(counts.count)) for start, counts in counted.items()}
    return _bars(values, since, span, number)


def _failures(counted: Mapping[int, Counts], since: float, span: Span) -> Chart:
    """Draw which part of the requests failed in each span."""
    values: dict[int, tuple[float, str]] = {}
    for start, counts in counted.items():
        if failed := counts.failed:
            values[start] = failed / counts.count, f"{number(failed)} of {number(counts.count)}"
    return _bars(values, since, span, lambda value: percent(value, 1))


def _bars(
    values: Mapping[int, tuple[float, str]], since: float, span: Span, write: Callable[[float], str]
) -> Chart:
    starts = _starts(since, span)
    most = max((value for value, _ in values.values()), default=0.0)
    place = WIDTH / len(starts)
    bars = [
        Bar(
            (index + _GAP / 2) * place,
            (1 - _GAP) * place,
            HEIGHT * values[start][0] / most,
            f"{moment(start * HOUR)}: {values[start][1]}",
        )
        for index, start in enumerate(starts)
        if start in values
    ]
    return Chart(write(most), moment(starts[0] * HOUR), "now", bars=bars)


def _latency(counted: Mapping[int, Counts], since: float, span: Span) -> Chart:
    """Draw within which time half of the requests, 95 % and 99 % were answered in each span."""
    starts = _starts(since, span)
    place = WIDTH / len(starts)
    values = {
        share: {start: counts.quantile(share) for start, counts in counted.items()}
        for share in _QUANTILES
    }
    most = max((value for each in values.values() for value in each.values()), default=0.0) or 1.0
    lines: list[Line] = []
    for share, by_start in values.items():
        pieces: list[list[str]] = [[]]
        for index, start in enumerate(starts):
            if start not in by_start:
                pieces.append([])
                continue
            y = HEIGHT * (1 - by_start[start] / most)
            # as wide as its span, so that a single hour is seen
            pieces[-1] += [f"{(index + x) * place:.1f},{y:.1f}" for x in (_GAP / 2, 1 - _GAP / 2)]
        lines.append(Line(f"p{share * 100:.0f}", [" ".join(each) for each in pieces if each]))
    return Chart(duration(most), moment(starts[0] * HOUR), "now", lines=lines)


def _starts(since: float, span: Span) -> range:
    """Return the hours in which the spans start, up to now."""
    step = 1 if span is Span.HOUR else 24
    first = span.start(int(since) // HOUR)
    return range(first, int(time.time()) // HOUR + 1, step)

"""A slow request as bars in time: its stages, what was resolved, and the statements of that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, TypeAlias

from msgspec import Struct

from trunkline.console.texts import duration, number
from trunkline.observe.slow import SlowRequest

__all__ = ["WaterfallBar", "by_slowness", "longest", "waterfall"]

_WIDTH = 1_000.0  # of a bar that takes as long as the request
_LEAST = 3.0

_Node: TypeAlias = Mapping[str, Any]
"""A field of a profile, as `OperationProfile` tells it."""


class WaterfallBar(Struct):
    """What took time: ``x`` and ``width`` are thousandths of the request.

    ``depth`` says how far it is below a stage, and ``seconds`` how long it took, which is less than
    the bar is long if it paused between.
    """

    kind: Literal["stage", "other", "field", "statement"]
    name: str
    note: str
    depth: int
    seconds: float
    x: float
    width: float


def by_slowness(requests: Iterable[SlowRequest]) -> list[tuple[SlowRequest, SlowRequest]]:
    """Return the slowest request of each operation, and the one that says more: with a profile."""
    found: dict[tuple[str, str], list[SlowRequest]] = {}
    for each in requests:  # the slowest first
        found.setdefault((each.kind, each.operation), []).append(each)
    return [
        (each[0], next((other for other in each if other.profile), each[0]))
        for each in found.values()
    ]


def waterfall(request: SlowRequest) -> list[WaterfallBar]:
    """Return what a request did, in the order in which it began."""
    found: list[WaterfallBar] = []
    for stage in request.stages:
        kind: Literal["stage", "other"] = "other" if stage.name == "other" else "stage"
        place = _place(request, stage.began, stage.began + stage.seconds)
        found.append(WaterfallBar(kind, stage.name, "", 0, stage.seconds, *place))
        if stage.name == "execute" and request.profile is not None:
            found += _below(request, request.profile, 1, stage.began)
    return found


def _below(request: SlowRequest, node: _Node, depth: int, start: float) -> Iterator[WaterfallBar]:
    """Yield the statements of a field, and the fields below it."""
    for each in node["sql"]:
        note = _number(each["count"], "time")
        place = _place(request, *_within(each, start))
        seconds = each["ms"] / 1_000
        yield WaterfallBar("statement", each["statement"], note, depth, seconds, *place)
    for each in sorted(node["fields"], key=lambda each: float(each["began_ms"])):
        place = _place(request, *_within(each, start))
        yield WaterfallBar("field", each["key"], _note(each), depth, each["own_ms"] / 1_000, *place)
        yield from _below(request, each, depth + 1, start)


def _within(each: Mapping[str, float], start: float) -> tuple[float, float]:
    return start + each["began_ms"] / 1_000, start + each["ended_ms"] / 1_000


def _place(request: SlowRequest, began: float, ended: float) -> tuple[float, float]:
    """Return where a bar begins, and how wide it is."""
    scale = _WIDTH / (request.duration or 1.0)
    x = min(began * scale, _WIDTH - _LEAST)
    return x, min(max((ended - began) * scale, _LEAST), _WIDTH - x)


def _note(node: _Node) -> str:
    """Return what a field is, and how much of it there was."""
    things = {"calls": "call", "parents": "parent", "items": "item"}
    told = [_number(node[key], thing) for key, thing in things.items() if node.get(key)]
    return ", ".join([node["field"], *told])


def _number(count: int, thing: str) -> str:
    return f"{number(count)} {thing}{'' if count == 1 else 's'}"


def longest(request: SlowRequest) -> str:
    """Say which field took the longest by itself, as far as that is known."""
    if request.profile is not None:
        found = max(
            _fields(request.profile), key=lambda each: float(each[1]["own_ms"]), default=None
        )
        if found is not None:
            place, node = found
            count = node["statements"]
            told = f", {_number(count, 'statement')}" if count else ""
            return f"{place}: {duration(node['own_ms'] / 1_000)}{told}"
    for place, seconds in request.waits.items():  # the longest first
        return f"{place}: {duration(seconds)}"
    return ""


def _fields(node: _Node, above: str = "") -> Iterator[tuple[str, _Node]]:
    """Yield the fields below one, each with its place."""
    for each in node["fields"]:
        place = f"{above}{each['key']}"
        yield place, each
        yield from _fields(each, f"{place}.")

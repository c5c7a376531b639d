"""Slow requests: which of a process are kept, and which operations are to be profiled.

Kept are the slowest requests of each operation and hour, and as many that have a profile. Beside
them, a request costs a comparison. When one is slower than all before it, later requests of the
same operation are profiled, with pauses that double, until one of them is at least half as slow.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping
from secrets import token_hex
from time import monotonic
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from trunkline.bounded import BoundedMapping
from trunkline.observe.operations import OperationEvent
from trunkline.printable import printable

__all__ = ["KEPT_OF_HOUR", "KEPT_OF_OPERATION", "SlowRequest", "SlowRequests", "Stage"]

KEPT_OF_OPERATION = 3
"""How many requests of an operation are kept of an hour, and how many that have a profile."""

KEPT_OF_HOUR = 200
"""How many requests are kept of an hour."""

_LONG = 0.01  # seconds of execution that are worth a profile
_MOST_CHARACTERS = 200
_PAUSE = 1.0  # seconds between the first two profiles of an operation


class Stage(Struct):
    """A stage of a request: when it began, and how long it took, in seconds."""

    name: str
    began: float
    seconds: float


class SlowRequest(Struct):
    """What is kept of a request, which ended at ``at``, in seconds since 1970.

    ``name``, ``kind`` and ``document_id`` are the operation's; what is not known is empty.
    ``waits`` are the seconds of the fields that were waited for longest, and ``profile`` is what
    `OperationEvent` has.
    """

    id: str
    at: float
    duration: float
    name: str
    kind: str
    document_id: str
    client: str
    is_proven: bool
    outcome: str
    reason: str
    trace_id: str
    request_id: str
    fields: int
    batches: int
    stages: list[Stage]
    waits: Mapping[str, float]
    profile: Mapping[str, Any] | None

    @property
    def operation(self) -> str:
        """What operations are told apart by."""
        return self.name or self.document_id


class SlowRequests:
    """The slowest requests of this hour; one thread at a time may use all but `wants_profile`.

    A request may be one of them if it took more than its operation's entry in ``bounds``, or
    without such an entry more than ``bound``.
    """

    def __init__(self) -> None:
        # from when on an operation is to be profiled, and the pause after that
        self._wanted = BoundedMapping[str, tuple[float, float]](KEPT_OF_HOUR)
        self._new: dict[str, SlowRequest] = {}
        self.begin_hour()

    def begin_hour(self) -> None:
        """Begin to compare anew."""
        self.bound = 0.0
        self.bounds: dict[str, float] = {}
        # durations and ids by the operation, and whether there is a profile; the fastest first
        self._slowest: dict[tuple[str, bool], list[tuple[float, str]]] = {}

    def note(self, event: OperationEvent, at: float) -> None:
        """Take a request that ended at a time; keep it if it is one of the slowest."""
        request = _describe(event, at)
        operation, has_profile = key = request.operation, request.profile is not None
        alike = self._slowest.setdefault(key, [])
        insort(alike, (request.duration, request.id))
        self._new[request.id] = request
        if len(alike) > KEPT_OF_OPERATION:
            self._drop_fastest(key)
        elif sum(map(len, self._slowest.values())) > KEPT_OF_HOUR:
            self.bound = self._drop_fastest(min(self._slowest, key=self._least))
        if not has_profile and len(alike) == KEPT_OF_OPERATION:
            self.bounds[operation] = self._least(key)
        slowest = max(self._durations(operation, has_profile=False), default=0.0)
        profiles = self._durations(operation, has_profile=True)
        if max(profiles, default=0.0) >= slowest / 2:
            self._wanted.remove(operation)
        elif request.duration == slowest and event.stages.execute >= _LONG:
            self._wanted.put(operation, (monotonic() + _PAUSE if profiles else 0.0, _PAUSE))

    def _durations(self, operation: str, *, has_profile: bool) -> list[float]:
        return [seconds for seconds, _ in self._slowest.get((operation, has_profile), ())]

    def _least(self, key: tuple[str, bool]) -> float:
        return self._slowest[key][0][0]

    def _drop_fastest(self, key: tuple[str, bool]) -> float:
        """Drop one of these requests; return what it took."""
        alike = self._slowest[key]
        seconds, id_ = alike.pop(0)
        if not alike:
            del self._slowest[key]
        operation, has_profile = key
        if not has_profile:
            self.bounds.pop(operation, None)
        self._new.pop(id_, None)
        return seconds

    def wants_profile(self, event: OperationEvent) -> bool:
        """Say whether a request whose operation is known is to be profiled."""
        if not self._wanted:
            return False
        operation = event.operation_name or event.document_id or ""
        wanted = self._wanted.get(operation)
        if wanted is None:
            return False
        (wanted_from, pause), now = wanted, monotonic()
        if now < wanted_from:
            return False
        self._wanted.put(operation, (now + pause, 2 * pause))
        return True

    def take(self) -> list[SlowRequest]:
        """Return the requests that are kept since this was called before."""
        taken, self._new = self._new, {}
        return list(taken.values())


def _describe(event: OperationEvent, at: float) -> SlowRequest:
    return SlowRequest(
        token_hex(8),
        at,
        event.duration,
        event.operation_name or "",
        event.operation_kind or "",
        event.document_id or "",
        printable(event.client_id or event.client or "")[:_MOST_CHARACTERS],
        event.client_id is not None,
        event.outcome,
        (event.reason or "")[:_MOST_CHARACTERS],
        event.trace_id or "",
        event.request_id or "",
        event.fields,
        event.batches,
        _stages(event),
        {printable(place)[:_MOST_CHARACTERS]: each for place, each in event.slowest.items()},
        event.profile,
    )


def _stages(event: OperationEvent) -> list[Stage]:
    """Return the stages that took time, one after the other; what is left is the last one."""
    stages: list[Stage] = []
    began = 0.0
    for name, seconds in asdict(event.stages).items():
        if seconds:
            stages.append(Stage(name, began, seconds))
            began += seconds
    if event.duration > began:
        stages.append(Stage("other", began, event.duration - began))
    return stages

"""The sink that keeps the slowest requests, for the console."""

from __future__ import annotations

import time

from msgspec import Struct
from msgspec.structs import asdict

from trunkline.observe.operations import OperationEvent

__all__ = ["SlowRequest", "SlowRequests", "Stage"]

_KEPT = 100
_KEPT_SECONDS = 86_400


class Stage(Struct):
    """A stage of a request: when it began, and how long it took, in seconds."""

    name: str
    began: float
    seconds: float


class SlowRequest(Struct):
    """What is kept of a request, which ended at ``at``, in seconds since 1970."""

    at: float
    duration: float
    operation: str
    kind: str
    document_id: str
    client: str
    outcome: str
    trace_id: str
    request_id: str
    fields: int
    batches: int
    stages: list[Stage]


class SlowRequests:
    """Keeps the 100 slowest requests of a process: ``GraphQL(…, sinks=[access_log, slow])``.

    A request is kept for a day at most. ``Console(…, slow=slow)`` shows them.
    """

    def __init__(self) -> None:
        self._kept: list[SlowRequest] = []  # the slowest first
        self._bound = 0.0  # seconds that a request must take to be kept
        self._expires = float("inf")

    def __call__(self, event: OperationEvent) -> None:
        """Keep a request if it is one of the slowest."""
        if event.name == "graphql.request" and (
            event.duration > self._bound or time.time() > self._expires
        ):
            self._keep(event)

    def _keep(self, event: OperationEvent) -> None:
        now = time.time()
        request = SlowRequest(
            now,
            event.duration,
            event.operation_name or "",
            event.operation_kind or "",
            event.document_id or "",
            event.client_id or event.client or "",
            event.outcome,
            event.trace_id or "",
            event.request_id or "",
            event.fields,
            event.batches,
            _stages(event),
        )
        kept = [each for each in self._kept if each.at > now - _KEPT_SECONDS]
        kept.append(request)
        kept.sort(key=lambda each: each.duration, reverse=True)
        self._kept = kept[:_KEPT]
        self._bound = self._kept[-1].duration if len(kept) >= _KEPT else 0.0
        self._expires = min(each.at for each in self._kept) + _KEPT_SECONDS

    def kept(self) -> list[SlowRequest]:
        """Return what is kept of the last day, the slowest first."""
        return [each for each in self._kept if each.at > time.time() - _KEPT_SECONDS]


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

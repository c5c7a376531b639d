"""The log of operations: which events are logged, and what a line says."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from random import random
from typing import TextIO

import msgspec

from trunkline.observe.log import EventLog, distinct_codes, word
from trunkline.observe.operations import OperationEvent, OperationOutcome, Sink, Stages
from trunkline.printable import printable

__all__ = ["AccessLog", "access_log", "log_operations"]

_VERSION = 1
"""The version of a line. It is counted up when a key goes or gets another meaning."""

_LEVELS: Mapping[OperationOutcome, int] = {
    "ok": logging.INFO,
    "partial": logging.INFO,
    "disconnected": logging.INFO,
    "request_error": logging.WARNING,
    "denied": logging.WARNING,
    "limited": logging.WARNING,
    "unavailable": logging.ERROR,
    "deadline_exceeded": logging.ERROR,
    "internal_error": logging.ERROR,
}
_SHORT_ID = len("sha256:") + 12
_MOST = 20  # error codes and deprecated coordinates
_CODE_LENGTH = 100  # characters
_REASON_LENGTH = 500


class AccessLog:
    """A sink that logs events to the logger ``trunkline.access``.

    - ``sample``: the share of the operations that end well that is logged, from 0 to 1.
    - ``slower_than``: seconds; operations that take longer are logged, too. If only this is given,
      no others are.

    An operation that does not end well is always logged: as a warning where a request is refused,
    as an error where the server is at fault, else as information. The record's attribute
    ``operation`` has what a line of JSON says, as a dictionary.

    Raises ``ValueError`` if ``sample`` is not from 0 to 1, or ``slower_than`` is negative.
    """

    def __init__(self, *, sample: float | None = None, slower_than: float | None = None) -> None:
        if sample is not None and not 0 <= sample <= 1:
            raise ValueError(
                f"sample is the share of operations to log, from 0 to 1, not {sample!r}."
            )
        if slower_than is not None and not slower_than >= 0:
            raise ValueError(f"slower_than is a number of seconds, 0 or more, not {slower_than!r}.")
        if sample is None:
            sample = 1.0 if slower_than is None else 0.0
        self._sample = sample
        self._slower_than = slower_than

    def __call__(self, event: OperationEvent) -> None:
        """Log an event."""
        is_slow = self._slower_than is not None and event.duration > self._slower_than
        if event.outcome != "ok" or is_slow or self._sample >= 1:
            event.sample_rate = 1.0
            _log.write(event, _LEVELS[event.outcome])
        elif random() < self._sample:  # noqa: S311  # no secret
            event.sample_rate = self._sample
            _log.write(event)

    def close(self) -> None:
        """Write the lines that wait for the stream of `log_operations`."""
        _log.flush()


class _Line(
    msgspec.Struct,
    omit_defaults=True,
    rename={
        "operation_name": "graphql.operation.name",
        "operation_type": "graphql.operation.type",
        "document_id": "graphql.document.id",
        "status": "http.status",
    },
):
    """What a line of JSON says. `docs/observing/operation-line.schema.json` describes it."""

    v: int
    event: str
    outcome: str
    status: int
    duration_ms: float
    reason: str | None = None
    operation_name: str | None = None
    operation_type: str | None = None
    document_id: str | None = None
    registered: bool = False
    client: str | None = None
    client_id: str | None = None
    request_id: str | None = None
    trace_id: str | None = None
    stages_ms: dict[str, float] = {}
    fields: int = 0
    cost: int = 0
    cache_policy: str | None = None
    variables: dict[str, str] = {}
    schema: str | None = None
    bytes_in: int = 0
    bytes_out: int = 0
    address: str | None = None
    sample_rate: float = 1.0
    errors: int = 0
    error_codes: list[str] = []
    error_paths: list[str] = []
    slowest_ms: dict[str, float] = {}
    batches: int = 0
    entities: int = 0
    cache: str | None = None
    scopes: list[str] = []
    deprecated: list[str] = []


def _fields(event: OperationEvent) -> _Line:
    """Return what a line of JSON says, with the names of OpenTelemetry's conventions."""
    line = _Line(
        _VERSION,
        event.name,
        event.outcome,
        event.status,
        _rounded(event.duration),
        event.reason and printable(event.reason)[:_REASON_LENGTH],
        event.operation_name,
        event.operation_kind,
        event.document_id,
        event.registered,
        event.client and printable(event.client),
        event.client_id and printable(event.client_id),
        event.request_id,
        event.trace_id,
        _milliseconds(event.stages),
        event.fields,
        event.cost,
        event.cache_policy,
        event.variables,
        event.schema_hash,
        event.bytes_in,
        event.bytes_out,
    )
    # what most events do not have comes last, and costs them little
    if event.outcome != "ok":
        line.address = event.address and printable(event.address)
        line.errors = event.errors
        line.error_codes, line.error_paths = _codes(event), event.error_paths
    if event.slowest:
        line.slowest_ms = {printable(at): _rounded(each) for at, each in event.slowest.items()}
    if event.groups:
        line.entities = event.entities
    if scopes := event.scopes:
        line.scopes = sorted(scopes)
    if deprecated := event.deprecated:
        line.deprecated = sorted(deprecated)[:_MOST]
    if event.sample_rate < 1:
        line.sample_rate = event.sample_rate
    line.batches, line.cache = event.batches, event.cache
    return line


def _codes(event: OperationEvent) -> list[str]:
    return [code[:_CODE_LENGTH] for code in distinct_codes(event.error_codes)[:_MOST]]


def _milliseconds(stages: Stages) -> dict[str, float]:
    told: dict[str, float] = msgspec.to_builtins(stages)  # without most of those that are 0
    return {name: int(seconds * 1e6 + 0.5) / 1e3 for name, seconds in told.items() if seconds}


def _rounded(seconds: float) -> float:
    """Return milliseconds; `round` would cost three times as much."""
    return int(seconds * 1e6 + 0.5) / 1e3


def _text(event: OperationEvent) -> str:
    name = event.operation_name or "-"
    if event.name != "graphql.request":
        name = event.name.rpartition(".")[2]
    parts = [
        f"{event.status or '---'}",
        f"{event.duration * 1000:8.1f} ms",
        f"{event.outcome:<13}",
        f"{event.operation_kind or '-'} {name}",
        (event.document_id or "-")[:_SHORT_ID],
        f"client={word(event.client or '-')}",
    ]
    known = {
        "client_id": event.client_id and word(event.client_id),
        "address": event.address and word(event.address),
        "request": event.request_id,
        "trace": event.trace_id,
        "cache": event.cache,
        "deprecated": ",".join(sorted(event.deprecated)[:_MOST]),
    }
    parts += [f"{key}={value}" for key, value in known.items() if value]
    if event.error_codes:
        codes = word(",".join(_codes(event)))
        parts.append(f"errors={event.errors} {codes}".rstrip())
        parts += [f"at {word(path)}" for path in event.error_paths[:1]]
    parts += [f"{_rounded(each):g} ms at {word(at)}" for at, each in event.slowest.items()]
    if event.reason:
        parts.append(printable(event.reason)[:_REASON_LENGTH])
    return "  ".join(parts)


_log = EventLog("trunkline.access", "operation", _text, _fields)

access_log: Sink = AccessLog()
"""Logs every event: `AccessLog` with its defaults."""


def log_operations(stream: TextIO | None = None) -> logging.Handler:
    """Send the log of operations to a stream, standard error by default; return the handler.

    For programs that configure no logging of their own. A terminal gets readable lines, with
    colours unless the environment has ``NO_COLOR``; any other stream gets a JSON object per line.
    What else is logged below ``trunkline`` goes there too, in the same form: the exceptions that
    callers do not see (``trunkline.errors``), and the warnings of health, usage and others. A
    thread writes the lines, soon, and those that are left when the program ends.
    """
    handler = _log.send_to(stream)
    others = logging.getLogger("trunkline")
    others.addHandler(handler)
    others.propagate = False
    return handler

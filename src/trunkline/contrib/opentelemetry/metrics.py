"""Metrics of operations from their events, as OpenTelemetry counts them."""

from __future__ import annotations

from collections import Counter

from trunkline.contrib.labels import BUCKETS, LabelNames, PairNames, client_label, operation_label
from trunkline.observe.operations import OperationEvent
from trunkline.observe.writer import told_of_losses

try:
    from opentelemetry.metrics import MeterProvider, get_meter_provider
except ModuleNotFoundError as error:
    raise ImportError(
        "trunkline.contrib.opentelemetry needs the library opentelemetry-api:"
        " pip install 'trunkline[opentelemetry]'"
    ) from error

__all__ = ["OpenTelemetryMetrics"]

_MOST_CODES = 100


class OpenTelemetryMetrics:
    """A sink that counts events by OpenTelemetry, with bounded attributes.

    - ``trunkline.operation.duration``: a histogram, in seconds, by ``graphql.operation.name``,
      ``graphql.operation.type``, ``trunkline.client`` and ``trunkline.outcome``. The SDK takes
      exemplars from the request's span.
    - ``trunkline.requests.in_flight``: requests that are not over.
    - ``trunkline.errors`` by ``graphql.operation.name`` and ``trunkline.error.code``.
    - ``trunkline.cache`` by ``graphql.operation.name`` and ``trunkline.cache.result``: what a store
      or a version of the server had for the request, as `OperationEvent.cache` says.
    - ``trunkline.token.checks`` by ``trunkline.token.result``, of
      ``Verifier(on_check=metrics.token_checked)``.
    - ``trunkline.log.lines_lost``: lines that `log_operations` had to drop.

    The name of an operation is told if its document is registered, that of a client if a token
    proves it or if it registered the document: see `PrometheusMetrics`.

    - ``provider``: the meter provider; the default is the program's.
    - ``operations`` and ``clients``: how many names of each are told; of pairs, twice as many as of
      operations.
    """

    def __init__(
        self, provider: MeterProvider | None = None, *, operations: int = 500, clients: int = 100
    ) -> None:
        meter = (provider or get_meter_provider()).get_meter("trunkline")
        self._names = PairNames(operations, clients)
        self._codes = LabelNames(_MOST_CODES)
        self._durations = meter.create_histogram(
            "trunkline.operation.duration",
            "s",
            "From the first byte of the request to the last one of the response.",
            explicit_bucket_boundaries_advisory=BUCKETS,
        )
        self._in_flight = meter.create_up_down_counter(
            "trunkline.requests.in_flight", "{request}", "Requests that are not over."
        )
        self._errors = meter.create_counter("trunkline.errors", "{error}", "Errors in responses.")
        self._cache = meter.create_counter(
            "trunkline.cache",
            "{request}",
            "What the server's own store or a version had for a request.",
        )
        self._token_checks = meter.create_counter(
            "trunkline.token.checks",
            "{check}",
            "Tokens that were checked, and requests without one.",
        )
        lost = meter.create_counter(
            "trunkline.log.lines_lost",
            "{line}",
            "Lines of logs that were dropped, because their stream does not take them.",
        )
        told_of_losses.append(lost.add)

    def __call__(self, event: OperationEvent) -> None:
        """Count an event."""
        operation, client, kind, outcome = self._names.labels(
            operation_label(event), client_label(event), event.operation_kind or "", event.outcome
        )
        named = {"graphql.operation.name": operation}
        self._durations.record(
            event.duration,
            {
                **named,
                "graphql.operation.type": kind,
                "trunkline.client": client,
                "trunkline.outcome": outcome,
            },
        )
        if event.cache is not None:
            self._cache.add(1, {**named, "trunkline.cache.result": event.cache})
        for code, number in Counter(event.error_codes).items():
            self._errors.add(number, {**named, "trunkline.error.code": self._codes.label(code)})

    def request_begins(self) -> None:
        """Count a request as in flight."""
        self._in_flight.add(1)

    def request_ends(self) -> None:
        """Count a request as in flight no longer."""
        self._in_flight.add(-1)

    def token_checked(self, result: str) -> None:
        """Count the check of a token: for ``Verifier(on_check=)``."""
        self._token_checks.add(1, {"trunkline.token.result": result})

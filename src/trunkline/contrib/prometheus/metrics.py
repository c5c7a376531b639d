"""What is counted for Prometheus, under which labels, and the page that shows it."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import NamedTuple

from trunkline.asgi.requests import Receive, Scope, check_method, read_headers
from trunkline.asgi.responses import HTTPApplication, Response
from trunkline.contrib.labels import BUCKETS, LabelNames, PairNames, client_label, operation_label
from trunkline.forks import renewed_in_children
from trunkline.observe.operations import OperationEvent
from trunkline.observe.writer import told_of_losses

try:
    import prometheus_client as prometheus
    from prometheus_client import exposition, multiprocess
    from prometheus_client.openmetrics import exposition as openmetrics
except ModuleNotFoundError as error:
    raise ImportError(
        "trunkline.contrib.prometheus needs the library prometheus_client:"
        " pip install 'trunkline[prometheus]'"
    ) from error

__all__ = ["PrometheusMetrics"]

_MOST_CODES = 100
_MOST_SERIES = 10_000  # that are remembered
_SLOW = 0.1  # seconds from which each request is an exemplar
_EXAMPLE_EVERY = 0.01  # seconds between two others


class PrometheusMetrics:
    """A sink that counts events; its ``page`` is the ASGI application from which they are read.

    - ``trunkline_operation_duration_seconds``: a histogram by ``operation``, ``type``, ``client``
      and ``outcome``. A page in OpenMetrics has a trace id as the exemplar of a bucket.
    - ``trunkline_requests_in_flight``: requests that are not over.
    - ``trunkline_errors_total`` by ``operation`` and ``code``: the errors in responses.
    - ``trunkline_cache_total`` by ``operation`` and ``result``: what a store or a version of the
      server had for the request, as `OperationEvent.cache` says.
    - ``trunkline_log_lines_lost_total``: lines that `log_operations` had to drop.
    - ``trunkline_token_checks_total`` by ``result``, of
      ``Verifier(on_check=metrics.token_checked)``.

    Labels are bounded, whatever strangers send. An operation has its name if its document is
    registered; all others are ``(unregistered)``. A client has its name if a token proves it, or
    if it registered the document; all others are ``(unknown)``. What is too much is ``(other)``.

    Several processes count together if the environment variable ``PROMETHEUS_MULTIPROC_DIR`` names
    a folder, which is empty when the first of them starts. There are no exemplars then.

    - ``registry``: has the metrics, and is what the page shows. The default is the library's, which
      also has what the rest of the program counts. Endpoints that share one share this object.
    - ``operations`` and ``clients``: how many names of each are labels. An operation and its client
      are a pair; there are at most twice as many as operations.

    Raises ``ValueError`` if that folder is not there, or the registry has these metrics already.
    """

    def __init__(
        self,
        registry: prometheus.CollectorRegistry = prometheus.REGISTRY,
        *,
        operations: int = 500,
        clients: int = 100,
    ) -> None:
        folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
        if folder is not None and not Path(folder).is_dir():
            raise ValueError(
                f"PROMETHEUS_MULTIPROC_DIR is {folder!r}, which is not a folder: make an empty one"
                " before the first process starts."
            )
        self._has_exemplars = folder is None
        self._next_example = 0.0
        self.page: HTTPApplication = _Page(registry, folder)
        self._names, self._codes = PairNames(operations, clients), LabelNames(_MOST_CODES)
        self._series: dict[tuple[object, ...], _Series] = {}
        self._durations = prometheus.Histogram(
            "trunkline_operation_duration_seconds",
            "From the first byte of the request to the last one of the response.",
            ["operation", "client", "type", "outcome"],
            registry=registry,
            buckets=BUCKETS,
        )
        gauge = prometheus.Gauge(
            "trunkline_requests_in_flight",
            "Requests that are not over.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._shared_gauge = gauge if folder is not None else None
        self.after_fork()
        renewed_in_children(self)
        if folder is None:
            gauge.set_function(lambda: self._in_flight)
        counter = partial(prometheus.Counter, registry=registry)
        self._errors = counter("trunkline_errors", "Errors in responses.", ["operation", "code"])
        self._cache = counter(
            "trunkline_cache",
            "What the server's own store or a version had for a request.",
            ["operation", "result"],
        )
        self._token_checks = counter(
            "trunkline_token_checks",
            "Tokens that were checked, and requests without one.",
            ["result"],
        )
        lost = counter(
            "trunkline_log_lines_lost",
            "Lines of logs that were dropped, because their stream does not take them.",
        )
        told_of_losses.append(lost.inc)

    def __call__(self, event: OperationEvent) -> None:
        """Count an event."""
        key = (
            event.name,
            event.operation_kind,
            event.outcome,
            event.client_id,
            event.cache,
            event.registered and (event.operation_name, event.client),
        )
        series = self._series.get(key) or self._find_series(key, event)
        exemplar = None
        if event.trace_id is not None and self._has_exemplars and self._is_example(event):
            exemplar = {"trace_id": event.trace_id}
        series.duration.observe(event.duration, exemplar)
        if series.cache is not None:
            series.cache.inc()
        if event.error_codes:
            for code, number in Counter(event.error_codes).items():
                self._errors.labels(series.operation, self._codes.label(code)).inc(number)

    def _find_series(self, key: tuple[object, ...], event: OperationEvent) -> _Series:
        """Return what events with a key count in, and remember it: to look for it takes long."""
        labels = self._names.labels(
            operation_label(event), client_label(event), event.operation_kind or "", event.outcome
        )
        series = _Series(
            labels[0],
            self._durations.labels(*labels),
            None if event.cache is None else self._cache.labels(labels[0], event.cache),
        )
        if len(self._series) >= _MOST_SERIES:  # strangers choose the versions of clients
            self._series.clear()
        self._series[key] = series
        return series

    def _is_example(self, event: OperationEvent) -> bool:
        """Tell whether the trace is kept. A bucket has room for one, and each costs 1 to 2 µs."""
        if event.duration >= _SLOW or event.outcome != "ok":
            return True
        now = monotonic()
        if now < self._next_example:
            return False
        self._next_example = now + _EXAMPLE_EVERY
        return True

    def after_fork(self) -> None:
        """Begin anew: the parent's requests are not this process's."""
        self._in_flight, self._counting = 0, Lock()

    def request_begins(self) -> None:
        """Count a request as in flight."""
        with self._counting:  # to have the library count costs more
            self._in_flight += 1
        if self._shared_gauge is not None:
            self._shared_gauge.inc()

    def request_ends(self) -> None:
        """Count a request as in flight no longer."""
        with self._counting:
            self._in_flight -= 1
        if self._shared_gauge is not None:
            self._shared_gauge.dec()

    def token_checked(self, result: str) -> None:
        """Count the check of a token: for ``Verifier(on_check=)``."""
        self._token_checks.labels(result).inc()


class _Series(NamedTuple):
    """What an event counts in."""

    operation: str
    duration: prometheus.Histogram
    cache: prometheus.Counter | None


class _Page(HTTPApplication):
    """The metrics as text. It is written in a thread, because it can be long."""

    def __init__(self, registry: prometheus.CollectorRegistry, folder: str | None) -> None:
        self._registry = registry
        self._folder = folder

    async def respond(self, scope: Scope, receive: Receive) -> Response:  # noqa: ARG002  # ASGI's
        check_method(scope, "GET", "HEAD")
        write: Callable[[prometheus.CollectorRegistry], bytes] = prometheus.generate_latest
        content_type = exposition.CONTENT_TYPE_PLAIN_0_0_4
        if b"application/openmetrics-text" in read_headers(scope).get(b"accept", b""):
            write, content_type = openmetrics.generate_latest, openmetrics.CONTENT_TYPE_LATEST
        body = await asyncio.to_thread(self._write, write)
        headers = ((b"content-type", content_type.encode()), (b"cache-control", b"no-store"))
        return Response(200, body, headers)

    def _write(self, write: Callable[[prometheus.CollectorRegistry], bytes]) -> bytes:
        if self._folder is None:
            return write(self._registry)
        if os.name == "posix":
            _forget_dead_processes(self._folder)
        registry = prometheus.CollectorRegistry()
        multiprocess.MultiProcessCollector(registry, self._folder)  # type: ignore[no-untyped-call]
        return write(registry)


def _forget_dead_processes(folder: str) -> None:
    """Let what was in flight in processes that were killed no longer count."""
    for file in Path(folder).glob("gauge_live*_*.db"):
        process = int(file.stem.rpartition("_")[2])
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            multiprocess.mark_process_dead(process, folder)  # type: ignore[no-untyped-call]
        except PermissionError:
            pass  # it lives, and belongs to another user

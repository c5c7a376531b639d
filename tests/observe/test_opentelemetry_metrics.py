"""Metrics of OpenTelemetry, as the SDK's reader gets them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from opentelemetry.sdk.metrics import AlwaysOnExemplarFilter, MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from tests.server.calling import Endpoint, post

from trunkline.contrib.opentelemetry import OpenTelemetryMetrics
from trunkline.observe.operations import OperationEvent

TODO = '{ todo(id: "1") { id } }'

Points = dict[tuple[str, tuple[tuple[str, str], ...]], Any]


class Counted:
    """A sink whose meters are read here."""

    def __init__(self, **options: Any) -> None:
        self._reader = InMemoryMetricReader()
        provider = MeterProvider([self._reader], exemplar_filter=AlwaysOnExemplarFilter())
        self.metrics = OpenTelemetryMetrics(provider, **options)
        self.close = provider.shutdown

    def points(self) -> Points:
        """Return what was counted, by the metric's name and its attributes."""
        data = self._reader.get_metrics_data()
        assert data is not None
        return {
            (metric.name, tuple(sorted((key, str(value)) for key, value in labels.items()))): point
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            for point in metric.data.data_points
            if (labels := point.attributes or {}) is not None
        }


@pytest.fixture
def counted() -> Any:
    counted = Counted(operations=2)
    yield counted
    counted.close()


def key(name: str, **labels: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    named = {
        "operation": "graphql.operation.name",
        "kind": "graphql.operation.type",
        "outcome": "trunkline.outcome",
        "client": "trunkline.client",
        "code": "trunkline.error.code",
        "result": "trunkline.cache.result",
    }
    return f"trunkline.{name}", tuple(sorted((named[each], labels[each]) for each in labels))


async def test_requests_are_counted(counted: Counted) -> None:
    app = Endpoint(sinks=[counted.metrics])
    for query in (TODO, TODO, "{ raising }", "{ nothing }"):
        await post(app, query)
    points = counted.points()
    unregistered = {"operation": "(unregistered)", "kind": "query", "client": "(unknown)"}
    good = points[key("operation.duration", **unregistered, outcome="ok")]
    assert good.count == 2
    assert 0 < good.sum < 60
    assert good.explicit_bounds[0] == 0.001
    assert good.exemplars
    assert points[key("operation.duration", **unregistered, outcome="internal_error")].count == 1
    code = {"operation": "(unregistered)", "code": "INTERNAL_SERVER_ERROR"}
    assert points[key("errors", **code)].value == 1
    assert points[key("requests.in_flight")].value == 0


def operations(names: Sequence[str]) -> list[OperationEvent]:
    return [
        OperationEvent(operation_name=name, registered=True, client=f"{name}-web/1", cache="hit")
        for name in names
    ]


def test_names_are_bounded(counted: Counted) -> None:
    for event in operations(["One", "Two", "Three", "Four", "One"]):
        counted.metrics(event)
    points = counted.points()
    cached = {name: points[key("cache", operation=name, result="hit")].value
              for name in ("One", "Two", "(other)")}  # fmt: skip
    assert cached == {"One": 2, "Two": 1, "(other)": 2}
    other = {"operation": "(other)", "kind": "", "outcome": "ok"}
    assert points[key("operation.duration", **other, client="Four-web")].count == 1

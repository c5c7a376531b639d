"""Metrics for Prometheus: what is counted, under which labels, and how it is read."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families
from tests.auth.verifying.issuing import Issuer, Time, request_scope
from tests.server.calling import JSON, Endpoint, Reply, exchange, post, send_body

from trunkline.asgi.requests import read_headers
from trunkline.contracts import DocumentRegistry
from trunkline.contrib.prometheus import PrometheusMetrics
from trunkline.errors import AccessDeniedError
from trunkline.protocol.documents import document_id
from trunkline.server import OperationEvent

TRACE = "0af7651916cd43dd8448eb211c80319c"
ONE = "query One($id: ID!) { todo(id: $id) { title } }"
OPENMETRICS = {"accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.1"}


def new_metrics(**options: Any) -> PrometheusMetrics:
    return PrometheusMetrics(CollectorRegistry(), **options)


async def get(page: Any, headers: Mapping[str, str] | None = None, method: str = "GET") -> Reply:
    reply = await exchange(page, method, headers or {}, [], path="/metrics")
    assert reply is not None
    return reply


async def samples(metrics: PrometheusMetrics, name: str) -> dict[tuple[str, ...], float]:
    """Return the values of a metric by its labels, in the order of their names."""
    return {
        tuple(each.labels[label] for label in sorted(each.labels)): each.value
        for family in text_string_to_metric_families((await get(metrics.page)).body.decode())
        for each in family.samples
        if each.name == f"trunkline_{name}"
    }


REGISTERED: dict[str, Any] = {
    "registered": True,
    "operation_name": "One",
    "operation_kind": "query",
}
LABELS: list[tuple[dict[str, Any], str, str]] = [
    ({}, "(unregistered)", "(unknown)"),
    ({"operation_name": "One", "client": "billing/1"}, "(unregistered)", "(unknown)"),
    ({"operation_name": "One", "client_id": "web"}, "(unregistered)", "web"),
    ({**REGISTERED, "client": "billing/2.3.1"}, "One", "billing"),
    ({**REGISTERED, "client": "billing/2.3.1", "client_id": "web"}, "One", "web"),
    ({**REGISTERED, "operation_name": None, "client": "billing"}, "(anonymous)", "billing"),
    ({"name": "graphql.publication", "client": "billing/2"}, "(publication)", "(unknown)"),
    ({"name": "graphql.schema", "client_id": "web"}, "(schema)", "web"),
]


@pytest.mark.parametrize(("event", "operation", "client"), LABELS)
async def test_names_are_those_that_are_known(
    event: dict[str, Any], operation: str, client: str
) -> None:
    metrics = new_metrics()
    codes = ("CLOSED", "CLOSED", "")
    metrics(
        OperationEvent(**event, outcome="partial", duration=0.02, error_codes=codes, cache="hit")
    )
    kind = event.get("operation_kind", "")
    assert await samples(metrics, "operation_duration_seconds_count") == {
        (client, operation, "partial", kind): 1
    }
    assert await samples(metrics, "errors_total") == {("", operation): 1, ("CLOSED", operation): 2}
    assert await samples(metrics, "cache_total") == {(operation, "hit"): 1}


async def test_labels_are_bounded_whatever_comes() -> None:
    metrics = new_metrics(operations=2, clients=3)
    for number in range(1_000):
        metrics(
            OperationEvent(
                registered=True,
                operation_name=f"Op{number}",
                operation_kind="query",
                client_id=f"client{number}",
                error_codes=(f"CODE{number}",),
                outcome="partial",
            )
        )
    metrics(OperationEvent())
    durations = await samples(metrics, "operation_duration_seconds_count")
    assert durations == {
        ("client0", "Op0", "partial", "query"): 1,
        ("client1", "Op1", "partial", "query"): 1,
        ("client2", "(other)", "partial", "query"): 1,
        ("(other)", "(other)", "partial", "query"): 997,
        ("(unknown)", "(unregistered)", "ok", ""): 1,
    }
    errors = await samples(metrics, "errors_total")
    assert len(errors) == 2 + 98 + 1  # with a name, with a code only, with neither
    assert sum(errors.values()) == 1_000


async def test_pairs_of_operations_and_clients_are_bounded() -> None:
    metrics = new_metrics(operations=2, clients=20)
    for client in range(20):
        for registered in (True, False):
            metrics(
                OperationEvent(
                    registered=registered, operation_name="One", client_id=f"client{client}"
                )
            )
    durations = await samples(metrics, "operation_duration_seconds_count")
    assert durations == {
        **{(f"client{client}", "One", "ok", ""): 1 for client in range(4)},
        ("(other)", "One", "ok", ""): 16,
        **{(f"client{client}", "(unregistered)", "ok", ""): 1 for client in range(20)},
    }


@pytest.mark.parametrize("name", ['a"b\\c', "a\nb 1\nc", "ä\u202e", "\ud800", "x" * 10_000, "{}"])
async def test_names_cannot_break_the_page(name: str) -> None:
    metrics = new_metrics()
    metrics(OperationEvent(client_id=name, error_codes=(name,), outcome="partial"))
    (client,) = await samples(metrics, "operation_duration_seconds_count")
    (code,) = await samples(metrics, "errors_total")
    assert client[0] == code[0]
    assert client[0].isprintable()
    for headers in ({}, OPENMETRICS):
        assert (await get(metrics.page, headers)).status == 200


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "text/plain; version=0.0.4; charset=utf-8"),
        ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/html;q=x, ;,", "text/plain; version=0.0.4; charset=utf-8"),
        (OPENMETRICS["accept"], "application/openmetrics-text; version=1.0.0; charset=utf-8"),
        (
            "application/openmetrics-text;version=x",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        ),
    ],
)
async def test_both_formats(accept: str, content_type: str) -> None:
    reply = await get(new_metrics().page, {"accept": accept})
    assert (reply.status, reply.headers["content-type"]) == (200, content_type)
    assert reply.headers["cache-control"] == "no-store"


async def test_other_methods() -> None:
    page = new_metrics().page
    assert (await get(page, method="HEAD")).status == 200
    assert (await get(page, method="POST")).status == 405


async def exemplars(metrics: PrometheusMetrics) -> list[str]:
    """Return the trace ids of the buckets."""
    text = (await get(metrics.page, OPENMETRICS)).body.decode()
    families = openmetrics.text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    return [
        each.exemplar.labels["trace_id"]
        for family in families
        for each in family.samples
        if each.exemplar
    ]


async def test_a_bucket_has_the_trace_of_a_request() -> None:
    metrics = new_metrics()
    app = Endpoint(sinks=[metrics])
    traceparent = f"00-{TRACE}-b7ad6b7169203331-01"
    assert (await post(app, "{ number }", {"traceparent": traceparent})).status == 200
    assert (await post(app, "{ number }")).status == 200
    assert await exemplars(metrics) == [TRACE]


async def test_what_is_slow_or_fails_is_always_an_exemplar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trunkline.contrib.prometheus.metrics.monotonic", lambda: 1.0)
    metrics = new_metrics()
    metrics(OperationEvent(trace_id="first", duration=0.002))
    metrics(OperationEvent(trace_id="too soon", duration=0.02))
    metrics(OperationEvent(trace_id="slow", duration=0.2))
    metrics(OperationEvent(trace_id="failed", duration=0.02, outcome="internal_error"))
    assert sorted(await exemplars(metrics)) == ["failed", "first", "slow"]


def test_a_folder_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "/nowhere")
    with pytest.raises(ValueError, match="make an empty one before the first process starts"):
        new_metrics()


async def test_what_is_in_flight() -> None:
    metrics = new_metrics()
    app = Endpoint(sinks=[metrics])
    slow = [asyncio.create_task(post(app, "{ slow }")) for _ in range(2)]
    await asyncio.sleep(0)
    assert await samples(metrics, "requests_in_flight") == {(): 2}
    for each in slow:
        each.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
    assert await samples(metrics, "requests_in_flight") == {(): 0}


async def test_a_batch_is_one_request_and_several_operations() -> None:
    metrics = new_metrics()
    app = Endpoint(sinks=[metrics], batch_size=3)
    body = b'[{"query": "{ number }"}, {"query": "{ required }"}, {"query": "{"}]'
    await send_body(app, body, {"accept": JSON})
    assert await samples(metrics, "operation_duration_seconds_count") == {
        ("(unknown)", "(unregistered)", "ok", "query"): 1,
        ("(unknown)", "(unregistered)", "internal_error", "query"): 1,
        ("(unknown)", "(unregistered)", "request_error", ""): 1,
    }
    assert await samples(metrics, "requests_in_flight") == {(): 0}


async def test_registered_documents_have_their_names(tmp_path: Path) -> None:
    metrics = new_metrics()
    registry = DocumentRegistry(f"sqlite:///{tmp_path / 'documents.db'}")
    try:
        app = Endpoint(sinks=[metrics], registered=registry)
        headers = {"graphql-client-name": "billing", "graphql-client-version": "1"}
        manifest = b'{"%b": "%b"}' % (document_id(ONE).encode(), ONE.encode())
        published = await send_body(app, manifest, headers, "PUT", "/graphql/documents/1")
        assert published.status == 201
        for name in ("billing", "somebody"):
            asking = {**headers, "graphql-client-name": name}
            assert (await post(app, ONE, asking, variables={"id": "1"})).status == 200
    finally:
        registry.close()
    assert await samples(metrics, "operation_duration_seconds_count") == {
        ("(unknown)", "(publication)", "ok", ""): 1,
        ("billing", "One", "ok", "query"): 1,
        ("(unknown)", "(unregistered)", "ok", "query"): 1,
    }


async def test_checks_of_tokens_are_counted_once() -> None:
    metrics = new_metrics()
    issuer, time = Issuer(), Time()

    async def check(token: str, **options: Any) -> None:
        verifier = issuer.verifier(time, on_check=metrics.token_checked, **options)
        scope = request_scope(token)
        for _ in range(3):
            with suppress(AccessDeniedError):
                _ = verifier.recall(scope, read_headers(scope)) or await verifier.authenticate(
                    scope
                )

    await check(f"Bearer {issuer.token()}")  # and twice it is remembered
    await check("Bearer x")
    await check("Basic x")
    await check(f"Bearer {issuer.token({'scope': 'other'})}", scopes=["metrics"])
    issuer.is_down = True
    await check(f"Bearer {issuer.token()}")
    assert await samples(metrics, "token_checks_total") == {
        ("valid",): 1,
        ("invalid_token",): 3,
        ("missing",): 3,
        ("insufficient_scope",): 3,
        ("unavailable",): 3,
    }

"""What the event of a request says, by how the request went."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import pytest
from tests.server.calling import Endpoint, get, post, send_body

from trunkline.observe.operations import OperationEvent
from trunkline.protocol.documents import document_id

TODO = 'query One { todo(id: "1") { id } }'


@pytest.fixture
def app() -> Endpoint:
    return Endpoint()


def of(event: OperationEvent, *names: str) -> tuple[Any, ...]:
    return tuple(getattr(event, name) for name in names)


@pytest.mark.parametrize(
    ("query", "parameters", "outcome", "status", "codes"),
    [
        (TODO, {}, "ok", 200, ()),
        ("{ refusing }", {}, "partial", 294, ("CLOSED",)),
        ("{ raising }", {}, "internal_error", 294, ("INTERNAL_SERVER_ERROR",)),
        ("{ required }", {}, "internal_error", 294, ("INTERNAL_SERVER_ERROR",)),
        ("{ unwritable }", {}, "internal_error", 294, ("INTERNAL_SERVER_ERROR",)),
        ("{", {}, "request_error", 400, ("GRAPHQL_PARSE_FAILED",)),
        ("{ a b }", {}, "request_error", 422, ("GRAPHQL_VALIDATION_FAILED",) * 2),
        (TODO, {"operationName": "B"}, "request_error", 422, ("OPERATION_RESOLUTION_FAILURE",)),
        ("query ($v: Int!) { number(value: $v) }", {}, "request_error", 422, ("BAD_USER_INPUT",)),
    ],
)
async def test_outcomes(  # noqa: PLR0913, PLR0917
    app: Endpoint,
    query: str,
    parameters: Mapping[str, Any],
    outcome: str,
    status: int,
    codes: tuple[str, ...],
) -> None:
    await post(app, query, **parameters)
    (event,) = app.events
    assert of(event, "outcome", "status", "error_codes") == (outcome, status, codes)
    assert 0 < event.duration < 10


async def test_what_is_known_of_an_operation(app: Endpoint) -> None:
    headers = {"graphql-client-name": "web", "graphql-client-version": "1.2"}
    await post(app, TODO, headers)
    await post(app, 'mutation { add(title: "x") { id } }')
    first, second = app.events
    names = ("operation_name", "operation_kind", "document_id", "client")
    assert of(first, *names) == ("One", "query", document_id(TODO), "web/1.2")
    assert of(second, "operation_name", "operation_kind", "client") == (None, "mutation", None)


async def test_what_is_known_of_a_refused_request(app: Endpoint) -> None:
    await send_body(app, b"nonsense", {"graphql-client-name": "web"})
    await get(app, b"query=mutation%20Add{add(title:%22x%22){id}}")
    first, second = app.events
    assert of(first, "operation_name", "document_id", "client") == (None, None, "web")
    assert of(second, "operation_name", "outcome", "status") == ("Add", "request_error", 405)


@pytest.mark.parametrize(
    ("headers", "client"),
    [
        ({}, None),
        ({"graphql-client-name": ""}, None),
        ({"graphql-client-version": "1"}, None),
        ({"graphql-client-name": "web"}, "web"),
        ({"graphql-client-name": "web", "graphql-client-version": ""}, "web"),
        ({"graphql-client-name": "Büro"}, "Büro"),
        ({"graphql-client-name": "x" * 1_000, "graphql-client-version": "1"}, "x" * 128),
        ({"graphql-client-name": "a\r\nb\x1b[2J\x9b"}, r"a\r\nb\x1b[2J\x9b"),
    ],
)
async def test_T_16_a_client_names_itself(  # noqa: N802
    app: Endpoint, headers: Mapping[str, str], client: str | None
) -> None:
    await post(app, TODO, headers)
    assert app.events[0].client == client


async def test_T_16_an_operation_name_that_the_document_lacks_is_nowhere(  # noqa: N802
    caplog: pytest.LogCaptureFixture,
) -> None:
    told: list[OperationEvent] = []
    with caplog.at_level(logging.DEBUG):
        await post(Endpoint(sinks=(told.append,)), TODO, operationName="x\r\n\x1b[2J")
    assert told[0].operation_name is None
    assert not caplog.records


async def test_the_default_sink_is_the_access_log(caplog: pytest.LogCaptureFixture) -> None:
    from trunkline.server import access_log  # noqa: PLC0415

    with caplog.at_level(logging.INFO, "trunkline.access"):
        await post(Endpoint(sinks=(access_log,)), TODO)
    (record,) = caplog.records
    assert record.name == "trunkline.access"

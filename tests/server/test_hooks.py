"""What a program puts around operations: context, middlewares, error presenter, deadline."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from graphql import GraphQLError
from tests.server.calling import PRIVATE, DatabaseDownError, Endpoint, post

from trunkline.errors import LimitExceededError
from trunkline.server import (
    GraphQL,
    OperationCall,
    OperationEvent,
    Proceed,
    Result,
    make_executable_schema,
    parse_schema,
)

TODO = 'query One { todo(id: "1") { title } }'
MILK = {"todo": {"title": "Milk"}}
ECHO = "query ($v: JSON) { echo(value: $v) }"


# The context


async def of_path(scope: Any) -> Any:
    await asyncio.sleep(0)
    return scope["path"]


async def test_a_context_may_be_awaited() -> None:
    assert (await post(Endpoint(context=of_path), "{ context }")).data == {"context": "/graphql"}
    lazily = Endpoint(context=lambda scope: of_path(scope))  # noqa: PLW0108  # not `async` itself
    assert (await post(lazily, "{ context }")).data == {"context": "/graphql"}


async def refusing_context(_scope: Any) -> None:
    await asyncio.sleep(0)
    raise GraphQLError("Who are you?", extensions={"code": "UNAUTHENTICATED"})


def refusing_context_at_once(_scope: Any) -> None:
    raise GraphQLError("Who are you?", extensions={"code": "UNAUTHENTICATED"})


@pytest.mark.parametrize("context", [refusing_context, refusing_context_at_once])
async def test_a_context_refuses_a_request(caplog: pytest.LogCaptureFixture, context: Any) -> None:
    app = Endpoint(context=context)
    reply = await post(app, TODO)
    assert (reply.status, reply.code) == (422, "UNAUTHENTICATED")
    assert reply.error["message"] == "Who are you?"
    assert app.events[0].outcome == "request_error"
    assert not caplog.records


async def test_a_context_that_fails_later_is_masked() -> None:
    async def failing(_scope: Any) -> None:
        await asyncio.sleep(0)
        raise ConnectionError(PRIVATE)

    reply = await post(Endpoint(context=failing), TODO)
    assert (reply.status, reply.code) == (500, "INTERNAL_SERVER_ERROR")
    assert PRIVATE not in reply.body.decode()


# Middlewares


async def test_middlewares_stand_around_the_execution_the_first_outermost() -> None:
    passed: list[str] = []

    def note(name: str) -> Any:
        async def middleware(_call: OperationCall[Any], proceed: Proceed) -> Result:
            passed.append(name)
            result = await proceed()
            passed.append(f"/{name}")
            return result

        return middleware

    reply = await post(Endpoint(middlewares=[note("outer"), note("inner")]), TODO)
    assert (reply.status, reply.data) == (200, MILK)
    assert passed == ["outer", "inner", "/inner", "/outer"]


async def test_a_middleware_knows_the_call() -> None:
    calls: list[OperationCall[str]] = []

    async def remember(call: OperationCall[str], proceed: Proceed) -> Result:
        calls.append(call)
        return await proceed()

    app = Endpoint(middlewares=[remember], context=of_path)
    headers = {"graphql-client-name": "web", "authorization": "Bearer x"}
    await post(app, ECHO, headers, variables={"v": 7})
    (call,) = calls
    assert call.operation.kind == "query"
    assert call.operation.coordinates == frozenset({"Query.echo", "Query.echo(value:)"})
    assert (call.variables, call.context, call.client) == ({"v": 7}, "/graphql", "web")
    assert (b"authorization", b"Bearer x") in call.scope["headers"]


async def test_a_middleware_changes_what_goes_in_and_what_comes_out() -> None:
    async def double(call: OperationCall[Any], proceed: Proceed) -> Result:
        call.variables = {"v": [1, 2]}
        call.context = "ours"
        data, errors = await proceed()
        assert data is not None
        return Result({**data, "added": call.context}, errors)

    reply = await post(Endpoint(middlewares=[double]), ECHO, variables={"v": 7})
    assert reply.data == {"echo": [1, 2], "added": "ours"}


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (GraphQLError("No.", extensions={"code": "FORBIDDEN"}), "FORBIDDEN"),
        (GraphQLError("No."), "BAD_REQUEST"),
        (LimitExceededError.because("No."), "LIMIT_EXCEEDED"),
    ],
)
async def test_a_middleware_refuses(refusal: Exception, code: str) -> None:
    async def refuse(_call: OperationCall[Any], _proceed: Proceed) -> Result:
        await asyncio.sleep(0)
        raise refusal

    app = Endpoint(middlewares=[refuse])
    reply = await post(app, 'mutation { add(title: "x") { id } }')
    assert (reply.status, reply.code, reply.error["message"]) == (422, code, "No.")
    assert not app.added
    assert app.events[0].outcome == ("limited" if code == "LIMIT_EXCEEDED" else "request_error")


async def test_a_middleware_that_fails_is_masked() -> None:
    async def fail(_call: OperationCall[Any], _proceed: Proceed) -> Result:
        await asyncio.sleep(0)
        raise TimeoutError(PRIVATE)  # its own, no deadline's

    reply = await post(Endpoint(middlewares=[fail], deadline=5.0), TODO)
    assert (reply.status, reply.code) == (500, "INTERNAL_SERVER_ERROR")
    assert PRIVATE not in reply.body.decode()


async def test_a_middleware_that_forgets_its_result(caplog: pytest.LogCaptureFixture) -> None:
    async def forget(_call: OperationCall[Any], proceed: Proceed) -> Result:
        await proceed()
        return None  # type: ignore[return-value]

    assert (await post(Endpoint(middlewares=[forget]), TODO)).status == 500
    (record,) = caplog.records
    assert record.exc_info is not None
    assert "forget" in str(record.exc_info[1])
    assert "await proceed()" in str(record.exc_info[1])


# The error presenter


def presenting(error: GraphQLError, shown: dict[str, Any]) -> Mapping[str, Any]:
    if isinstance(error.original_error, DatabaseDownError):
        return {**shown, "message": "Try again later.", "extensions": {"code": "UNAVAILABLE"}}
    return {**shown, "message": shown["message"].upper()}


async def test_a_presenter_decides_what_is_seen_of_an_exception(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = Endpoint(present_error=presenting)
    reply = await post(app, "{ raising }")
    assert reply.error == {
        "message": "Try again later.",
        "locations": [{"line": 1, "column": 3}],
        "path": ["raising"],
        "extensions": {"code": "UNAVAILABLE"},
    }
    assert not caplog.records  # it was foreseen
    assert (app.events[0].outcome, app.events[0].error_codes) == ("partial", ("UNAVAILABLE",))


async def test_what_a_presenter_leaves_masked_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    reply = await post(Endpoint(present_error=lambda _error, shown: shown), "{ raising }")
    assert reply.code == "INTERNAL_SERVER_ERROR"
    (record,) = caplog.records
    assert reply.error["extensions"]["id"] in record.getMessage()


@pytest.mark.parametrize(
    ("query", "message"), [("{ refusing }", "NOT TODAY."), ("{ tody }", "CANNOT QUERY FIELD")]
)
async def test_a_presenter_sees_errors_of_resolvers_and_of_requests(
    query: str, message: str
) -> None:
    reply = await post(Endpoint(present_error=presenting), query)
    assert reply.error["message"].startswith(message)


async def test_a_presenter_sees_what_went_wrong_outside_of_fields() -> None:
    def failing(_scope: Any) -> None:
        raise DatabaseDownError(PRIVATE)

    reply = await post(Endpoint(present_error=presenting, context=failing), TODO)
    assert (reply.status, reply.code) == (500, "UNAVAILABLE")


def raising(_error: GraphQLError, _shown: dict[str, Any]) -> Mapping[str, Any]:
    raise KeyError(PRIVATE)


def changing_and_raising(_error: GraphQLError, shown: dict[str, Any]) -> Mapping[str, Any]:
    shown["message"] = PRIVATE
    raise KeyError(PRIVATE)


PRESENTERS: list[Any] = [
    raising,
    changing_and_raising,
    lambda _error, _shown: None,
    lambda _error, _shown: {},
    lambda _error, _shown: {"message": 7},
    lambda _error, _shown: {"message": PRIVATE, "extensions": ["code"]},
    lambda _error, _shown: {"message": PRIVATE, "extensions": None},
    lambda _error, _shown: {"message": PRIVATE, "extensions": {"unwritable": {1}}},
]


@pytest.mark.parametrize("presenter", PRESENTERS)
@pytest.mark.parametrize(
    ("query", "status", "exceptions"),
    [("{ raising }", 294, 2), ("{ refusing }", 294, 1), ("{ tody }", 500, 1)],
)
async def test_E_01_a_presenter_that_fails_shows_nothing(  # noqa: N802
    caplog: pytest.LogCaptureFixture, presenter: Any, query: str, status: int, exceptions: int
) -> None:
    with caplog.at_level(logging.ERROR, "trunkline.errors"):
        reply = await post(Endpoint(present_error=presenter), query)
    assert (reply.status, reply.code) == (status, "INTERNAL_SERVER_ERROR")
    assert PRIVATE not in reply.body.decode()
    assert reply.error.get("path") == ([query.strip("{ }")] if status == 294 else None)
    number = reply.error["extensions"]["id"]
    assert sum(number in record.getMessage() for record in caplog.records) == exceptions


# The deadline


async def test_E_01_a_plain_resolver_raises_cancelled_error() -> None:  # noqa: N802
    """The caller gets JSON and an id; a request that is cancelled stays cancelled."""

    class Query:
        def cancelled(self) -> str:
            raise asyncio.CancelledError("/srv/app/private.py")

    definition = parse_schema("type Query { cancelled: String }")
    schema = make_executable_schema(definition, SimpleNamespace(query=Query()))
    events: list[OperationEvent] = []
    for app in (
        GraphQL(schema, auth=None, sinks=[events.append]),
        GraphQL(schema, auth=None, sinks=[events.append], context=lambda _: object()),
    ):
        reply = await post(app, "{ cancelled }")
        assert (reply.status, reply.code) == (500, "INTERNAL_SERVER_ERROR")
        assert "private" not in reply.body.decode()
    assert [event.outcome for event in events] == ["internal_error"] * 2


async def test_a_deadline_cancels_resolvers() -> None:
    app = Endpoint(deadline=0.05)
    reply = await post(app, "{ slow }")
    assert (reply.status, reply.code) == (504, "DEADLINE_EXCEEDED")
    assert set(reply.json) == {"errors"}
    assert "0.05 s" in reply.error["message"]
    assert "connection" not in reply.headers
    (event,) = app.events
    assert (event.outcome, event.status) == ("deadline_exceeded", 504)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_deadline_holds_for_the_context_and_middlewares() -> None:
    async def stand_still(*_: Any) -> Any:
        await asyncio.Event().wait()

    for option in ({"context": stand_still}, {"middlewares": [stand_still]}):
        reply = await post(Endpoint(deadline=0.05, **option), TODO)
        assert (reply.status, reply.code) == (504, "DEADLINE_EXCEEDED")


async def test_a_deadline_within_a_deadline_is_the_inner_ones_own() -> None:
    async def of_its_own(call: OperationCall[Any], proceed: Proceed) -> Result:
        try:
            async with asyncio.timeout(0.02):
                return await proceed()
        except TimeoutError:
            return Result({"slow": call.operation.kind}, [])

    reply = await post(Endpoint(deadline=5.0, middlewares=[of_its_own]), "{ slow }")
    assert (reply.status, reply.data) == (200, {"slow": "query"})


async def test_who_is_in_time_does_not_notice() -> None:
    app = Endpoint(deadline=5.0, context=of_path)
    assert (await post(app, "{ context }")).data == {"context": "/graphql"}
    assert (await post(Endpoint(deadline=5.0), TODO)).data == MILK


async def test_a_deadline_is_one_whatever_a_middleware_was_asked_before() -> None:
    async def be_asked_to_end(_call: OperationCall[Any], proceed: Proceed) -> Result:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0)
        return await proceed()

    reply = await post(Endpoint(middlewares=[be_asked_to_end], deadline=0.05), "{ slow }")
    assert (reply.status, reply.code) == (504, "DEADLINE_EXCEEDED")


# The client's own deadline


async def test_the_smaller_deadline_counts() -> None:
    for deadline, milliseconds in ((30.0, "50"), (0.05, "30000"), (None, "50")):
        app = Endpoint(deadline=deadline)
        reply = await post(app, "{ slow }", {"x-request-timeout-ms": milliseconds})
        assert (reply.status, reply.code) == (504, "DEADLINE_EXCEEDED")
        assert app.events[0].outcome == "deadline_exceeded"


async def test_a_client_that_waits_long_enough_gets_its_response() -> None:
    for milliseconds in ("30000", "9999999999", "0000030000"):
        reply = await post(Endpoint(), TODO, {"x-request-timeout-ms": milliseconds})
        assert (reply.status, reply.data) == (200, MILK)


async def test_nothing_begins_for_a_client_that_waits_no_longer() -> None:
    app = Endpoint()
    reply = await post(app, 'mutation { add(title: "x") { id } }', {"x-request-timeout-ms": "0"})
    assert (reply.status, reply.code) == (504, "DEADLINE_EXCEEDED")
    assert not app.added


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "+1", "1e3", "2s", "1, 2", "1" * 11, "٣"])
async def test_a_malformed_deadline_refuses_the_request(text: str) -> None:
    app = Endpoint()
    sent = text.encode().decode("latin-1")
    reply = await post(app, 'mutation { add(title: "x") { id } }', {"x-request-timeout-ms": sent})
    assert (reply.status, reply.code) == (400, "BAD_REQUEST")
    assert "X-Request-Timeout-Ms" in reply.error["message"]
    assert not app.added

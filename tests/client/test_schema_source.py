"""Where the schema comes from, and that it is fetched once."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest
from graphql import build_schema
from tests.client.calling import Caller, CallWith
from tests.client.serving import JSON, QUERY, TODOS, Received, Reply, Todos, execute
from tests.waiting import PATIENCE

from trunkline import (
    Client,
    ConnectionFailedError,
    DeadlineExceededError,
    ExecutionError,
    ProtocolError,
    SchemaError,
    ServerStatusError,
    ValidationError,
)
from trunkline.client.transports.httpx2 import AsyncHTTPX2Transport, HTTPX2Transport

WRONG = "{ todos { titel } }"

# Interfaces that are not implemented as they should be, and a name that is reserved: graphql-core
# refuses to validate anything against it. GitHub's and Shopify's schemas are of that kind.
NOT_QUITE_VALID = """
type Query { todos: [Todo!]!  __own: Int }
interface Node { id: ID! @deprecated  no: Int }
type Todo implements Node { title: String!  id: ID! }
enum Empty
"""


def test_it_is_fetched_at_the_first_call_only(fetching: Caller, server: Todos) -> None:
    assert fetching.client.schema is None
    assert not server.received
    assert [fetching.execute(QUERY) for _ in range(3)] == [TODOS] * 3
    assert server.operations == ["IntrospectionQuery", None, None, None]
    schema = fetching.client.schema
    assert schema
    assert "Todo" in schema.type_map


def test_a_mistake_in_the_first_document_costs_the_fetch_only(
    fetching: Caller, server: Todos
) -> None:
    with pytest.raises(ValidationError):
        fetching.execute(WRONG)
    assert server.operations == ["IntrospectionQuery"]


def test_eight_threads_fetch_it_once(server: Todos) -> None:
    client = Client(HTTPX2Transport(server.url), fetch_schema_from_transport=True)
    together = Barrier(8)

    def call(_: int) -> object:
        together.wait()
        return client.execute(QUERY)

    with client, ThreadPoolExecutor(8) as pool:
        assert list(pool.map(call, range(8))) == [TODOS] * 8
    assert server.operations.count("IntrospectionQuery") == 1


async def test_a_hundred_coroutines_fetch_it_once(server: Todos) -> None:
    async with Client(AsyncHTTPX2Transport(server.url), fetch_schema_from_transport=True) as client:
        answers = await asyncio.gather(*(client.execute_async(QUERY) for _ in range(100)))
    assert answers == [TODOS] * 100
    assert server.operations.count("IntrospectionQuery") == 1


async def test_who_fetches_may_be_cancelled(server: Todos) -> None:
    hold, begun = Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def slowly_at_first(_: Received) -> Reply:
        server.reply = None
        loop.call_soon_threadsafe(begun.set)
        hold.wait(5)
        return Reply(200, b"{}")  # to nobody

    server.reply = slowly_at_first
    async with Client(AsyncHTTPX2Transport(server.url), fetch_schema_from_transport=True) as client:
        first = asyncio.create_task(client.execute_async(QUERY))
        await begun.wait()
        others = [asyncio.create_task(client.execute_async(QUERY)) for _ in range(3)]
        await asyncio.sleep(0)
        first.cancel()
        others[0].cancel()  # a waiter, who must not cancel the rest either
        assert await asyncio.gather(*others[1:]) == [TODOS] * 2
        with pytest.raises(asyncio.CancelledError):
            await first
        hold.set()
    assert server.operations.count("IntrospectionQuery") == 2


def test_a_failure_is_shared_by_those_who_waited_and_the_next_call_tries_again(
    server: Todos,
) -> None:
    together = Barrier(8)

    def unavailable(_: Received) -> Reply:
        Event().wait(0.2)  # until all have come
        return Reply(503, b"Down", "text/plain")

    server.reply = unavailable
    transport = HTTPX2Transport(server.url)
    client = Client(transport, fetch_schema_from_transport=True, retry=None)

    def call(_: int) -> tuple[int, str]:
        together.wait()
        with pytest.raises(ServerStatusError) as caught:
            client.execute(QUERY)
        return caught.value.status, str(caught.value)

    with client, ThreadPoolExecutor(8) as pool:
        told = set(pool.map(call, range(8)))
        assert len(server.received) == 1
        server.reply = None
        assert client.execute(QUERY) == TODOS
    ((status, text),) = told
    assert status == 503
    assert text.endswith(
        "This happened while the client fetched the schema. If the server does not allow that, give"
        " the client the schema's SDL: Client(transport=…, schema=…)."
    )
    assert text.count("This happened") == 1


@pytest.mark.parametrize("status", [200, 400])
def test_an_older_server_is_asked_the_older_question(
    status: int, fetching: Caller, server: Todos
) -> None:
    def june_2018(received: Received) -> Reply:
        if "isOneOf" in received.body["query"] or "specifiedByURL" in received.body["query"]:
            return Reply(
                status,
                b'{"errors":[{"message":"Cannot query field \'isOneOf\'."}]}',
                JSON,
            )
        return execute(server.schema, received.body)

    server.reply = june_2018
    assert fetching.execute(QUERY) == TODOS
    assert server.operations == ["IntrospectionQuery", "IntrospectionQuery", None]
    with pytest.raises(ValidationError):
        fetching.execute(WRONG)


@pytest.mark.parametrize(("status", "asked"), [(400, 2), (401, 1), (403, 1)])
def test_a_server_that_does_not_tell_its_schema(
    status: int, asked: int, fetching: Caller, server: Todos
) -> None:
    server.reply = Reply(status, b'{"errors":[{"message":"Introspection is off."}]}')
    with pytest.raises(ExecutionError) as caught:
        fetching.execute(QUERY)
    assert str(caught.value) == (
        "The server did not return its schema. If it does not allow introspection, give the client"
        " the schema's SDL: Client(transport=…, schema=…). It responded:\n  Introspection is off."
    )
    assert caught.value.status == status
    assert len(server.received) == asked


def test_an_answer_that_is_no_schema(fetching: Caller, server: Todos) -> None:
    server.reply = Reply(200, b'{"data":{"__schema":{"types":[{}]}}}')
    with pytest.raises(ProtocolError, match="introspection result is not a valid schema"):
        fetching.execute(QUERY)


def test_a_server_that_is_down(call_with: CallWith) -> None:
    caller = call_with("http://127.0.0.1:1/graphql", fetch_schema_from_transport=True)
    with pytest.raises(ConnectionFailedError) as caught:
        caller.execute(QUERY)
    assert "fetched the schema" in str(caught.value)


@pytest.mark.parametrize("status", [401, 403])
def test_a_page_that_forbids_it(status: int, fetching: Caller, server: Todos) -> None:
    server.reply = Reply(status, b"<html>Forbidden</html>", "text/html")
    with pytest.raises(ServerStatusError, match=f"{status}.* give the client the schema's SDL"):
        fetching.execute(QUERY)
    assert len(server.received) == 1


def test_a_server_that_takes_too_long(call_with: CallWith, server: Todos) -> None:
    is_late = Event()

    def wait(_: Received) -> Reply:
        is_late.wait(PATIENCE)
        return Reply(200, b"{}")

    server.reply = wait
    caller = call_with(server.url, fetch_schema_from_transport=True, timeout=0.05)
    try:
        with pytest.raises(DeadlineExceededError, match="while the client fetched the schema"):
            caller.execute(QUERY)
    finally:
        is_late.set()


@pytest.mark.parametrize(
    "given",
    [NOT_QUITE_VALID, build_schema(NOT_QUITE_VALID, assume_valid=True, assume_valid_sdl=True)],
)
def test_a_schema_that_is_not_quite_valid_will_do(
    given: Any, call_with: CallWith, server: Todos
) -> None:
    caller = call_with(server.url, schema=given)
    assert caller.execute(QUERY) == TODOS
    with pytest.raises(ValidationError, match="Did you mean 'title'"):
        caller.execute(WRONG)


def test_a_fetched_schema_that_is_not_quite_valid_will_do(fetching: Caller, server: Todos) -> None:
    server.schema = build_schema(NOT_QUITE_VALID, assume_valid=True, assume_valid_sdl=True)
    assert fetching.execute(QUERY) == TODOS
    with pytest.raises(ValidationError, match="Did you mean 'title'"):
        fetching.execute(WRONG)


def test_the_given_schema_is_left_as_it_was() -> None:
    schema = build_schema("type Query { a: Int }")
    Client(HTTPX2Transport("http://localhost/"), schema=schema)
    assert schema.validation_errors is None


def test_oneof_and_repeatable_directives_are_known(fetching: Caller, server: Todos) -> None:
    server.schema = build_schema(
        "directive @again repeatable on FIELD input By @oneOf { id: ID name: String }"
        " type Query { user(by: By!): String }"
    )
    assert fetching.execute('{ user(by: {id: "1"}) @again @again }') == {"user": None}
    with pytest.raises(ValidationError, match="OneOf"):
        fetching.execute('{ user(by: {id: "1", name: "a"}) }')


@pytest.mark.parametrize("sdl", ["type Query {", "type Query { a: Unknown }"])
def test_sdl_that_is_no_schema(sdl: str) -> None:
    with pytest.raises(SchemaError, match=r"^No schema can be built from the SDL: "):
        Client(HTTPX2Transport("http://localhost/"), schema=sdl)


def test_given_and_fetched_is_a_contradiction() -> None:
    with pytest.raises(ValueError, match="not both"):
        Client(
            HTTPX2Transport("http://localhost/"),
            schema="type Query { a: Int }",
            fetch_schema_from_transport=True,
        )


def test_descriptions_are_not_fetched(fetching: Caller, server: Todos) -> None:
    fetching.execute(QUERY)
    assert "description" not in json.dumps(server.received[0].body)

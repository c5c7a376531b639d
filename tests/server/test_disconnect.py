"""A client that goes away takes its query with it. A mutation is finished."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from types import SimpleNamespace
from typing import Any

import pytest
from tests.serving import serving
from tests.waiting import PATIENCE, until

from trunkline.server import (
    Caching,
    GraphQL,
    MemoryStore,
    OperationEvent,
    make_executable_schema,
    parse_schema,
)

BODY = b'{"query": "{ slow other }"}'


def request(body: bytes) -> bytes:
    return (
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    )


class Slow:
    """Resolvers that take long, and remember how they ended."""

    def __init__(self) -> None:
        self.begun = 0
        self.ends: list[str] = []

    async def slow(self) -> str:
        self.begun += 1
        try:
            await asyncio.sleep(2 * PATIENCE)
        except asyncio.CancelledError:
            self.ends.append("cancelled")
            raise
        self.ends.append("done")
        return ""

    async def other(self) -> str:
        return await self.slow()


def endpoint(query: Slow, events: list[OperationEvent]) -> GraphQL:
    definition = parse_schema("""
        type Query {
          slow: String @cacheControl(maxAge: 60, scope: PUBLIC)
          other: String
        }
    """)
    schema = make_executable_schema(definition, SimpleNamespace(query=query))
    caching = Caching(store=MemoryStore())
    return GraphQL(schema, auth=None, sinks=[events.append], caching=caching)


@pytest.mark.parametrize("http", ["h11", "httptools", "trunkline.server.lean:Protocol"])
def test_its_resolvers_are_cancelled(http: str) -> None:
    query, events = Slow(), list[OperationEvent]()
    with serving(endpoint(query, events), http=http) as port:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(request(BODY))
            until(lambda: query.begun == 2, "the resolvers do not begin")
        until(lambda: events, "nobody noticed")
    assert query.ends == ["cancelled", "cancelled"]
    assert [(event.outcome, event.status) for event in events] == [("disconnected", 0)]


@pytest.mark.parametrize("http", ["httptools", "trunkline.server.lean:Protocol"])
def test_it_does_not_wait_for_what_another_request_executes(http: str) -> None:
    query, events = Slow(), list[OperationEvent]()
    with serving(endpoint(query, events), http=http) as port:
        with socket.create_connection(("127.0.0.1", port)) as first:
            first.sendall(request(b'{"query": "{ slow }"}'))
            until(lambda: query.begun, "the resolver does not begin")
            with socket.create_connection(("127.0.0.1", port)) as second:
                second.sendall(request(b'{"query": "{ slow }"}'))
            until(lambda: events, "nobody noticed")
            assert (events[0].outcome, query.begun, query.ends) == ("disconnected", 1, [])
        until(lambda: query.ends, "nobody noticed")


class Steps:
    """The fields of a mutation, which write down what they do, and its context.

    The first field ends when the server knows that the client is gone. The second waits for longer
    than it takes to cancel a query then, and for the server's end if it has the ``port``.
    """

    def __init__(self) -> None:
        self.done: list[str] = []
        self.port: int | None = None

    async def first(self, context: Any) -> str:
        self.done.append("begun")
        while (await context())["type"] != "http.disconnect":
            pass
        self.done.append("first")
        return ""

    async def second(self) -> str:
        await asyncio.sleep(0.2)
        while self.port and await is_open(self.port):
            pass
        self.done.append("second")
        return ""

    async def transaction(self, scope: Any) -> AsyncGenerator[Any]:
        try:
            yield scope["receive"]
        except asyncio.CancelledError:
            self.done.append("rolled back")
            raise
        await asyncio.sleep(0)
        self.done.append("committed")

    def app(self, events: list[OperationEvent], **options: Any) -> Any:
        definition = parse_schema("""
            type Query { none: String }
            type Mutation { first: String  second: String }
        """)
        query = SimpleNamespace(none=lambda: None)
        schema = make_executable_schema(definition, SimpleNamespace(query=query, mutation=self))
        endpoint = GraphQL(
            schema, auth=None, context=self.transaction, sinks=[events.append], **options
        )

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await endpoint({**scope, "receive": receive}, receive, send)

        return app


async def is_open(port: int) -> bool:
    await asyncio.sleep(0.01)
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def leave_after_the_beginning(steps: Steps, port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(request(b'{"query": "mutation { first second }"}'))
        until(lambda: steps.done, "the mutation does not begin")


@pytest.mark.parametrize("http", ["h11", "httptools", "trunkline.server.lean:Protocol"])
@pytest.mark.parametrize(
    ("options", "done", "outcome"),
    [
        ({}, ["begun", "first", "second", "committed"], "ok"),
        ({"deadline": PATIENCE}, ["begun", "first", "second", "committed"], "ok"),
        ({"finish_mutations": False}, ["begun", "first", "rolled back"], "disconnected"),
    ],
)
def test_a_mutation_is_finished(
    http: str, options: dict[str, Any], done: list[str], outcome: str
) -> None:
    steps, events = Steps(), list[OperationEvent]()
    with serving(steps.app(events, **options), http=http, lifespan="off") as port:
        leave_after_the_beginning(steps, port)
        until(lambda: events, "it does not end")
    assert steps.done == done
    assert [event.outcome for event in events] == [outcome]


def test_a_mutation_is_finished_before_the_server_ends() -> None:
    steps, events = Steps(), list[OperationEvent]()
    with serving(steps.app(events), lifespan="off") as port:
        steps.port = port
        leave_after_the_beginning(steps, port)
        until(lambda: "first" in steps.done, "the first field does not end")
    assert steps.done == ["begun", "first", "second", "committed"]
    assert len(events) == 1


def test_a_mutation_has_a_deadline_also_without_a_client() -> None:
    steps, events = Steps(), list[OperationEvent]()
    with serving(steps.app(events, deadline=0.3), lifespan="off") as port:
        steps.port = port
        leave_after_the_beginning(steps, port)
        until(lambda: events, "it does not end")
    assert steps.done[-1] == "rolled back"
    assert [event.outcome for event in events] == ["deadline_exceeded"]


async def test_one_who_stays_gets_an_answer_and_leaves_no_task_behind() -> None:
    class Quick(Slow):
        async def slow(self) -> str:
            await asyncio.sleep(0.2)  # longer than nobody looks
            return "there"

    sent: list[Any] = []
    messages = [{"type": "http.request", "body": BODY, "more_body": False}]

    async def receive() -> Any:
        return messages.pop() if messages else await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "http_version": "1.1", "method": "POST", "headers": headers}
    await endpoint(Quick(), [])({**scope, "query_string": b"", "path": "/"}, receive, send)
    assert sent[1]["body"] == b'{"data":{"slow":"there","other":"there"}}'
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}

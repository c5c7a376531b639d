"""A client that goes away takes its execution with it."""

from __future__ import annotations

import asyncio
import socket
from types import SimpleNamespace
from typing import Any

import pytest
from tests.serving import serving
from tests.waiting import PATIENCE, until

from trunkline.server import GraphQL, OperationEvent, make_executable_schema, parse_schema

BODY = b'{"query": "{ slow other }"}'
REQUEST = (
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
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
    definition = parse_schema("type Query { slow: String  other: String }")
    schema = make_executable_schema(definition, SimpleNamespace(query=query))
    return GraphQL(schema, auth=None, sinks=[events.append])


@pytest.mark.parametrize("http", ["h11", "httptools"])
def test_its_resolvers_are_cancelled(http: str) -> None:
    query, events = Slow(), list[OperationEvent]()
    with serving(endpoint(query, events), http=http, lifespan="off") as port:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(REQUEST)
            until(lambda: query.begun == 2, "the resolvers do not begin")
        until(lambda: events, "nobody noticed")
    assert query.ends == ["cancelled", "cancelled"]
    assert [(event.outcome, event.status) for event in events] == [("disconnected", 0)]


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

"""Calls that are sent together: which, when, and what each gets back."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from trunkline import (
    Client,
    DeadlineExceededError,
    ExecutionError,
    ProtocolError,
    ServerStatusError,
)
from trunkline.client import Batching, CallOptions
from trunkline.client.generated import AsyncGeneratedClient, GeneratedOperation, Struct
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

QUERY = "query Q($n: Int) { n }"
LONG = Batching(window=60, size=4)


class Server:
    """A transport for threads and for tasks; it responds to each operation with its number."""

    def __init__(
        self, status: int = 200, body: bytes | None = None, delay: float = 0, failures: int = 0
    ) -> None:
        self.status = status
        self.failures = failures
        self.body = body
        self.delay = delay
        self.sent: list[Any] = []

    def send(self, request: HTTPRequest) -> HTTPResponse:
        asked = json.loads(request.body)
        self.sent.append(asked)
        if len(self.sent) <= self.failures:
            return HTTPResponse(503, b"")
        together = [respond(each) for each in (asked if isinstance(asked, list) else [asked])]
        body = json.dumps(together if isinstance(asked, list) else together[0]).encode()
        return HTTPResponse(self.status, self.body or body, {"content-type": "application/json"})

    async def send_async(self, request: HTTPRequest) -> HTTPResponse:
        await asyncio.sleep(self.delay)
        return self.send(request)

    def close(self) -> None:
        pass

    async def close_async(self) -> None:
        pass

    @property
    def sizes(self) -> list[int]:
        return [len(each) if isinstance(each, list) else 1 for each in self.sent]


def respond(operation: Any) -> Any:
    number = operation["variables"]["n"]
    if number < 0:
        return {"data": None, "errors": [{"message": f"{number} is negative"}]}
    return {"data": {"n": number}}


async def call(client: Client, number: int, **options: Any) -> Any:
    return await client.execute_async(QUERY, {"n": number}, **options)


async def test_tasks_get_their_own_data() -> None:
    server = Server()
    client = Client(server, batching=LONG)
    results = await asyncio.gather(*(call(client, number) for number in range(8)))
    assert results == [{"n": number} for number in range(8)]
    assert server.sizes == [4, 4]


def test_threads_get_their_own_data() -> None:
    server = Server()
    client = Client(server, batching=LONG)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda n: client.execute(QUERY, {"n": n}), range(8)))
    assert results == [{"n": number} for number in range(8)]
    assert server.sizes == [4, 4]


async def test_after_the_window_what_has_come_is_sent() -> None:
    server = Server()
    client = Client(server, batching=Batching(window=0.02, size=100))
    assert await call(client, 1) == {"n": 1}
    assert server.sent == [{"query": QUERY, "operationName": "Q", "variables": {"n": 1}}]  # no list
    await asyncio.gather(*(call(client, number) for number in range(3)))
    assert server.sizes == [1, 3]


async def test_an_error_of_one_is_not_that_of_the_others() -> None:
    client = Client(Server(), batching=LONG)
    results = await asyncio.gather(
        *(call(client, n) for n in (1, -2, 3, -4)), return_exceptions=True
    )
    assert [results[0], results[2]] == [{"n": 1}, {"n": 3}]
    assert [str(results[1]), str(results[3])] == ["-2 is negative", "-4 is negative"]


@pytest.mark.parametrize(
    ("server", "expected", "text"),
    [
        (Server(body=b'{"data":{"n":1}}'), ProtocolError, "not a list"),
        (Server(body=b'[{"data":{"n":1}}]'), ProtocolError, "1 results for a batch of 4"),
        (Server(400, b'{"errors":[{"message":"no lists"}]}'), ExecutionError, "no lists"),
        (Server(403, b"<html>"), ServerStatusError, "403"),
    ],
)
async def test_a_server_that_does_not_take_them(
    server: Server, expected: type[Exception], text: str
) -> None:
    client = Client(server, batching=LONG)
    results = await asyncio.gather(*(call(client, n) for n in range(4)), return_exceptions=True)
    assert [type(each) for each in results] == [expected] * 4
    assert all(text in str(each) for each in results)
    assert all(len(getattr(each, "__notes__", ())) <= 1 for each in results)
    assert len(server.sent) == 1


async def test_a_batch_is_repeated_as_one() -> None:
    server = Server(failures=1)
    client = Client(server, batching=LONG)
    results = await asyncio.gather(*(call(client, number) for number in range(4)))
    assert results == [{"n": number} for number in range(4)]
    assert server.sizes == [4, 4]


async def test_what_must_not_go_together() -> None:
    server = Server()
    client = Client(server, batching=Batching(window=0.02, size=100))
    mutation = "mutation M($n: Int) { n }"
    tenant = CallOptions(headers={"x-tenant": "7"})
    await asyncio.gather(
        call(client, 1),
        call(client, 2),
        call(client, 3, options=tenant),
        client.execute_async(mutation, {"n": 4}),
        client.execute_async(mutation, {"n": 5}, options=CallOptions(idempotency_key="k")),
    )
    assert sorted(server.sizes) == [1, 1, 1, 2]


async def test_a_caller_who_gives_up_leaves_the_others_alone() -> None:
    server = Server(delay=0.2)
    client = Client(server, batching=Batching(window=0.05, size=3))
    first, *others = [asyncio.create_task(call(client, number)) for number in (1, 2, 3)]
    for _ in range(3):
        await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await asyncio.gather(*others) == [{"n": 2}, {"n": 3}]
    with pytest.raises(DeadlineExceededError):
        await call(client, 4, options=CallOptions(timeout=0.01))


def test_calls_of_a_loop_that_has_ended_are_forgotten() -> None:
    server = Server()
    client = Client(server, batching=Batching(window=60, size=2))

    async def begin() -> asyncio.Task[Any]:
        task = asyncio.create_task(call(client, 1))
        for _ in range(3):
            await asyncio.sleep(0)
        return task

    async def go_on() -> list[Any]:
        return list(await asyncio.gather(call(client, 2), call(client, 3)))

    assert asyncio.run(begin()).cancelled()
    assert asyncio.run(go_on()) == [{"n": 2}, {"n": 3}]
    assert server.sizes == [2]


class Number(Struct, frozen=True):
    n: int


async def test_generated_clients_send_together() -> None:
    server = Server()
    operation = GeneratedOperation("Q", "query", Number, QUERY)
    async with AsyncGeneratedClient(server, batching=LONG) as api:
        calls = (api._execute(operation, {"n": number}, None) for number in range(4))
        assert await asyncio.gather(*calls) == [Number(n=number) for number in range(4)]
    assert server.sizes == [4]


@pytest.mark.parametrize("wrong", [{"window": -1}, {"size": 0}])
def test_values_that_are_too_small(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Batching needs"):
        Batching(**wrong)

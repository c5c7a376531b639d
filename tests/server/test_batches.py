"""Batches: a list of requests, a list of variables, and both, within the limits of one request."""

from __future__ import annotations

import asyncio
import json
from time import perf_counter
from typing import Any

import pytest
from tests.server.calling import GONE, GRAPHQL, Endpoint, Reply, chunk, exchange, send_body

from trunkline import Client, ExecutionError
from trunkline.client import Batching, Request
from trunkline.client.transports.asgi import ASGITransport
from trunkline.protocol.documents import document_id
from trunkline.server import GraphQL, Limits, current_response, make_executable_schema, parse_schema

NUMBER = "query N($v: Int) { number(value: $v) }"
ADD = "mutation A($title: String!) { add(title: $title) { title } }"
ONE = {"query": NUMBER, "variables": {"v": 1}}
TWO = {"query": NUMBER, "variables": {"v": 2}}
WRONG = {"query": "{ wrong }"}


@pytest.fixture
def app() -> Endpoint:
    return Endpoint(batch_size=5)


async def batch(app: Any, body: Any, accept: str = GRAPHQL, path: str = "/graphql") -> Reply:
    return await send_body(app, json.dumps(body).encode(), {"accept": accept}, path=path)


async def test_responses_come_in_the_order_of_requests(app: Endpoint) -> None:
    reply = await batch(app, [TWO, WRONG, ONE, {"query": "{ raising }"}])
    assert (reply.status, reply.headers["content-type"]) == (294, f"{GRAPHQL}; charset=utf-8")
    assert reply.headers["cache-control"] == "no-store"
    two, wrong, one, raising = reply.json
    assert two == {"requestIndex": 0, "data": {"number": 2}}
    assert wrong["requestIndex"] == 1
    assert wrong["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert one == {"requestIndex": 2, "data": {"number": 1}}
    assert raising["data"] == {"raising": None}
    outcomes = ["ok", "request_error", "ok", "internal_error"]
    assert [event.outcome for event in app.events] == outcomes
    assert [event.status for event in app.events] == [294] * 4
    assert app.events[0].coordinates == {"Query.number", "Query.number(value:)"}
    assert (await batch(app, [ONE, TWO])).status == 200


async def test_a_list_of_variables(app: Endpoint) -> None:
    reply = await batch(app, {"query": NUMBER, "variables": [{"v": 3}, {}, {"v": "x"}]})
    three, none, wrong = reply.json
    assert three == {"variableIndex": 0, "data": {"number": 3}}
    assert none == {"variableIndex": 1, "data": {"number": None}}
    assert wrong["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_both_as_json_lines(app: Endpoint) -> None:
    body = [{"query": NUMBER, "variables": [{"v": 1}, {"v": 2}]}, TWO]
    for accept in ("application/jsonl", f"application/json, application/JSONL;q=0.5, {GRAPHQL}"):
        reply = await batch(app, body, accept)
        assert (reply.status, reply.headers["content-type"]) == (
            200,
            "application/jsonl; charset=utf-8",
        )
        assert [json.loads(line) for line in reply.body.splitlines()] == [
            {"requestIndex": 0, "variableIndex": 0, "data": {"number": 1}},
            {"requestIndex": 0, "variableIndex": 1, "data": {"number": 2}},
            {"requestIndex": 1, "data": {"number": 2}},
        ]
    assert (await batch(app, body, "application/jsonl;q=0, */*")).body.startswith(b"[")
    # a single request has a single response, whatever its client accepts
    assert (await batch(app, ONE, "application/jsonl")).data == {"number": 1}
    assert (await batch(Endpoint(), ONE, "application/jsonl")).status == 406


REFUSED: dict[str, tuple[Any, int, str]] = {
    "no request": ([], 422, "MALFORMED_REQUEST"),
    "no variables": ({"query": NUMBER, "variables": []}, 422, "MALFORMED_REQUEST"),
    "too many requests": ([ONE] * 6, 422, "LIMIT_EXCEEDED"),
    "too many variables": ({"query": NUMBER, "variables": [{}] * 6}, 422, "LIMIT_EXCEEDED"),
    "too many together": (
        [{"query": NUMBER, "variables": [{}] * 3}] * 2,
        422,
        "LIMIT_EXCEEDED",
    ),
    "a list in a list": ([[ONE]], 422, "MALFORMED_REQUEST"),
    "null in a list": ([ONE, None], 422, "MALFORMED_REQUEST"),
    "a number in variables": ({"query": NUMBER, "variables": [1]}, 422, "MALFORMED_REQUEST"),
    "deep": ([{"query": NUMBER, "variables": {"v": [[]]}}], 294, ""),
}


@pytest.mark.parametrize(("body", "status", "code"), REFUSED.values(), ids=REFUSED.keys())
async def test_a_refused_batch(app: Endpoint, body: Any, status: int, code: str) -> None:
    reply = await batch(app, body)
    assert reply.status == status
    if code:
        assert reply.code == code
        assert len(app.events) == 1


async def test_batches_are_off_unless_asked_for() -> None:
    app = Endpoint()
    for body in ([ONE], {"query": NUMBER, "variables": [{}]}):
        reply = await batch(app, body)
        assert (reply.status, reply.code) == (422, "MALFORMED_REQUEST")
    assert "batch_size" in (await batch(app, [ONE])).error["message"]
    on = Endpoint(batch_size=5)
    by_query = await send_body(on, json.dumps([ONE]).encode(), method="QUERY")
    assert (by_query.status, by_query.code) == (422, "MALFORMED_REQUEST")
    with pytest.raises(ValueError, match="at least 1, not 0"):
        Endpoint(batch_size=0)


async def test_mutations_are_executed_one_after_the_other(app: Endpoint) -> None:
    titles = [{"title": title} for title in "abc"]
    reply = await batch(app, [{"query": ADD, "variables": titles}, ONE])
    assert app.added == ["a", "b", "c"]
    assert [each["data"]["add"]["title"] for each in reply.json[:3]] == ["a", "b", "c"]
    assert [event.operation_kind for event in app.events] == ["mutation"] * 3 + ["query"]


async def test_the_path_names_the_document_of_a_batch() -> None:
    app = Endpoint(batch_size=5, apq=True)
    await batch(app, ONE)
    body = {"variables": [{"v": 1}, {"v": 2}]}
    reply = await batch(app, body, path=f"/graphql/{document_id(NUMBER)}/N")
    assert [each["data"] for each in reply.json] == [{"number": 1}, {"number": 2}]


SDL = """
type Query {
  wait(id: Int!): Int!
  items(first: Int): [Int!]!
  rows(first: Int): [Row!]!
  header(name: String!): Int
}
type Row { n: Int }
"""


class Query:
    def __init__(self) -> None:
        self.together = asyncio.Barrier(3)

    async def wait(self, id: int) -> int:  # noqa: A002
        await self.together.wait()
        return id

    def items(self, first: int | None = None) -> list[int]:
        return list(range(first or 40))

    def rows(self, first: int | None = None) -> list[dict[str, int]]:
        return [{"n": number} for number in range(first or 1)]

    def header(self, name: str) -> int:
        response = current_response()
        response.headers[name] = "1"
        response.extensions["name"] = name
        return 1


class Resolvers:
    def __init__(self) -> None:
        self.query = Query()


def endpoint(**options: Any) -> GraphQL:
    schema = make_executable_schema(parse_schema(SDL), Resolvers())
    return GraphQL(schema, **{"auth": None, "sinks": (), "batch_size": 10, **options})


WAIT = "query W($i: Int!) { wait(id: $i) }"


async def test_queries_are_executed_at_the_same_time() -> None:
    body = {
        "query": WAIT,
        "variables": [{"i": i} for i in (7, 8, 9)],
    }
    reply = await batch(endpoint(), body)  # each waits for the others
    assert [each["data"]["wait"] for each in reply.json] == [7, 8, 9]


async def test_the_deadline_is_that_of_the_batch() -> None:
    body = {"query": WAIT, "variables": [{"i": i} for i in (7, 8)]}
    started = perf_counter()
    reply = await batch(endpoint(deadline=0.01), body)
    assert perf_counter() - started < 5
    codes = [each["errors"][0]["extensions"]["code"] for each in reply.json]
    assert codes == ["DEADLINE_EXCEEDED"] * 2


async def test_a_client_that_goes_away_ends_the_whole_batch() -> None:
    events: list[Any] = []
    app = endpoint(sinks=(events.append,))
    body = json.dumps({"query": WAIT, "variables": [{"i": 1}, {"i": 2}]}).encode()
    headers = {"content-type": "application/json", "content-length": str(len(body))}
    await exchange(app, "POST", headers, [chunk(body), GONE])
    assert [event.outcome for event in events] == ["disconnected"] * 2


ITEMS = "query I($n: Int) { items(first: $n) }"


@pytest.mark.parametrize("sizes", [(30, 31), (10, 10, 10, 31)])
async def test_the_cost_is_that_of_the_whole_batch(sizes: tuple[int, ...]) -> None:
    app = endpoint(limits=Limits(cost=62))
    query = "query R($n: Int) { rows(first: $n) { n } }"
    body: dict[str, Any] = {"query": query, "variables": [{"n": size} for size in sizes]}
    assert (await batch(app, {"query": query, "variables": {"n": 60}})).status == 200
    reply = await batch(app, body)
    assert (reply.status, reply.code) == (422, "LIMIT_EXCEEDED")
    assert "The operations of the batch may cost" in reply.error["message"]
    body["variables"] = [{"n": 10}, {"n": 10}, {"n": "wrong"}]
    assert (await batch(app, body)).status == 294


async def test_the_responses_of_a_batch_have_one_room() -> None:
    app = endpoint(limits=Limits(response=100))
    alone = await batch(app, {"query": ITEMS})
    assert len(alone.data["items"]) == 40
    *good, bad = (await batch(app, [{"query": ITEMS}] * 3)).json
    assert [len(each["data"]["items"]) for each in good] == [40, 40]
    assert bad["data"] is None
    for _ in range(5):  # the text of many executions counts, too
        *good, bad = (await batch(app, [{"query": ITEMS}] * 3)).json
        assert bad["data"] is None


async def test_the_texts_of_a_batch_count_together() -> None:
    app = endpoint(limits=Limits(characters=100))
    texts = [f"{{ items }} # {'x' * 30} {number}" for number in range(3)]
    reply = await batch(app, [{"query": text} for text in texts])
    assert (reply.status, reply.code) == (422, "LIMIT_EXCEEDED")
    assert (await batch(app, [{"query": texts[0]}] * 10)).status == 200


async def test_the_variables_of_a_batch_count_together() -> None:
    app = endpoint(limits=Limits(values=10), batch_size=20)
    query = "query R($n: Int) { rows(first: $n) { n } }"  # its variables are flat
    body = {"query": query, "variables": [{"n": 1}] * 11}
    reply = await batch(app, body)
    assert (reply.status, reply.code) == (422, "BAD_USER_INPUT")
    assert "The variables have more than 10 values" in reply.error["message"]
    body["variables"] = [{"n": 1}] * 10
    assert (await batch(app, body)).status == 200


async def test_each_operation_adds_its_own_to_the_response() -> None:
    query = "query H($n: String!) { header(name: $n) }"
    body = {"query": query, "variables": [{"n": "x-a"}, {"n": "x-b"}]}
    reply = await batch(endpoint(), body)
    assert (reply.headers["x-a"], reply.headers["x-b"]) == ("1", "1")
    assert [each["extensions"] for each in reply.json] == [{"name": "x-a"}, {"name": "x-b"}]
    refused = await batch(endpoint(), [{"query": '{ header(name: "Content-Length") }'}, ONE])
    assert refused.json[0]["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"


async def test_our_own_client_sends_batches(app: Endpoint) -> None:
    async with Client(ASGITransport(app), batching=Batching(window=0.01)) as session:
        values = [session.execute(NUMBER, {"v": value}) for value in range(4)]
        assert await asyncio.gather(*values) == [{"number": value} for value in range(4)]
        assert len(app.events) == 4
        with pytest.raises(ExecutionError, match="wrong"):
            await asyncio.gather(session.execute("{ wrong }"), session.execute(NUMBER, {"v": 1}))
        results = await session.execute_batch([Request(NUMBER, {"v": 5}), Request(NUMBER)])
        assert [each.data for each in results] == [{"number": 5}, {"number": None}]

"""What a program adds to a response, and how it refuses a request."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from tests.auth.verifying.test_server import Reply, send

from trunkline.engine import compile_operation, run_sync
from trunkline.errors import RequestRefusedError
from trunkline.server import (
    GraphQL,
    OperationCall,
    Proceed,
    Result,
    current_response,
    make_executable_schema,
    parse_schema,
)

SDL = """
type Query { add(name: String!, value: String!): Int  later(name: String!): Int  book: Book
  bake(name: String!, path: String!): Int  vary: Int  refuse(wait: Int): Int  slowly: Int!
  inner: String  extend(value: String): Int  broken: Int }
type Mutation { one: Int  refuse: Int }
type Book { title: String }
"""


@dataclass
class Book:
    def title(self) -> str:
        current_response().extensions["titles"] = 1
        return "The Dispossessed"


class Query:
    def add(self, name: str, value: str) -> int:
        current_response().headers[name] = value
        return 1

    async def later(self, name: str) -> int:
        await asyncio.sleep(0)
        current_response().headers["X-Name"] = name
        await asyncio.sleep(0)
        return len(current_response().headers)

    def book(self) -> Book:
        return Book()

    def bake(self, name: str, path: str) -> int:
        cookies = current_response().cookies
        cookies[name] = "a b"
        cookies[name]["path"] = path
        cookies["other"] = "1"
        return 1

    def vary(self) -> int:
        current_response().headers["Vary"] = "Accept-Language"
        return 1

    def refuse(self, wait: int | None = None) -> int:
        current_response().headers["RateLimit"] = '"default";r=0;t=30'
        raise RequestRefusedError(429, "Too many requests.", retry_after=wait)

    async def slowly(self) -> int:
        await asyncio.sleep(0)
        raise RequestRefusedError(503, "Closed.", code="CLOSED")

    async def inner(self) -> str:
        await send(ENDPOINT, document='{ add(name: "X-Inner", value: "1") }')
        current_response().headers["X-Outer"] = "1"
        return "called"

    def extend(self, value: str | None = None) -> int:
        current_response().extensions["value"] = value or {1, 2}
        return 1

    def broken(self) -> int:
        current_response().extensions["seen"] = True
        raise RuntimeError("broken")


class Mutation:
    def one(self) -> int:
        return 1

    def refuse(self) -> int:
        raise RequestRefusedError(409, "Somebody else was faster.")


SCHEMA = make_executable_schema(
    parse_schema(SDL), SimpleNamespace(query=Query(), mutation=Mutation()), {"Book": Book}
)
ENDPOINT = GraphQL(SCHEMA, auth=None, sinks=[])


def ask(document: str, headers: Any = (), **options: Any) -> Reply:
    endpoint = GraphQL(SCHEMA, auth=None, sinks=[], **options)
    return asyncio.run(send(endpoint, document=document, headers=list(headers)))


def test_a_resolver_adds_headers_cookies_and_extensions() -> None:
    reply = ask('{ add(name: "X-Cost", value: "7") bake(name: "s", path: "/g") book { title } }')
    assert reply.status == 200
    assert reply.headers["x-cost"] == "7"
    assert reply.headers["set-cookie"] == 's="a b"; Path=/g, other=1'
    assert reply.body["extensions"] == {"titles": 1}
    assert reply.body["data"]["book"] == {"title": "The Dispossessed"}
    assert ask("{ book { __typename } }").body.keys() == {"data"}


def test_what_is_added_replaces_what_the_server_sends_and_adds_to_vary() -> None:
    reply = ask('{ add(name: "Cache-Control", value: "max-age=60") vary }')
    assert reply.headers["cache-control"] == "max-age=60"
    assert reply.headers["vary"] == "Accept, Accept-Language"


def test_a_middleware_and_the_context_add_too() -> None:
    def context(_scope: Any) -> None:
        current_response().headers["X-Context"] = "1"

    async def middleware(_call: OperationCall[Any], proceed: Proceed) -> Result:
        result = await proceed()
        current_response().extensions["errors"] = len(result.errors)
        return result

    reply = ask("{ broken }", context=context, middlewares=[middleware])
    assert (reply.status, reply.headers["x-context"]) == (294, "1")
    assert reply.body["extensions"] == {"seen": True, "errors": 1}


async def test_requests_at_the_same_time_have_their_own_responses() -> None:
    names = [str(number) for number in range(20)]
    replies = await asyncio.gather(
        *(send(ENDPOINT, document=f'{{ later(name: "{name}") }}') for name in names)
    )
    assert [reply.headers["x-name"] for reply in replies] == names
    assert [reply.body["data"]["later"] for reply in replies] == [1] * 20


def test_an_endpoint_that_is_called_by_a_resolver_has_its_own_response() -> None:
    reply = ask("{ inner }")
    assert "x-inner" not in reply.headers
    assert reply.headers["x-outer"] == "1"


@pytest.mark.parametrize(
    "document", ["{ refuse(wait: 30) }", "{ book { title } refuse(wait: 30) broken }"]
)
def test_a_resolver_refuses_the_request(document: str) -> None:
    reply = ask(document)
    assert (reply.status, reply.codes) == (429, ["REQUEST_REFUSED"])
    assert reply.headers["retry-after"] == "30"
    assert reply.headers["ratelimit"] == '"default";r=0;t=30'
    assert reply.body["errors"][0]["message"] == "Too many requests."
    assert "data" not in reply.body


def test_a_resolver_that_is_awaited_and_a_mutation_refuse_the_request() -> None:
    reply = ask("{ slowly }")
    assert (reply.status, reply.codes) == (503, ["CLOSED"])
    assert "retry-after" not in reply.headers
    reply = ask("mutation { one refuse }")
    assert (reply.status, reply.codes) == (409, ["REQUEST_REFUSED"])


@pytest.mark.parametrize("place", ["context", "middleware"])
def test_the_context_and_a_middleware_refuse_the_request(place: str) -> None:
    def context(_scope: Any) -> None:
        raise RequestRefusedError(429, "Too many requests.", retry_after=1)

    async def middleware(_call: OperationCall[Any], _proceed: Proceed) -> Result:
        raise RequestRefusedError(429, "Too many requests.", retry_after=1)

    options = {"context": context} if place == "context" else {"middlewares": [middleware]}
    reply = ask("{ book { title } }", **options)
    assert (reply.status, reply.headers["retry-after"]) == (429, "1")


def test_the_error_presenter_is_asked_about_refusals() -> None:
    reply = ask("{ refuse }", present_error=lambda _error, shown: {**shown, "message": "Später."})
    assert (reply.status, reply.body["errors"][0]["message"]) == (429, "Später.")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "1\r\nSet-Cookie: stolen=1"),
        ("X-A\nX-B", "1"),
        ("X-A", "Ж"),
        ("X-A", "\0"),
        ("Content-Length", "5"),
        ("Content-Type", "text/html"),
        ("Transfer-Encoding", "chunked"),
    ],
)
def test_a_header_that_no_response_may_have_is_an_internal_error(
    name: str, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    document = f"{{ add(name: {json.dumps(name)}, value: {json.dumps(value)}) }}"
    with caplog.at_level(logging.ERROR, "trunkline.errors"):
        reply = ask(document)
    assert (reply.status, reply.codes) == (500, ["INTERNAL_SERVER_ERROR"])
    assert "set-cookie" not in reply.headers
    assert "x-a" not in reply.headers
    assert "header" in caplog.text or "encode" in caplog.text


def test_a_cookie_cannot_break_the_line() -> None:
    reply = ask('{ bake(name: "s", path: "/\\r\\nX-Evil: 1") }')
    assert (reply.status, "x-evil" in reply.headers) == (500, False)


def test_extensions_that_are_not_json_cost_only_themselves(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR, "trunkline.errors"):
        reply = ask("{ extend book { title } }")
    assert (reply.status, reply.codes) == (294, ["INTERNAL_SERVER_ERROR"])
    assert reply.body["data"]["book"] == {"title": "The Dispossessed"}
    assert "extensions" not in reply.body
    assert "set" in caplog.text


def test_a_status_that_is_no_refusal_is_a_mistake() -> None:
    for status in (200, 302, 399, 600):
        with pytest.raises(ValueError, match="from 400 to 599"):
            RequestRefusedError(status, "No.")


def test_there_is_no_response_outside_of_a_request() -> None:
    with pytest.raises(LookupError, match="no request is being served"):
        current_response()
    result = run_sync(compile_operation(SCHEMA, "{ vary }"), None)
    assert isinstance(result.errors[0].original_error, LookupError)


JSON = (b"accept", b"application/json")
BOTH = (b"accept", b"application/graphql-response+json, application/json;q=0.9")


@pytest.mark.parametrize(
    ("document", "draft", "with_json", "with_both"),
    [
        ("{ nothing }", 422, 200, 400),
        ("{", 400, 200, 400),
        ("{ refuse }", 429, 429, 429),
        ("{ broken }", 294, 200, 200),
    ],
)
def test_clients_of_older_drafts(document: str, draft: int, with_json: int, with_both: int) -> None:
    graphql = "application/graphql-response+json; charset=utf-8"
    ours = ask(document, [BOTH])
    assert (ours.status, ours.headers["content-type"]) == (draft, graphql)
    older = ask(document, [JSON], status="audit")
    assert older.status == with_json
    assert older.headers["content-type"] == "application/json; charset=utf-8"
    both = ask(document, [BOTH], status="audit")
    assert (both.status, both.headers["content-type"]) == (with_both, graphql)


def test_rules_of_statuses_that_do_not_exist() -> None:
    with pytest.raises(ValueError, match=r"'draft-2026-08' or 'audit', not 'new'"):
        ask("{ nothing }", [], status="new")

"""What a call has beside its document and its data: extensions, headers, validation."""

from __future__ import annotations

import asyncio
import json
import math
import pickle
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from graphql import parse
from tests.client.calling import Caller, CallWith
from tests.client.serving import QUERY, SDL, TODOS, Reply, Todos

from trunkline import (
    Client,
    DocumentSyntaxError,
    ExecutionError,
    ServerStatusError,
    ValidationError,
    gql,
)
from trunkline.client import CallOptions, Persisted, Request
from trunkline.client.transports.httpx2 import AsyncHTTPX2Transport
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

WRONG = "{ todos { titel } }"
MISSING = b'{"errors":[{"message":"?","extensions":{"code":"PERSISTED_QUERY_NOT_FOUND"}}]}'
COOKIE = (("Set-Cookie", "session=1"), ("X-Cost", "12"))


class Asked:
    """A transport that keeps what is sent, and does not know the first document id."""

    def __init__(self) -> None:
        self.sent: list[HTTPRequest] = []

    @property
    def extensions(self) -> list[Any]:
        return [self._extensions(each) for each in self.sent]

    @staticmethod
    def _extensions(request: HTTPRequest) -> Any:
        if request.method == "GET":
            found = parse_qs(request.query).get("extensions")
            return json.loads(found[0]) if found else None
        body = json.loads(request.body)
        return (
            [each.get("extensions") for each in body]
            if isinstance(body, list)
            else body.get("extensions")
        )

    def send(self, request: HTTPRequest) -> HTTPResponse:
        self.sent.append(request)
        body = json.dumps({"data": TODOS}).encode()
        if request.body.startswith(b"["):
            body = b"[" + body + b"," + body + b"]"
        elif b"persistedQuery" in request.body and b"todos" not in request.body:
            body = MISSING
        return HTTPResponse(200, body, {"content-type": "application/json"})

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("persisted", "expected"),
    [
        (None, [{"trace": {"on": True}}]),
        (Persisted("id"), [{"trace": {"on": True}}]),
        (Persisted("id", use_get=True), [{"trace": {"on": True}}]),
        (Persisted("apq"), [{"persistedQuery": ..., "trace": {"on": True}}] * 2),
        (Persisted("apq", use_get=True), [{"persistedQuery": ..., "trace": {"on": True}}]),
    ],
)
def test_extensions_are_sent(persisted: Persisted | None, expected: list[Any]) -> None:
    transport = Asked()
    client = Client(transport, persisted=persisted)
    document = "query Q($a: [Int]) { todos { title } }"
    options = CallOptions(extensions={"trace": {"on": True}})
    assert client.execute(document, {"a": [1]}, options=options) == TODOS
    found = transport.extensions
    for each in found:
        if "persistedQuery" in each:
            assert each["persistedQuery"]["version"] == 1
            each["persistedQuery"] = ...
    assert found == expected


def test_each_operation_of_a_batch_has_them() -> None:
    transport = Asked()
    requests = [Request(QUERY), Request(QUERY)]
    Client(transport).execute_batch(requests, options=CallOptions(extensions={"a": 1}))
    assert transport.extensions == [[{"a": 1}, {"a": 1}]]
    Client(transport).execute(QUERY, options=CallOptions(extensions={}))
    assert transport.extensions[-1] is None


@pytest.mark.parametrize("value", [math.nan, object()])
def test_extensions_without_json_are_errors(value: object) -> None:
    transport = Asked()
    with pytest.raises(ValueError, match="The extensions have no JSON form"):
        Client(transport).execute(QUERY, options=CallOptions(extensions={"a": value}))
    assert transport.sent == []


def test_headers_of_a_result(call_with: CallWith, server: Todos) -> None:
    server.reply = Reply(200, json.dumps({"data": TODOS}).encode(), headers=COOKIE)
    result: Any = call_with(server.url).execute(QUERY, get_execution_result=True)
    assert result.headers["x-cost"] == "12"
    assert "session" not in repr(result)


def test_headers_of_errors(call_with: CallWith, server: Todos) -> None:
    caller = call_with(server.url)
    server.reply = Reply(200, b'{"data":null,"errors":[{"message":"no"}]}', headers=COOKIE)
    with pytest.raises(ExecutionError) as caught:
        caller.execute(QUERY)
    check_headers(caught.value)
    server.reply = Reply(403, b"<html>", "text/html", headers=COOKIE)
    with pytest.raises(ServerStatusError) as refused:
        caller.execute(QUERY)
    check_headers(refused.value)


def check_headers(error: ExecutionError | ServerStatusError) -> None:
    assert error.headers["x-cost"] == "12"
    assert error.headers["set-cookie"] == "session=1"
    assert pickle.loads(pickle.dumps(error)).headers == error.headers  # noqa: S301
    assert "session" not in f"{error!r} {error}"


def test_a_document_is_validated_alone(fetching: Caller, server: Todos) -> None:
    client = fetching.client

    def validate(document: str) -> None:
        if fetching.__class__ is Caller:
            client.validate(document)
        else:
            fetching._runner.run(client.validate_async(document))  # type: ignore[attr-defined]

    validate(QUERY)
    validate("query A { todos { title } } query B { todos { text } }")
    with pytest.raises(ValidationError, match="Cannot query field 'titel'"):
        validate(WRONG)
    assert server.operations == ["IntrospectionQuery"]


def test_validation_needs_a_schema() -> None:
    Client(Asked(), schema=SDL).validate(QUERY)
    with pytest.raises(ValidationError):
        Client(Asked(), schema=SDL).validate(gql(WRONG))
    with pytest.raises(ValueError, match="give or fetch it"):
        Client(Asked()).validate(QUERY)


def test_a_session_validates() -> None:
    async def validate() -> None:
        async with Client(AsyncHTTPX2Transport("http://localhost:1/"), schema=SDL) as session:
            await session.validate(QUERY)
            with pytest.raises(ValidationError):
                await session.validate(WRONG)

    asyncio.run(validate())


def test_documents_of_files_and_of_trees(tmp_path: Path) -> None:
    file = tmp_path / "todos.graphql"
    file.write_text(f"\ufeff# All of them.\n{QUERY}", encoding="utf-8")
    document = gql(file)
    assert document.text == f"# All of them.\n{QUERY}"
    assert gql(document) is document
    tree = parse("query Q($id: ID!) { todo(todoID: $id) { title } }")
    assert gql(tree) == gql("query Q($id: ID!) {\n  todo(todoID: $id) {\n    title\n  }\n}")
    assert Client(Asked(), schema=SDL).execute(gql(file)) == TODOS
    file.write_text("{ todos", encoding="utf-8")
    with pytest.raises(DocumentSyntaxError):
        gql(file)
    with pytest.raises(FileNotFoundError):
        gql(tmp_path / "none.graphql")

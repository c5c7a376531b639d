"""What a right call sends, and what it gives."""

from __future__ import annotations

import dataclasses
import enum
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from graphql import build_schema
from tests.client.calling import Caller, CallWith
from tests.client.serving import QUERY, TODO, TODOS, Reply, Todos

from trunkline import Client, gql
from trunkline.client import ExecutionResult, Upload
from trunkline.client.transports.requests import RequestsHTTPTransport
from trunkline.errors import SubscriptionError


def test_the_program_of_the_readme(server: Todos) -> None:
    transport = RequestsHTTPTransport(server.url, use_json=True)
    client = Client(transport=transport, fetch_schema_from_transport=True)
    todos = client.execute(gql("query { todos { todoID title } }"))
    created = client.execute(
        gql(
            'mutation createTodo { createTodo(todo: {title: "Another thing I need to remember",'
            ' text: "A very long text"}) { todoID title text } }'
        )
    )
    client.close()
    assert todos == {"todos": [{"todoID": "1", "title": "Milk"}]}
    assert created == {
        "createTodo": {
            "todoID": "2",
            "title": "Another thing I need to remember",
            "text": "A very long text",
        }
    }


def test_variables_and_operation_name(fetching: Caller) -> None:
    document = gql(
        "query one($id: ID!) { todo(todoID: $id) { ...all } } query every { todos { ...all } }"
        " fragment all on Todo { todoID title text }"
    )
    assert fetching.execute(document, {"id": "1"}, "one") == {"todo": TODO}
    assert fetching.execute(document, operation_name="every") == {"todos": [TODO]}
    assert fetching.execute(document, variables={"id": "7"}, operation_name="one") == {"todo": None}


def test_the_text_goes_out_as_written_with_the_operations_name(
    fetching: Caller, server: Todos
) -> None:
    text = "query  todos{ # a comment\n todos{todoID ,title} }"
    fetching.execute(text)
    assert server.received[-1].body == {"query": text, "operationName": "todos"}


def test_what_a_request_says(call_with: CallWith, server: Todos) -> None:
    call_with(server.url, name="web", version="3.1").execute(QUERY)
    (received,) = server.received
    said = {
        name: received.headers.get(name)
        for name in ("accept", "content-type", "graphql-client-name", "graphql-client-version")
    }
    assert said == {
        "accept": "application/graphql-response+json, application/json;q=0.9",
        "content-type": "application/json",
        "graphql-client-name": "web",
        "graphql-client-version": "3.1",
    }
    assert received.headers["user-agent"].startswith("trunkline/")
    assert received.body == {"query": QUERY}


def test_no_name_no_header(fetching: Caller, server: Todos) -> None:
    fetching.execute(QUERY)
    assert not [name for name in server.received[-1].headers if name.startswith("graphql")]


@pytest.mark.parametrize("name", ["web\r\nX-Evil: 1", "wéb", " web"])
def test_a_name_that_no_header_can_have(name: str) -> None:
    with pytest.raises(ValueError, match="graphql-client-name"):
        Client(RequestsHTTPTransport("http://localhost/"), name=name)


class Colour(enum.Enum):
    RED = "red"


class Point(msgspec.Struct, rename="camel"):
    far_away: int


@dataclasses.dataclass
class TodoInput:
    title: str
    text: str


VALUES = {
    "UUID": (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    "datetime": (datetime(2026, 11, 1, 12, tzinfo=UTC), "2026-11-01T12:00:00Z"),
    "Decimal": (Decimal("1.10"), "1.10"),
    "enum": (Colour.RED, "red"),
    "dataclass": (TodoInput("a", "b"), {"title": "a", "text": "b"}),
    "struct": (Point(1), {"farAway": 1}),
    "nested": ([{"at": {1: Colour.RED}}], [{"at": {"1": "red"}}]),
    "set": ({1}, [1]),
    "great number": (2**70, 2**70),
    "null": (None, None),
}


@pytest.mark.parametrize(("value", "sent"), VALUES.values(), ids=VALUES)
def test_how_values_travel(value: Any, sent: object, server: Todos) -> None:
    server.schema = build_schema("scalar JSON type Query { ok(value: JSON): Boolean }")
    with Client(RequestsHTTPTransport(server.url)) as client:
        assert client.execute("query ($value: JSON) { ok(value: $value) }", {"value": value}) == {
            "ok": None
        }
    assert server.received[0].body["variables"] == {"value": sent}


def test_a_dataclass_fits_an_input_object(fetching: Caller) -> None:
    text = "mutation ($todo: TodoInput!) { createTodo(todo: $todo) { title } }"
    assert fetching.execute(text, {"todo": TodoInput("a", "b")}) == {"createTodo": {"title": "a"}}


def test_variables_stay_with_their_call(fetching: Caller, server: Todos) -> None:
    document = gql("query ($id: ID!) { todo(todoID: $id) { title } }")
    variables = {"id": UUID(int=1)}
    fetching.execute(document, variables)
    assert variables == {"id": UUID(int=1)}
    fetching.execute(document, {"id": "1"})
    sent = [received.body.get("variables") for received in server.received[1:]]
    assert sent == [{"id": str(UUID(int=1))}, {"id": "1"}]


def test_without_a_schema_the_server_decides(call_with: CallWith, server: Todos) -> None:
    assert call_with(server.url).execute(QUERY) == TODOS
    assert len(server.received) == 1


def test_a_document_is_its_text() -> None:
    document = gql(QUERY)
    assert str(document) == document.text == QUERY
    assert gql(QUERY) is document
    assert repr(document) == f"Document(text={QUERY!r})"
    with pytest.raises(AttributeError):
        document.text = "{ a }"  # type: ignore[misc]


def test_a_document_is_text() -> None:
    with pytest.raises(TypeError, match=r"^A document is text, not bytes\.$"):
        gql(b"{ a }")  # type: ignore[arg-type]


ERRORS = b'{"data":{"todos":null},"errors":[{"message":"No"}],"extensions":{"cost":1}}'


def test_the_whole_answer_does_not_raise(call_with: CallWith, server: Todos) -> None:
    server.reply = Reply(294, ERRORS)
    result: Any = call_with(server.url).execute(QUERY, get_execution_result=True)
    assert isinstance(result, ExecutionResult)
    assert (result.data, result.status) == ({"todos": None}, 294)
    assert result.errors == ({"message": "No"},)
    assert result.extensions == {"cost": 1}


def test_a_blocking_session(server: Todos) -> None:
    with Client(RequestsHTTPTransport(server.url)) as session:
        assert session.execute(gql(QUERY)) == TODOS


async def test_a_session_whose_calls_are_awaited(server: Todos) -> None:
    client = Client(server.url, fetch_schema_from_transport=True)
    async with client as session:
        assert await session.execute(gql(QUERY)) == TODOS
        assert await session.execute_async(QUERY) == TODOS
        assert session.schema is client.schema is not None
        assert repr(session) == f"AsyncSession({client!r})"
    assert server.connections == 1


def test_subscriptions_say_what_is_missing(server: Todos) -> None:
    client = Client(RequestsHTTPTransport(server.url))
    with pytest.raises(SubscriptionError, match="needs a transport that streams"):
        client.subscribe("subscription { ticks }")
    assert not server.received


def test_an_open_file_is_left_open(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"abc")
    with path.open("rb") as file:
        part = Upload(file).part("variables.file")
        assert not file.closed
    assert (part.content, part.filename, part.media_type) == (b"abc", "a.txt", "text/plain")

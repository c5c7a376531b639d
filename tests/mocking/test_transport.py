"""`trunkline.mocking`: what a mock answers, remembers and refuses."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import pytest
from graphql import build_schema
from tests.generate.client.cases import cases
from tests.generate.client.test_corpus import load

from trunkline import (
    Client,
    ConnectionFailedError,
    ExecutionError,
    ServerStatusError,
    ValidationError,
    VariablesError,
)
from trunkline.client import CallOptions, Persisted, Request
from trunkline.errors import PublicationError, RequestError
from trunkline.mocking import MockTransport
from trunkline.protocol.documents import document_id

SDL = """
type Query { todos: [Todo!]! todo(id: ID!): Todo }
type Mutation { createTodo(todo: TodoInput!): Todo! }
type Todo { id: ID! title: String! done: Boolean! count: Int! }
input TodoInput { title: String! }
"""
ONE = "query One($id: ID!) { todo(id: $id) { id title done count } }"


def test_data_of_the_right_types_the_same_for_the_same_seed() -> None:
    answers = []
    for seed in (1, 1, 2):
        transport = MockTransport(SDL, seed=seed, values={"Todo.done": True})
        answers.append(Client(transport).execute("{ todos { id title done count } }")["todos"])
    first, same, other = answers
    assert first == same != other
    for todo in first:
        kinds = {key: type(value) for key, value in todo.items()}
        assert kinds == {"id": str, "title": str, "done": bool, "count": int}
        assert todo["done"] is True


@pytest.mark.parametrize("schema", [SDL, build_schema(SDL)])
async def test_blocking_or_not(schema: Any) -> None:
    transport = MockTransport(schema, values={"Query.todo": {"title": "Milk"}})
    client = Client(transport)
    assert client.execute(ONE, {"id": "7"})["todo"]["title"] == "Milk"
    assert (await client.execute_async(ONE, {"id": "7"}))["todo"]["title"] == "Milk"


def test_calls_are_remembered() -> None:
    transport = MockTransport(SDL)
    options = CallOptions(headers={"x-tenant": "7"})
    Client(transport, name="web").execute(ONE, {"id": "7"}, options=options)
    (call,) = transport.calls
    assert (call.name, call.kind, call.text, call.variables) == ("One", "query", ONE, {"id": "7"})
    assert (call.headers["graphql-client-name"], call.headers["x-tenant"]) == ("web", "7")


def test_a_document_that_does_not_fit_fails_the_test() -> None:
    transport = MockTransport(SDL)
    client = Client(transport)
    with pytest.raises(ValidationError, match="Did you mean 'title'"):
        client.execute("{ todos { titel } }")
    with pytest.raises(VariablesError, match="to include required field 'title'"):
        client.execute("mutation ($t: TodoInput!) { createTodo(todo: $t) { id } }", {"t": {}})
    assert not [call for call in transport.calls if call.kind == "query"]


def test_a_program_cannot_swallow_it() -> None:
    def program(client: Client) -> None:
        with suppress(Exception):
            client.execute("{ todos { titel } }")

    with pytest.raises(ValidationError), MockTransport(SDL) as transport:
        program(Client(transport))


def test_answers_that_a_test_wants() -> None:
    transport = MockTransport(SDL)
    client = Client(transport, retry=None)
    transport.respond("One", data={"todo": None})
    transport.respond("One", data={"todo": None}, errors=[{"message": "Slow"}])
    transport.respond(errors=[{"message": "No", "extensions": {"code": "DENIED"}}], status=403)
    transport.fail(ConnectionFailedError("gone"), "One")
    assert client.execute("{ todos { id } }", get_execution_result=True).status == 403
    assert client.execute(ONE, {"id": "1"}) == {"todo": None}
    with pytest.raises(ExecutionError, match="Slow") as partial:
        client.execute(ONE, {"id": "1"})
    assert (partial.value.data, partial.value.status) == ({"todo": None}, 294)
    with pytest.raises(ConnectionFailedError, match="gone"):
        client.execute(ONE, {"id": "1"})
    assert client.execute(ONE, {"id": "1"})["todo"]["id"] == "1"
    transport.respond(status=503)
    with pytest.raises(ServerStatusError):
        client.execute("{ todos { id } }")


def test_ids_and_batches() -> None:
    for style in ("apq", "id", "path"):
        transport = MockTransport(SDL)
        client = Client(transport, persisted=Persisted(style, use_get=True))
        for _ in range(2):
            assert client.execute(ONE, {"id": "7"})["todo"]["id"] == "7"
    transport = MockTransport(SDL)
    first, second = Client(transport).execute_batch(
        [Request(ONE, {"id": "1"}), Request(ONE, {"id": "2"})]
    )
    assert first.data != second.data
    assert len(transport.calls) == 2


def test_the_schema_is_told_as_by_a_server() -> None:
    client = Client(MockTransport(SDL), fetch_schema_from_transport=True)
    with pytest.raises(ValidationError):
        client.execute("{ todos { titel } }")


@pytest.mark.parametrize("text", ["{ todos { titel } }", "{ nothing }"])
def test_no_other_than_mistakes_are_kept(text: str) -> None:
    transport = MockTransport(SDL)
    with pytest.raises(ValidationError):
        Client(transport).execute(text)
    assert len(transport.mistakes) == 1


ONE_ELSE = "query One($id: ID!) { todo(id: $id) { title } }"
MANIFESTS = {
    "apollo.json": {
        "format": "apollo-persisted-query-manifest",
        "version": 1,
        "operations": [{"id": document_id(ONE), "name": "One", "type": "query", "body": ONE}],
    },
    "relay.json": [["5d41402abc4b2a76b9719d911017c592", ONE]],
    "one.graphql": ONE,
}


@pytest.mark.parametrize("style", ["auto", "path", "apq"])
@pytest.mark.parametrize("name", MANIFESTS)
def test_a_document_that_is_not_in_the_manifest_fails_the_test(
    name: str, style: Literal["auto", "path", "apq"], tmp_path: Path
) -> None:
    content = MANIFESTS[name]
    file = tmp_path / name
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    transport = MockTransport(SDL, manifest=file)
    client = Client(transport, persisted=Persisted(style))
    assert client.execute(ONE, {"id": "7"})["todo"]["id"] == "7"
    (batched,) = client.execute_batch([Request(ONE, {"id": "7"})])
    assert batched.data is not None
    message = rf"{name} does not have this document \({document_id(ONE_ELSE)}\)"
    with pytest.raises(RequestError, match=message), transport, suppress(RequestError):
        client.execute(ONE_ELSE, {"id": "7"})
    with pytest.raises(RequestError, match=message):
        client.execute_batch([Request(ONE_ELSE, {"id": "7"})])
    assert len(transport.calls) == 2


def test_a_generated_client_and_its_manifest_fit() -> None:
    (case,) = (each for each in cases("corpus") if each.name == "sync_only")
    transport = MockTransport(case.sdl, manifest=case.folder / "sync_only.manifest.json")
    with transport, load(case).API(transport) as client:
        client.hero()
    assert [call.name for call in transport.calls] == ["Hero"]


def test_a_manifest_that_cannot_be_used_fails_at_once(tmp_path: Path) -> None:
    with pytest.raises(PublicationError, match=r"no\.json: No such file"):
        MockTransport(SDL, manifest=tmp_path / "no.json")

"""Other people's clients against our server: Apollo Client, urql, Relay's runtime, and gql."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeAlias

import gql
import pytest
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXTransport
from starlette.applications import Starlette
from starlette.routing import Route
from tests.node import node
from tests.serving import serving

from trunkline.contracts import DocumentRegistry
from trunkline.protocol.documents import document_id
from trunkline.server import GraphQL, make_executable_schema, parse_schema

PEERS = Path(__file__).with_name("peers")


def todos(first: int = 1) -> list[SimpleNamespace]:
    return [SimpleNamespace(title="Milk", done=False)] * first


SCHEMA = make_executable_schema(
    parse_schema("""
    type Query { todos(first: Int): [Todo!]! }
    type Mutation { createTodo(title: String!): Todo! }
    type Todo { title: String! done: Boolean! }
    """),
    SimpleNamespace(
        query=SimpleNamespace(todos=todos),
        mutation=SimpleNamespace(create_todo=lambda title: SimpleNamespace(title=title)),
    ),
)
Calls: TypeAlias = dict[str, dict[str, list[Any]]]

BY_POST = ("Apollo, POST", "urql, POST")
BY_GET = ("Apollo, GET", "urql, GET")
OF_RELAY = ("Relay, POST", "Relay, GET")


def run(*arguments: str) -> str:
    command = [node(PEERS), "calls.mjs", *arguments]
    done = subprocess.run(  # noqa: S603
        command, cwd=PEERS, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def endpoint(**options: Any) -> Starlette:
    app = GraphQL(SCHEMA, auth=None, sinks=(), **options)
    return Starlette(routes=[Route("/graphql{rest:path}", app)])


@pytest.fixture(scope="module")
def apq() -> Calls:
    with serving(endpoint(apq=True)) as port:
        calls: Calls = json.loads(run(f"http://127.0.0.1:{port}/graphql"))
    return calls


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An endpoint where each client may send what is in its manifest, and nothing else."""
    folder = tmp_path_factory.mktemp("documents")
    run(str(folder))
    (folder / "gql" / "1").mkdir(parents=True)
    (folder / "gql" / "1" / "todos.graphql").write_text(TODOS)
    with serving(endpoint(registered=DocumentRegistry(folder, unknown="only"))) as port:
        yield f"http://127.0.0.1:{port}/graphql"


@pytest.fixture(scope="module")
def registered(url: str) -> Calls:
    calls: Calls = json.loads(run(url))
    return calls


def sent(calls: Calls, name: str) -> list[tuple[str, bool, int]]:
    """List what a client sent: the method, whether it had the text, the status of the response."""
    return [
        (method, '"query":' in body or "query=" in url, status)
        for method, url, body, status in calls[name]["sent"]
    ]


def data(calls: Calls, name: str) -> list[Any]:
    given: list[Any] = json.loads(
        json.dumps(calls[name]["given"]).replace(', "__typename": "Todo"', "")
    )
    return given


MILK, BREAD = {"todos": [{"title": "Milk"}]}, {"createTodo": {"title": "Bread"}}
LEARNT = [("POST", False, 404), ("POST", True, 200)]


@pytest.mark.parametrize("name", [*BY_POST, *BY_GET])
def test_the_server_learns_documents_from_apollo_and_urql(apq: Calls, name: str) -> None:
    assert data(apq, name) == [MILK, MILK, BREAD, {"todos": [{"done": False}]}]
    if name in BY_POST:
        assert sent(apq, name) == [*LEARNT, ("POST", False, 200), *LEARNT, *LEARNT]
    else:  # the server knows the documents from before
        methods = ["GET", "GET", "POST", "GET"]
        assert sent(apq, name) == [(method, False, 200) for method in methods]


@pytest.mark.parametrize("name", OF_RELAY)
def test_a_client_that_has_no_text_is_told_what_to_do(apq: Calls, name: str) -> None:
    assert sent(apq, name) == [(name.rpartition(" ")[2], False, 404)]
    (message,) = apq[name]["given"]
    assert "register the document" in message


@pytest.mark.parametrize("name", [*BY_POST, *BY_GET])
def test_registered_documents_of_apollo_and_urql(registered: Calls, name: str) -> None:
    *given, refused = data(registered, name)
    assert given == [MILK, MILK, BREAD]
    assert "may send only documents that it has registered" in refused
    *calls, by_id, by_text = sent(registered, name)
    query = "POST" if name in BY_POST else "GET"
    assert calls == [(query, False, 200), (query, False, 200), ("POST", False, 200)]
    assert by_id == (query, False, 404)
    assert by_text[1:] == (True, 403)


@pytest.mark.parametrize("name", OF_RELAY)
def test_registered_documents_of_relay(registered: Calls, name: str) -> None:
    assert data(registered, name) == [MILK]
    assert sent(registered, name) == [(name.rpartition(" ")[2], False, 200)]


TODOS = "query Todos($first: Int) {\n  todos(first: $first) {\n    title\n  }\n}"


def test_gql_sends_texts_and_they_are_registered_ones(url: str) -> None:
    transport = HTTPXTransport(url, headers={"graphql-client-name": "gql"})
    with gql.Client(transport=transport) as session:
        known = gql.gql(TODOS)
        known.variable_values = {"first": 1}
        assert session.execute(known) == MILK
        assert session.transport.response_headers is not None
        assert session.transport.response_headers["graphql-document-id"] == document_id(TODOS)
        with pytest.raises(TransportQueryError, match="may send only documents that it has"):
            session.execute(gql.gql("{ todos { done } }"))

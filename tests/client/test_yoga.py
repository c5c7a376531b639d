"""Ids, GET, batches and files against a server that others wrote."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.client.calling import TRANSPORTS, Caller
from tests.client.yoga_server import Yoga, yoga

from trunkline import Client, ExecutionError, VariablesError
from trunkline.client import Persisted, Request, Upload

QUERY = "query Todos { todos { title } }"
TODOS = {"todos": [{"title": "Milk"}]}
REGISTERED = "query Registered { todos { title } }"
FILES = "mutation ($files: [File!]!) { read(files: $files) }"


@pytest.fixture(scope="module")
def server() -> Iterator[Yoga]:
    with yoga() as running:
        yield running


@pytest.fixture(params=TRANSPORTS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def seen(server: Yoga) -> Yoga:
    server.seen()
    return server


def test_a_schema_that_yoga_tells(seen: Yoga, kind: str) -> None:
    transport, caller = TRANSPORTS[kind]
    made: Caller = caller(Client(transport(seen.apq), fetch_schema_from_transport=True))
    assert made.execute("{ todo(id: 1) { title } }") == {"todo": {"title": "Milk"}}
    with pytest.raises(ExecutionError, match=r"^at fail: Unexpected error\.$"):
        made.execute("{ fail }")
    made.end()


def test_apq_learns_a_document_once(seen: Yoga, kind: str) -> None:
    transport, caller = TRANSPORTS[kind]
    persisted = Persisted("apq", use_get=True)
    made: Caller = caller(Client(transport(seen.apq), persisted=persisted, name=kind))
    text = f"query Todos {{ todos {{ title }} }} # of {kind}"
    assert [made.execute(text) for _ in range(3)] == [TODOS] * 3
    made.end()
    asked, taught, *later = seen.seen()
    assert asked.startswith("GET /graphql?operationName=Todos&extensions=%7B%22persistedQuery%22")
    assert taught == "POST /graphql"
    assert later == [asked, asked]


def test_apq_never_sends_a_mutation_by_get(seen: Yoga) -> None:
    with Client(seen.apq, persisted=Persisted("apq", use_get=True)) as client:
        text = 'mutation { createTodo(title: "Bread") { title } }'
        assert client.execute(text) == {"createTodo": {"title": "Bread"}}
    assert seen.seen() == ["POST /graphql", "POST /graphql"]


def test_registered_documents_go_by_their_ids(seen: Yoga) -> None:
    with Client(seen.registered, persisted=Persisted("id")) as client:
        assert client.execute(REGISTERED) == TODOS
        assert len(seen.seen()) == 1
        assert client.execute(QUERY) == TODOS  # which is not registered
        assert len(seen.seen()) == 2


def test_a_server_without_ids_is_asked_by_text_from_then_on(seen: Yoga) -> None:
    with Client(seen.apq, persisted=Persisted("id")) as client:
        assert [client.execute(QUERY) for _ in range(3)] == [TODOS] * 3
    assert len(seen.seen()) == 4


def test_a_batch_has_an_answer_per_operation(seen: Yoga) -> None:
    with Client(seen.apq, fetch_schema_from_transport=True) as client:
        client.execute(QUERY)
        seen.seen()
        first, second, third = client.execute_batch(
            [
                Request(QUERY),
                Request("query ($id: ID!) { one: todo(id: $id) { id } }", {"id": 1}),
                Request("{ fail }"),
            ]
        )
    assert (first.data, second.data) == (TODOS, {"one": {"id": "1"}})
    assert [error["path"] for error in third.errors] == [["fail"]]
    assert seen.seen() == ["POST /graphql"]


async def test_a_batch_without_blocking(seen: Yoga) -> None:
    async with Client(seen.apq) as session:
        results = await session.execute_batch([Request(QUERY), Request(QUERY)])
    assert [result.data for result in results] == [TODOS, TODOS]


def test_files(seen: Yoga, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "of the path.txt"
    path.write_text("one")
    transport, caller = TRANSPORTS[kind]
    made: Caller = caller(Client(transport(seen.apq), fetch_schema_from_transport=True))
    files = [Upload(path), Upload(b"two", 'a"b.csv'), Upload(io.BytesIO(b"three"))]
    assert made.execute(FILES, {"files": files})["read"] == [
        "of the path.txt text/plain one",
        "a%22b.csv text/csv two",
        "file application/octet-stream three",
    ]
    made.end()


def test_what_is_no_file_is_a_mistake_still(seen: Yoga) -> None:
    with Client(seen.apq) as client, pytest.raises(VariablesError, match="has no JSON form"):
        client.execute(FILES, {"files": [object()]})
    with Client(seen.apq) as client, pytest.raises(TypeError, match="A batch cannot contain files"):
        client.execute_batch([Request(FILES, {"files": [Upload(b"")]})])

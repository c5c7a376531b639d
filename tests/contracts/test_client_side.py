"""Our client and a server with registered documents: it sends ids by itself."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from graphql import build_schema
from starlette.applications import Starlette
from starlette.routing import Route
from tests.contracts.test_registry import manifest, publish
from tests.generate.client.cases import cases
from tests.generate.client.test_corpus import load
from tests.server.calling import SDL, Endpoint

from trunkline import Client, ExecutionError, gql
from trunkline.client import Hooks, Persisted
from trunkline.client.generated import GeneratedOperation
from trunkline.client.transports import HTTPRequest
from trunkline.client.transports.asgi import ASGITransport
from trunkline.contracts import DocumentRegistry
from trunkline.contracts.manifests import read_manifest
from trunkline.contracts.store import open_store
from trunkline.generate.client import ClientSettings, DocumentSource, Problems, generate_client
from trunkline.protocol.documents import document_id

ONE = "query One($id: ID!) { todo(id: $id) { title } }"
ADD = 'mutation Add { add(title: "Oats") { id } }'
MILK = {"todo": {"title": "Milk"}}
BY_ID = f"POST {document_id(ONE)}/One"


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'documents.db'}"


@pytest.fixture
def registry(store: str) -> Iterator[DocumentRegistry]:
    made = DocumentRegistry(store)
    yield made
    made.close()


def calling(app: Any, sent: list[str], **options: Any) -> Client:
    """Return a client that writes down what it sends."""
    return Client(ASGITransport(app), **{"name": "billing", "hooks": noting(sent), **options})


def noting(sent: list[str]) -> Hooks:
    """Write down each request: the method, and the path below /graphql."""

    def note(request: HTTPRequest) -> HTTPRequest:
        sent.append(f"{request.method} {request.path}")
        return request

    return Hooks(request=note)


async def ask(client: Client, document: str = ONE) -> Any:
    return await client.execute_async(document, {"id": "1"} if document == ONE else None)


async def test_a_client_sends_ids_as_soon_as_it_may(registry: DocumentRegistry) -> None:
    app = Endpoint(registered=registry)
    assert (await publish(app, manifest(ONE, ADD))).status == 201
    sent: list[str] = []
    client = calling(app, sent)
    for _ in range(3):
        assert await ask(client) == MILK
    assert await ask(client, ADD) == {"add": {"id": "2"}}
    assert sent == ["POST ", BY_ID, BY_ID, "POST "]
    assert await ask(client, ADD) == {"add": {"id": "2"}}
    assert sent[-1] == f"POST {document_id(ADD)}/Add"
    sent.clear()
    by_get = calling(app, sent, persisted=Persisted("path", use_get=True))
    assert await ask(by_get) == MILK
    assert await ask(by_get, ADD) == {"add": {"id": "2"}}
    assert sent == [f"GET {document_id(ONE)}/One", f"POST {document_id(ADD)}/Add"]


async def test_others_go_on_with_texts(
    registry: DocumentRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    app = Endpoint(registered=registry)
    assert (await publish(app, manifest(ONE))).status == 201
    not_below = Starlette(routes=[Route("/graphql", app, methods=["GET", "POST"])])
    below = Starlette(routes=[Route("/graphql{rest:path}", app)])
    for served, name, last in (
        (app, "web", "POST "),
        (not_below, "billing", "POST "),
        (below, "billing", BY_ID),
        (Endpoint(), "billing", "POST "),
    ):
        sent: list[str] = []
        client = calling(served, sent, name=name)
        for _ in range(2):
            assert await ask(client) == MILK
        assert sent == ["POST ", last]
    assert not [each for each in caplog.records if each.name == "trunkline.client"]


async def test_a_version_that_is_retired_while_its_client_runs(
    registry: DocumentRegistry, store: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = Endpoint(registered=registry)
    assert (await publish(app, manifest(ONE))).status == 201
    sent: list[str] = []
    client = calling(app, sent)
    for _ in range(2):
        await ask(client)
    open_store(store).retire("billing", "2.3.1", 1.0)
    registry.refresh()
    with caplog.at_level(logging.WARNING, "trunkline.client"):
        for _ in range(3):
            assert await ask(client) == MILK
    assert sent == ["POST ", BY_ID, BY_ID, "POST ", "POST ", "POST "]
    (record,) = [each for each in caplog.records if each.name == "trunkline.client"]
    assert "does not know the document 'One'" in record.getMessage()
    open_store(store).set_rule("billing", "only")
    registry.refresh()
    with pytest.raises(ExecutionError, match="Register it: trunkline publish") as caught:
        await ask(client)
    assert caught.value.errors[0]["extensions"]["code"] == "DOCUMENT_NOT_REGISTERED"


async def test_a_server_that_starts_again_knows_the_ids(
    registry: DocumentRegistry, store: str
) -> None:
    app = Endpoint(registered=registry)
    assert (await publish(app, manifest(ONE))).status == 201
    running: list[Any] = [app]

    async def server(scope: Any, receive: Any, send: Any) -> None:
        await running[-1](scope, receive, send)

    sent: list[str] = []
    client = calling(server, sent)
    await ask(client)
    again = DocumentRegistry(store)
    running.append(Endpoint(registered=again))
    assert await ask(client) == MILK
    assert sent == ["POST ", BY_ID]
    again.close()
    running.append(Endpoint(apq=True))  # has forgotten everything
    assert await ask(client) == MILK
    assert sent == ["POST ", BY_ID, BY_ID, "POST "]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_a_file_has_one_id_wherever_it_is_read(start: str, end: str, tmp_path: Path) -> None:
    file = tmp_path / "one.graphql"
    file.write_bytes(f"{start}query One {{{end}  a{end}}}{end}".encode())
    assert list(read_manifest(tmp_path).documents) == [document_id(gql(file).text)]


WITH_MANIFEST = [each for each in cases("corpus") if any(each.folder.glob("*.manifest.json"))]


@pytest.mark.parametrize("case", WITH_MANIFEST, ids=lambda case: case.name)
def test_the_manifest_of_a_generated_client_has_what_it_sends(case: Any) -> None:
    module = load(case)
    (file,) = case.folder.glob("*.manifest.json")
    sent = [each.document for each in vars(module).values() if isinstance(each, GeneratedOperation)]
    assert sent
    assert read_manifest(file).documents == {each.id: each.text for each in sent}


OPERATIONS = """
# Comments and white space are not in the manifest.
query One($id: ID!, $with: Boolean = true)  @catch {
  todo(id: $id) { ...Parts, title @include(if: $with) mine @client }
}
mutation Add { add(title: "a\\u00e4\\n") { ...Parts } }
fragment Parts on Todo { id }
"""


def generated(folder: Path) -> tuple[ModuleType, dict[str, Any]]:
    settings = ClientSettings(
        module="made.py", manifest="made.json", client_directives=["client"], absent_is_null=True
    )
    source = DocumentSource("operations.graphql", OPERATIONS)
    files = generate_client(build_schema(SDL), [source], settings, Problems()).files
    (folder / "made.py").write_text(files["made.py"], encoding="utf-8")
    spec = spec_from_file_location("made_for_contracts", folder / "made.py")
    assert spec
    assert spec.loader
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module, json.loads(files["made.json"])


async def test_a_generated_client_may_ask_what_its_manifest_has_and_nothing_else(
    tmp_path: Path,
) -> None:
    registry = DocumentRegistry(f"sqlite:///{tmp_path / 'documents.db'}", unknown="only")
    module, manifest = generated(tmp_path)
    app = Endpoint(registered=registry)
    assert (await publish(app, manifest)).status == 201
    sent: list[str] = []
    api = module.API(ASGITransport(app), name="billing", hooks=noting(sent))
    for _ in range(2):
        result = await api.one(id="1")
        assert result.data.todo.title == "Milk"
        added = await api.add()
        assert added.add.id == "2"
    add, one = [f"POST {each['id']}/{each['name']}" for each in manifest["operations"]]
    assert sent == ["POST ", "POST ", one, add]
    registry.close()

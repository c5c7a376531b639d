"""Registered documents as an endpoint serves them: publishing, ids, rules, several processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
from graphql.language.parser import Parser
from msgspec.structs import replace
from psycopg.conninfo import conninfo_to_dict
from starlette.applications import Starlette
from starlette.routing import Route
from tests.server.calling import Endpoint, Reply, post, send_body
from tests.waiting import until

from trunkline.asgi.requests import Headers, Scope
from trunkline.auth import Caller
from trunkline.auth.verifying.caller import Challenge
from trunkline.compiler import document as compiling
from trunkline.contracts import DocumentRegistry
from trunkline.contracts.contract import Contract
from trunkline.contracts.store import open_store
from trunkline.errors import AccessDeniedError, PublicationError
from trunkline.protocol.documents import document_id
from trunkline.server import GraphQL, make_executable_schema, parse_schema

ONE = "query One($id: ID!) { todo(id: $id) { title } }"
TWO = "{ number(value: 2) }"
ADD = 'mutation Add { add(title: "Oats") { id } }'
SEVERAL = "query A { number(value: 1) } query B { number(value: 2) }"
ID = document_id(ONE)
BILLING = {"graphql-client-name": "billing", "graphql-client-version": "2.3.1"}

Open = Callable[..., DocumentRegistry]


@pytest.fixture
def open_registry() -> Iterator[Open]:
    """Give what opens registries, and closes them after the test."""
    opened: list[DocumentRegistry] = []

    def open_(where: str | Path, **options: Any) -> DocumentRegistry:
        opened.append(DocumentRegistry(where, **options))
        return opened[-1]

    yield open_
    for each in opened:
        each.close()


def manifest(*texts: str) -> dict[str, str]:
    return {document_id(text): text for text in texts}


async def publish(
    app: Any, documents: Any, version: str = "2.3.1", headers: Mapping[str, str] = BILLING
) -> Reply:
    body = json.dumps(documents).encode()
    return await send_body(app, body, headers, "PUT", f"/graphql/documents/{version}")


async def ask(
    app: Any, document: str, headers: Mapping[str, str] = BILLING, **parameters: Any
) -> Reply:
    body = {"documentId": document, "variables": {"id": "1"}, **parameters}
    return await send_body(app, json.dumps(body).encode(), headers)


async def test_what_a_client_publishes_is_served(store: str, open_registry: Open) -> None:
    app = Endpoint(registered=open_registry(store))
    assert (await ask(app, ID)).code == "PERSISTED_QUERY_NOT_FOUND"
    published = await publish(app, {**manifest(ONE, ADD, SEVERAL), "mine": TWO})
    assert published.status == 201
    assert published.json == {
        "client": "billing",
        "version": "2.3.1",
        "documents": 4,
        "proven": False,
    }
    assert (await ask(app, ID)).data == {"todo": {"title": "Milk"}}
    assert (await ask(app, ID.removeprefix("sha256:"))).data == {"todo": {"title": "Milk"}}
    assert (await ask(app, "mine")).data == {"number": 2}
    assert (await ask(app, document_id(TWO))).data == {"number": 2}  # by its hash, too
    assert (await ask(app, document_id(ADD))).data == {"add": {"id": "2"}}
    assert (await ask(app, document_id(SEVERAL), operationName="B")).data == {"number": 2}
    assert (await ask(app, document_id(SEVERAL))).code == "OPERATION_RESOLUTION_FAILURE"
    for others in ({}, {"graphql-client-name": "web"}):
        assert (await ask(app, ID, others)).code == "PERSISTED_QUERY_NOT_FOUND"


async def test_no_request_waits_for_compiling(
    store: str, open_registry: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Endpoint(registered=open_registry(store))
    assert (await publish(app, manifest(ONE, SEVERAL))).status == 201
    again = Endpoint(registered=open_registry(store))
    for each in (app, again):
        monkeypatch.setattr(Parser, "parse_document", None)
        for _ in range(5):  # the third execution writes longer text for other documents
            assert (await ask(each, ID)).status == 200
            assert (await ask(each, document_id(SEVERAL), operationName="A")).status == 200
            assert (await post(each, ONE, BILLING, variables={"id": "1"})).status == 200
        monkeypatch.undo()


async def test_publishing_again_changes_nothing(store: str, open_registry: Open) -> None:
    app = Endpoint(registered=open_registry(store))
    first, again = [await publish(app, manifest(ONE, ADD)) for _ in range(2)]
    assert (first.status, again.status) == (201, 200)
    assert first.json == again.json
    other = await publish(app, {"one": ONE, ID: ONE})
    assert (other.status, other.code) == (409, "PUBLICATION_REFUSED")
    assert "billing@2.3.1 is published already" in other.error["message"]
    assert f"adds 1 (one), leaves out 1 ({document_id(ADD)})" in other.error["message"]
    assert (await publish(app, {"mine": ONE}, "2.3.2")).status == 201
    changed = await publish(app, {"mine": ADD}, "2.3.2")
    assert "changes 1 (mine)" in changed.error["message"]
    assert (await ask(app, "mine")).status == 200


async def test_one_wrong_document_refuses_all(store: str, open_registry: Open) -> None:
    app = Endpoint(registered=open_registry(store))
    reply = await publish(app, {ID: ONE, "a": "{ number\n nix }", "b": "{", "c": "fragment F on T"})
    assert reply.status == 422
    told = [(each["extensions"]["documentId"], each["message"]) for each in reply.json["errors"]]
    assert told == [
        ("a", "Cannot query field 'nix' on type 'Query'."),
        ("b", "Syntax Error: Expected Name, found <EOF>."),
        ("c", "Syntax Error: Expected '{', found <EOF>."),
    ]
    assert reply.json["errors"][0]["locations"] == [{"line": 2, "column": 2}]
    assert {each["extensions"]["code"] for each in reply.json["errors"]} == {"DOCUMENT_REFUSED"}
    assert (await ask(app, ID)).status == 404
    assert open_store(store).contracts() == []


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "message"),
    [
        ("/graphql/documents/1", b"{", {}, 422, "manifest:1: this is not JSON"),
        ("/graphql/documents/1", b'{"a": "\xff"}', {}, 400, "not in UTF-8"),
        ("/graphql/documents/1", b"{}", {}, 422, "has no documents"),
        ("/graphql/documents/1", b'{"\\ud800": "{ a }"}', {}, 422, "printable characters"),
        ("/graphql/documents/-1", b"{}", {}, 400, "'-1' is not a version"),
        ("/graphql/documents/a%20b", b"{}", {}, 400, "'a b' is not a version"),
        ("/graphql/documents/" + "1" * 65, b"{}", {}, 400, "is not a version"),
        ("/graphql/documents", b"{}", {}, 404, "<endpoint>/documents/<version of the client>"),
        ("/graphql", b"{}", {}, 404, "<endpoint>/documents/<version of the client>"),
        ("/graphql/documents/1", b"{}", {"graphql-client-name": ""}, 400, "GraphQL-Client-Name"),
        ("/graphql/documents/1", b"{}", {"content-type": "text/plain"}, 415, "Content-Type"),
        ("/graphql/documents/1", b"{}", {"content-encoding": "gzip"}, 415, "Content-Encoding"),
        ("/graphql/documents/1", b"{}", {"content-length": "99999999"}, 413, "larger than"),
    ],
)
async def test_a_publication_that_is_malformed(  # noqa: PLR0913, PLR0917  # a table
    open_registry: Open,
    tmp_path: Path,
    path: str,
    body: bytes,
    headers: Mapping[str, str],
    status: int,
    message: str,
) -> None:
    app = Endpoint(registered=open_registry(f"sqlite:///{tmp_path / 'documents.db'}"))
    reply = await send_body(app, body, {**BILLING, **headers}, "PUT", path)
    assert reply.status == status
    assert message in reply.error["message"]


async def test_an_endpoint_without_a_registry_takes_no_publications() -> None:
    assert (await publish(Endpoint(), manifest(ONE))).status == 405


async def test_publishing_can_be_switched_off(tmp_path: Path, open_registry: Open) -> None:
    store = f"sqlite:///{tmp_path / 'documents.db'}"
    app = Endpoint(registered=open_registry(store, publishing=None))
    reply = await publish(app, manifest(ONE))
    assert (reply.status, reply.error["message"]) == (
        405,
        "Documents are not published over HTTP here.",
    )


async def test_the_room_for_documents_is_bounded(
    tmp_path: Path, open_registry: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trunkline.contracts.registry._MOST_DOCUMENTS", 3)
    registry = open_registry(f"sqlite:///{tmp_path / 'documents.db'}")
    app = Endpoint(registered=registry)
    assert (await publish(app, manifest(ONE, TWO), "1")).status == 201
    refused = await publish(app, manifest(ONE, TWO), "2")
    assert (refused.status, refused.code) == (507, "TOO_MANY_DOCUMENTS")
    registry._store.retire("billing", "1", time.time())
    registry.refresh()
    assert (await publish(app, manifest(ONE, TWO), "2")).status == 201


async def test_a_retired_document_is_a_text_like_any_other(
    tmp_path: Path, open_registry: Open
) -> None:
    registry = open_registry(f"sqlite:///{tmp_path / 'documents.db'}")
    app = Endpoint(registered=registry)
    assert (await publish(app, manifest(TWO))).status == 201
    registry._store.retire("billing", "2.3.1", time.time())
    registry.refresh()
    assert (await post(app, TWO, BILLING)).data == {"number": 2}
    assert (await ask(app, document_id(TWO))).status == 404


async def test_a_route_of_starlette_serves_publications(
    open_registry: Open, tmp_path: Path
) -> None:
    endpoint = Endpoint(registered=open_registry(f"sqlite:///{tmp_path / 'documents.db'}"))
    app = Starlette(routes=[Route("/graphql{rest:path}", endpoint)])
    assert (await publish(app, manifest(ONE))).status == 201
    body = json.dumps(manifest(ONE)).encode()
    for path in ("/graphqlx/documents/1", "/graphql/x/documents/1"):
        assert (await send_body(app, body, BILLING, "PUT", path)).status == 404


# -- who publishes --


class Tokens:
    """Authenticates by a token that is the client's id, a space, and its scopes."""

    challenge = Challenge("tests")

    def recall(self, scope: Scope, headers: Headers) -> Caller | None:  # noqa: ARG002
        return None

    async def authenticate(self, scope: Scope) -> Caller:
        token = dict(scope["headers"]).get(b"authorization", b"").decode()
        if not token:
            raise AccessDeniedError(401, "The request has no access token.")
        client, *scopes = token.split()
        return Caller(client, frozenset(scopes))


DEPLOYING = {"authorization": "billing documents:publish"}
RUNNING = {"authorization": "billing", "graphql-client-version": "2.3.1"}


async def test_only_a_token_for_it_publishes(store: str, open_registry: Open) -> None:
    app = Endpoint(registered=open_registry(store), auth=Tokens())
    assert (await publish(app, manifest(ONE), headers={})).status == 401
    denied = await publish(app, manifest(ONE), headers={**RUNNING, **BILLING})
    assert denied.status == 403
    assert 'scope="documents:publish"' in denied.headers["www-authenticate"]
    # the token counts, whatever the client says
    published = await publish(
        app, manifest(ONE), headers={**DEPLOYING, "graphql-client-name": "web"}
    )
    assert (published.json["client"], published.json["proven"]) == ("billing", True)
    assert (await ask(app, ID, RUNNING)).status == 200
    web = {"authorization": "web documents:publish", "graphql-client-name": "billing"}
    assert (await ask(app, ID, web)).code == "PERSISTED_QUERY_NOT_FOUND"


async def test_a_stolen_token_can_ask_nothing_but_what_its_client_registered(
    store: str, open_registry: Open
) -> None:
    registry = open_registry(store)
    app = Endpoint(registered=registry, auth=Tokens(), apq=True)
    assert (await publish(app, manifest(ONE), headers=DEPLOYING)).status == 201
    web = {"authorization": "web documents:publish"}
    assert (await publish(app, manifest(TWO), headers=web)).status == 201
    assert (await post(app, "{ __typename }", web)).status == 200  # learned by its hash, now
    open_store(store).set_rule("billing", "only")
    registry.refresh()
    learned = {"persistedQuery": {"version": 1, "sha256Hash": document_id("{ __typename }")[7:]}}
    for stolen in (
        {"query": "{ __typename }"},
        {"query": "{ __schema { types { name } } }"},
        {"query": f"{ONE} "},  # white space counts
        {"query": TWO},
        {"documentId": document_id(TWO)},
        {"extensions": learned},
        {"query": "{ __typename }", "extensions": learned},
    ):
        reply = await send_body(app, json.dumps(stolen).encode(), RUNNING)
        assert reply.status in {403, 404}, stolen
        assert "data" not in reply.json
    assert (await publish(app, manifest(TWO), "9", RUNNING)).status == 403
    assert (await ask(app, ID, RUNNING)).status == 200
    assert (await post(app, ONE, RUNNING, variables={"id": "1"})).status == 200
    assert (await post(app, "{ __typename }", web)).status == 200  # another client


async def test_what_was_published_without_a_token_is_not_served_to_proven_clients(
    store: str, open_registry: Open, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await publish(Endpoint(registered=open_registry(store)), manifest(ONE))).status == 201
    app = Endpoint(registered=open_registry(store), auth=Tokens())
    assert (await ask(app, ID, RUNNING)).status == 404
    assert "billing@2.3.1 is not served: it was published without a token." in caplog.text
    refused = await publish(app, manifest(ONE), headers=DEPLOYING)
    assert "was published without a token" in refused.error["message"]
    assert (await publish(app, manifest(ONE), "2.3.2", DEPLOYING)).status == 201
    assert (await ask(app, ID, RUNNING)).status == 200


HIDDEN = """
directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION
type Query { open: Int, secret: Int @requiresScopes(scopes: [["secrets"]]) }
"""


class Query:
    def open(self) -> int:
        return 1

    def secret(self) -> int:
        return 2


class Resolvers:
    query = Query()


async def test_documents_are_checked_as_their_client_sees_the_schema(
    store: str, open_registry: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = make_executable_schema(parse_schema(HIDDEN), Resolvers())
    registry = open_registry(store)
    app = GraphQL(schema, auth=Tokens(), registered=registry)
    secret = {"authorization": "billing documents:publish secrets"}
    refused = await publish(app, {"a": "{ secret }"}, headers=DEPLOYING)
    assert refused.error["message"] == "Cannot query field 'secret' on type 'Query'."
    assert (await publish(app, {"a": "{ secret }", "b": "{ open }"}, headers=secret)).status == 201
    assert (await ask(app, "a", RUNNING)).code == "GRAPHQL_VALIDATION_FAILED"  # too few scopes
    again = GraphQL(schema, auth=Tokens(), registered=open_registry(store))
    monkeypatch.setattr(Parser, "parse_document", None)
    for each in (app, again):
        assert (await ask(each, "a", secret)).data == {"secret": 2}


# -- unknown documents --


async def test_the_ladder(
    store: str, open_registry: Open, caplog: pytest.LogCaptureFixture
) -> None:
    registry = open_registry(store, unknown="log")
    app = Endpoint(registered=registry)
    await publish(app, manifest(ONE))
    for _ in range(2):
        assert (await post(app, TWO, BILLING)).status == 200
        assert (await post(app, ONE, BILLING, variables={"id": "1"})).status == 200
    (record,) = [each for each in caplog.records if each.name == "trunkline.documents"]
    assert record.getMessage() == (
        "The client 'billing', which is not proven, sent a document that it has not registered:"
        f" {document_id(TWO)}"
    )
    operator = open_store(store)
    operator.set_rule("billing", "only")
    registry.refresh()
    refused = await post(app, TWO, BILLING)
    assert (refused.status, refused.code) == (403, "DOCUMENT_NOT_REGISTERED")
    assert "trunkline publish" in refused.error["message"]
    assert (await post(app, TWO, {"graphql-client-name": "web"})).status == 200
    registry.close()
    (seen,) = operator.unknown("billing")
    assert (seen.id, seen.text, seen.count) == (document_id(TWO), TWO, 3)
    operator.set_rule("billing", "allow")
    registry.refresh()
    assert (await post(app, TWO, BILLING)).status == 200


async def test_names_that_no_client_can_have_are_not_noted(store: str, open_registry: Open) -> None:
    registry = open_registry(store)
    app = Endpoint(registered=registry)
    for name in ("\x01" * 128, "x" * 200, "billing"):
        assert (await post(app, TWO, {"graphql-client-name": name})).status == 200
    registry.close()
    assert [each.count for each in open_store(store).unknown("billing")] == [1]
    assert open_store(store).unknown("x" * 128) != []  # the beginning of its name


async def test_clients_without_a_name_follow_the_rule_of_the_registry(
    store: str, open_registry: Open
) -> None:
    app = Endpoint(registered=open_registry(store, unknown="only"))
    assert (await post(app, TWO)).code == "DOCUMENT_NOT_REGISTERED"
    assert (await post(app, TWO, {"graphql-client-name": "web"})).status == 403
    assert (await publish(app, manifest(TWO))).status == 201
    assert (await post(app, TWO, BILLING)).status == 200


# -- time, other processes, faults --


async def test_another_process_sees_a_change_by_itself(store: str, open_registry: Open) -> None:
    app, registry = Endpoint(registered=open_registry(store)), open_registry(store)
    other = Endpoint(registered=registry)
    assert (await publish(app, manifest(ONE))).status == 201
    until(lambda: registry.text(ID, None, "billing/2.3.1"), "the publication is not seen")
    assert (await ask(other, ID)).status == 200
    open_store(store).retire("billing", "2.3.1", time.time())
    until(lambda: "billing" in registry._clients and not registry._clients["billing"].texts, "no")
    retired = await ask(other, ID)
    assert (retired.status, retired.code) == (404, "PERSISTED_QUERY_NOT_FOUND")
    assert "was retired with billing@2.3.1" in retired.error["message"]
    refused = await publish(app, manifest(ONE))
    assert "billing@2.3.1 is retired" in refused.error["message"]


async def test_versions_that_are_not_used_expire(store: str, open_registry: Open) -> None:
    now, day = time.time(), 86_400.0
    opened = open_store(store)
    for version, text, used in (("1", ONE, now - 8 * day), ("2", TWO, now - 6 * day)):
        contract = Contract(
            client="billing",
            version=version,
            documents=manifest(text),
            is_proven=False,
            published=used,
            used=used,
        )
        opened.publish(contract)
    app = Endpoint(registered=open_registry(store, unused_days=7))
    assert (await ask(app, ID)).status == 404
    assert (await ask(app, document_id(TWO))).status == 200
    assert (await publish(app, manifest(ONE), "1")).status == 200
    assert (await ask(app, ID)).status == 200


async def test_what_is_used_is_noted(store: str, open_registry: Open) -> None:
    registry = open_registry(store)
    app = Endpoint(registered=registry)
    for version, texts in (("1", [ONE, TWO]), ("2", [ONE]), ("3", [TWO])):
        await publish(app, manifest(*texts), version)
    before = {each.version: each.used for each in open_store(store).contracts()}
    await ask(app, ID, {**BILLING, "graphql-client-version": "2"})
    await post(app, TWO, {"graphql-client-name": "billing"})  # of some version that has it
    await app.stop()
    after = {each.version: each.used for each in open_store(store).contracts()}
    assert {version for version in after if after[version] > before[version]} == {"1", "2", "3"}
    await ask(app, ID, {**BILLING, "graphql-client-version": "2"})
    registry.close()
    last = {each.version: each.used for each in open_store(store).contracts()}
    assert {version for version in last if last[version] > after[version]} == {"2"}


async def test_a_document_that_no_longer_fits_is_told_and_the_rest_is_served(
    store: str, open_registry: Open, caplog: pytest.LogCaptureFixture
) -> None:
    opened = open_store(store)
    documents = {"old": "{ gone }", **manifest(ONE)}
    opened.publish(
        Contract(
            client="billing",
            version="1",
            documents=documents,
            is_proven=False,
            used=time.time(),
        )
    )
    registry = open_registry(store)
    assert await registry.check_documents() == "No endpoint serves the registered documents."
    app = Endpoint(registered=registry)
    assert (await ask(app, ID)).status == 200
    assert (await ask(app, "old")).code == "GRAPHQL_VALIDATION_FAILED"
    assert (
        "The document old of billing@1 does not fit the schema: Cannot query field 'gone' on type"
        " 'Query'." in caplog.text
    )
    assert await registry.check_documents() == "Documents of billing@1 do not fit the schema."
    opened.retire("billing", "1", time.time())
    registry.refresh()
    assert await registry.check_documents() is None
    later = Contract(client="billing", version="2", documents=documents, is_proven=False)
    opened.publish(replace(later, used=time.time()))  # of a process with another schema
    registry.refresh()
    assert await registry.check_documents() is None


async def test_what_was_checked_for_the_schema_is_not_checked_again(
    store: str, open_registry: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[object] = []
    real: Any = vars(compiling)["validate"]

    def validate(*given: Any, **options: Any) -> Any:
        checked.append(given)
        return real(*given, **options)

    monkeypatch.setattr(compiling, "validate", validate)
    app = Endpoint(registered=open_registry(store))
    assert (await publish(app, manifest(ONE, TWO))).status == 201
    assert len(checked) == 2
    Endpoint(registered=open_registry(store))
    assert len(checked) == 2
    other = make_executable_schema(parse_schema("type Query { number(value: Int): Int }"), Other())
    for _ in range(2):
        GraphQL(other, auth=None, registered=open_registry(store))
    assert len(checked) == 6  # one does not fit, so it is told at each start


SEALED = """
from trunkline.compiler.cache import OperationCache
from trunkline.schema.bindings import Schema
from trunkline.schema.load import parse_schema
from trunkline.server.registering import _fingerprint
from tests.server.calling import SDL

for sdl in (SDL, SDL + "extend type Query { more(of: Int! = 1): Int }", SDL + "scalar More"):
    print(_fingerprint(OperationCache(Schema(parse_schema(sdl), {}, {}))))
"""


def test_a_schema_has_the_same_fingerprint_in_every_process() -> None:
    def prints(seed: str) -> list[str]:
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", SEALED]
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, check=True, env=environment
        )
        return done.stdout.split()

    one, other = prints("1"), prints("2")
    assert one == other
    assert len(set(one)) == 3


class Number:
    def number(self, value: int | None = None) -> int | None:
        return value


class Other:
    query = Number()


async def test_the_last_known_documents_are_served_while_the_store_is_away(
    postgresql: str,
    new_database: Callable[[], str],
    open_registry: Open,
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = new_database()
    away = conninfo_to_dict(store)["dbname"]
    with psycopg.connect(postgresql, autocommit=True) as connection:
        registry = open_registry(store)
        app = Endpoint(registered=registry)
        assert (await publish(app, manifest(ONE))).status == 201
        connection.execute(f"ALTER DATABASE {away} ALLOW_CONNECTIONS false".encode())
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [away]
        )
        until(lambda: "The last known documents are served." in caplog.text, "it is not told")
        assert (await ask(app, ID)).status == 200
        unavailable = await publish(app, manifest(TWO), "2")
        assert (unavailable.status, unavailable.code) == (503, "STORE_UNAVAILABLE")
        connection.execute(f"ALTER DATABASE {away} ALLOW_CONNECTIONS true".encode())
        until(lambda: "documents is back." in caplog.text, "it does not come back")
        assert (await publish(app, manifest(TWO), "2")).status == 201
        other = open_store(store)
        other.set_rule("billing", "only")
        until(lambda: registry._clients["billing"].rule == "only", "changes are not seen")
        registry.close()


# -- a folder --


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


async def test_a_folder_of_manifests(tmp_path: Path, open_registry: Open) -> None:
    write(
        tmp_path,
        {
            "clients.toml": '[billing]\nunknown = "only"\nscopes = ["todos:read"]\n',
            "billing/2.3.1.json": json.dumps(manifest(ONE)),
            "billing/2.4.0/add.graphql": ADD,
            "we%2Fb/1.json": json.dumps([["two", TWO]]),
        },
    )
    registry = open_registry(tmp_path)
    app = Endpoint(registered=registry, auth=Tokens())
    assert (await ask(app, ID, RUNNING)).status == 200
    assert (await ask(app, document_id(ADD), RUNNING)).status == 200
    assert (await ask(app, "two", {"authorization": "we/b"})).status == 200
    assert (await post(app, TWO, RUNNING)).status == 403
    refused = await publish(app, manifest(TWO), "3", DEPLOYING)
    assert refused.status == 409
    assert "commit the manifest there as billing/3.json" in refused.error["message"]
    write(tmp_path, {"billing/2.5.0/two.graphql": TWO})
    until(lambda: registry.text(document_id(TWO), Caller("billing"), None), "it is not seen")
    assert (await post(app, TWO, RUNNING)).status == 200


async def test_a_mistake_in_a_folder_is_told_with_its_place(
    tmp_path: Path, open_registry: Open, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path, {"billing/1.json": json.dumps(manifest(ONE))})
    registry = open_registry(tmp_path)
    app = Endpoint(registered=registry)
    write(tmp_path, {"billing/2/two.graphql": "{\n  nix\n}"})
    place = f"{tmp_path}/billing/2/two.graphql:2:3: Cannot query field 'nix' on type 'Query'."
    until(lambda: place in caplog.text, "it is not told")
    assert (await ask(app, ID)).status == 200
    for files, message in (
        ({}, place),
        ({"billing/2/two.graphql": TWO, "billing/!.json": "{}"}, "'!' is not a version"),
        ({"billing/!.json": "", "clients.toml": '[billing]\nunknown = "no"'}, "clients.toml: Inv"),
        ({"clients.toml": "[billing"}, "clients.toml: "),
    ):
        write(tmp_path, files)
        with pytest.raises(PublicationError) as refused:
            Endpoint(registered=open_registry(tmp_path))
        assert message in str(refused.value)


def test_a_registry_belongs_to_one_endpoint(tmp_path: Path, open_registry: Open) -> None:
    registry = open_registry(tmp_path)
    Endpoint(registered=registry)
    with pytest.raises(ValueError, match="belongs to one endpoint"):
        Endpoint(registered=registry)
    with pytest.raises(ValueError, match="'allow', 'log' or 'only'"):
        DocumentRegistry(tmp_path, unknown="refuse")  # type: ignore[arg-type]


def test_a_child_process_follows_the_store_itself(tmp_path: Path, open_registry: Open) -> None:
    registry = open_registry(tmp_path)
    Endpoint(registered=registry)
    before = registry._closed
    registry.after_fork()
    assert registry._closed is not before
    before.set()  # the thread of the parent, which no child has
    write(tmp_path, {"billing/1.json": json.dumps(manifest(ONE))})
    until(lambda: registry.text(ID, None, "billing"), "the folder is not followed")

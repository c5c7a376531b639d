"""Schemas that are kept on disk, served as SDL, and changed while a client runs."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from graphql import (
    GraphQLSchema,
    build_client_schema,
    build_schema,
    introspection_from_schema,
    print_schema,
    validate,
)
from starlette.applications import Starlette
from starlette.routing import Route
from tests.client.serving import QUERY, TODOS, Received, Reply, Todos, execute
from tests.schema.github import github_schema

from trunkline import Client, ProtocolError, ServerStatusError, ValidationError, gql
from trunkline.client import BearerToken, SchemaCache
from trunkline.client import schemas as sources
from trunkline.client.building import build_lazily
from trunkline.client.transports.asgi import ASGITransport
from trunkline.server import GraphQL, make_executable_schema, parse_schema

WIDER = build_schema("""
type Query { todos: [Todo!]! }
type Todo { title: String! urgent: Boolean }
""")
URGENT = "{ todos { urgent } }"


def client_of(server: Todos, **options: Any) -> Client:
    return Client(server.url, fetch_schema_from_transport=True, **options)


def test_another_process_need_not_ask(server: Todos, schemas: Path) -> None:
    for _ in range(3):
        with client_of(server) as client:
            assert client.execute(QUERY) == TODOS
    assert server.operations.count("IntrospectionQuery") == 1
    (file,) = schemas.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(schemas.stat().st_mode) == 0o700


def test_each_credential_has_a_schema_of_its_own(server: Todos, schemas: Path) -> None:
    for token in ("a", "b", "a"):
        with client_of(server, auth=BearerToken(token)) as client:
            client.execute(QUERY)
    assert server.operations.count("IntrospectionQuery") == 2
    assert len(list(schemas.iterdir())) == 2


def test_credentials_that_cannot_be_told_apart_keep_nothing(server: Todos, schemas: Path) -> None:
    class Unknown:
        def auth_flow(self, request: Any) -> Any:
            return (yield request)

    with client_of(server, auth=Unknown()) as client:
        client.execute(QUERY)
    assert not schemas.exists()


def test_keeping_can_be_turned_off(server: Todos, schemas: Path) -> None:
    with client_of(server, schema_cache=None) as client:
        client.execute(QUERY)
    assert not schemas.exists()


def test_a_folder_of_ones_own_and_an_end(server: Todos, tmp_path: Path) -> None:
    for _ in range(2):
        with client_of(server, schema_cache=SchemaCache(tmp_path / "mine", seconds=0)) as client:
            client.execute(QUERY)
    assert server.operations.count("IntrospectionQuery") == 2
    assert len(list((tmp_path / "mine").iterdir())) == 1


@pytest.mark.parametrize("content", [b"", b"{}", b'{"etag":null,"version":null}\n{"a":1}', b"\xff"])
def test_a_file_that_is_broken_is_fetched_anew(
    content: bytes, server: Todos, schemas: Path
) -> None:
    for _ in range(2):
        with client_of(server) as client:
            assert client.execute(QUERY) == TODOS
        (file,) = schemas.iterdir()
        file.write_bytes(content)
    assert server.operations.count("IntrospectionQuery") == 2


def test_where_nothing_can_be_written_the_schema_is_fetched(
    server: Todos, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    with client_of(server) as client:
        assert client.execute(QUERY) == TODOS


def test_a_mistake_is_believed_only_after_asking_again(
    server: Todos, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "_FRESH", 0.0)
    with client_of(server) as client:
        client.execute(QUERY)
        server.schema = WIDER
        server.received.clear()
        assert client.execute(URGENT, get_execution_result=True).status == 200
        assert server.operations == ["IntrospectionQuery", None]
        with pytest.raises(ValidationError, match="Cannot query field 'urgency'"):
            client.execute("{ todos { urgency } }")


def test_a_schema_from_disk_is_not_believed_in_its_mistakes(server: Todos) -> None:
    with client_of(server) as client:
        client.execute(QUERY)
    server.schema = WIDER
    with client_of(server) as client:
        client.execute(URGENT)
    with client_of(server) as client:
        client.execute(URGENT)
    assert server.operations.count("IntrospectionQuery") == 2


def test_mistakes_do_not_ask_the_server_each_time(server: Todos) -> None:
    with client_of(server) as client:
        for _ in range(5):
            with pytest.raises(ValidationError):
                client.execute(URGENT)
    assert server.operations == ["IntrospectionQuery"]


def test_a_running_client_hears_of_a_new_schema(server: Todos) -> None:
    version = "1"

    def reply(received: Received) -> Reply:
        answer = execute(server.schema, received.body)
        return answer._replace(headers=(("GraphQL-Schema-Version", version),))

    server.reply = reply
    with client_of(server) as client:
        for _ in range(2):
            client.execute(QUERY)
        version, server.schema = "2", WIDER
        client.execute(QUERY)
        for _ in range(2):
            client.execute(QUERY)
        assert client.schema is not None
        assert "urgent" in print_schema(client.schema)
    assert server.operations.count("IntrospectionQuery") == 2


def test_a_schema_that_cannot_be_fetched_anew_does_not_stop_calls(
    server: Todos, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = "1"

    def reply(received: Received) -> Reply:
        if version == "2" and received.body.get("operationName") == "IntrospectionQuery":
            return Reply(500, b"Oh", "text/plain")
        answer = execute(server.schema, received.body)
        return answer._replace(headers=(("GraphQL-Schema-Version", version),))

    server.reply = reply
    with client_of(server) as client:
        client.execute(QUERY)
        version = "2"
        for _ in range(4):
            assert client.execute(QUERY) == TODOS
        assert server.operations.count("IntrospectionQuery") == 2
        assert "could not be fetched" in caplog.text
        monkeypatch.setattr(sources, "_FRESH", 0.0)
        with pytest.raises(ValidationError):
            client.execute(URGENT)


SDL = '"The root" type Query { hello: String! }'


class Resolvers:
    class _Query:
        def hello(self) -> str:
            return "Hello"

    query = _Query()


def application(sdl: str = SDL, requests: list[str] | None = None) -> Any:
    schema = make_executable_schema(parse_schema(sdl), Resolvers())
    served = Starlette(
        routes=[Route("/graphql{rest:path}", GraphQL(schema, auth=None, schema_text=True))]
    )

    async def counting(scope: Any, receive: Any, send: Any) -> None:
        async def noting(message: Any) -> None:
            if requests is not None and message["type"] == "http.response.start":
                requests.append(f"{scope['method']} {scope['path']} {message['status']}")
            await send(message)

        await served(scope, receive, noting)

    return counting


class Known(ASGITransport):
    """A transport whose schemas are kept, as those over sockets are."""

    identity = "of the test"


async def test_sdl_costs_a_304_where_nothing_changed() -> None:
    requests: list[str] = []
    for _ in range(2):
        transport = Known(application(requests=requests))
        cache = SchemaCache(seconds=0)
        async with Client(
            transport, schema_url="/graphql/schema.graphql", schema_cache=cache
        ) as session:
            assert await session.execute("{ hello }") == {"hello": "Hello"}
            with pytest.raises(ValidationError):
                await session.execute("{ hullo }")
    get, post = "GET /graphql/schema.graphql", "POST /graphql 200"
    assert requests == [f"{get} 200", post, f"{get} 304", post]


async def test_sdl_is_fetched_again_when_answers_name_another() -> None:
    requests: list[str] = []
    transport = Known(application(requests=requests))
    client = Client(transport, schema_url="/graphql/schema.graphql")
    await client.execute_async("{ hello }")
    transport._application = application("type Query { hello: String }", requests)
    await client.execute_async("{ hello }")
    await client.execute_async("{ hello }")
    assert client.schema is not None
    assert print_schema(client.schema) == "type Query {\n  hello: String\n}"
    assert requests.count("GET /graphql/schema.graphql 200") == 2


async def test_a_url_without_a_schema() -> None:
    client = Client(ASGITransport(application()), schema_url="/nothing")
    with pytest.raises(ServerStatusError, match="404 to the request for its schema") as caught:
        await client.execute_async("{ hello }")
    assert "fetched the schema" in str(caught.value)
    client = Client(ASGITransport(html), schema_url="/")
    with pytest.raises(
        ProtocolError, match="The response of http://testserver/ is not a schema in SDL"
    ):
        await client.execute_async("{ hello }")


async def html(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"<html>"})


def test_githubs_schema_works_and_is_the_same_built_lazily() -> None:
    schema = build_schema(github_schema().read_text("utf-8"))
    told = introspection_from_schema(schema, descriptions=False)
    lazy, eager = build_lazily(msgspec.json.encode(told)), build_client_schema(told)
    assert (
        validate(lazy, gql("{ viewer { login repositories(first: 3) { nodes { id } } } }").ast)
        == []
    )
    (error,) = validate(lazy, gql("{ node(id: 1) { ... on User { logn } } }").ast)
    assert "Did you mean 'login'?" in error.message
    assert print_schema(lazy) == print_schema(eager)


def test_graphql_core_still_allows_to_build_lazily() -> None:
    """Fails loudly where a new graphql-core breaks what `client/building.py` relies on."""
    assert "GraphQLSchema" in build_client_schema.__code__.co_names
    assert not build_client_schema.__code__.co_freevars
    eager = build_schema("interface I { a: Int } type Query implements I { a: Int }")
    told = introspection_from_schema(eager)
    lazy = build_lazily(msgspec.json.encode(told))
    assert type(lazy) is not GraphQLSchema
    assert vars(lazy).keys() == vars(eager).keys()
    for name in ("Query", "I"):
        assert "fields" not in vars(lazy.type_map[name])  # nothing has asked for them yet
    assert lazy.is_sub_type(cast("Any", lazy.get_type("I")), cast("Any", lazy.query_type))


def test_a_type_that_is_broken_is_told_with_its_place(server: Todos) -> None:
    told: Any = introspection_from_schema(server.schema)
    for type_ in told["__schema"]["types"]:
        if type_["name"] == "Todo":
            type_["fields"][0]["type"] = {"kind": "OBJECT", "name": "Nowhere"}
    server.reply = Reply(200, msgspec.json.encode({"data": told}))
    told_where = "schema: Todo.todoID has the type Nowhere, which cannot stand there"
    with client_of(server) as client, pytest.raises(ProtocolError, match=told_where):
        client.execute(QUERY)


def test_the_time_of_a_file_is_when_the_server_said_so(server: Todos, schemas: Path) -> None:
    with client_of(server) as client:
        client.execute(QUERY)
    (file,) = schemas.iterdir()
    os.utime(file, (0, 0))
    with client_of(server) as client:
        client.execute(QUERY)
    assert server.operations.count("IntrospectionQuery") == 2
    assert time.time() - file.stat().st_mtime < 60

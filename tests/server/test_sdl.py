"""The SDL that is served is the SDL that `trunkline schema print` prints, as its caller sees it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.server.calling import Reply, exchange, post
from typer.testing import CliRunner

from trunkline.auth import Assumed, Caller
from trunkline.cli.commands import app as cli
from trunkline.client import Client, SchemaCache
from trunkline.client.transports.asgi import ASGITransport
from trunkline.errors import ValidationError
from trunkline.server import GraphQL, load_schema, make_executable_schema, parse_schema, sdl

SDL = """
directive @cost(points: Int!) on FIELD_DEFINITION
type Query {
  todos: [Todo!]! @requiresScopes(scopes: [["todos:read"]]) @cost(points: 3)
  hello: String
}
type Todo @model(class: "app.models:Todo") { title: String @authenticated }
"""
READER = Assumed(Caller("reader", frozenset({"todos:read"})))
STRANGER = Assumed(Caller("stranger"))


def endpoint(definition: Any = SDL, **options: Any) -> GraphQL:
    if isinstance(definition, str):
        definition = parse_schema(definition)
    query = SimpleNamespace(todos=list, hello=lambda: "Hello")
    schema = make_executable_schema(definition, SimpleNamespace(query=query), metadata=["@cost"])
    return GraphQL(schema, **{"auth": READER, "sinks": (), "schema_text": True, **options})


async def get(app: Any, method: str = "GET", etag: str = "") -> Reply:
    headers = {"if-none-match": etag} if etag else {}
    reply = await exchange(app, method, headers, [], path="/graphql/schema.graphql")
    assert reply is not None
    return reply


async def test_what_is_served_is_what_is_printed(tmp_path: Path) -> None:
    (tmp_path / "schema.graphql").write_text(SDL, encoding="utf-8")
    printed = CliRunner().invoke(cli, ["schema", "print", str(tmp_path)]).stdout
    assert (await get(endpoint(load_schema(tmp_path)))).body.decode() == printed
    assert 'todos: [Todo!]! @requiresScopes(scopes: [["todos:read"]]) @cost(points: 3)' in printed
    assert "directive @requiresScopes(" in printed
    assert "title: String @authenticated" in printed
    assert "@model" not in printed  # only generators read it


async def test_a_caller_gets_the_schema_as_it_sees_it() -> None:
    for auth in (STRANGER, None):
        seen = (await get(endpoint(auth=auth))).body.decode()
        assert "hello: String" in seen
        assert not [each for each in ("todos", "Todo", "todos:read") if each in seen]
    assert "todos" in (await get(endpoint(auth=STRANGER, refuse="fields"))).body.decode()
    told = await get(endpoint(introspection=False))
    assert (told.status, told.code) == (403, "FORBIDDEN")
    assert "hello" not in told.body.decode()


async def test_every_response_names_the_version_that_its_caller_sees() -> None:
    versions: set[str] = set()
    for auth in (READER, STRANGER):
        app = endpoint(auth=auth)
        text = await get(app)
        version = text.headers["graphql-schema-version"]
        assert text.headers["etag"] == f'"{version}"'
        assert text.headers["cache-control"] == "private, no-cache"
        assert text.headers["vary"] == "Authorization"
        for document in ("{ hello }", "{ nothing }", "{", ""):
            assert (await post(app, document)).headers["graphql-schema-version"] == version
        versions.add(version)
    assert len(versions) == 2
    public = endpoint(auth=None)
    assert (await get(public)).headers["cache-control"] == "no-cache"
    assert "graphql-schema-version" not in (await post(endpoint(schema_text=False), "{")).headers


async def test_the_version_changes_with_a_scope() -> None:
    other = SDL.replace("@cost(points: 3)", "@cost(points: 4)")
    first, second = await get(endpoint()), await get(endpoint(other))
    assert first.headers["etag"] != second.headers["etag"]
    assert first.headers["graphql-schema-version"] != second.headers["graphql-schema-version"]
    assert (await get(endpoint(other), etag=first.headers["etag"])).status == 200


async def test_it_is_printed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    app = endpoint()
    whole = await get(app)
    monkeypatch.setattr(sdl, "print_schema", None)
    for etag in (whole.headers["etag"], f'"x", W/{whole.headers["etag"]}'):
        assert (await get(app, etag=etag)).status == 304
    assert (await get(app, etag='"x"')).body == whole.body


async def test_head_has_the_length_and_304_has_none() -> None:
    app = endpoint()
    whole, head = await get(app), await get(app, "HEAD")
    assert (head.headers, head.body) == (whole.headers, b"")
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"if-none-match", whole.headers["etag"].encode())]
    scope = {"type": "http", "method": "GET", "path": "/schema.graphql", "headers": headers}
    await app(scope, None, send)  # type: ignore[arg-type]  # nothing is received
    assert sent[0]["status"] == 304
    assert b"content-length" not in dict(sent[0]["headers"])
    wrong = await get(app, "POST")
    assert (wrong.status, wrong.headers["allow"]) == (405, "GET, HEAD")


class Known(ASGITransport):
    """A transport whose schemas are kept, as those over sockets are."""

    identity = "of the test"


def noting(app: GraphQL, statuses: list[int]) -> Any:
    async def noting(scope: Any, receive: Any, send: Any) -> None:
        async def note(message: Any) -> None:
            if scope["method"] == "GET" and "status" in message:
                statuses.append(message["status"])
            await send(message)

        await app(scope, receive, note)

    return noting


async def test_a_client_takes_it_and_keeps_its_new_etag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    changed = SDL.replace("points: 3", "points: 4")
    statuses: list[int] = []
    for text in (SDL, SDL, changed, changed):
        transport = Known(noting(endpoint(text), statuses))
        cache = SchemaCache(seconds=0)
        async with Client(transport, schema_url="/schema.graphql", schema_cache=cache) as session:
            assert await session.execute("{ hello }") == {"hello": "Hello"}
            with pytest.raises(ValidationError, match="'hallo'"):
                await session.execute("{ hallo }")
    assert statuses == [200, 304, 200, 304]

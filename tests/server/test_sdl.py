"""The SDL that is served is the SDL that `trunkline schema print` prints."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.server.calling import Reply, exchange
from typer.testing import CliRunner

from trunkline.cli.commands import app as cli
from trunkline.client import Client, SchemaCache
from trunkline.client.transports.asgi import ASGITransport
from trunkline.errors import ValidationError
from trunkline.server import (
    GraphQL,
    SchemaText,
    load_schema,
    make_executable_schema,
    parse_schema,
)

SDL = """
directive @cost(points: Int!) on FIELD_DEFINITION
type Query {
  todos: [Todo!]! @requiresScopes(scopes: [["todos:read"]]) @cost(points: 3)
  hello: String
}
type Todo @model(class: "app.models:Todo") { title: String @authenticated }
"""


def schema_text(sdl: str = SDL) -> SchemaText:
    query = SimpleNamespace(todos=list, hello=lambda: "Hello")
    return SchemaText(
        make_executable_schema(parse_schema(sdl), SimpleNamespace(query=query), metadata=["@cost"])
    )


async def get(text: SchemaText, method: str = "GET", etag: str = "") -> Reply:
    reply = await exchange(text, method, {"if-none-match": etag} if etag else {}, [])
    assert reply is not None
    return reply


async def test_what_is_served_is_what_is_printed(tmp_path: Path) -> None:
    (tmp_path / "schema.graphql").write_text(SDL, encoding="utf-8")
    printed = CliRunner().invoke(cli, ["schema", "print", str(tmp_path)]).stdout
    definition = load_schema(tmp_path)
    query = SimpleNamespace(todos=list, hello=lambda: "Hello")
    text = SchemaText(
        make_executable_schema(definition, SimpleNamespace(query=query), metadata=["@cost"])
    )
    assert (await get(text)).body.decode() == printed
    assert 'todos: [Todo!]! @requiresScopes(scopes: [["todos:read"]]) @cost(points: 3)' in printed
    assert "directive @requiresScopes(" in printed
    assert "title: String @authenticated" in printed
    assert "@model" not in printed  # only generators read it


async def test_the_version_changes_with_a_scope() -> None:
    before, after = schema_text(), schema_text(SDL.replace("todos:read", "todos:all"))
    first, second = await get(before), await get(after)
    assert first.headers["etag"] != second.headers["etag"]
    assert first.headers["graphql-schema-version"] != second.headers["graphql-schema-version"]
    assert before.header != after.header
    assert (await get(after, etag=first.headers["etag"])).status == 200


async def test_head_has_the_length_and_304_has_none() -> None:
    text = schema_text()
    whole, head = await get(text), await get(text, "HEAD")
    assert (head.headers, head.body) == (whole.headers, b"")
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"if-none-match", whole.headers["etag"].encode())]
    await text({"type": "http", "method": "GET", "headers": headers}, None, send)  # type: ignore[arg-type]  # nothing is received
    assert sent[0]["status"] == 304
    assert b"content-length" not in dict(sent[0]["headers"])


class Known(ASGITransport):
    """A transport whose schemas are kept, as those over sockets are."""

    identity = "of the test"


def application(sdl: str, statuses: list[int]) -> Any:
    query = SimpleNamespace(todos=list, hello=lambda: "Hello")
    schema = make_executable_schema(
        parse_schema(sdl), SimpleNamespace(query=query), metadata=["@cost"]
    )
    text = SchemaText(schema)
    endpoint = GraphQL(schema, auth=None, schema_text=text)

    async def either(scope: Any, receive: Any, send: Any) -> None:
        async def noting(message: Any) -> None:
            if scope["method"] == "GET" and "status" in message:
                statuses.append(message["status"])
            await send(message)

        await (text if scope["method"] == "GET" else endpoint)(scope, receive, noting)

    return either


async def test_a_client_takes_it_and_keeps_its_new_etag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    changed = SDL.replace("todos:read", "todos:all")
    statuses: list[int] = []
    for sdl in (SDL, SDL, changed, changed):
        transport = Known(application(sdl, statuses))
        cache = SchemaCache(seconds=0)
        async with Client(transport, schema_url="/schema.graphql", schema_cache=cache) as session:
            assert await session.execute("{ hello }") == {"hello": "Hello"}
            with pytest.raises(ValidationError, match="'hallo'"):
                await session.execute("{ hallo }")
    assert statuses == [200, 304, 200, 304]

"""An endpoint over a small schema, and calling it in process as an ASGI server would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import quote

from graphql import GraphQLError

from trunkline.server import GraphQL, OperationEvent, Schema, make_executable_schema, parse_schema

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"

SDL = """
scalar JSON
type Query {
  todo(id: ID!): Todo
  echo(value: JSON): JSON
  number(value: Int): Int
  raising: String
  refusing: String
  required: String!
  slow: String
  unwritable: String
  context: JSON
}
type Mutation { add(title: String!): Todo }
type Todo { id: ID!  title: String! }
"""

PRIVATE = "SELECT phone FROM users -- /srv/app/private.py"


class DatabaseDownError(Exception):
    """What no caller may hear of."""


@dataclass
class Todo:
    id: str
    title: str


class Query:
    def todo(self, id: str) -> Todo | None:  # noqa: A002
        return Todo(id, "Milk") if id == "1" else None

    def echo(self, value: Any = None) -> Any:
        return value

    def number(self, value: int | None = None) -> int | None:
        return value

    def raising(self) -> str:
        raise DatabaseDownError(PRIVATE)

    def refusing(self) -> str:
        raise GraphQLError("Not today.", extensions={"code": "CLOSED", "until": "Monday"})

    def required(self) -> str:
        raise DatabaseDownError(PRIVATE)

    async def slow(self) -> str:
        await asyncio.sleep(30)
        return "late"

    def unwritable(self) -> None:
        raise GraphQLError("No.", extensions={"a set": {1}})

    def context(self, context: Any) -> Any:
        return context


class Mutation:
    def __init__(self) -> None:
        self.added: list[str] = []

    def add(self, title: str) -> Todo:
        self.added.append(title)
        return Todo("2", title)


class Resolvers:
    def __init__(self) -> None:
        self.query = Query()
        self.mutation = Mutation()


def make_schema(resolvers: Resolvers | None = None) -> Schema:
    return make_executable_schema(parse_schema(SDL), resolvers or Resolvers(), {"Todo": Todo})


class Endpoint(GraphQL):
    """A `GraphQL` that remembers its events, and what its mutation was asked for."""

    def __init__(self, **options: Any) -> None:
        self.events: list[OperationEvent] = []
        resolvers = Resolvers()
        self.added = resolvers.mutation.added
        options = {"auth": None, "sinks": (self.events.append,), **options}
        super().__init__(make_schema(resolvers), **options)


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def data(self) -> Any:
        return self.json["data"]

    @property
    def error(self) -> dict[str, Any]:
        (error,) = self.json["errors"]
        assert isinstance(error, dict)
        return error

    @property
    def code(self) -> str:
        return str(self.error["extensions"]["code"])


Headers = Mapping[str, str] | Sequence[tuple[str, str]]
GONE = {"type": "http.disconnect"}


def chunk(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


async def exchange(  # noqa: PLR0913  # a request has that many parts
    app: Any,
    method: str,
    headers: Headers,
    incoming: Sequence[dict[str, Any]],
    *,
    query_string: bytes = b"",
    http_version: str = "1.1",
    path: str = "/graphql",
) -> Reply | None:
    """Give an application a request message by message; ``None`` if it answers nothing.

    After the last message nothing comes any more, neither bytes nor a disconnect.
    """
    sent: list[Any] = []
    messages = list(incoming)

    async def receive() -> dict[str, Any]:
        if not messages:
            await asyncio.Event().wait()
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    pairs = headers.items() if isinstance(headers, Mapping) else headers
    scope = {
        "type": "http",
        "client": ("127.0.0.1", 50_000),
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": http_version,
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": quote(path, ":/").encode(),
        "root_path": "",
        "query_string": query_string,
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in pairs],
    }
    await app(scope, receive, send)
    return _read(sent, is_head=method == "HEAD") if sent else None


def _read(sent: list[Any], *, is_head: bool) -> Reply:
    start, body = sent
    assert start["type"] == "http.response.start"
    assert body["type"] == "http.response.body"
    headers = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
    assert len(headers) == len(start["headers"]), "a header comes twice"
    if is_head:
        assert int(headers["content-length"]) > len(body["body"]) == 0
    elif start["status"] in (204, 304):
        assert "content-length" not in headers
    else:
        assert headers["content-length"] == str(len(body["body"]))
    return Reply(int(start["status"]), headers, body["body"])


async def send_body(
    app: Any, body: bytes, headers: Headers = (), method: str = "POST", path: str = "/graphql"
) -> Reply:
    """Send a body in one piece, as JSON where the headers do not say otherwise."""
    pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
    named = {name.lower() for name, _ in pairs}
    defaults = {"content-type": JSON, "content-length": str(len(body))}
    pairs += [(name, value) for name, value in defaults.items() if name not in named]
    reply = await exchange(app, method, pairs, [chunk(body)], path=path)
    assert reply is not None
    return reply


async def post(app: Any, query: str, headers: Headers = (), **parameters: Any) -> Reply:
    """Send an operation by POST."""
    return await send_body(app, json.dumps({"query": query, **parameters}).encode(), headers)


async def get(
    app: Any,
    query_string: bytes,
    headers: Headers = (),
    method: str = "GET",
    path: str = "/graphql",
) -> Reply:
    """Send a query string."""
    reply = await exchange(app, method, headers, [chunk(b"")], query_string=query_string, path=path)
    assert reply is not None
    return reply

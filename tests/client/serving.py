"""A GraphQL server on a real socket, which counts its connections and requests."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any, NamedTuple

from graphql import ExecutionResult, GraphQLSchema, build_schema, graphql_sync

SDL = """
type Query { todos: [Todo!]!  todo(todoID: ID!): Todo }
type Mutation { createTodo(todo: TodoInput!): Todo }
type Todo { todoID: ID!  title: String!  text: String! }
input TodoInput { title: String!  text: String! }
"""
QUERY = "{ todos { title } }"
TODOS = {"todos": [{"title": "Milk"}]}
TODO = {"todoID": "1", "title": "Milk", "text": "Two litres"}
SCHEMA = build_schema(SDL)
JSON = "application/json"
GRAPHQL = "application/graphql-response+json"


class Reply(NamedTuple):
    """What the server answers; ``cut`` bytes of the body are announced and never sent."""

    status: int
    body: bytes
    media_type: str = GRAPHQL
    headers: tuple[tuple[str, str], ...] = ()
    cut: int = 0


class Received(NamedTuple):
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class Todos(ThreadingHTTPServer):
    """Answers from a schema, or with ``reply``, and counts connections and requests."""

    request_queue_size = 128
    daemon_threads = False  # server_close() waits for every connection: a client must close its own

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = Lock()
        self.connections = 0
        self.received: list[Received] = []
        self.reply: Reply | Callable[[Received], Reply] | None = None
        self.schema = SCHEMA
        self.url = f"http://127.0.0.1:{self.server_port}/graphql"

    def get_request(self) -> tuple[Any, Any]:
        self.connections += 1
        return super().get_request()

    def answer(self, received: Received) -> Reply:
        with self.lock:
            self.received.append(received)
        reply = self.reply
        if reply is None:
            return execute(self.schema, received.body)
        return reply(received) if callable(reply) else reply

    @property
    def operations(self) -> list[str | None]:
        return [received.body.get("operationName") for received in self.received]


def execute(schema: GraphQLSchema, body: dict[str, Any]) -> Reply:
    if body.get("operationName") == "IntrospectionQuery":
        return introspect(schema, body["query"])
    root = {
        "todos": [TODO],
        "todo": lambda _info, todoID: TODO if todoID == "1" else None,  # noqa: N803
        "createTodo": lambda _info, todo: {"todoID": "2", **todo},
    }
    variables, name = body.get("variables"), body.get("operationName")
    return formatted(
        graphql_sync(schema, body["query"], root, variable_values=variables, operation_name=name)
    )


@lru_cache
def introspect(schema: GraphQLSchema, query: str) -> Reply:
    return formatted(graphql_sync(schema, query))


def formatted(result: ExecutionResult) -> Reply:
    answer = json.dumps(result.formatted).encode()
    return Reply(400 if result.data is None else 200, answer)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 5  # seconds; only a connection that a client forgot to close waits that long
    wbufsize = -1  # headers and body in one segment
    server: Todos

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.answer(Received(self.path, headers, json.loads(body)))
        self.send_response(reply.status)
        if reply.media_type:
            self.send_header("Content-Type", reply.media_type)
        for name, value in reply.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body) + reply.cut))
        self.end_headers()
        self.wfile.write(reply.body)
        self.close_connection = self.close_connection or bool(reply.cut)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

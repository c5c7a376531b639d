"""A server that has its answers ready: what a call costs its client, whoever serves it.

`python -m benchmarks.peers.python.canned PORT`; one answer per operation name.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any, cast

from graphql import build_schema, introspection_from_schema

SDL = """
scalar DateTime
scalar UUID
scalar Decimal
enum State { OPEN DONE LATE }
type Query { todo(id: ID!): Todo todos(first: Int): [Todo!]! tasks(first: Int): [Task!]! }
type Mutation { createTodo(todo: TodoInput!): Todo }
type Todo { id: ID! title: String! done: Boolean! owner: User }
type User { id: ID! name: String! }
type Task {
  id: UUID! created: DateTime! due: DateTime state: State! price: Decimal! notes: [String!]!
}
input TodoInput { title: String! owner: ID }
"""
HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\n"
    b"date: Thu, 26 Nov 2026 12:00:00 GMT\r\ncontent-length: "
)


def task(number: int) -> dict[str, Any]:
    return {
        "id": f"00000000-0000-0000-0000-{number:012}",
        "created": "2026-11-26T12:00:00+00:00",
        "due": "2026-12-24T18:30:00+00:00",
        "state": ("OPEN", "DONE", "LATE")[number % 3],
        "price": f"{number}.95",
        "notes": [f"Note {note} of task {number}" for note in range(3)],
    }


def todo(number: int) -> dict[str, Any]:
    owner = {"id": str(number % 7), "name": f"User {number % 7}"}
    return {"id": str(number), "title": f"Todo {number}", "done": False, "owner": owner}


def answers() -> dict[str, bytes]:
    data = {
        "One": {"todo": todo(1)},
        "Hundred": {"todos": [todo(number) for number in range(100)]},
        "Tasks": {"tasks": [task(number) for number in range(1_150)]},
        "IntrospectionQuery": introspection_from_schema(build_schema(SDL)),
    }
    return {name: json.dumps({"data": one}).encode() for name, one in data.items()}


class Protocol(asyncio.Protocol):
    """One connection, whose requests come whole."""

    answers: dict[str, bytes]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin (asyncio)."""
        self.transport = cast("asyncio.Transport", transport)
        self.received = b""

    def data_received(self, data: bytes) -> None:
        """Answer once a request is whole (asyncio)."""
        self.received += data
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found:
            return
        lines = head.lower().split(b"\r\n")
        length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
        if len(body) < length:
            return
        self.received = b""
        request = json.loads(body)
        name = request.get("operationName") or request["query"].split()[1]  # query NAME {
        answer = self.answers[name]
        self.transport.write(b"%s%d\r\n\r\n%s" % (HEAD, len(answer), answer))


async def serve(port: int) -> None:
    Protocol.answers = answers()
    server = await asyncio.get_running_loop().create_server(Protocol, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))

"""Documents that are made to cost: processor time and memory of an endpoint that gets them.

``python -m benchmarks.hostile 1000`` measures a thousand that are drawn at random, ``make fuzz``
too; it writes those that cost too much to files. A second number repeats an earlier draw.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import msgspec

from benchmarks.figures import Figure, at_most
from benchmarks.hostile_documents import HostileDocuments
from benchmarks.large_schema import SDL as SDL_OF_GITHUB
from benchmarks.large_schema import made_valid
from benchmarks.peers import installed
from trunkline.mocking.schema import mock_schema
from trunkline.schema.bindings import Schema
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import load_schema, parse_schema
from trunkline.server import GraphQL

__all__ = ["DOCUMENTS", "fuzz", "measure", "measured"]

SERVED = """
type Query { count: Int!  book(id: ID!, like: Like): Book  books: [Book!]! }
type Book { id: ID!  title: String!  failing: String  required: Int!  similar: [Book] }
input Like { title: String  genre: Genre  like: Like  any: [Like!] }
enum Genre { NOVEL POETRY }
"""

MILLISECONDS = 250  # of processor time, for any request
MEGABYTES = 50
SECONDS = 20  # after these it has failed
BYTES = 4 * 1024**3


def _many(template: str, count: int) -> str:
    return " ".join(template.replace("#", str(number)) for number in range(count))


DOCUMENTS = {
    "Q-01 fields 190 deep": (
        "{ books " + "{ related(first: 1) " * 190 + "{ id }" + "}" * 190 + "}"
    ),
    "Q-03 2,400 aliases": "{ " + _many("a#: count", 2_400) + " }",
    "Q-03 1,600 aliases": "{ " + _many("a#: count", 1_600) + " }",
    "Q-06 __typename 4,900 times": "{ " + "__typename " * 4_900 + "}",
    "Q-07 one alias, 400 different arguments": "{ " + _many("a: book(id: #) { id }", 400) + " }",
    "Q-07 300 fragments of one field": "{ "
    + _many("...F#", 300)
    + " } "
    + _many("fragment F# on Query { count }", 300),
    "Q-08 10,000 directives": "{ count " + "@aa" * 10_000 + " }",
    "Q-09 @include with 300 variables": "query ("
    + _many("$v#: Boolean!", 300)
    + ") { "
    + _many("count @include(if: $v#)", 300)
    + " }",
    "Q-12 introspection in circles": "{ __schema { types "
    + "{ fields { type " * 10
    + "{ name }"
    + " } }" * 10
    + " } }",
    "Q-17 a name of 50,000 characters": "{ " + "a" * 50_000 + " }",
    "Q-17 a million characters": "{ count }" + " " * 1_000_000,
}
DOCUMENTS["Q-02 a circle of 100 fragments"] = "{ ...F0 } " + " ".join(
    f"fragment F{number} on Query {{ ...F{(number + 1) % 100} }}" for number in range(100)
)
DOCUMENTS["Q-05 fragments that double 25 times"] = (
    "{ books { ...F0 } } "
    + " ".join(
        f"fragment F{number} on Book {{ a: related(first: 1) {{ ...F{number + 1} }}"
        f" b: related(first: 1) {{ ...F{number + 1} }} }}"
        for number in range(25)
    )
    + " fragment F25 on Book { id }"
)


LARGE = {
    "Q-02 190 fragments in a circle behind 46,000 empty lines": "\n" * 46_000
    + "{ ...F0 } "
    + " ".join(
        f"fragment F{number} on Query {{ " + f"...F{(number + 1) % 190} " * 10 + "}"
        for number in range(190)
    ),
    "Q-06 one argument 1,600 times": "{ book(" + "id: 1 " * 1_600 + ") { id } }",
    "Q-13 900 names that are nearly right": "{ " + _many("bookss#", 900) + " }",
    "Q-13 80 types that are nearly right": "{ count } "
    + _many("fragment F# on Repositor# { id }", 80),
    "Q-15 introspection under 15 aliases": "{ "
    + _many("a#: __schema { types { fields { args { name } } } }", 15)
    + " }",
    "Q-15 introspection under 130 aliases": "{ "
    + _many("a#: __schema { types { fields { args { name type { name } } } } }", 130)
    + " }",
    "Q-15 lists of lists whose length nobody says": "{ books { similar { similar { id } } } }",
    "E-02 a million errors": "{ books { similar { similar { failing } } } }",
    "E-02 a million errors of non-null fields": "{ books { similar { similar { required } } } }",
    "Q-16 140 aliases of objects": "{ " + _many("a#: book(id: 1) { a: title b: id }", 140) + " }",
    "Q-16 1,000 aliases": "{ " + _many("a#: count", 1_000) + " }",
    "Q-17 1,600 unknown fields in a literal": "{ book(id: 1, like: {" + _many("a#: 1", 1_600) + "})"
    " { id } }",
}
"""More of them, for endpoints: what is answered at the first and at each repeat."""


OF_MANY_TYPES: dict[str, tuple[str, dict[str, Any]]] = {
    "Q-16 450 aliases of an interface": ("{ " + _many("a#: nodes { id }", 450) + " }", {}),
    "Q-16 900 aliases in an interface": ("{ nodes { " + _many("a#: id", 900) + " } }", {}),
    "Q-16 300 nodes by their ids": ("{ " + _many("a#: node(id: #) { id }", 300) + " }", {}),
    "Q-16 a union of 70 types in a union": (
        "{ any { " + _many("... on T# { other { ... on T# { id } } }", 70) + " } }",
        {},
    ),
    "Q-16 450 aliases of a type by introspection": (
        "{ " + _many('a#: __type(name: "Query") { name }', 400) + " }",
        {},
    ),
    "Q-16 300 aliases of lists of introspection": (
        "{ __schema { directives { " + _many("a#: args { defaultValue name }", 300) + " } } }",
        {},
    ),
    "Q-15 defaults of introspection under 50 aliases": (
        "{ __schema { types { fields { args { " + _many("a#: defaultValue", 50) + " } } } } }",
        {},
    ),
    "Q-18 a list that a literal repeats 2,000 times": (
        "query ($i: Any) { find(any: [" + "$i " * 2_000 + "]) { id } }",
        {"i": [{"a": 1}] * 9_000},
    ),
    "Q-18 a list of 4,800 in an argument of every node": (
        "{ nodes { nodes { found(like: {any: [" + "1 " * 4_800 + "]}) } } }",
        {},
    ),
    "Q-18 900 objects in an argument of every node": (
        "{ nodes { nodes { found(like: {like: [" + "{a: 1} " * 900 + "]}) } } }",
        {},
    ),
    "Q-18 24,000 objects that defaults fill": (
        "query ($i: [Like!]) { find(like: {like: $i}) { id } }",
        {"i": [{}] * 24_000},
    ),
    "Q-18 40,000 values that become lists": (
        "query ($i: [[[[Int]]]]) { find(rows: $i) { id } }",
        {"i": [1] * 30_000},
    ),
}
"""Documents and variables, for a schema with interfaces and unions of many types."""


def measure() -> Iterator[Figure]:
    for name, schema in _schemas().items():
        endpoint = GraphQL(schema, auth=None, sinks=())
        for title, document in {**DOCUMENTS, **LARGE}.items():
            yield from _figures(f"{name}: {title}", measured(endpoint, document))
    endpoint = GraphQL(_many_types(), auth=None, sinks=())
    for title, (document, variables) in OF_MANY_TYPES.items():
        yield from _figures(f"many types: {title}", measured(endpoint, document, variables))


def _figures(title: str, spent: Spent) -> Iterator[Figure]:
    yield Figure(title, spent.milliseconds, "ms", at_most(MILLISECONDS))
    if spent.megabytes > MEGABYTES / 2:
        yield Figure(title, spent.megabytes, "MB", at_most(MEGABYTES))


@dataclass(frozen=True, slots=True)
class Spent:
    """Processor time of the dearest of four requests, and the memory at their height."""

    milliseconds: float
    megabytes: float

    @property
    def holds(self) -> bool:
        return self.milliseconds <= MILLISECONDS and self.megabytes <= MEGABYTES


def measured(endpoint: GraphQL, document: str, variables: dict[str, Any] | None = None) -> Spent:
    """Ask an endpoint four times, in a fork with a limit of time and of memory."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            body = msgspec.json.encode({"query": document, "variables": variables})
            os.write(writing, msgspec.json.encode(_spend(endpoint, body)))
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as report:
        told = report.read()
    os.waitpid(process, 0)
    return msgspec.json.decode(told, type=Spent) if told else Spent(inf, inf)


def _spend(endpoint: GraphQL, body: bytes) -> Spent:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    logging.disable()  # what the documents make fail
    gc.freeze()
    Path("/proc/self/clear_refs").write_text("5")  # the height of what the parent had
    before = _resident("VmRSS")
    times: list[float] = []
    for _ in range(4):
        clock = time.process_time()
        asyncio.run(_post(endpoint, body))
        times.append(time.process_time() - clock)
    return Spent(max(times) * 1000, _resident("VmHWM") - before)


def _resident(key: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    (found,) = (line.split()[1] for line in lines if line.startswith(key))
    return int(found) / 1024


async def _post(endpoint: GraphQL, body: bytes) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(_message: Any) -> None:
        pass

    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    scope = {"type": "http", "method": "POST", "query_string": b"", "headers": headers}
    await endpoint(scope, receive, send)


class _Book:
    id = "1"
    title = "a"
    required = None

    def similar(self) -> list[_Book]:
        return BOOKS

    @property
    def failing(self) -> str:
        raise ValueError("on purpose")


def _book(id: str, like: object = None) -> _Book:  # noqa: A002, ARG001  # as in the schema
    return BOOKS[0]


BOOKS = [_Book() for _ in range(100)]


def _schemas() -> dict[str, Schema]:
    """Return a small schema with long lists, and GitHub's with data that is made up."""
    query = SimpleNamespace(count=lambda: 1, book=_book, books=lambda: BOOKS)
    small = make_executable_schema(
        parse_schema(SERVED), SimpleNamespace(query=query), {"Book": _Book}
    )
    if installed.node() is None:
        return {"small": small}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "schema.graphql"
        path.write_text(made_valid(SDL_OF_GITHUB.read_text(encoding="utf-8")), encoding="utf-8")
        return {"small": small, "GitHub's": mock_schema(load_schema(path))}


class _Node:
    id = "1"
    other = None

    def nodes(self) -> list[_Node]:
        return NODES

    def found(self, like: object = None) -> str:  # noqa: ARG002  # as in the schema
        return "x"


NODES: list[_Node] = []


def _many_types() -> Schema:
    """Return a schema with an interface and a union of a hundred types, and a node of each."""
    field = "id: ID! other: U nodes: [Node!]! found(like: Like): String"
    names = [f"T{number}" for number in range(100)]
    sdl = f"""
        scalar Any
        input Like {{ a: Int = 3  any: Any  like: [Like!]  b: [Int] = [1, 2]  c: String = "" }}
        interface Node {{ {field} }}
        union U = {" | ".join(names)}
        type Query {{
          nodes: [Node!]!  any: [U!]!  node(id: ID!): Node
          find(like: Like, any: Any, rows: [[[[Int]]]]): [Node!]!
        }}
    """ + " ".join(f"type {name} implements Node {{ {field} }}" for name in names)
    classes = {name: type(name, (_Node,), {}) for name in names}
    NODES[:] = [each() for each in classes.values()]
    query = SimpleNamespace(
        nodes=lambda: NODES,
        any=lambda: NODES,
        node=lambda id: NODES[int(id) % 100],  # noqa: A006  # as in the schema
        find=lambda **_: NODES[:1],
    )
    return make_executable_schema(parse_schema(sdl), SimpleNamespace(query=query), classes)


def fuzz(count: int, seed: int) -> int:
    """Measure documents at random; print those that cost too much, and return their number."""
    schemas = _schemas()
    missed = 0
    for name, schema in schemas.items():
        endpoint = GraphQL(schema, auth=None, sinks=())
        documents = HostileDocuments(schema.definition, Random(seed))  # noqa: S311  # no secret
        for number in range(count // len(schemas)):
            document = documents.draw()
            spent = measured(endpoint, document)
            if not spent.holds and not measured(endpoint, document).holds:  # not by chance
                missed += 1
                file = Path(f"hostile-{seed}-{number}.graphql")
                file.write_text(document, encoding="utf-8")
                print(f"{spent.milliseconds:.0f} ms, {spent.megabytes:.0f} MB: {name}, {file}")
    print(f"{missed} of {count} documents cost more than {MILLISECONDS} ms or {MEGABYTES} MB.")
    return missed


if __name__ == "__main__":
    sys.exit(fuzz(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns()) > 0)

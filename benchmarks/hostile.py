"""Documents that are made to cost, and the CPU time until each is refused."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress

from benchmarks.figures import Figure, at_most
from trunkline.compiler.pipeline import compile_operation
from trunkline.errors import RequestError
from trunkline.schema.bindings import Schema
from trunkline.schema.load import parse_schema

__all__ = ["DOCUMENTS", "measure"]

SDL = """
type Query { count: Int!  book(id: ID!): Book  books: [Book!]! }
type Book { id: ID!  title: String!  related(first: Int!): [Book!]! }
"""

MILLISECONDS = 250  # of processor time, until the refusal


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


def measure() -> Iterator[Figure]:
    schema = Schema(parse_schema(SDL), {}, {})
    for name, document in DOCUMENTS.items():
        begin, clock = time.process_time(), time.perf_counter()
        with suppress(RequestError):
            compile_operation(schema, document)
        spent = (time.process_time() - begin) * 1000
        wall = (time.perf_counter() - clock) * 1000
        yield Figure(f"until it is refused: {name}", spent, "ms", at_most(MILLISECONDS), wall)

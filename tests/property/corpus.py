"""A few operations whose emitted text must not depend on the process: ``python -m`` prints it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from trunkline.compiler.pipeline import compile_operation
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema

__all__ = ["text"]

SDL = """
scalar Any
enum Color { RED GREEN }
input Range { from: Int = 0, to: Int!, next: Range }
type Query { node(id: ID!, range: Range, any: Any): Node, nodes(first: Int = 3): [[Node!]]! n: Int }
type Mutation { set(color: Color!): Node!, clear: Boolean }
type Node { id: ID!, color: Color, next: Node, all(where: [Range!]): [Node!]!, later: Float }
"""

DOCUMENTS = (
    "{ node(id: 1) { id a: color b: color next { id next { color } } } n }",
    """query ($a: Boolean!, $b: Boolean!, $c: Boolean = true, $i: ID!) {
      node(id: $i, range: {to: 1}) @include(if: $a) @skip(if: $b) { id ...F @include(if: $c) }
      node(id: $i, range: {to: 1}) @skip(if: $a) { ...F id @include(if: $b) }
      nodes { ...F @skip(if: $c) ... @include(if: $a) { id ... @skip(if: $b) { color id } } }
    } fragment F on Node { color id later next { id @skip(if: $b) color @skip(if: $a) } }""",
    "mutation ($c: Color!) { set(color: $c) { later } clear x: set(color: RED) { id later } }",
    '{ __schema { types { name fields { name } } } __type(name: "Node") { name } __typename }',
    "query ($r: [Range!], $v: Int) { nodes(first: $v) { all(where: $r) { id } later } }",
)


async def _later(*_parents: Any, **_arguments: Any) -> None:
    return None


def _now(*_parents: Any, **_arguments: Any) -> None:
    return None


def text() -> str:
    """Return all that is emitted."""
    resolvers = SimpleNamespace(
        query=SimpleNamespace(node=_now, nodes=_now, n=_later),
        mutation=SimpleNamespace(set=_later, clear=_now),
        node=SimpleNamespace(later=_later, all=_now),
    )
    schema = make_executable_schema(parse_schema(SDL), resolvers)
    return "\n".join(compile_operation(schema, document).source for document in DOCUMENTS)


if __name__ == "__main__":
    print(text(), end="")  # noqa: T201

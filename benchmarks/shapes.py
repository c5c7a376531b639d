"""Operations of several shapes, beside graphql-core: where a change makes one of them slower."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from graphql import GraphQLSchema, execute_sync, parse

from benchmarks.figures import Figure
from benchmarks.local import Sync
from benchmarks.race import race
from benchmarks.shapes_schema import core_schema, our_schema
from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import run_sync
from trunkline.schema.bindings import Schema

__all__ = ["measure"]


def document_of_kinds(field: str, count: int) -> str:
    own = " ".join(f"... on Kind{number} {{ own{number} }}" for number in range(count))
    return f"{{ {field} {{ __typename ... on Kind {{ name }} {own} }} }}"


ALIASES = " ".join(
    f"a{number}: sum(of: [1, 2, {number}], filter: {{most: $most}})" for number in range(20)
)
LEVELS = """
    query ($width: Int!) {
      branches(width: $width) {
        name branches(width: $width) { name branches(width: $width) { name } }
      }
    }
"""
CONDITIONS = """
    query ($yes: Boolean!, $no: Boolean!) {
      rows { id @include(if: $yes) ...Shown @skip(if: $no) ... on Row @include(if: $no) { broken } }
    }
    fragment Shown on Row { again: id }
"""

OPERATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "three levels of 10": (LEVELS, {"width": 10}),
    "100 of 2 possible types": (document_of_kinds("twoKinds", 2), {}),
    "100 of 20 possible types": (document_of_kinds("twentyKinds", 20), {}),
    "20 aliases with arguments": (f"query ($most: Int!) {{ {ALIASES} }}", {"most": 12}),
    "@skip and @include by variables": (CONDITIONS, {"yes": True, "no": False}),
    "1 % of 1,000 rows failing": ("{ rows { id broken } }", {}),
}


def measure() -> Iterator[Figure]:
    schema = our_schema()
    core = core_schema()
    for name, (text, variables) in OPERATIONS.items():
        contestants = {
            "ours": ours(schema, text, variables),
            "graphql-core": graphql_core(core, text, variables),
        }
        yield race(contestants).ratio(f"{name}: graphql-core / ours", "graphql-core", "ours")


def ours(schema: Schema, text: str, variables: dict[str, Any]) -> Sync:
    operation = compile_operation(schema, text)

    def call() -> bytes:
        result = run_sync(operation, variables)
        return _encode(result.data, result.errors)

    return Sync(call)


def graphql_core(schema: GraphQLSchema, text: str, variables: dict[str, Any]) -> Sync:
    document = parse(text)

    def call() -> bytes:
        result = execute_sync(schema, document, variable_values=variables)
        return _encode(result.data, result.errors or [])

    return Sync(call)


def _encode(data: Any, errors: list[Any]) -> bytes:
    """Write an answer; its errors under a name that says that they are meant to be there."""
    return orjson.dumps({"data": data, "failed": [error.formatted for error in errors]})

"""The engine in process: beside a hand-written function, and beside graphql-core."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from graphql import GraphQLSchema, execute_sync, parse

from benchmarks.figures import Figure, side_by_side
from benchmarks.todos import LIST, ONE, SDL, Todo, executable, todos
from trunkline.compiler.operation import compile_operation
from trunkline.schema.load import parse_schema

__all__ = ["measure"]


def measure() -> Iterator[Figure]:
    for count in (10, 100, 1_000):
        items = todos(count)
        operation = compile_operation(executable(items), LIST)
        ours, hand, core = side_by_side(
            lambda: orjson.dumps({"data": operation.execute_sync(None).data}),  # noqa: B023
            lambda: orjson.dumps({"data": {"todos": by_hand(items)}}),  # noqa: B023
            core_call(items, LIST, {}),
        )
        yield Figure(f"list of {count}: ours / hand-written", ours / hand)
        yield Figure(f"list of {count}: graphql-core (cached document) / ours", core / ours)
    items = todos(1)
    operation = compile_operation(executable(items), ONE)
    variables = {"id": items[0].todo_id}
    ours, hand, core = side_by_side(
        lambda: orjson.dumps({"data": operation.execute_sync(variables).data}),
        lambda: orjson.dumps({"data": {"todo": by_hand(items)[0]}}),
        core_call(items, ONE, variables),
    )
    yield Figure("one object by variable: ours / hand-written", ours / hand)
    yield Figure("one object by variable: graphql-core (cached document) / ours", core / ours)


def by_hand(items: list[Todo]) -> list[dict[str, str]]:
    return [{"todoID": item.todo_id, "title": item.title} for item in items]


def core_call(items: list[Todo], text: str, variables: dict[str, Any]) -> Any:
    schema = core_schema(items)
    document = parse(text)

    def call() -> bytes:
        result = execute_sync(schema, document, variable_values=variables)
        return orjson.dumps({"data": result.data})

    return call


def core_schema(items: list[Todo]) -> GraphQLSchema:
    schema = parse_schema(SDL)
    query: Any = schema.type_map["Query"]
    todo: Any = schema.type_map["Todo"]
    query.fields["todos"].resolve = lambda _source, _info: items
    query.fields["todo"].resolve = lambda _source, _info, **_arguments: items[0]
    todo.fields["todoID"].resolve = lambda item, _info: item.todo_id
    return schema

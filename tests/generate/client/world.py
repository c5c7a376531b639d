"""A server of ours for any schema, whose values are right and otherwise anything."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from random import Random
from types import SimpleNamespace
from typing import Any

from graphql import (
    GraphQLSchema,
    build_schema,
    is_abstract_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_scalar_type,
)

from trunkline.client.transports.asgi import ASGITransport
from trunkline.protocol.messages import HTTPRequest, HTTPResponse
from trunkline.server import GraphQL, Scalar, make_executable_schema
from trunkline.text.names import python_name, snake_case

__all__ = ["Recording", "json_value", "serve"]

_LEAVES: Mapping[str, Any] = {
    "Int": 7,
    "Float": 2.5,
    "String": "text",
    "ID": "an-id",
    "Boolean": True,
    "DateTime": "2026-11-26T12:00:00Z",
    "Date": "2026-11-26",
    "Time": "12:00:00",
    "Duration": "PT3600S",
    "Decimal": "12.50",
    "PositiveDecimal": 7.25,
    "UUID": "b1f0b1f0-0000-4000-8000-000000000000",
    "Bytes": "AAEC",
    "Int64": 9_007_199_254_740_993,
    "JSON": {"any": ["thing", 1]},
}
_DEPTH = 6


def json_value(type_: Any, chance: Random, depth: int = 0) -> Any:
    """Make a value of an output or input type, as JSON has it; objects have all their fields."""
    if is_non_null_type(type_):
        return _not_null(type_.of_type, chance, depth)
    if depth > _DEPTH or chance.random() < 0.15:
        return None
    return _not_null(type_, chance, depth)


def _not_null(type_: Any, chance: Random, depth: int) -> Any:
    if is_list_type(type_):
        count = 0 if depth > _DEPTH else chance.randrange(3)
        return [json_value(type_.of_type, chance, depth + 1) for _ in range(count)]
    if is_enum_type(type_):
        return chance.choice(list(type_.values))
    if is_scalar_type(type_):
        return _LEAVES.get(type_.name, "free")
    assert is_input_object_type(type_)
    fields = type_.fields.items()
    if type_.is_one_of:
        key, field_ = chance.choice(list(fields))
        return {key: _not_null(field_.type, chance, depth + 1)}
    return {
        key: json_value(field_.type, chance, depth + 1)
        for key, field_ in fields
        if is_non_null_type(field_.type) or chance.random() < 0.5
    }


class _Values:
    """Makes an object's fields when they are asked for, always the same."""

    def __init__(self, schema: GraphQLSchema, type_: Any, seed: str) -> None:
        self._schema, self._type, self._seed = schema, type_, seed
        self._names = {python_name(name): name for name in type_.fields} | {
            snake_case(name): name for name in type_.fields
        }
        setattr(self, "__typename", type_.name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in self._names:
            raise AttributeError(name)
        field_ = self._type.fields[self._names[name]]
        return _output(self._schema, field_.type, f"{self._seed}.{name}")


def _output(schema: GraphQLSchema, type_: Any, seed: str) -> Any:
    chance = Random(seed)  # noqa: S311
    if is_non_null_type(type_):
        type_ = type_.of_type
    elif chance.random() < 0.15 or seed.count(".") > _DEPTH:
        return None
    if is_list_type(type_):
        count = 0 if seed.count(".") > _DEPTH else chance.randrange(4)
        return [_output(schema, type_.of_type, f"{seed}.{index}") for index in range(count)]
    if is_abstract_type(type_):
        type_ = chance.choice(schema.get_possible_types(type_))
    if hasattr(type_, "fields"):
        return _Values(schema, type_, seed)
    return _not_null(type_, chance, 0)


def _plain(value: Any) -> Any:
    return value


def _root(schema: GraphQLSchema, type_: Any, seed: int) -> Any:
    values = _Values(schema, type_, str(seed))
    root = SimpleNamespace()
    for name in type_.fields:
        setattr(root, python_name(name), _resolver(values, python_name(name)))
    return root


def _resolver(values: _Values, name: str) -> Any:
    def resolve(**_arguments: Any) -> Any:
        return getattr(values, name)

    return resolve


def serve(sdl: str, seed: int = 0) -> GraphQL:
    """Make the server. Scalars are shown as JSON has them."""
    schema = build_schema(sdl)
    resolvers = SimpleNamespace()
    for root in filter(None, (schema.query_type, schema.mutation_type)):
        setattr(resolvers, snake_case(root.name), _root(schema, root, seed))
    scalars = {
        type_.name: Scalar(_plain, _plain)
        for type_ in schema.type_map.values()
        if is_scalar_type(type_) and type_.name not in {"Int", "Float", "String", "ID", "Boolean"}
    }
    for root in filter(None, (schema.subscription_type,)):
        setattr(resolvers, snake_case(root.name), _streams(root))
    return GraphQL(make_executable_schema(schema, resolvers, scalars=scalars), auth=None)


def _streams(type_: Any) -> Any:
    async def stream(**_arguments: Any) -> AsyncIterator[Any]:
        return
        yield

    return SimpleNamespace(**{python_name(name): stream for name in type_.fields})


@dataclass
class Recording:
    """A transport to the server, which remembers the last exchange."""

    application: GraphQL
    request: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, Any] = field(default_factory=dict)

    async def send_async(self, request: HTTPRequest) -> HTTPResponse:
        response = await ASGITransport(self.application).send_async(request)
        self.request, self.answer = json.loads(request.body), json.loads(response.body)
        return response

    async def close_async(self) -> None:
        pass

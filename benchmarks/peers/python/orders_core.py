"""The shop as graphql-core executes it: its default resolver reads attributes."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLSchema, build_schema

from benchmarks.peers.python.orders import CONTACTS, ORDERS, PAYMENTS, SDL, Status

__all__ = ["SCHEMA"]


def _build() -> GraphQLSchema:
    schema = build_schema(SDL)
    types: Any = schema.type_map
    query, order = types["Query"].fields, types["Order"].fields
    query["orders"].resolve = lambda _source, _info, first: ORDERS[:first]
    query["order"].resolve = lambda _source, _info, id: ORDERS[int(id)]  # noqa: A006
    query["contacts"].resolve = lambda _source, _info, first: CONTACTS[:first]
    query["payments"].resolve = lambda _source, _info, first: PAYMENTS[:first]
    order["seller"].resolve = lambda parent, _info: CONTACTS[parent.seller_id]
    order["placedAt"].resolve = lambda parent, _info: parent.placed_at
    types["Payment"].resolve_type = lambda value, _info, _type: type(value).__name__
    types["Decimal"].coerce_output_value = str
    types["DateTime"].coerce_output_value = lambda value: value.isoformat()
    for name, value in types["Status"].values.items():
        value.value = Status[name]
    return schema


SCHEMA = _build()

"""Relay's connections: pages of a list, and the edges to what is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLCompositeType,
    GraphQLObjectType,
    get_named_type,
    is_composite_type,
    is_object_type,
)

from trunkline.mocking.lists import cursor
from trunkline.mocking.things import Thing

__all__ = ["connection", "node_type_of"]

_TOTALS = ("totalCount", "total_count", "total", "count")


def node_type_of(type_: GraphQLObjectType) -> GraphQLCompositeType | None:
    """Return the type of what a connection connects to; ``None`` where it is no connection."""
    if "pageInfo" not in type_.fields:
        return None
    nodes = type_.fields.get("nodes") or _edge_fields(type_).get("node")
    named = nodes and get_named_type(nodes.type)
    return named if is_composite_type(named) else None


def connection(type_: GraphQLObjectType, key: str, nodes: Mapping[int, Any], total: int) -> Thing:
    """Make the connection that has a page of nodes, by their places, of so many in all."""
    known: dict[str, Any] = {
        "nodes": list(nodes.values()),
        "edges": [_edge(type_, key, index, node) for index, node in nodes.items()],
        "pageInfo": Thing(
            get_named_type(type_.fields["pageInfo"].type).name, key, _page_info([*nodes], total)
        ),
    }
    known |= dict.fromkeys(_TOTALS, total)
    return Thing(type_.name, key, {name: known[name] for name in type_.fields if name in known})


def _edge_fields(type_: GraphQLObjectType) -> Mapping[str, Any]:
    edge = get_named_type(type_.fields["edges"].type) if "edges" in type_.fields else None
    return edge.fields if is_object_type(edge) else {}


def _edge(type_: GraphQLObjectType, key: str, index: int, node: Any) -> Thing | None:
    if "edges" not in type_.fields:
        return None
    name = get_named_type(type_.fields["edges"].type).name
    return Thing(name, f"{key}:{index}", {"cursor": cursor(index), "node": node})


def _page_info(page: Sequence[int], total: int) -> dict[str, Any]:
    return {
        "hasNextPage": bool(page) and page[-1] + 1 < total,
        "hasPreviousPage": bool(page) and page[0] > 0,
        "startCursor": cursor(page[0]) if page else None,
        "endCursor": cursor(page[-1]) if page else None,
    }

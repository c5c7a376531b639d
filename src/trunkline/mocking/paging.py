"""Lists in pages: how long a list is, which part of it a request asks for, Relay's connections."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

import graphql

from trunkline.mocking.facts import Chance
from trunkline.mocking.objects import MockObject

__all__ = ["PAGE_SIZE", "PAGING", "connection", "is_paged", "node_type", "total_of", "window"]

_SIZES = ("first", "last", "limit", "take", "pageSize", "perPage")
_SKIPPED = ("offset", "skip")
_TOTALS = ("totalCount", "total_count", "total", "count")

PAGING = frozenset({*_SIZES, *_SKIPPED, "after", "before"})
"""Arguments that choose a part of a list, and change nothing in it."""

PAGE_SIZE = 5
"""The length of a list, or of a page of one, if the request does not say."""


def total_of(field: graphql.GraphQLField, chance: Chance) -> int:
    """Draw the length of a list: 2 to 5, or more if the schema lets a request page through."""
    return chance.between(6, 25) if is_paged(field) else chance.between(2, PAGE_SIZE)


def is_paged(field: graphql.GraphQLField) -> bool:
    """Tell whether a field has an argument for the size of a page."""
    return any(name in field.args for name in _SIZES)


def window(arguments: Mapping[str, Any], total: int) -> range:
    """Return which items of a list a request asks for."""

    def number(name: str) -> int | None:
        value = arguments.get(name)
        return value if type(value) is int else None

    start = max(number(name) or 0 for name in _SKIPPED)
    if (after := _index(arguments.get("after"))) is not None:
        start = after + 1
    before = _index(arguments.get("before"))
    stop = total if before is None else min(before, total)
    if (last := number("last")) is not None:
        return range(max(start, stop - max(last, 0)), stop)
    sizes = map(number, _SIZES)
    size = next((each for each in sizes if each is not None), PAGE_SIZE)
    return range(start, max(start, min(start + max(size, 0), stop)))


def _cursor(index: int) -> str:
    return b64encode(b"cursor:%d" % index).decode("ascii")


def _index(cursor: object) -> int | None:
    """Read a cursor; ``None`` for one of another server."""
    try:
        _, _, number = b64decode(str(cursor), validate=True).partition(b"cursor:")
        return int(number)
    except ValueError:
        return None


def node_type(type_: graphql.GraphQLObjectType) -> graphql.GraphQLCompositeType | None:
    """Return the type of a connection's nodes; ``None`` if the type is not a connection."""
    if "pageInfo" not in type_.fields:
        return None
    edge = graphql.get_named_type(type_.fields["edges"].type) if "edges" in type_.fields else None
    edge_fields = edge.fields if graphql.is_object_type(edge) else {}
    nodes = type_.fields.get("nodes") or edge_fields.get("node")
    named = nodes and graphql.get_named_type(nodes.type)
    return named if graphql.is_composite_type(named) else None


def connection(
    type_: graphql.GraphQLObjectType, key: str, nodes: Mapping[int, Any], total: int
) -> MockObject:
    """Make the connection with a page of nodes, by their places in a list of ``total``."""
    page = list(nodes)
    page_info = {
        "hasNextPage": bool(page) and page[-1] + 1 < total,
        "hasPreviousPage": bool(page) and page[0] > 0,
        "startCursor": _cursor(page[0]) if page else None,
        "endCursor": _cursor(page[-1]) if page else None,
    }
    page_info_type = graphql.get_named_type(type_.fields["pageInfo"].type).name
    known: dict[str, Any] = {
        "nodes": list(nodes.values()),
        "pageInfo": MockObject(page_info_type, key, page_info),
        **dict.fromkeys(_TOTALS, total),
    }
    if "edges" in type_.fields:
        edge = graphql.get_named_type(type_.fields["edges"].type).name
        known["edges"] = [
            MockObject(edge, f"{key}:{index}", {"cursor": _cursor(index), "node": node})
            for index, node in nodes.items()
        ]
    return MockObject(
        type_.name, key, {name: known[name] for name in type_.fields if name in known}
    )

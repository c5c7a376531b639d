"""How long lists are, and which part of them a request asks for."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from graphql import GraphQLField

from trunkline.mocking.chance import Chance

__all__ = ["MOST", "PAGING", "cursor", "is_paged", "total_of", "window"]

_SIZES = ("first", "last", "limit", "take", "pageSize", "perPage")
_SKIPPED = ("offset", "skip")
PAGING = frozenset({*_SIZES, *_SKIPPED, "after", "before"})
"""Arguments that choose a part of a list, and change nothing in it."""

MOST = 5
"""So long is a list, or a page of one, where the request does not say."""


def total_of(field: GraphQLField, chance: Chance) -> int:
    """Say how long a list is: 2 to 5, or longer where the schema lets a request page through."""
    return chance.between(6, 25) if is_paged(field) else chance.between(2, MOST)


def is_paged(field: GraphQLField) -> bool:
    """Say whether a field has an argument for the size of a page."""
    return any(name in field.args for name in _SIZES)


def window(arguments: Mapping[str, Any], total: int) -> range:
    """Say which items of a list a request asks for."""
    start = max((_number(arguments, name) or 0 for name in _SKIPPED), default=0)
    if (after := _index(arguments.get("after"))) is not None:
        start = after + 1
    before = _index(arguments.get("before"))
    stop = total if before is None else min(before, total)
    last = _number(arguments, "last")
    if last is not None:
        return range(max(start, stop - max(last, 0)), stop)
    sizes = [_number(arguments, name) for name in _SIZES]
    size = next((each for each in sizes if each is not None), MOST)
    return range(start, max(start, min(start + max(size, 0), stop)))


def cursor(index: int) -> str:
    """Write the place of an item in its list."""
    return b64encode(b"cursor:%d" % index).decode("ascii")


def _index(text: object) -> int | None:
    """Read a cursor; one of another server says nothing."""
    try:
        _, _, number = b64decode(str(text), validate=True).partition(b"cursor:")
        return int(number)
    except ValueError:
        return None


def _number(arguments: Mapping[str, Any], name: str) -> int | None:
    value = arguments.get(name)
    return value if type(value) is int else None

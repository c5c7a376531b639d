"""Values that are not what a schema says, errors, and odd containers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from graphql import GraphQLError, Undefined

__all__ = ["CONTAINERS", "FAULTS", "RAISED"]


class _Text(str):
    """A string that is not exactly a ``str``."""

    __slots__ = ()


class _List(list[Any]):
    """A list that is not exactly a ``list``."""


class _Odd:
    """A value that no built-in scalar can show."""

    __module__ = "builtins"


def _failing() -> Iterator[None]:
    yield None
    raise LookupError("failed while iterating")


FAULTS: Mapping[str, Callable[[], Any]] = {
    "null": lambda: None,
    "undefined": lambda: Undefined,
    "error": lambda: ValueError("returned"),
    "graphql error": lambda: GraphQLError("returned", extensions={"code": 7}),
    "true": lambda: True,
    "zero": lambda: 0,
    "big": lambda: 2**40,
    "huge": lambda: 10**400,
    "least": lambda: -(2**31),
    "too small": lambda: -(2**31) - 1,
    "nan": lambda: float("nan"),
    "infinity": lambda: float("inf"),
    "whole": lambda: 3.0,
    "text": lambda: "text",
    "empty": lambda: "",
    "digits": lambda: "12",
    "derived text": lambda: _Text("13"),
    "bytes": lambda: b"ab",
    "bytearray": lambda: bytearray(b"ab"),
    "odd": _Odd,
    "list": list,
    "nested": lambda: [[], [None]],
    "failing": _failing,
    "mapping": dict,
    "set": lambda: {1},
    "range": lambda: range(2),
}
"""Values, made anew each time."""

RAISED: Mapping[str, Callable[[], Exception]] = {
    "raise": lambda: RuntimeError("raised"),
    "raise graphql": lambda: GraphQLError("raised", extensions={"code": 8}),
    "raise key": lambda: KeyError("key"),
}
"""Errors for resolvers and properties to raise."""

CONTAINERS: Mapping[str, Callable[[list[Any]], Any]] = {
    "list": lambda items: items,
    "tuple": tuple,
    "generator": lambda items: (item for item in items),
    "deque": deque,
    "subclass": _List,
}
"""What the values of list types are made of."""

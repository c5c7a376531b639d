"""The classes of a connection, what a request asks of a page, and cursors."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
from graphql import GraphQLError

__all__ = ["Edge", "Page", "PageInfo", "RelayConnection", "decode_cursor", "encode_cursor"]

T = TypeVar("T")


@dataclass(slots=True)
class PageInfo:
    """What lies before and behind a page."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(slots=True)
class Edge(Generic[T]):
    """An item of a page, and the cursor by which a request can go on from it."""

    node: T
    cursor: str


@dataclass(slots=True)
class RelayConnection(Generic[T]):
    """A page of a list: the model of a type such as ``BookConnection``."""

    edges: list[Edge[T]]
    page_info: PageInfo

    @property
    def nodes(self) -> list[T]:
        """The items without their cursors, for schemas with that field."""
        return [edge.node for edge in self.edges]


class Page:
    """What a request asks of a connection: so many items, from the front or from the back.

    - ``first`` and ``after``: the first items behind a cursor.
    - ``last`` and ``before``: the last items before a cursor.
    - ``most``: how many items a page may have; a page has so many if the request does not say.

    Raises ``GraphQLError`` if both ``first`` and ``last`` are given, or one of them is negative or
    larger than ``most``.
    """

    def __init__(
        self,
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        most: int = 100,
    ) -> None:
        if first is not None and last is not None:
            raise _wrong("Give 'first' or 'last', not both.")
        for name, count in (("first", first), ("last", last)):
            if count is not None and not 0 <= count <= most:
                raise _wrong(f"'{name}' is {count}. It must be from 0 to {most}.")
        self.is_backward = last is not None
        self.after = after
        self.before = before
        self._size = next(each for each in (first, last, most) if each is not None)

    @property
    def limit(self) -> int:
        """How many items to read: one more than the page has, which tells whether there are more.

        Backward pages are read from their end.
        """
        return self._size + 1

    def connection(self, edges: Iterable[Edge[T]]) -> RelayConnection[T]:
        """Make the connection of the items that were read, at most ``limit`` of them.

        They are in the order in which they were read: those of a backward page from its end.
        """
        read = list(edges)
        has_more = len(read) > self._size
        del read[self._size :]
        if self.is_backward:
            read.reverse()
        info = PageInfo(
            has_next_page=self.before is not None if self.is_backward else has_more,
            has_previous_page=has_more if self.is_backward else self.after is not None,
            start_cursor=read[0].cursor if read else None,
            end_cursor=read[-1].cursor if read else None,
        )
        return RelayConnection(read, info)

    def of(self, items: Sequence[T]) -> RelayConnection[T]:
        """Make the connection of a list that is there as a whole.

        A cursor is the number of an item. If the list changes, pages may repeat or skip some.
        """
        start = decode_cursor(self.after, int)[0] + 1 if self.after is not None else 0
        end = decode_cursor(self.before, int)[0] if self.before is not None else len(items)
        numbers = range(max(start, 0), min(end, len(items)))
        read = (numbers[::-1] if self.is_backward else numbers)[: self.limit]
        return self.connection(Edge(items[number], encode_cursor(number)) for number in read)


def encode_cursor(*values: Any) -> str:
    """Write the values by which a list is ordered as a cursor.

    Strings, numbers, dates and times, decimals, UUIDs, bytes and enums are possible. Callers are
    not meant to read a cursor, but they can: it is Base64 of JSON.
    """
    return urlsafe_b64encode(msgspec.json.encode(values)).rstrip(b"=").decode()


def decode_cursor(cursor: str, *types: Any) -> tuple[Any, ...]:
    """Read the values of a cursor, which have the given types.

    Raises ``GraphQLError`` if it is not a cursor of such values.
    """
    try:
        text = b64decode(cursor + "=" * (-len(cursor) % 4), altchars="-_", validate=True)
        values: tuple[Any, ...] = msgspec.json.decode(text, type=tuple.__class_getitem__(types))
    except (ValueError, msgspec.MsgspecError):
        raise _wrong(f"{cursor[:100]!r} is not a cursor of this list.") from None
    return values


def _wrong(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})

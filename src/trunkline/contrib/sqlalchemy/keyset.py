"""Pages of what a statement selects, found by the values of its order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias
from uuid import UUID
from zlib import crc32

import msgspec
from graphql import GraphQLError
from sqlalchemy import ColumnElement, Result, Select, and_, func, or_
from sqlalchemy.sql.operators import asc_op, desc_op, nulls_first_op, nulls_last_op

from trunkline.contrib.relay import Edge, Page, RelayConnection, decode_cursor, encode_cursor
from trunkline.contrib.sqlalchemy.keys import primary_key

__all__ = ["Keyset"]

if TYPE_CHECKING:  # SQLAlchemy 2.0 has other parameters at run time
    _Statement: TypeAlias = Select[*tuple[Any, ...]]
    _Rows: TypeAlias = Result[*tuple[Any, ...]]

_IN_CURSORS = (str, int, float, Decimal, bytes, UUID, date, time, timedelta, Enum)


class Keyset:
    """A page of what a statement selects, found by where its order goes on, without an offset.

        page = Page(first=first, after=after)
        keyset = Keyset(select(Book), [Book.published.desc(), Book.title], page)
        async with context.session() as session:
            return keyset.connection(await session.execute(keyset.statement))

    - ``statement``: selects objects, or columns. Its own order does not count.
    - ``order_by``: columns or expressions that are never NULL, ascending or ``.desc()``. The
      primary key of what is selected is added, so that no two items have the same place. Where
      columns are selected, the last of these must be unique.
    - ``page``: what the request asks for.
    - ``per``: a column, for a page of each of its values: ``per=Book.author_id`` in a batch
      resolver that selects the books of all authors. `connections` has them by that value.

    ``statement`` is then the one to execute. Raises ``ValueError`` for an order that does not fit,
    and ``GraphQLError`` for a cursor of another list or another order.
    """

    def __init__(
        self, statement: _Statement, order_by: Sequence[Any], page: Page, *, per: Any = None
    ) -> None:
        self._page = page
        first = statement.column_descriptions[0]
        self._is_single = len(statement.column_descriptions) == 1
        self._is_entity = self._is_single and first["expr"] is first["entity"]
        keys = [*map(_Key, order_by)]
        primary = primary_key(first["entity"]) if self._is_entity else []
        for key in map(_Key, primary):
            keys += [key] if key.name not in {each.name for each in keys} else []
        if not keys:
            raise ValueError("A page of columns needs an order, the last of which is unique.")
        self._keys = keys
        self._order = crc32(", ".join(map(repr, keys)).encode())
        for cursor, is_before in ((page.after, False), (page.before, True)):
            if cursor is not None:
                statement = statement.where(self._beyond(cursor, is_before=is_before))
        order = [each.ordered(is_reversed=page.is_backward) for each in keys]
        columns = [each.column.label(f"_order_{n}") for n, each in enumerate(keys)]
        statement = statement.order_by(None)
        if per is None:
            self.statement = statement.add_columns(*columns).order_by(*order).limit(page.limit)
            return
        if not primary:
            raise ValueError("A page of each value needs a statement that selects one model.")
        number = func.row_number().over(partition_by=per, order_by=order).label("number")
        numbered = statement.with_only_columns(per.label("per"), *primary, number).subquery()
        same = [here == there for here, there in zip([per, *primary], numbered.c, strict=False)]
        self.statement = (
            statement.add_columns(per.label("_per"), *columns)
            .where(*same, numbered.c.number <= page.limit)
            .order_by(numbered.c.number)
        )

    def connection(self, result: _Rows) -> RelayConnection[Any]:
        """Make the connection of what the statement returned.

        Of several columns, an item is the row.
        """
        return self._page.connection(map(self._edge, self._rows(result)))

    def connections(self, result: _Rows) -> Mapping[Any, RelayConnection[Any]]:
        """Make the connection of each value of ``per``; those of other values are empty."""
        edges: dict[Any, list[Edge[Any]]] = {}
        for row in self._rows(result):
            edges.setdefault(row[1], []).append(self._edge(row))
        made = {value: self._page.connection(each) for value, each in edges.items()}
        return defaultdict(lambda: self._page.connection([]), made)

    def _rows(self, result: _Rows) -> Iterable[Any]:
        return result.unique() if self._is_entity else result

    def _edge(self, row: Any) -> Edge[Any]:
        cursor = encode_cursor(self._order, *row[-len(self._keys) :])
        return Edge(row[0] if self._is_single else row, cursor)

    def _beyond(self, cursor: str, *, is_before: bool) -> ColumnElement[bool]:
        """Return the condition that an item comes after a cursor, or before it.

        What it says of the first column alone lets a database use an index.
        """
        order, *values = decode_cursor(cursor, int, *(each.type for each in self._keys))
        if order != self._order:
            raise GraphQLError(
                "The cursor is of a list with another order.", extensions={"code": "BAD_USER_INPUT"}
            )
        choices: list[ColumnElement[bool]] = []
        same: list[ColumnElement[bool]] = []
        for key, value in zip(self._keys, values, strict=True):
            is_less = key.is_descending is not is_before
            choices.append(and_(*same, key.column < value if is_less else key.column > value))
            same.append(key.column == value)
        first, value = self._keys[0], values[0]
        is_less = first.is_descending is not is_before
        return and_(first.column <= value if is_less else first.column >= value, or_(*choices))


class _Key:
    """A column of an order."""

    def __init__(self, order: Any) -> None:
        clause = order.__clause_element__() if hasattr(order, "__clause_element__") else order
        modifier = getattr(clause, "modifier", None)
        self.is_descending = modifier is desc_op
        if modifier in {asc_op, desc_op}:
            clause = clause.element
        elif modifier in {nulls_first_op, nulls_last_op}:
            raise ValueError(f"{clause}: a cursor cannot say where NULLs are. Leave NULLS out.")
        self.column: ColumnElement[Any] = clause
        self.name = str(clause)
        if getattr(clause, "nullable", False):
            raise ValueError(
                f"{self.name} may be NULL, and no cursor can go on from there. Order by"
                f" func.coalesce({self.name}, …), or say nullable=False."
            )
        self.type = _cursor_type(clause)

    def __repr__(self) -> str:
        return f"{self.name} desc" if self.is_descending else self.name

    def ordered(self, *, is_reversed: bool) -> ColumnElement[Any]:
        """Return what a statement is ordered by."""
        return self.column.asc() if self.is_descending is is_reversed else self.column.desc()


def _cursor_type(clause: ColumnElement[Any]) -> Any:
    """Return the type of a column's values in a cursor, which callers may have changed."""
    try:
        python_type = clause.type.python_type
    except NotImplementedError:
        python_type = object
    if not issubclass(python_type, _IN_CURSORS):
        raise ValueError(  # noqa: TRY004  # of an order
            f"{clause} has no type that a cursor can have: {clause.type!r}. If it is"
            f" known, say type_coerce({clause}, …)."
        )
    if python_type is int:
        return Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
    if python_type is str:
        return Annotated[str, msgspec.Meta(pattern=r"\A[^\x00]*\Z")]  # PostgreSQL's have no NUL
    return python_type

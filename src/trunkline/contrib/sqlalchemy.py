"""SQLAlchemy: sessions for concurrent resolvers, relations in batches, pages by keyset.

A context has an attribute ``session``, which opens a session for whoever uses it:

    async with context.session() as session:
        books = await session.scalars(select(Book))

`async_sessionmaker` is such an attribute, and so is its method ``begin``: each use has a session
and a transaction of its own. `SharedSession` lets all of an operation use one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import cached_property
from operator import methodcaller
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeAlias, TypeVar
from uuid import UUID
from zlib import crc32

import msgspec
from graphql import GraphQLError
from sqlalchemy import (
    ColumnElement,
    Result,
    Select,
    and_,
    inspect,
    or_,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import MANYTOONE, QueryableAttribute, Session, aliased
from sqlalchemy.sql.operators import asc_op, desc_op, nulls_first_op, nulls_last_op

from trunkline.contrib.relay import Edge, Page, RelayConnection, decode_cursor, encode_cursor
from trunkline.schema.bindings import batch

__all__ = ["Keyset", "SharedSession", "related", "related_sync"]

T = TypeVar("T")

if TYPE_CHECKING:  # SQLAlchemy 2.0 has other parameters at run time
    _Statement: TypeAlias = Select[*tuple[Any, ...]]
    _Rows: TypeAlias = Result[*tuple[Any, ...]]

_IN_CURSORS = (str, int, float, Decimal, bytes, UUID, date, time, timedelta, Enum)

_MOST_KEYS = 10_000  # parents of one statement: PostgreSQL takes 32,767 parameters


class SharedSession:
    """Lets the resolvers of an operation use one session, one after the other.

        async def context(scope):
            async with sessions.begin() as session:
                yield Context(session=SharedSession(session))

    A session is for one task at a time, but resolvers run side by side. ``async with
    context.session() as session`` waits until nobody else has it. Whoever has it may ask again.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._turn = asyncio.Lock()
        self._owner: asyncio.Task[Any] | None = None

    @asynccontextmanager
    async def __call__(self) -> AsyncGenerator[AsyncSession]:
        """Wait for the session, and have it alone."""
        task = asyncio.current_task()
        if self._owner is task:
            yield self._session
            return
        async with self._turn:
            self._owner = task
            try:
                yield self._session
            finally:
                self._owner = None


# -- relations ------------------------------------------------------------------------------------


def related(
    relation: QueryableAttribute[T],
    *,
    order_by: Sequence[Any] = (),
    session: Callable[[Any], AbstractAsyncContextManager[AsyncSession]] = methodcaller("session"),
) -> Callable[..., Coroutine[Any, Any, list[T]]]:
    """Make the batch resolver of a relation.

        class BookResolvers:
            author = related(Book.author)

    It loads what all parents of a level are related to in one statement (for each 10,000 parents),
    whatever the relation is: many to one, one to many, many to many, with keys of several columns,
    with a condition. Of the parents, only keys are read, so their session may be closed.

    - ``order_by``: the order of a list; by default, the one of the relation.
    - ``session``: opens a session for a context; by default, ``context.session()``.
    """
    return batch(_Related(relation, order_by, session))


def related_sync(
    relation: QueryableAttribute[T],
    *,
    order_by: Sequence[Any] = (),
    session: Callable[[Any], AbstractContextManager[Session]] = methodcaller("session"),
) -> Callable[..., list[T]]:
    """Make the batch resolver of a relation that blocks, as `related` does."""
    return batch(_RelatedSync(relation, order_by, session))


class _Relation(Generic[T]):
    """What both kinds of resolvers know of a relation.

    What is related is found by a key of the parent: its foreign key where that is the whole of the
    relation, or else its primary key.
    """

    def __init__(
        self,
        relation: QueryableAttribute[T],
        order_by: Sequence[Any],
        session: Callable[[Any], Any],
    ) -> None:
        self._relation = relation
        self._order_by = order_by
        self._session = session

    def __repr__(self) -> str:
        return f"related({self._relation})"

    def _statements(self, parents: Sequence[Any]) -> Iterator[_Statement]:
        """Yield the statements that select what is related, and before it the key."""
        if self._foreign_key:
            key = [getattr(self._target, each) for each in _primary_key(self._target)]
            selected = select(*key, self._target)
        else:  # the parent has another name, so a relation may lead to its own class
            parent: Any = aliased(self._relation.class_)
            key = [getattr(parent, each) for each in _primary_key(self._relation.class_)]
            step = getattr(parent, self._relation.key)
            order = self._order_by or self._relation.property.order_by or ()
            selected = select(*key, self._target).select_from(parent).join(step).order_by(*order)
        wanted = [each for each in dict.fromkeys(map(self._key_of, parents)) if None not in each]
        size = _MOST_KEYS // len(key)
        for start in range(0, len(wanted), size):
            part = wanted[start : start + size]
            if len(key) == 1:
                yield selected.where(key[0].in_([each for (each,) in part]))
            else:
                yield selected.where(tuple_(*key).in_(part))

    def _values(self, parents: Sequence[Any], rows: Sequence[Any]) -> list[T]:
        """Return what each parent is related to: a list, or an object or None."""
        found: dict[tuple[Any, ...], list[Any]] = {}
        for *key, value in rows:
            found.setdefault(tuple(key), []).append(value)
        is_list = self._relation.property.uselist
        values: list[Any] = []
        for parent in parents:
            each = found.get(self._key_of(parent), [])
            values.append(each if is_list else next(iter(each), None))
        return values

    @property
    def _target(self) -> Any:
        return self._relation.property.mapper.class_

    @cached_property
    def _foreign_key(self) -> list[str]:
        """The attributes of a parent that are the primary key of what it is related to.

        Empty if more than these decides: a table between both, or a condition.
        """
        relation: Any = self._relation.property
        local = {there: here for here, there in relation.local_remote_pairs}
        natural = and_(*(here == there for there, here in local.items()))
        is_whole = relation.direction is MANYTOONE and natural.compare(relation.primaryjoin)
        if not is_whole or {*local} != {*relation.mapper.primary_key}:
            return []
        columns = [local[each] for each in relation.mapper.primary_key]
        return [relation.parent.get_property_by_column(each).key for each in columns]

    def _key_of(self, parent: Any) -> tuple[Any, ...]:
        identity: tuple[Any, ...] | None = inspect(parent).identity
        if identity is None:
            raise ValueError(
                f"An object of {type(parent).__qualname__} is not in the database yet, so nothing"
                " related to it can be loaded. Flush the session before you return the object."
            )
        if self._foreign_key:
            return tuple(getattr(parent, each) for each in self._foreign_key)
        return identity


def _primary_key(model: Any) -> list[str]:
    mapper: Any = inspect(model)
    return [mapper.get_property_by_column(each).key for each in mapper.primary_key]


class _Related(_Relation[T]):
    """A batch resolver that loads a relation: see `related`."""

    async def __call__(self, parents: Sequence[Any], /, context: Any) -> list[T]:
        """Return what each parent is related to."""
        rows: list[Any] = []
        async with self._session(context) as session:
            for statement in self._statements(parents):
                rows += (await session.execute(statement)).unique()
        return self._values(parents, rows)


class _RelatedSync(_Relation[T]):
    """A batch resolver that loads a relation and blocks meanwhile: see `related_sync`."""

    def __call__(self, parents: Sequence[Any], /, context: Any) -> list[T]:
        """Return what each parent is related to."""
        rows: list[Any] = []
        with self._session(context) as session:
            for statement in self._statements(parents):
                rows += session.execute(statement).unique()
        return self._values(parents, rows)


# -- pages ----------------------------------------------------------------------------------------


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

    ``statement`` is then the one to execute. Raises ``ValueError`` for an order that does not fit,
    and ``GraphQLError`` for a cursor of another list or another order.
    """

    def __init__(self, statement: _Statement, order_by: Sequence[Any], page: Page) -> None:
        self._page = page
        first = statement.column_descriptions[0]
        self._is_single = len(statement.column_descriptions) == 1
        self._is_entity = self._is_single and first["expr"] is first["entity"]
        keys = [*map(_Key, order_by)]
        if self._is_entity:
            for name in _primary_key(inspect(first["entity"]).mapper.class_):
                key = _Key(getattr(first["entity"], name))
                keys += [key] if key.name not in {each.name for each in keys} else []
        if not keys:
            raise ValueError("A page of columns needs an order, the last of which is unique.")
        self._keys = keys
        self._order = crc32(", ".join(map(repr, keys)).encode())
        for cursor, is_before in ((page.after, False), (page.before, True)):
            if cursor is not None:
                statement = statement.where(self._beyond(cursor, is_before=is_before))
        self.statement = (
            statement.add_columns(
                *(each.column.label(f"_order_{n}") for n, each in enumerate(keys))
            )
            .order_by(None)
            .order_by(*(each.ordered(is_reversed=page.is_backward) for each in keys))
            .limit(page.limit)
        )

    def connection(self, result: _Rows) -> RelayConnection[Any]:
        """Make the connection of what the statement returned.

        Of several columns, an item is the row.
        """
        count = len(self._keys)
        rows = result.unique() if self._is_entity else result
        return self._page.connection(
            Edge(row[0] if self._is_single else row, encode_cursor(self._order, *row[-count:]))
            for row in rows
        )

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

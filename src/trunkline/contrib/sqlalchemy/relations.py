"""Batch resolvers that load relations."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from functools import cached_property
from operator import methodcaller
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from sqlalchemy import Select, and_, inspect, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import MANYTOONE, QueryableAttribute, Session, aliased

from trunkline.contrib.sqlalchemy.keys import primary_key
from trunkline.schema.bindings import batch

__all__ = ["related", "related_sync"]

T = TypeVar("T")

if TYPE_CHECKING:  # SQLAlchemy 2.0 has other parameters at run time
    _Statement: TypeAlias = Select[*tuple[Any, ...]]

_MOST_KEYS = 10_000  # parents of one statement: PostgreSQL takes 32,767 parameters


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
            key = primary_key(self._target)
            selected = select(*key, self._target)
        else:  # the parent has another name, so a relation may lead to its own class
            parent: Any = aliased(self._relation.class_)
            key = primary_key(parent)
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

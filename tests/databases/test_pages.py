"""Connections of Relay: their arguments, cursors, and pages that a keyset finds."""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID, uuid4

import pytest
from graphql import GraphQLError
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import JSON, Integer, create_engine, func, select, type_coerce
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, aliased, mapped_column

from trunkline.contrib.relay import Edge, Page, RelayConnection, decode_cursor, encode_cursor
from trunkline.contrib.sqlalchemy import Keyset


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    rank: Mapped[int]
    name: Mapped[str]
    color: Mapped[Color]
    price: Mapped[Decimal]
    made: Mapped[datetime]
    day: Mapped[date]
    key: Mapped[UUID]
    note: Mapped[str | None]
    extra: Mapped[Any] = mapped_column(JSON, nullable=False)


COLUMNS = ["id", "rank", "name", "color", "price", "made", "day", "key"]


def items() -> list[Item]:
    """Many of them alike, so that an order needs more than one column."""
    return [
        Item(
            id=n,
            rank=n % 3,
            name=f"name {n % 4}",
            color=list(Color)[n % 2],
            price=Decimal(n % 5) / 4,
            made=datetime(2026, 1, 1) + timedelta(microseconds=n % 7),  # noqa: DTZ001
            day=date(2026, 1, 1 + n % 6),
            key=UUID(int=n % 8),
            note=None if n % 2 else "n",
            extra={},
        )
        for n in range(1, 24)
    ]


def sqlite() -> Iterator[Callable[[Any], Any]]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(items())
        session.commit()
        yield session.execute
    engine.dispose()


def of_postgresql(url: str) -> Iterator[Callable[[Any], Any]]:
    with asyncio.Runner() as runner:
        engine = create_async_engine(url.replace("://", "+asyncpg://"))

        async def prepare() -> None:
            async with engine.begin() as connection:
                await connection.run_sync(Base.metadata.drop_all)
                await connection.run_sync(Base.metadata.create_all)
                await connection.run_sync(fill)

        def fill(connection: Any) -> None:
            with Session(connection) as session:
                session.add_all(items())
                session.flush()

        async def execute(statement: Any) -> Any:
            async with engine.connect() as connection:
                return await connection.run_sync(lambda c: Session(c).execute(statement).freeze())

        runner.run(prepare())
        yield lambda statement: runner.run(execute(statement))()
        runner.run(engine.dispose())


@pytest.fixture(scope="module", params=["postgresql", "sqlite"])
def execute(request: pytest.FixtureRequest) -> Iterator[Callable[[Any], Any]]:
    if request.param == "sqlite":
        yield from sqlite()
    else:
        yield from of_postgresql(request.getfixturevalue("postgresql"))


def load(execute: Any, statement: Any, order: Any, **asked: Any) -> RelayConnection[Any]:
    keyset = Keyset(statement, order, Page(**asked))
    return keyset.connection(execute(keyset.statement))


def walk(execute: Any, statement: Any, order: Any, size: int, *, backward: bool) -> list[Any]:
    """Read all pages, one after the other, and check what they say of each other."""
    found: list[Any] = []
    cursor: str | None = None
    while True:
        asked = {"last": size, "before": cursor} if backward else {"first": size, "after": cursor}
        page = load(execute, statement, order, **asked)
        info = page.page_info
        assert (info.has_next_page if backward else info.has_previous_page) is bool(found)
        assert (info.start_cursor, info.end_cursor) == (page.edges[0].cursor, page.edges[-1].cursor)
        found = page.nodes + found if backward else found + page.nodes
        if not (info.has_previous_page if backward else info.has_next_page):
            return found
        cursor = info.start_cursor if backward else info.end_cursor


ORDERS: dict[str, Any] = {
    "the primary key": [],
    "backwards": [Item.id.desc()],
    **{name: [getattr(Item, name)] for name in COLUMNS},
    "several": [Item.rank, Item.name],
    "several backwards": [Item.rank.desc(), Item.name.desc()],
    "mixed": [Item.color.desc(), Item.day.asc(), Item.rank.desc()],
    "an expression": [
        type_coerce(func.length(Item.name), Integer).desc(),
        func.coalesce(Item.note, ""),
        Item.id.desc(),
    ],
}


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("order", ORDERS)
def test_pages_are_the_whole_list(execute: Any, order: str, *, backward: bool) -> None:
    by = ORDERS[order]
    # a color has the order of its name in SQLite, and of its declaration in PostgreSQL
    all_of_them = execute(select(Item).order_by(*by, Item.id)).scalars().all()
    wanted = [each.id for each in all_of_them]
    for size in (4, 23, 100):
        found = walk(execute, select(Item).order_by(Item.name), by, size, backward=backward)
        assert [each.id for each in found] == wanted


def test_a_statement_keeps_its_conditions_and_may_select_an_alias(execute: Any) -> None:
    other = aliased(Item)
    statement = select(other).where(other.rank == 1)
    found = walk(execute, statement, [other.name.desc()], 3, backward=False)
    assert len(found) == len({each.id for each in found}) == 8
    assert {each.rank for each in found} == {1}


@pytest.mark.parametrize("backward", [False, True])
def test_a_page_of_each_value(execute: Any, *, backward: bool) -> None:
    """For a batch resolver: one statement for all parents, with the cursors of each."""
    theirs = select(Item).where(Item.rank.in_([0, 1, 5]))
    order = [Item.name, Item.id.desc()]
    asked: dict[str, Any] = {"last" if backward else "first": 3}
    for _ in range(3):
        keyset = Keyset(theirs, order, Page(**asked), per=Item.rank)
        found = keyset.connections(execute(keyset.statement))
        for rank in (0, 1, 5):
            alone = load(execute, select(Item).where(Item.rank == rank), order, **asked)
            assert [item.id for item in found[rank].nodes] == [item.id for item in alone.nodes]
            assert found[rank].page_info == alone.page_info
        info = found[1].page_info
        asked |= {"before": info.start_cursor} if backward else {"after": info.end_cursor}


def test_a_page_of_each_of_many_to_many(execute: Any) -> None:
    """An item has another number in each of its lists."""
    other = aliased(Item)
    alike = select(Item).join(other, other.rank == Item.rank).where(other.id.in_([1, 4, 5]))
    keyset = Keyset(alike.where(Item.id >= other.id), [Item.id], Page(first=2), per=other.id)
    found = keyset.connections(execute(keyset.statement))
    ids = {key: [item.id for item in connection.nodes] for key, connection in found.items()}
    assert ids == {1: [1, 4], 4: [4, 7], 5: [5, 8]}


def test_of_several_columns_an_item_is_the_row(execute: Any) -> None:
    statement = select(Item.rank, func.count().label("count")).group_by(Item.rank)
    found = walk(execute, statement, [Item.rank], 2, backward=False)
    assert [(row.rank, row.count) for row in found] == [(0, 7), (1, 8), (2, 8)]


def test_both_cursors_at_once(execute: Any) -> None:
    all_of_them = load(execute, select(Item), [Item.name])
    after, before = all_of_them.edges[3].cursor, all_of_them.edges[10].cursor
    between = [each.id for each in all_of_them.nodes[4:10]]
    page = load(execute, select(Item), [Item.name], after=after, before=before)
    assert [each.id for each in page.nodes] == between
    page = load(execute, select(Item), [Item.name], after=after, before=before, last=2)
    assert [each.id for each in page.nodes] == between[-2:]
    assert page.page_info.has_next_page
    assert page.page_info.has_previous_page


def test_an_empty_page(execute: Any) -> None:
    page = load(execute, select(Item).where(Item.id > 100), [])
    assert page.edges == []
    assert page.page_info.end_cursor is None
    assert not page.page_info.has_next_page
    assert load(execute, select(Item), [], first=0).page_info.has_next_page


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"first": 1, "last": 1}, "Give 'first' or 'last', not both."),
        ({"first": -1}, "'first' is -1. It must be from 0 to 100."),
        ({"last": 101}, "'last' is 101. It must be from 0 to 100."),
    ],
)
def test_what_cannot_be_asked_of_a_page(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(GraphQLError) as caught:
        Page(**asked)
    assert caught.value.message == message
    assert caught.value.extensions == {"code": "BAD_USER_INPUT"}
    assert Page(first=101, most=200).limit == 102


def test_a_page_has_the_most_if_the_request_does_not_say() -> None:
    page = Page(most=2)
    connection = page.connection(Edge(n, encode_cursor(n)) for n in range(page.limit))
    assert connection.nodes == [0, 1]
    assert connection.page_info.has_next_page


def test_a_cursor_of_another_order_is_refused(execute: Any) -> None:
    orders: list[Any] = [[Item.name.desc()], [Item.rank], [func.coalesce(Item.name, "")], []]
    for order in orders:
        cursor = load(execute, select(Item), order).edges[0].cursor
        with pytest.raises(GraphQLError, match=r"is not a cursor of|of a list with another order"):
            Keyset(select(Item), [Item.name], Page(after=cursor))


NUL = urlsafe_b64encode(b'[1,"a\\u0000",1]').decode()
WRONG = ["", "?", "é", "a", "bnVsbA", "e30", "WzFd", NUL]


@pytest.mark.parametrize("cursor", WRONG)
def test_what_is_not_a_cursor_is_refused(cursor: str) -> None:
    for page in (Page(after=cursor), Page(before=cursor)):
        with pytest.raises(GraphQLError, match="is not a cursor of this list") as caught:
            Keyset(select(Item), [Item.name], page)
        assert caught.value.extensions == {"code": "BAD_USER_INPUT"}


def test_orders_that_no_cursor_can_have() -> None:
    with pytest.raises(ValueError, match=r"items.note may be NULL, and no cursor can go on"):
        Keyset(select(Item), [Item.note], Page())
    with pytest.raises(ValueError, match="NULLS"):
        Keyset(select(Item), [Item.name.nulls_first()], Page())
    with pytest.raises(ValueError, match=r"items.extra has no type that a cursor can have: JSON"):
        Keyset(select(Item), [Item.extra], Page())
    with pytest.raises(ValueError, match="needs an order"):
        Keyset(select(Item.id), [], Page())
    with pytest.raises(ValueError, match="needs a statement that selects one model"):
        Keyset(select(Item.id), [Item.id], Page(), per=Item.rank)


VALUES = st.one_of(
    st.text(), st.integers(-(2**63), 2**63 - 1), st.booleans(), st.uuids(), st.binary(),
    st.floats(allow_nan=False, allow_infinity=False), st.dates(), st.datetimes(),
    st.datetimes(timezones=st.just(UTC)), st.decimals(allow_nan=False, allow_infinity=False),
    st.sampled_from(Color),
)  # fmt: skip


@given(st.lists(VALUES))
def test_a_cursor_keeps_its_values(values: list[Any]) -> None:
    cursor = encode_cursor(*values)
    assert cursor.isascii()
    assert decode_cursor(cursor, *map(type, values)) == tuple(values)


def test_a_cursor_of_other_types_is_refused() -> None:
    with pytest.raises(GraphQLError, match="is not a cursor of this list"):
        decode_cursor(encode_cursor(1), UUID)
    with pytest.raises(GraphQLError, match="is not a cursor of this list"):
        decode_cursor(encode_cursor(uuid4()), UUID, int)


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_pages_of_a_list_are_the_whole_list(size: int, *, backward: bool) -> None:
    items, found = list(range(7)), list[int]()
    cursor: str | None = None
    while True:
        page = Page(last=size, before=cursor) if backward else Page(first=size, after=cursor)
        read = page.of(items)
        found = read.nodes + found if backward else found + read.nodes
        info = read.page_info
        if not (info.has_previous_page if backward else info.has_next_page):
            break
        cursor = info.start_cursor if backward else info.end_cursor
    assert found == items


def test_cursors_beyond_a_list() -> None:
    for number in (-5, 7, 2**64):
        assert Page(after=encode_cursor(number)).of([1, 2]).nodes == ([1, 2] if number < 0 else [])
        assert Page(before=encode_cursor(number)).of([1, 2]).nodes == ([] if number < 0 else [1, 2])

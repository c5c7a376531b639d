"""Sessions for resolvers that run side by side: one for each use, or one for an operation."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from graphql import GraphQLError
from sqlalchemy import ForeignKey, UniqueConstraint, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from tests.databases.library import counted
from tests.server.calling import post

from trunkline.contrib.sqlalchemy import SharedSession, related
from trunkline.server import GraphQL, make_executable_schema, parse_schema


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "writers"
    __table_args__ = (UniqueConstraint("name", deferrable=True, initially="DEFERRED"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    books: Mapped[list[Book]] = relationship(back_populates="author", order_by="Book.title")


class Book(Base):
    __tablename__ = "works"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("writers.id"))
    author: Mapped[Author] = relationship(back_populates="books")


SDL = """
type Query { books: [Book!]!  authors: [Author!]!  count: Int!  nested: Int! }
type Mutation { addAuthor(name: String!): Author  fail(name: String!): Author }
type Book { title: String!  author: Author! }
type Author { name: String!  books: [Book!]! }
"""


@dataclass
class Context:
    session: Any


class Query:
    async def books(self, context: Context) -> list[Book]:
        async with context.session() as session:
            return list(await session.scalars(select(Book).order_by(Book.title)))

    async def authors(self, context: Context) -> list[Author]:
        async with context.session() as session:
            return list(await session.scalars(select(Author).order_by(Author.name)))

    async def count(self, context: Context) -> int:
        async with context.session() as session:
            count: int = await session.scalar(select(func.count()).select_from(Author))
            return count

    async def nested(self, context: Context) -> int:
        async with context.session() as session:
            await session.scalar(text("SELECT 1"))
            return await self.count(context)


class Mutation:
    async def add_author(self, name: str, context: Context) -> Author:
        async with context.session() as session:
            author = Author(name=name)
            session.add(author)
            await session.flush()
            return author

    async def fail(self, name: str, context: Context) -> None:
        async with context.session() as session:
            session.add(Author(name=name))
            await session.flush()
            raise GraphQLError("no")


SCHEMA = make_executable_schema(
    parse_schema(SDL),
    SimpleNamespace(
        query=Query(),
        mutation=Mutation(),
        book=SimpleNamespace(author=related(Book.author)),
        author=SimpleNamespace(books=related(Author.books)),
    ),
    {"Book": Book, "Author": Author},
)


@pytest_asyncio.fixture
async def sessions(postgresql: str) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    engine = create_async_engine(postgresql.replace("://", "+asyncpg://"))
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    made = async_sessionmaker(engine, expire_on_commit=False)
    async with made.begin() as session:
        session.add(Author(name="U", books=[Book(title="D"), Book(title="L")]))
    yield made
    await engine.dispose()


def own(sessions: async_sessionmaker[AsyncSession]) -> Any:
    """Each use has a session and a transaction of its own."""
    return lambda _scope: Context(sessions.begin)


def shared(sessions: async_sessionmaker[AsyncSession]) -> Any:
    """All of an operation use one session, in one transaction."""

    async def context(_scope: Any) -> AsyncIterator[Context]:
        async with sessions.begin() as session:
            yield Context(SharedSession(session))

    return context


BOTH = pytest.mark.parametrize("context", [own, shared])
NAMES = "{ authors { name } }"


async def ask(app: GraphQL, query: str) -> Any:
    return (await post(app, query)).json


@BOTH
async def test_fields_use_the_database_at_once(context: Any, sessions: Any) -> None:
    app = GraphQL(SCHEMA, auth=None, context=context(sessions))
    query = """{
        books { title author { name books { title } } }
        authors { books { author { name } } }
        count
        nested
        again: books { title }
    }"""
    with counted(sessions.kw["bind"].sync_engine) as statements:
        responses = await asyncio.gather(*(ask(app, query) for _ in range(10)))
    books = [{"title": "D"}, {"title": "L"}]
    author = {"name": "U"}
    expected = {
        "books": [{**book, "author": {**author, "books": books}} for book in books],
        "authors": [{"books": [{"author": author}, {"author": author}]}],
        "count": 1,
        "nested": 1,
        "again": books,
    }
    assert responses == [{"data": expected}] * 10
    assert len(statements) == 10 * 10


@pytest.mark.parametrize(
    ("context", "names"), [(own, ["U", "X", "Z"]), (shared, ["U"])], ids=["own", "shared"]
)
async def test_what_failed_is_rolled_back(context: Any, names: list[str], sessions: Any) -> None:
    """By itself, or with the whole mutation, whose response then has no data."""
    app = GraphQL(SCHEMA, auth=None, context=context(sessions))
    mutation = """mutation {
        a: addAuthor(name: "X") { name books { title } }
        b: fail(name: "Y") { name }
        c: addAuthor(name: "Z") { name }
    }"""
    response = await ask(app, mutation)
    assert [error["message"] for error in response["errors"]] == ["no"]
    if context is own:
        assert response["data"] == {"a": {"name": "X", "books": []}, "b": None, "c": {"name": "Z"}}
    else:
        assert response["data"] is None
    response = await ask(app, NAMES)
    assert response == {"data": {"authors": [{"name": name} for name in names]}}


@BOTH
async def test_what_succeeded_is_committed(context: Any, sessions: Any) -> None:
    app = GraphQL(SCHEMA, auth=None, context=context(sessions))
    response = await ask(app, 'mutation { addAuthor(name: "X") { name books { title } } }')
    assert response == {"data": {"addAuthor": {"name": "X", "books": []}}}
    assert (await ask(app, "{ count }")) == {"data": {"count": 2}}


@BOTH
async def test_a_commit_that_fails_is_an_error(
    context: Any, sessions: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The constraint is checked at the end of the transaction."""
    app = GraphQL(SCHEMA, auth=None, context=context(sessions))
    with caplog.at_level(logging.ERROR, "trunkline.errors"):
        response = await ask(app, 'mutation { addAuthor(name: "U") { name } }')
    [error] = response["errors"]
    assert error["message"].startswith("Internal server error.")
    assert response.get("data") in (None, {"addAuthor": None})
    assert (await ask(app, NAMES)) == {"data": {"authors": [{"name": "U"}]}}


async def test_a_shared_session_is_given_to_one_task_at_a_time(sessions: Any) -> None:
    users: list[int] = []
    most = 0

    async def use(session_of: SharedSession, number: int) -> None:
        nonlocal most
        async with session_of(), session_of() as session:
            users.append(number)
            most = max(most, len(users))
            await session.execute(text("SELECT 1"))
            users.remove(number)

    async with sessions() as session:
        session_of = SharedSession(session)
        await asyncio.gather(*(use(session_of, number) for number in range(20)))
        waiting = asyncio.create_task(use(session_of, 20))
        async with session_of():
            await asyncio.sleep(0)
            waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await use(session_of, 21)
    assert most == 1

"""Relations that a batch resolver loads: every kind of them, one statement for each level."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Engine, create_engine, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, sessionmaker
from tests.databases.library import (
    MODELS,
    SDL,
    Author,
    Base,
    Book,
    Copy,
    Edition,
    content,
    counted,
)

from trunkline.contrib.sqlalchemy import related, related_sync, relations
from trunkline.engine import compile_operation, run
from trunkline.schema.bindings import Schema
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema
from trunkline.server import Threads


@dataclass
class Context:
    session: Any


class AuthorResolvers:
    books = related(Author.books)


class BookResolvers:
    author = related(Book.author)
    tags = related(Book.tags)
    sequel_of = related(Book.sequel_of)
    sequels = related(Book.sequels)
    editions = related(Book.editions)
    first_edition = related(Book.first_edition)


class EditionResolvers:
    copies = related(Edition.copies)


class CopyResolvers:
    edition = related(Copy.edition)


def all_of(model: Any, key: Any) -> Any:
    async def load(context: Context) -> list[Any]:
        async with context.session() as session:
            return list(await session.scalars(select(model).order_by(key)))

    return load


def schema_of(**groups: object) -> Schema:
    query = SimpleNamespace(
        books=all_of(Book, Book.id),
        authors=all_of(Author, Author.id),
        editions=all_of(Edition, Edition.number),
    )
    given = {
        "query": query,
        "author": AuthorResolvers(),
        "book": BookResolvers(),
        "edition": EditionResolvers(),
        "copy": CopyResolvers(),
    }
    return make_executable_schema(parse_schema(SDL), SimpleNamespace(**(given | groups)), MODELS)


@dataclass
class Database:
    sessions: async_sessionmaker[AsyncSession]
    engine: Engine


@pytest_asyncio.fixture(params=["postgresql", "sqlite"], scope="module", loop_scope="module")
async def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Database]:
    url = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('database')}/it"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").replace("://", "+asyncpg://")
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    async with sessions.begin() as session:
        session.add_all(content())
    yield Database(sessions, engine.sync_engine)
    await engine.dispose()


TITLES = ["A Wizard of Earthsea", "The Tombs of Atuan", "The Farthest Shore", "Solaris", "Beowulf"]


def of_books(field: str, *values: Any) -> dict[str, Any]:
    return {"books": [{field: value} for value in values]}


LEGUIN, LEM = {"name": "Ursula K. Le Guin"}, {"name": "Stanisław Lem"}
EDITIONS = [{"number": 1}, {"number": 2}]

RELATIONS = {
    "many to one": ("author { name }", of_books("author", LEGUIN, LEGUIN, LEGUIN, LEM, None)),
    "many to many": (
        "tags { name }",
        of_books("tags", [{"name": "earth"}, {"name": "moon"}], [{"name": "earth"}], [], [], []),
    ),
    "to its own class": (
        "sequelOf { title }",
        of_books("sequelOf", None, {"title": TITLES[0]}, {"title": TITLES[0]}, None, None),
    ),
    "from its own class": (
        "sequels { title }",
        of_books("sequels", [{"title": TITLES[2]}, {"title": TITLES[1]}], [], [], [], []),
    ),
    "part of a key": ("editions { number }", of_books("editions", EDITIONS, [], [], [], [])),
    "a condition": (
        "firstEdition { number }",
        of_books("firstEdition", {"number": 1}, None, None, None, None),
    ),
}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("relation", RELATIONS)
async def test_a_relation_costs_one_statement(relation: str, database: Database) -> None:
    asked, expected = RELATIONS[relation]
    operation = compile_operation(schema_of(), f"{{ books {{ {asked} }} }}")
    with counted(database.engine) as statements:
        data, errors = await run(operation, None, Context(database.sessions))
    assert not errors, errors
    assert data == expected
    assert len(statements) == 2
    has_join = relation not in {"many to one", "to its own class"}  # the foreign key is enough
    assert ("JOIN" in statements[1]) is has_join


@pytest.mark.asyncio(loop_scope="module")
async def test_a_list_has_the_order_of_the_relation(database: Database) -> None:
    operation = compile_operation(schema_of(), "{ authors { books { title } } }")
    data, _ = await run(operation, None, Context(database.sessions))
    assert data is not None
    [first, second, third] = [
        [book["title"] for book in author["books"]] for author in data["authors"]
    ]
    assert first == sorted(TITLES[:3], reverse=True)
    assert (second, third) == (["Solaris"], [])


@pytest.mark.asyncio(loop_scope="module")
async def test_a_list_can_have_another_order(database: Database) -> None:
    author = SimpleNamespace(books=related(Author.books, order_by=[Book.title]))
    operation = compile_operation(schema_of(author=author), "{ authors { books { title } } }")
    data, _ = await run(operation, None, Context(database.sessions))
    assert data is not None
    assert [each["title"] for each in data["authors"][0]["books"]] == sorted(TITLES[:3])


@pytest.mark.asyncio(loop_scope="module")
async def test_keys_of_two_columns_and_levels_that_add_up(database: Database) -> None:
    asked = "{ authors { books { editions { number copies { id edition { number } } } } } }"
    operation = compile_operation(schema_of(), asked)
    with counted(database.engine) as statements:
        data, errors = await run(operation, None, Context(database.sessions))
    assert not errors, errors
    assert data is not None
    assert len(statements) == 5
    editions = [book["editions"] for book in data["authors"][0]["books"]]
    one, two = {"number": 1}, {"number": 2}
    assert editions[2] == [
        {"number": 1, "copies": [{"id": "1", "edition": one}, {"id": "2", "edition": one}]},
        {"number": 2, "copies": [{"id": "3", "edition": two}]},
    ]


@pytest.mark.asyncio(loop_scope="module")
async def test_many_parents_are_divided(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relations, "_MOST_KEYS", 2)
    operation = compile_operation(schema_of(), "{ books { author { name } } }")
    with counted(database.engine) as statements:
        data, _ = await run(operation, None, Context(database.sessions))
    assert data == RELATIONS["many to one"][1]
    assert len(statements) == 1 + 1  # two authors
    operation = compile_operation(schema_of(), "{ books { tags { name } } }")
    with counted(database.engine) as statements:
        data, _ = await run(operation, None, Context(database.sessions))
    assert data == RELATIONS["many to many"][1]
    assert len(statements) == 1 + 3  # of five books


@pytest.mark.asyncio(loop_scope="module")
async def test_the_session_may_be_elsewhere(database: Database) -> None:
    book = SimpleNamespace(
        author=related(Book.author, session=lambda context: context.database()),
        **{
            name: getattr(BookResolvers, name)
            for name in ("tags", "sequel_of", "sequels", "editions", "first_edition")
        },
    )
    operation = compile_operation(schema_of(book=book), "{ books { author { name } } }")
    context = SimpleNamespace(session=database.sessions, database=database.sessions)
    data, _ = await run(operation, None, context)
    assert data == RELATIONS["many to one"][1]


async def test_an_object_without_a_key_is_told() -> None:
    resolver = related(Book.author)
    context = Context(async_sessionmaker())
    with pytest.raises(ValueError, match="An object of Book is not in the database yet"):
        await resolver([Book(title="new")], context)
    assert repr(resolver) == "related(Book.author)"


@pytest.fixture
def blocking(tmp_path: Path) -> Iterator[tuple[Engine, sessionmaker[Session]]]:
    engine = create_engine(f"sqlite:///{tmp_path}/it")
    Base.metadata.create_all(engine)
    sessions = sessionmaker(engine, expire_on_commit=False)
    with sessions.begin() as session:
        session.add_all(content())
    yield engine, sessions
    engine.dispose()


@pytest.mark.parametrize("threads", [(), (Threads(limit=1),)], ids=["directly", "in threads"])
async def test_relations_without_async(
    threads: tuple[Threads, ...], blocking: tuple[Engine, sessionmaker[Session]]
) -> None:
    engine, sessions = blocking

    class Books:
        author = related_sync(Book.author)
        tags = related_sync(Book.tags)

    def books(context: Context) -> list[Book]:
        with context.session() as session:
            return list(session.scalars(select(Book).order_by(Book.id)))

    sdl = """
        type Query { books: [Book!]! }
        type Book { title: String!  author: Author  tags: [Tag!]! }
        type Author { name: String! }
        type Tag { name: String! }
        """
    resolvers = SimpleNamespace(query=SimpleNamespace(books=books), book=Books())
    models = {name: MODELS[name] for name in ("Book", "Author", "Tag")}
    schema = make_executable_schema(parse_schema(sdl), resolvers, models, middlewares=threads)
    operation = compile_operation(schema, "{ books { author { name } tags { name } } }")
    with counted(engine) as statements:
        data, errors = await run(operation, None, Context(sessions))
    assert not errors, errors
    assert data is not None
    authors, tags = RELATIONS["many to one"][1], RELATIONS["many to many"][1]
    both = zip(authors["books"], tags["books"], strict=True)
    assert data["books"] == [author | tag for author, tag in both]
    assert len(statements) == 3

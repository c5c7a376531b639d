"""What SQLAlchemy loads when it is read is told when a program starts, and when it is generated."""

from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import ForeignKey
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.orm import (
    DeclarativeBase,
    DynamicMapped,
    Mapped,
    MappedAsDataclass,
    WriteOnlyMapped,
    backref,
    mapped_column,
    registry,
    relationship,
)
from tests.databases.library import MODELS, SDL, Author, Book, Copy
from tests.generate.projects import project, trunkline
from tests.type_checkers import mypy

from trunkline.contrib.sqlalchemy import related
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema


class Base(DeclarativeBase):
    pass


class Parent(Base):
    __tablename__ = "parents"

    id: Mapped[int] = mapped_column(primary_key=True)
    select: Mapped[list[Child]] = relationship(viewonly=True)
    selectin: Mapped[list[Child]] = relationship(viewonly=True, lazy="selectin")
    joined: Mapped[list[Child]] = relationship(viewonly=True, lazy="joined")
    raising: Mapped[list[Child]] = relationship(viewonly=True, lazy="raise")
    raising_on_sql: Mapped[list[Child]] = relationship(viewonly=True, lazy="raise_on_sql")
    dynamic: DynamicMapped[Child] = relationship(viewonly=True)
    write_only: WriteOnlyMapped[Child] = relationship(overlaps="parent,back,eager")
    names: AssociationProxy[list[str]] = association_proxy("select", "name")
    eager_names: AssociationProxy[list[str]] = association_proxy("selectin", "name")
    plain: Mapped[str]
    deferred: Mapped[str] = mapped_column(deferred=True)
    deferred_raising: Mapped[str] = mapped_column(deferred=True, deferred_raiseload=True)


class Child(Base):
    __tablename__ = "children"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    parent_id: Mapped[int] = mapped_column(ForeignKey("parents.id"))
    parent: Mapped[Parent] = relationship(backref=backref("back", viewonly=True), viewonly=True)
    other: Mapped[Parent] = relationship(
        backref=backref("eager", viewonly=True, lazy="selectin"), viewonly=True
    )


LAZY = ["select", "dynamic", "write_only", "names", "deferred", "back"]
EAGER = ["selectin", "joined", "raising", "raising_on_sql", "eager_names", "plain"]
EAGER += ["deferred_raising", "eager"]


def started(fields: dict[str, str], model: type, caplog: Any, **groups: object) -> list[str]:
    listed = " ".join(f"{name}: {type_}" for name, type_ in fields.items())
    sdl = f"type Query {{ it: It }} type It {{ {listed} }} type Child {{ id: ID }}"
    resolvers = SimpleNamespace(query=SimpleNamespace(it=lambda: None), **groups)
    caplog.clear()
    with caplog.at_level(logging.WARNING, "trunkline.schema"):
        make_executable_schema(parse_schema(sdl), resolvers, {"It": model})
    return [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize("name", LAZY)
def test_it_is_told_at_start(name: str, caplog: pytest.LogCaptureFixture) -> None:
    attribute = "select" if name == "names" else name
    [warning] = started({name: "[Child]"}, Parent, caplog)
    assert warning.startswith(f"It.{name}: SQLAlchemy loads Parent.{attribute} when it is read: ")
    remedy = "Do not defer it, or set deferred_raiseload=True"
    if name != "deferred":
        remedy = (
            f"Add the resolver `{attribute} = related(Parent.{attribute})` of trunkline.contrib"
        )
    assert remedy in warning


def test_what_is_there_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    assert started(dict.fromkeys(EAGER, "[Child]"), Parent, caplog) == []


def test_a_resolver_is_the_remedy(caplog: pytest.LogCaptureFixture) -> None:
    group = SimpleNamespace(select=related(Parent.select))
    assert started({"select": "[Child]"}, Parent, caplog, it=group) == []


def test_dataclasses_and_classes_that_are_mapped_by_a_table(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Mapping(MappedAsDataclass, DeclarativeBase):
        pass

    class First(Mapping):
        __tablename__ = "first"
        id: Mapped[int] = mapped_column(primary_key=True)
        other_id: Mapped[int] = mapped_column(ForeignKey("first.id"))
        child: Mapped[Any] = relationship("First", default=None)

    class Second:
        pass

    others = registry()
    others.map_imperatively(
        Second, Parent.metadata.tables["children"], properties={"child": relationship(Parent)}
    )
    for model in (First, Second):
        [warning] = started({"child": "Child"}, model, caplog)
        assert f"{model.__qualname__}.child when it is read" in warning


def test_all_are_told(caplog: pytest.LogCaptureFixture) -> None:
    def none() -> None: ...

    query = SimpleNamespace(books=none, authors=none, editions=none)
    groups: dict[str, Any] = {"author": SimpleNamespace(books=related(Author.books))}
    groups["copy"] = SimpleNamespace(edition=related(Copy.edition))
    groups["book"] = SimpleNamespace(author=related(Book.author))
    with caplog.at_level(logging.WARNING, "trunkline.schema"):
        make_executable_schema(parse_schema(SDL), SimpleNamespace(query=query, **groups), MODELS)
    told = [record.getMessage().partition(":")[0] for record in caplog.records]
    fields = ["tags", "sequelOf", "sequels", "editions", "firstEdition"]
    assert told == [*(f"Book.{name}" for name in fields), "Edition.copies"]


PROJECT = {
    "trunkline.toml": """
        schema = "schema.graphql"
        package = "shop.graph"
        resolvers = "shop.resolvers"
        context = "shop.context:Context"
        autobind = ["shop.models"]
        """,
    "schema.graphql": """
        type Query { books: [Book!]! }
        type Book { title: String!  author: Author! }
        type Author { name: String!  books: [Book!]! }
        """,
    "shop/context.py": """
        from collections.abc import Callable
        from contextlib import AbstractAsyncContextManager
        from dataclasses import dataclass
        from sqlalchemy.ext.asyncio import AsyncSession

        @dataclass
        class Context:
            session: Callable[[], AbstractAsyncContextManager[AsyncSession]]
        """,
    "shop/models.py": """
        from sqlalchemy import ForeignKey
        from sqlalchemy.orm import DeclarativeBase, Mapped, backref, mapped_column, relationship

        class Base(DeclarativeBase):
            pass

        class Author(Base):
            __tablename__ = "authors"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str]
            books: Mapped[list["Book"]] = relationship(back_populates="author")

        class Book(Base):
            __tablename__ = "books"
            id: Mapped[int] = mapped_column(primary_key=True)
            title: Mapped[str]
            author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
            author: Mapped[Author] = relationship(back_populates="books")
        """,
}

RESOLVERS = """
    from shop import graph
    from shop.context import Context
    from shop.models import Author, Book
    from sqlalchemy import select
    from trunkline.contrib.sqlalchemy import related

    class QueryResolvers(graph.QueryResolvers):
        async def books(self, *, context: Context) -> list[Book]:
            async with context.session() as session:
                return list(await session.scalars(select(Book)))

    class BookResolvers(graph.BookResolvers):
        author = related(Book.author)

    class AuthorResolvers(graph.AuthorResolvers):
        books = related(Author.books, order_by=[Book.title])
    """


def test_it_is_told_when_generating_and_the_remedy_has_types(tmp_path: Path) -> None:
    project(tmp_path, PROJECT)
    done = trunkline(tmp_path, "generate")
    assert done.status == 0, done.printed
    assert (
        "schema.graphql:2: Book.author: SQLAlchemy loads Book.author when it is read: a statement"
        " for each object, which fails in asynchronous code and when the session is closed. Say"
        " `batch = true` for the field, and write for its stub `author = related(Book.author)` of"
        " trunkline.contrib.sqlalchemy, or set lazy='selectin', or lazy='raise' if your queries"
        " load it." in done.printed
    )
    assert "schema.graphql:3: Author.books: SQLAlchemy loads Author.books" in done.printed
    configuration = (
        PROJECT["trunkline.toml"]
        + """
        models.Book.fields.author.batch = true
        models.Author.fields.books.batch = true
        """
    )
    project(tmp_path, {"trunkline.toml": configuration, "shop/resolvers/schema.py": RESOLVERS})
    done = trunkline(tmp_path, "generate")
    assert done.status == 0, done.printed
    assert "SQLAlchemy loads" not in done.printed
    assert "related(Book.author)" in (tmp_path / "shop/resolvers/schema.py").read_text()
    said = mypy(tmp_path, "-p", "shop")
    assert "Success" in said, said
    wrong = RESOLVERS.replace(
        "related(Author.books, order_by=[Book.title])", "related(Book.author)"
    )
    project(tmp_path, {"shop/resolvers/schema.py": wrong})
    assert 'incompatible type "InstrumentedAttribute[Author]"' in mypy(tmp_path, "-p", "shop")

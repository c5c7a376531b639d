"""Models with every kind of relation, and how many statements they cost."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, ForeignKeyConstraint, Table, event
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column, relationship


class Base(DeclarativeBase):
    pass


tagged = Table(
    "tagged",
    Base.metadata,
    Column("book", ForeignKey("books.id"), primary_key=True),
    Column("tag", ForeignKey("tags.name"), primary_key=True),
)


class Author(Base):
    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    books: Mapped[list[Book]] = relationship(back_populates="author", order_by="Book.title.desc()")


class Book(Base):
    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("authors.id"))
    sequel_of_id: Mapped[int | None] = mapped_column(ForeignKey("books.id"))
    author: Mapped[Author | None] = relationship(back_populates="books")
    tags: Mapped[list[Tag]] = relationship(secondary=tagged, order_by="Tag.name")
    sequel_of: Mapped[Book | None] = relationship(remote_side="Book.id")
    sequels: Mapped[list[Book]] = relationship(order_by="Book.title", overlaps="sequel_of")
    editions: Mapped[list[Edition]] = relationship(order_by="Edition.number")
    first_edition: Mapped[Edition | None] = relationship(
        primaryjoin="and_(Book.id == Edition.book_id, Edition.number == 1)", viewonly=True
    )


class Tag(Base):
    __tablename__ = "tags"

    name: Mapped[str] = mapped_column(primary_key=True)


class Edition(MappedAsDataclass, Base):
    """It has a key of two columns."""

    __tablename__ = "editions"

    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    copies: Mapped[list[Copy]] = relationship(
        default_factory=list, order_by="Copy.id", back_populates="edition"
    )


class Copy(MappedAsDataclass, Base):
    __tablename__ = "copies"
    __table_args__ = (
        ForeignKeyConstraint(["book_id", "number"], ["editions.book_id", "editions.number"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    book_id: Mapped[int] = mapped_column(init=False)
    number: Mapped[int] = mapped_column(init=False)
    edition: Mapped[Edition | None] = relationship(default=None, back_populates="copies")


SDL = """
type Query { books: [Book!]!  authors: [Author!]!  editions: [Edition!]! }
type Author { id: ID!  name: String!  books: [Book!]! }
type Book {
  title: String!
  author: Author
  tags: [Tag!]!
  sequelOf: Book
  sequels: [Book!]!
  editions: [Edition!]!
  firstEdition: Edition
}
type Tag { name: String! }
type Edition { number: Int!  copies: [Copy!]! }
type Copy { id: ID!  edition: Edition }
"""

MODELS: dict[str, type] = {each.__name__: each for each in (Author, Book, Tag, Edition, Copy)}


def content() -> list[Any]:
    """Two authors, five books, and one author who has written nothing."""
    tags = [Tag(name="earth"), Tag(name="moon")]
    first = Book(id=1, title="A Wizard of Earthsea", tags=tags[::-1])
    first.editions = [
        Edition(book_id=1, number=2, copies=[Copy(id=3)]),
        Edition(book_id=1, number=1, copies=[Copy(id=2), Copy(id=1)]),
    ]
    others = [
        Book(id=2, title="The Tombs of Atuan", sequel_of_id=1, tags=tags[:1]),
        Book(id=3, title="The Farthest Shore", sequel_of_id=1),
    ]
    return [
        Author(id=1, name="Ursula K. Le Guin", books=[first, *others]),
        Author(id=2, name="Stanisław Lem", books=[Book(id=4, title="Solaris")]),
        Author(id=3, name="Nobody"),
        Book(id=5, title="Beowulf"),
    ]


@contextmanager
def counted(engine: Engine) -> Generator[list[str]]:
    """Give the list of the statements that are executed meanwhile."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from functools import cached_property
from typing import Generic, TypedDict, TypeVar
from uuid import UUID, uuid4

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from trunkline.server import Scalar

T = TypeVar("T")
money = Scalar(serialize=str, parse=Decimal)


class Context:
    user: str


class Kind(Enum):
    FICTION = "fiction"
    verse = "poetry"


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Titled(Generic[T]):
    title: str


@dataclass
class Book(Titled[int]):
    title: str
    author: Person
    genre: Kind = Kind.FICTION
    price: Decimal = Decimal(1)
    isbn: UUID = field(default_factory=uuid4)
    page_count: int | None = None
    slug: str | None = None

    @property
    def upper_title(self) -> str:
        return self.title.upper()

    async def scaled(
        self, width: int, unit: str | None, note: str | None = None
    ) -> str:
        return f"{width}{unit}{note}"


@dataclass
class Shelf:
    name: str
    size: int

    @cached_property
    def books(self) -> Sequence[Book]:
        return []


class Row(TypedDict):
    key: str
    value: int | None


@dataclass
class Filter:
    page_count: int
    title: str | None = None
    genre: Kind | None = None
    ids: list[str] | None = None

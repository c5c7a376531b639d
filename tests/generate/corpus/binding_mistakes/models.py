from dataclasses import dataclass
from datetime import date
from enum import Enum
from uuid import UUID


class Genre(Enum):
    FICTION = "fiction"


class State(Enum):
    NEW = "new"
    SENT = "sent"


class Other:
    pass


@dataclass
class Book:
    isbn: bytes
    title: str | None
    pages: str
    tags: str
    genre: list[Genre]
    published: date
    shelf: Other
    state: State

    def scaled(self, width: str) -> int | None:
        return len(width)

    def named(self, by: str, also: str) -> str:
        return by + also

    async def nothing(self) -> str:
        return ""

    def states(self, only: State) -> list[State]:
        return [only]


@dataclass
class BookInput:
    title: str
    pages: int
    tags: str
    genre: Genre
    at: str
    id: UUID
    states: list[State]
    needed: int


@dataclass
class Strict:
    title: str
    size: int
    length: int
    scaled: int


def function() -> None:
    pass

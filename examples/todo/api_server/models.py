"""The one model of a todo: REST and GraphQL both show this."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The base of all tables."""


class Todo(Base):
    """Something to remember."""

    __tablename__ = "todos"

    todo_id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    title: Mapped[str]
    text: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC), index=True)


@dataclass
class NewTodo:
    """What a caller gives to make a todo."""

    title: str
    text: str

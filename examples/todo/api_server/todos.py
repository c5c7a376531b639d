"""The business logic. It knows neither REST nor GraphQL; both call it."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from todo.api_server.models import NewTodo, Todo

LONGEST_TITLE = 200  # characters


class TodoRejectedError(Exception):
    """A todo breaks a rule; the message is for the caller."""


class Todos:
    """All that can be done with todos."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions

    async def all(self) -> list[Todo]:
        """Return every todo, the oldest first."""
        async with self._sessions() as session:
            return list(await session.scalars(select(Todo).order_by(Todo.created_at)))

    async def find(self, todo_id: str) -> Todo | None:
        """Return one todo; ``None`` if there is none, or the id is none."""
        try:
            key = UUID(todo_id)
        except ValueError:
            return None
        async with self._sessions() as session:
            return await session.get(Todo, key)

    async def create(self, new: NewTodo) -> Todo:
        """Keep a new todo. Raises ``TodoRejectedError`` for one with no title, or a long one."""
        if not new.title.strip():
            raise TodoRejectedError("A todo needs a title.")
        if len(new.title) > LONGEST_TITLE:
            raise TodoRejectedError(f"A title has at most {LONGEST_TITLE} characters.")
        async with self._sessions.begin() as session:
            todo = Todo(title=new.title, text=new.text)
            session.add(todo)
        return todo

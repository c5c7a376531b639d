"""The todos as Trunkline serves them."""

from __future__ import annotations

from benchmarks.peers.python.todos import SDL, Todo, User, find_todo, first_todos
from trunkline.schema.bindings import batch
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema

__all__ = ["SCHEMA", "Resolvers"]


class Query:
    """Resolvers of ``Query``."""

    def todos(self, first: int) -> list[Todo]:
        return first_todos(first)

    def todo(self, id: str) -> Todo | None:  # noqa: A002  # the argument's name
        return find_todo(id)


class TodoResolvers:
    """Resolvers of ``Todo``."""

    async def author(self, todo: Todo) -> User:
        return todo.user

    @batch
    async def owner(self, todos: list[Todo]) -> list[User]:
        return [todo.user for todo in todos]


class Resolvers:
    """The resolvers of each type that needs some."""

    query = Query()
    todo = TodoResolvers()


SCHEMA = make_executable_schema(parse_schema(SDL), Resolvers(), {"Todo": Todo, "User": User})

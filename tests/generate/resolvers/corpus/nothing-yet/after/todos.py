"""Resolvers of `Query` and `Todo`."""

from datetime import date

from trunkline.server import batch

from todo import graph
from todo.models import Todo, User


class QueryResolvers(graph.QueryResolvers):
    """Resolvers of `Query`."""

    async def todos(
        self,
        *,
        first: int | None = None,
        due: date | None = None,
    ) -> list[Todo]:
        """All that is to be done."""
        raise NotImplementedError("Query.todos")

    async def a_name_of_some_length(
        self,
        *,
        first_argument: int | None = None,
        second_argument: str,
    ) -> Todo | None:
        raise NotImplementedError("Query.a_name_of_some_length")


class TodoResolvers(graph.TodoResolvers):
    """Resolvers of `Todo`."""

    @batch
    async def author(self, todos: list[Todo]) -> list[User | Exception]:
        raise NotImplementedError("Todo.author")

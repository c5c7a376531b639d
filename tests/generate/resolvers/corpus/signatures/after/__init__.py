import datetime

from todo import graph, models
from todo.models import Todo


class QueryResolvers(graph.QueryResolvers):
    async def todos(self, *, first: int | None = None, after: str) -> list[models.User]:
        """Return those before a day."""
        return []

    def only(self) -> Todo:
        return models.Todo()

    async def wide(
        self,
        *,
        one: str,
        two: str,
        a_third: str,
        the_fourth_and_last: str | None = "none",
    ) -> Todo:
        raise NotImplementedError("Query.wide")

    async def lines(
        self,
        *,
        # the first
        one: int,
        two: int,
        three: int,  # the last
    ) -> Todo:
        return Todo(one)

    async def positional(self, one: int = 1) -> Todo:
        return Todo(one)

    async def plain(self, *, one: int, two: int = 2) -> int:
        return ""

    async def late(self, *, at: datetime.date | None) -> Todo:
        return None

    async def steady(self, *, at):
        return None


class TodoResolvers(graph.TodoResolvers):
    async def author(self, it: Todo, deep: bool = False) -> str:
        return it.author


class Resolvers:
    query = QueryResolvers()
    todo = TodoResolvers()

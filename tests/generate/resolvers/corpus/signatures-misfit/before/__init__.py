from typing import overload

from todo import graph
from todo.database import with_session
from todo.models import Todo, User


class QueryResolvers(graph.QueryResolvers):
    async def unasked(self, *, first: int) -> int:
        return first

    async def unused(self, *, first: int = 10) -> int:
        return 1

    async def given(self, *, context: object, selection: object, caller: object) -> int:
        return 1

    @with_session
    async def decorated(self, session: object) -> int:
        return 1

    async def required(self, *, first: int) -> int:
        return first

    async def narrowed(self, *, first: int = 10) -> int:
        return first

    @overload
    async def overloaded(self) -> int: ...

    @overload
    async def overloaded(self, *, first: int) -> int: ...

    async def overloaded(self, *, first: int = 1) -> int:
        return first

    async def anything(self, *arguments: int, **more: int) -> int:
        return 1


class TodoResolvers(graph.TodoResolvers):
    async def author(self) -> User:
        return User()

    @staticmethod
    async def title(it: Todo) -> str:
        return it.title


class Resolvers:
    query = QueryResolvers()
    todo = TodoResolvers()

from todo import graph
from todo.models import Todo, User


class QueryResolvers(graph.QueryResolvers):
    async def used(self, *, first: int = 10) -> list[Todo]:
        return [Todo()][:first]

    async def caught(self, **arguments: int) -> Todo:
        return Todo(**arguments)

    async def other(self, *, first: bool = True) -> Todo | str:
        return Todo()

    assigned = caught

    async def local(self, *, first: int) -> Todo:
        return Todo(**locals())

    async def noted(
        self,
        *,
        first: int,
        second: int,  # for Ada
    ) -> Todo:
        return Todo()

    if __debug__:

        async def decided(self, *, first: int) -> Todo:
            return Todo()

    else:

        async def decided(self, *, first: int) -> Todo:
            return Todo()


class TodoResolvers(graph.TodoResolvers):
    async def author(self, todo: Todo) -> User:
        return todo.author


class Resolvers:
    query = QueryResolvers()
    todo = TodoResolvers()

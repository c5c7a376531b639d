from todo import graph
from todo.models import Todo, User
from todo.resolvers.mixing import Authors


class QueryResolvers(graph.QueryResolvers):
    async def entitty(self, *, id: str) -> Todo:
        return Todo()

    def _entities(self) -> list[Todo]:
        return []

    async def autor(self, name: str) -> User:
        return User()

    async def entity(self, *, id: str) -> Todo:
        raise NotImplementedError("Query.entity")

    async def entities(self) -> list[Todo]:
        raise NotImplementedError("Query.entities")

    async def author(self) -> User:
        raise NotImplementedError("Query.author")


class TodoResolvers(Authors, graph.TodoResolvers):
    async def author(self, todo: Todo) -> User:
        raise NotImplementedError("Todo.author")


class Resolvers:
    query = QueryResolvers()
    todo = TodoResolvers()

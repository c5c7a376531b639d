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


class TodoResolvers(Authors, graph.TodoResolvers):
    pass


class Resolvers:
    query = QueryResolvers()
    todo = TodoResolvers()

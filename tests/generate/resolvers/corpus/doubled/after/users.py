from todo import graph
from todo.models import User
from todo.resolvers import todos


class QueryResolvers(graph.QueryResolvers):
    async def user(self) -> User:
        return User()

    async def name(self) -> str:
        return ""


class Overriding(todos.QueryResolvers, graph.QueryResolvers):
    async def user(self) -> User:
        return User()

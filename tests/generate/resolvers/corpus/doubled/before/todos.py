from todo import graph
from todo.models import Todo, User


class QueryResolvers(graph.QueryResolvers):
    async def todo(self) -> Todo:
        return Todo()

    async def user(self) -> User:
        return User()

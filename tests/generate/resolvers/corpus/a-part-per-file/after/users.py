from todo import graph
from todo.models import User


class QueryResolvers(graph.QueryResolvers):
    async def users(self) -> list[User]:
        return []

    async def user(self) -> User:
        raise NotImplementedError("Query.user")

"""Resolvers of `User`."""

from todo import graph
from todo.models import Todo, User


class UserResolvers(graph.UserResolvers):
    """Resolvers of `User`."""

    async def todos(self, user: User) -> list[Todo]:
        raise NotImplementedError("User.todos")

    async def resolve_type(self, value: object) -> str:
        raise NotImplementedError("User.resolve_type")

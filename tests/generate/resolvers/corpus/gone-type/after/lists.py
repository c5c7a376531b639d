from todo import graph
from todo.models import User


class ListResolvers(graph.ListResolvers):
    async def name(self, user: User) -> str:
        return user.name


everywhere = ListResolvers()

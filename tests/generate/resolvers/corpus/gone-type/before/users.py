from todo import graph
from todo.models import Todo, User

known = Todo()


class UserResolvers(graph.UserResolvers):
    async def name(self, user: User) -> str:
        return user.name

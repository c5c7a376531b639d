from todo import graph
from todo.models import Todo, User

known = Todo()


# What the schema no longer has, kept by `trunkline generate`: move it, or delete it.
#
# class UserResolvers:
# class UserResolvers(graph.UserResolvers):
#     async def name(self, user: User) -> str:
#         return user.name

from todo import graph
from todo.models import User


class QueryResolvers(graph.QueryResolvers):
    pass


# What the schema no longer has, kept by `trunkline generate`: move it, or delete it.
#
# from class QueryResolvers:
#     async def users(self) -> list[User]:
#         return []

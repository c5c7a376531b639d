from todo import graph
from todo.models import Todo


# What the schema no longer has, kept by `trunkline generate`: move it, or delete it.
#
# class QueryResolvers:
# class QueryResolvers(graph.QueryResolvers):
#     async def todos(self) -> list[Todo]:
#         return []

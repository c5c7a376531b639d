from todo import graph
from todo.models import Todo


class QueryResolvers(graph.QueryResolvers):
    async def todos(self) -> list[Todo]:
        return []


class Resolvers:
    query = QueryResolvers()


# What the schema no longer has, kept by `trunkline generate`: move it, or delete it.
#
# from class QueryResolvers:
#     # by its id
#     async def todo(self, *, id: str) -> Todo:
#         return find(id)
#
# from class Resolvers:
#     todo = TodoResolvers()
#
# class TodoResolvers:
# @final
# class TodoResolvers(graph.TodoResolvers):
#     async def author(self, todo: Todo) -> User:
#         return todo.author
#
#     async def name(self, todo: Todo) -> User:
#         return todo.author

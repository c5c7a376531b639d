from todo import graph
from todo.models import Todo
from todo.models import User


class QueryResolvers(graph.QueryResolvers):
    async def todos(self) -> list[Todo]:
        return []

    async def todo(self, *, id: str) -> Todo:
        raise NotImplementedError("Query.todo")

    async def name(self) -> str:
        raise NotImplementedError("Query.name")


class TodoResolvers(graph.TodoResolvers):
    """Resolvers of `Todo`."""

    async def author(self, todo: Todo) -> User:
        raise NotImplementedError("Todo.author")


class Resolvers:
    query = QueryResolvers()
    todo = TodoResolvers()


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

"""Resolvers."""

from functools import cache

from todo import graph
from todo.models import Todo, User


class QueryResolvers(graph.QueryResolvers):
    # The first one, by date.
    # Ask Ada.
    @cache
    @staticmethod  # it needs nothing
    async def first() -> Todo:
        """Return the first.

        Text of SQL follows.
        """
        sql = """
select *

  from todo
"""
        return await run(sql)
        # that was it

    assigned = first

    async def todos(self) -> list[Todo]:
        return self._private()

    def _private(self) -> list[Todo]:
        return []

    async def last(self) -> Todo:
        return run("last")

    if True:

        def either(self) -> Todo:
            return self._private()[0]


class TodoResolvers(graph.TodoResolvers):
    async def author(self, todo: Todo) -> User:
        return todo.author


async def run(sql: str) -> Todo:
    raise LookupError(sql)


class Resolvers:
    query = QueryResolvers()
    todo = TodoResolvers()


# What the schema no longer has, kept by `trunkline generate`: move it, or delete it.
#
# from class QueryResolvers:
#     def of_old(self) -> int:
#         return 1

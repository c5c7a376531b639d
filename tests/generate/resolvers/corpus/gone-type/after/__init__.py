from todo import graph
from todo.models import Todo

from . import lists
from .users import known  # both


class QueryResolvers(graph.QueryResolvers):
    async def todos(self) -> list[Todo]:
        return [known]


class Resolvers:
    def __init__(self) -> None:
        self.query = QueryResolvers()
        self.list = lists.ListResolvers()


# What the schema no longer has, kept by `trunkline generate`: move it, or delete it.
#
# from class Resolvers:
#         # by hand
#         self.todo = TodoResolvers()
#
# from class Resolvers:
#         self.user = UserResolvers()
#
# import:
# from .todos import TodoResolvers

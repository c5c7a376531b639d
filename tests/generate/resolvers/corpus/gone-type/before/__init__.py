from todo import graph
from todo.models import Todo

from . import lists
from .todos import TodoResolvers
from .users import UserResolvers, known  # both


class QueryResolvers(graph.QueryResolvers):
    async def todos(self) -> list[Todo]:
        return [known]


class Resolvers:
    def __init__(self) -> None:
        self.query = QueryResolvers()
        # by hand
        self.todo = TodoResolvers()
        self.user = UserResolvers()
        self.list = lists.ListResolvers()

from todo import graph
from todo.models import Todo
from todo.resolvers.comment import ListResolvers
from todo.resolvers.last import LastResolvers
from todo.resolvers.todo import TodoResolvers
from todo.resolvers.user import UserResolvers
class QueryResolvers(graph.QueryResolvers):
    page=1; gone = lambda self: 1  # two

    async def todos(self) -> list[Todo]:
        raise NotImplementedError("Query.todos")
class Resolvers:
    query = QueryResolvers()
    todo = TodoResolvers()
    user = UserResolvers()
    list = ListResolvers()
    last = LastResolvers()

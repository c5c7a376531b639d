from todo.resolvers import todos, users
from todo.resolvers import clock


class QueryResolvers(todos.QueryResolvers, users.QueryResolvers, clock.QueryResolvers):
    """Resolvers of `Query`."""


class Resolvers:
    query = QueryResolvers()

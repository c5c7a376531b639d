from todo.resolvers import todos, users


class QueryResolvers(todos.QueryResolvers, users.QueryResolvers):
    """Resolvers of `Query`."""


class Resolvers:
    query = QueryResolvers()

from todo.resolvers import users

from .todos import QueryResolvers


class AllQueryResolvers(QueryResolvers, users.QueryResolvers):
    """Resolvers of `Query`."""


class Resolvers:
    def __init__(self, database: object) -> None:
        self.query = AllQueryResolvers(database)

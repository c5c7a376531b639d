from .todos import QueryResolvers


class Resolvers:
    def __init__(self, database: object) -> None:
        self.query = QueryResolvers(database)

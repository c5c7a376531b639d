from todo.resolvers.todos import QueryResolvers


class Resolvers:
    def __init__(self) -> None:
        self.query = QueryResolvers()

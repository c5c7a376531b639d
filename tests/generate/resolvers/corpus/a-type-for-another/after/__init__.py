from todo.resolvers.users import UserResolvers


class Resolvers:
    def __init__(self) -> None:
        self.user = UserResolvers()


# What the schema no longer has, kept by `trunkline generate`: move it, or delete it.
#
# from class Resolvers:
#         self.query = QueryResolvers()
#
# import:
# from todo.resolvers.todos import QueryResolvers

from functools import partialmethod

from todo import graph

from . import mixing


class QueryResolvers(mixing.Lists, graph.QueryResolvers):
    count = total = mixing.count
    if __debug__:

        async def maximum(self) -> int:
            return 1

    else:
        maximum = mixing.count

    minimum: partialmethod[int] = partialmethod(mixing.least, 3)

    async def new(self) -> int:
        raise NotImplementedError("Query.new")


class Resolvers:
    query = QueryResolvers()

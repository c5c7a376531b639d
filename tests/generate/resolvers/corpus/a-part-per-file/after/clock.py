"""Resolvers of `Query`."""

from datetime import date as Date

from todo import graph


class QueryResolvers(graph.QueryResolvers):
    """Resolvers of `Query`."""

    async def now(self) -> Date:
        raise NotImplementedError("Query.now")

"""Resolvers of `Query`."""

from datetime import date

from todo import graph


class QueryResolvers(graph.QueryResolvers):
    """Resolvers of `Query`."""

    async def now(self) -> date:
        raise NotImplementedError("Query.now")

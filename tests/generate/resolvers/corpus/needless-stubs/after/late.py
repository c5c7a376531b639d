from todo import graph


class QueryResolvers(graph.QueryResolvers):
    async def late(self) -> str:
        return "late"


class Apart(graph.QueryResolvers):
    async def name(self) -> str:
        return "apart"

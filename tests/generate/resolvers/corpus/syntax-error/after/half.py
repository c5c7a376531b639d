class QueryResolvers(graph.QueryResolvers):
    async def todos(self -> list[Todo]:
        return []

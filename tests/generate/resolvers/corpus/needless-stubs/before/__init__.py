from todo import graph
from todo.models import Todo
from todo.resolvers.late import QueryResolvers as Late


class Saving:
    async def save(self) -> int:
        return 1


class MutationResolvers(Saving, graph.MutationResolvers):
    async def save(self) -> int:
        """Save."""
        raise NotImplementedError("Mutation.save")


class QueryResolvers(graph.QueryResolvers):
    async def todo(self) -> Todo:
        return Todo()

    async def count(self) -> int:
        """Count them."""
        raise NotImplementedError("Query.count")

    @property
    def size(self) -> int:
        return 1

    @size.setter
    def size(self, size: int) -> None: ...

    async def twice(self) -> str:
        return "1"

    async def helper(self) -> str:
        return "2"

    async def todo(self) -> Todo:
        """The one of that name."""
        raise NotImplementedError("Query.todo")

    async def count(self) -> int:
        return 2

    async def twice(self) -> str:
        return "2"

    async def touched(self) -> str:
        return "3"

    async def touched(self) -> str:
        # what was I about to do?
        raise NotImplementedError("Query.touched")

    async def unwritten(self) -> str:
        raise NotImplementedError("Query.unwritten")

    async def name(self) -> str:
        raise NotImplementedError("Query.name")

    async def late(self) -> str:
        raise NotImplementedError("Query.late")


class All(QueryResolvers, Late):
    pass


class Resolvers:
    query = All()
    mutation = MutationResolvers()

"""Resolvers of `Query` and `Person`."""

from camel_case import graph
from camel_case.graph.types import Person


class QueryResolvers(graph.QueryResolvers):
    """Resolvers of `Query`."""

    async def firstName(self, *, lastName: str) -> Person | None:
        raise NotImplementedError("Query.firstName")


class PersonResolvers(graph.PersonResolvers):
    """Resolvers of `Person`."""

    async def bestFriends(
        self,
        person: Person,
        *,
        first: int | None = None,
    ) -> list[Person]:
        raise NotImplementedError("Person.bestFriends")

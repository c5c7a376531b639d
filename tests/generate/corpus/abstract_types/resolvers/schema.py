"""Resolvers of the schema's types."""

from abstract_types import graph
from abstract_types.graph.types import Lonely, Node, Pet, Shape, Team, User


class QueryResolvers(graph.QueryResolvers):
    """Resolvers of `Query`."""

    async def pets(self) -> list[Pet]:
        raise NotImplementedError("Query.pets")

    async def node(self) -> Node | None:
        raise NotImplementedError("Query.node")

    async def shapes(self) -> list[Shape | None] | None:
        raise NotImplementedError("Query.shapes")

    async def lonely(self) -> Lonely | None:
        raise NotImplementedError("Query.lonely")


class PetResolvers(graph.PetResolvers):
    """Resolvers of `Pet`."""

    def resolve_type(self, value: object) -> str:
        """Name the type of a value, which its class does not tell."""
        raise NotImplementedError("Pet")


class UserResolvers(graph.UserResolvers):
    """Resolvers of `User`."""

    async def label(self, user: User, *, short: bool | None = None) -> str:
        raise NotImplementedError("User.label")


class TeamResolvers(graph.TeamResolvers):
    """Resolvers of `Team`."""

    async def label(self, team: Team, *, short: bool | None = None) -> str:
        raise NotImplementedError("Team.label")

"""Resolvers of the schema's types."""

from abstract_types.resolvers.schema import (
    PetResolvers,
    QueryResolvers,
    TeamResolvers,
    UserResolvers,
)


class Resolvers:
    """The resolvers of each type that needs some."""

    query = QueryResolvers()
    pet = PetResolvers()
    user = UserResolvers()
    team = TeamResolvers()

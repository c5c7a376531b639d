"""Resolvers of the schema's types."""

from abstract_types.resolvers.schema import PetResolvers
from abstract_types.resolvers.schema import QueryResolvers
from abstract_types.resolvers.schema import TeamResolvers
from abstract_types.resolvers.schema import UserResolvers


class Resolvers:
    """The resolvers of each type that needs some."""

    query = QueryResolvers()
    pet = PetResolvers()
    user = UserResolvers()
    team = TeamResolvers()

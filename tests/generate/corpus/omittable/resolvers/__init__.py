"""Resolvers of the schema's types."""

from omittable.resolvers.schema import MutationResolvers, QueryResolvers


class Resolvers:
    """The resolvers of each type that needs some."""

    query = QueryResolvers()
    mutation = MutationResolvers()

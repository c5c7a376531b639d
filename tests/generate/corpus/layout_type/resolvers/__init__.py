"""Resolvers of the schema's types."""

from layout_type.resolvers.mutation import MutationResolvers
from layout_type.resolvers.query import QueryResolvers
from layout_type.resolvers.user import UserResolvers


class Resolvers:
    """The resolvers of each type that needs some."""

    mutation = MutationResolvers()
    query = QueryResolvers()
    user = UserResolvers()

"""Resolvers of the schema's types."""

from layout_feature.app.items import resolvers
from layout_feature.app.items.resolvers import MutationResolvers
from layout_feature.app.users.resolvers import (
    QueryResolvers as QueryResolvers_2,
    UserResolvers,
)


class QueryResolvers(resolvers.QueryResolvers, QueryResolvers_2):
    """Resolvers of `Query`."""


class Resolvers:
    """The resolvers of each type that needs some."""

    mutation = MutationResolvers()
    query = QueryResolvers()
    user = UserResolvers()

"""Resolvers of the schema's types."""

from layout_feature.app.items import resolvers as items_resolvers
from layout_feature.app.users import resolvers as users_resolvers


class QueryResolvers(items_resolvers.QueryResolvers, users_resolvers.QueryResolvers):
    """Resolvers of `Query`."""


class Resolvers:
    """The resolvers of each type that needs some."""

    mutation = items_resolvers.MutationResolvers()
    query = QueryResolvers()
    user = users_resolvers.UserResolvers()

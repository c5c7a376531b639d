"""Resolvers of the schema's types."""

from several_files.resolvers import _2fa, todo_items, users


class QueryResolvers(
    _2fa.QueryResolvers,
    todo_items.QueryResolvers,
    users.QueryResolvers,
):
    """Resolvers of `Query`."""


class Resolvers:
    """The resolvers of each type that needs some."""

    query = QueryResolvers()
    mutation = users.MutationResolvers()
    item = todo_items.ItemResolvers()
    user = _2fa.UserResolvers()

"""Resolvers of the schema's types."""

from batches_and_streams.resolvers.schema import (
    BookResolvers,
    QueryResolvers,
    SubscriptionResolvers,
)


class Resolvers:
    """The resolvers of each type that needs some."""

    query = QueryResolvers()
    book = BookResolvers()
    subscription = SubscriptionResolvers()

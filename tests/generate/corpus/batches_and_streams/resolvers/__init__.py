"""Resolvers of the schema's types."""

from batches_and_streams.resolvers.schema import BookResolvers
from batches_and_streams.resolvers.schema import QueryResolvers
from batches_and_streams.resolvers.schema import SubscriptionResolvers


class Resolvers:
    """The resolvers of each type that needs some."""

    query = QueryResolvers()
    book = BookResolvers()
    subscription = SubscriptionResolvers()

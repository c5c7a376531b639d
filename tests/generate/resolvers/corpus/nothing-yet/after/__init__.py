"""Resolvers of the schema's types."""

from todo.resolvers.events.changes import SubscriptionResolvers
from todo.resolvers.todos import QueryResolvers, TodoResolvers


class Resolvers:
    """The resolvers of each type that needs some."""

    query = QueryResolvers()
    todo = TodoResolvers()
    subscription = SubscriptionResolvers()

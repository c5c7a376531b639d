"""Resolvers of `Subscription`."""

from collections.abc import AsyncIterator

from todo import graph
from todo.models import Todo


class SubscriptionResolvers(graph.SubscriptionResolvers):
    """Resolvers of `Subscription`."""

    async def changes(self, *, to: int) -> AsyncIterator[Todo]:
        raise NotImplementedError("Subscription.changes")
        yield  # which makes it an asynchronous generator

"""Functions around resolvers, put there once at start."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any, TypeAlias

from trunkline.errors import SchemaError
from trunkline.schema.bindings import Resolver
from trunkline.schema.signatures import describe, returns_awaitable

__all__ = ["ResolverMiddleware", "callable_of", "wrap_resolver"]

ResolverMiddleware: TypeAlias = Callable[[str, Callable[..., Any]], Callable[..., Any]]
"""Is given a field's coordinate and its resolver; returns the resolver, or what calls it."""


def wrap_resolver(
    coordinate: str, resolver: Resolver, middlewares: Sequence[ResolverMiddleware]
) -> Resolver:
    """Put middlewares around a resolver, the first one outermost.

    What returns the resolver as it is leaves no trace. Raises ``SchemaError`` where a middleware
    returns what cannot be called.
    """
    original = wrapped = callable_of(resolver) if middlewares else resolver.function
    for middleware in reversed(middlewares):
        wrapped = _wrap(coordinate, wrapped, middleware)
    if wrapped is original:
        return resolver
    is_async = resolver.is_async or returns_awaitable(wrapped)
    return replace(resolver, function=wrapped, is_async=is_async, method=None)


def callable_of(resolver: Resolver) -> Callable[..., Any]:
    """Return what calls a resolver with the parent as its first argument, also a method."""
    name = resolver.method
    if name is None:
        return resolver.function

    @wraps(resolver.function)
    def call(parent: Any, **arguments: Any) -> Any:
        return getattr(parent, name)(**arguments)

    return call


def _wrap(
    coordinate: str, resolver: Callable[..., Any], middleware: ResolverMiddleware
) -> Callable[..., Any]:
    wrapped: object = middleware(coordinate, resolver)
    if callable(wrapped):
        return wrapped
    if isinstance(wrapped, Coroutine):  # one that nobody awaits would warn
        wrapped.close()
    raise SchemaError(
        f"{coordinate}: {describe(middleware, 'the middleware')} returned {wrapped!r}, which cannot"
        " be called. It must return the resolver that it was given, or a function in its place."
    )

"""Schemas that were written for graphql-core's executor, run as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import (
    GraphQLSchema,
    MiddlewareManager,
    assert_valid_schema,
    default_field_resolver,
    default_type_resolver,
)
from graphql.pyutils import inspect, is_async_iterable, is_awaitable

from trunkline.schema.bindings import CoreConventions, Schema

__all__ = ["Middleware", "adopt_schema"]

Middleware = MiddlewareManager | list[Any] | tuple[Any, ...] | None


def adopt_schema(  # noqa: PLR0913  # the same as graphql-core's `execute` takes
    definition: GraphQLSchema,
    *,
    field_resolver: Callable[..., Any] | None = None,
    type_resolver: Callable[..., Any] | None = None,
    subscribe_field_resolver: Callable[..., Any] | None = None,
    middleware: Middleware = None,
    is_awaitable: Callable[[Any], bool] = is_awaitable,
    is_async_iterable: Callable[[Any], bool] = is_async_iterable,
) -> Schema:
    """Make a schema executable whose resolvers have graphql-core's form.

    Resolvers are called with the parent object, an ``info`` and the field's arguments by name. Each
    call may return an awaitable or a value. So the schemas of Strawberry, Ariadne, Graphene and
    graphql-core itself run as they are.

    ``field_resolver``, ``type_resolver`` and ``subscribe_field_resolver`` are used where the schema
    has none; graphql-core's are the default. ``middleware`` is put around every resolver.
    ``is_awaitable`` and ``is_async_iterable`` tell which values are awaited, and which lists.
    Raises ``TypeError`` if the schema is not valid.
    """
    assert_valid_schema(definition)
    core = CoreConventions(
        field_resolver=field_resolver or default_field_resolver,
        type_resolver=type_resolver or default_type_resolver,
        subscribe_resolver=subscribe_field_resolver or default_field_resolver,
        wrap=_wrapper(middleware),
        is_awaitable=is_awaitable,
        is_async_iterable=is_async_iterable,
    )
    return Schema(definition, {}, {}, core=core)


def _wrapper(middleware: Middleware) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    if middleware is None:
        return lambda resolver: resolver
    if isinstance(middleware, (list, tuple)):
        middleware = MiddlewareManager(*middleware)
    if not isinstance(middleware, MiddlewareManager):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(
            "Middleware must be passed as a list or tuple of functions or objects, or as a single"
            f" MiddlewareManager object. Got {inspect(middleware)} instead."
        )
    return middleware.get_field_resolver

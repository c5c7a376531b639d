"""Schemas of servers, taken as valid: from SDL, and from introspection, built lazily.

Published schemas are often not quite valid (GitHub's is not). The server must repair that; a client
can check operations against them all the same.

An operation uses a dozen of GitHub's 1,636 types, but ``build_client_schema`` builds the fields of
all of them: 110 ms instead of 26. The builder itself is lazy (each type has its fields behind a
function); the constructor of ``GraphQLSchema`` is not, because it walks from type to type to find
them all. Introspection lists all types, so there is nothing to find. graphql-core has no argument
for another schema class. So its builder runs here with ``_LazySchema`` in place of
``GraphQLSchema``: a copy of its 300 lines would have to follow each of its versions.
``tests/client/test_schema_kept.py`` fails if a version of graphql-core does not allow this.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from types import FunctionType
from typing import Any

import graphql
import msgspec
from graphql.type.schema import InterfaceImplementations

from trunkline.errors import SchemaError

__all__ = ["build_lazily", "build_leniently", "load_schema", "with_own_directives"]


def load_schema(schema: graphql.GraphQLSchema | str) -> graphql.GraphQLSchema:
    """Return a schema, from SDL or from graphql-core's, that is taken as valid.

    A given schema is not changed. Raises ``SchemaError`` if no schema can be built from the SDL.
    """
    if isinstance(schema, str):
        return build_leniently(schema)
    arguments = schema.to_kwargs()
    arguments["assume_valid"] = True
    return graphql.GraphQLSchema(**arguments)


def build_leniently(sdl: str) -> graphql.GraphQLSchema:
    """Build a schema from SDL without validation. Raises ``SchemaError`` if that is impossible."""
    try:
        return graphql.build_schema(sdl, assume_valid=True, assume_valid_sdl=True)
    except (graphql.GraphQLError, TypeError, ValueError, LookupError) as error:
        raise SchemaError(f"No schema can be built from the SDL: {error}") from error


def with_own_directives(
    directives: Iterable[graphql.GraphQLDirective],
) -> tuple[graphql.GraphQLDirective, ...]:
    """Add ``@skip`` and ``@include``, which every server has (§3.13), if they are not listed."""
    listed = tuple(directives)
    names = {each.name for each in listed}
    own = (graphql.GraphQLSkipDirective, graphql.GraphQLIncludeDirective)
    return (*listed, *(each for each in own if each.name not in names))


class _LazySchema(graphql.GraphQLSchema):
    """A schema that takes its list of types as complete."""

    def __init__(  # noqa: PLR0913, PLR0917  # graphql-core's
        self,
        query: graphql.GraphQLObjectType | None = None,
        mutation: graphql.GraphQLObjectType | None = None,
        subscription: graphql.GraphQLObjectType | None = None,
        types: Collection[graphql.GraphQLNamedType] | None = None,
        directives: Collection[graphql.GraphQLDirective] | None = None,
        description: str | None = None,
        assume_valid: bool = True,  # noqa: FBT001, FBT002  # graphql-core's
    ) -> None:
        super().__init__(directives=(), description=description, assume_valid=assume_valid)
        self.query_type = query
        self.mutation_type = mutation
        self.subscription_type = subscription
        self.directives = with_own_directives(directives or ())
        listed = {type_.name: type_ for type_ in types or ()}
        self.type_map = {**listed, **{k: v for k, v in self.type_map.items() if k not in listed}}
        self._implementations_map = _implementations(listed.values())


def _implementations(
    types: Iterable[graphql.GraphQLNamedType],
) -> dict[str, InterfaceImplementations]:
    found: dict[str, InterfaceImplementations] = {}
    for type_ in types:
        if not isinstance(type_, (graphql.GraphQLObjectType, graphql.GraphQLInterfaceType)):
            continue
        for interface in type_.interfaces:
            kinds = found.setdefault(interface.name, InterfaceImplementations([], []))
            if isinstance(type_, graphql.GraphQLObjectType):
                kinds.objects.append(type_)
            else:
                kinds.interfaces.append(type_)
    return found


_build: Any = FunctionType(
    graphql.build_client_schema.__code__,
    {**graphql.build_client_schema.__globals__, "GraphQLSchema": _LazySchema},
    "build_lazily",
    graphql.build_client_schema.__defaults__,
)


def build_lazily(introspection: bytes) -> graphql.GraphQLSchema:
    """Build a schema from the data of an introspection query, as JSON (GraphQL §4).

    It is taken as valid. Raises what ``build_client_schema`` raises. A mistake within a type raises
    ``TypeError`` when the type is first used.
    """
    schema: graphql.GraphQLSchema = _build(msgspec.json.decode(introspection), assume_valid=True)
    return schema

"""A schema of graphql-core from introspection, whose types get their fields when they are asked.

An operation touches a dozen of GitHub's 1,636 types. Building all their fields is nine tenths of
what ``build_client_schema`` costs, and it is not the builder that does it: each type has its fields
behind a function. It is the schema's constructor, which walks from type to type to find them all.
Here they are all known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from types import FunctionType
from typing import Any

import msgspec
from graphql import (
    GraphQLDirective,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    build_client_schema,
)
from graphql.type.schema import InterfaceImplementations

__all__ = ["build_lazily"]


class _LazySchema(GraphQLSchema):
    """A schema that takes its list of types as complete."""

    def __init__(  # noqa: PLR0913, PLR0917  # graphql-core's
        self,
        query: GraphQLObjectType | None = None,
        mutation: GraphQLObjectType | None = None,
        subscription: GraphQLObjectType | None = None,
        types: Collection[GraphQLNamedType] | None = None,
        directives: Collection[GraphQLDirective] | None = None,
        description: str | None = None,
        assume_valid: bool = True,  # noqa: FBT001, FBT002  # graphql-core's
    ) -> None:
        super().__init__(directives=(), description=description, assume_valid=assume_valid)
        self.query_type = query
        self.mutation_type = mutation
        self.subscription_type = subscription
        self.directives = tuple(directives or ())
        listed = {type_.name: type_ for type_ in types or ()}
        self.type_map = {**listed, **{k: v for k, v in self.type_map.items() if k not in listed}}
        self._implementations_map = _implementations(listed.values())


def _implementations(types: Iterable[GraphQLNamedType]) -> dict[str, InterfaceImplementations]:
    found: dict[str, InterfaceImplementations] = {}
    for type_ in types:
        if not isinstance(type_, (GraphQLObjectType, GraphQLInterfaceType)):
            continue
        for interface in type_.interfaces:
            kinds = found.setdefault(interface.name, InterfaceImplementations([], []))
            if isinstance(type_, GraphQLObjectType):
                kinds.objects.append(type_)
            else:
                kinds.interfaces.append(type_)
    return found


# graphql-core's builder, to the letter, with our schema where it says `GraphQLSchema`: a copy of
# its text would have to be kept up with it.
_build: Any = FunctionType(
    build_client_schema.__code__,
    {**build_client_schema.__globals__, "GraphQLSchema": _LazySchema},
    "build_lazily",
    build_client_schema.__defaults__,
)


def build_lazily(introspection: bytes) -> GraphQLSchema:
    """Build a schema from the data of an introspection query, as JSON (GraphQL §4).

    It is taken as valid. Raises what ``build_client_schema`` raises; what is wrong within a type
    raises ``TypeError`` when the type is first used.
    """
    schema: GraphQLSchema = _build(msgspec.json.decode(introspection), assume_valid=True)
    return schema

"""Resolvers of the schema's types."""

from camel_case.resolvers.schema import PersonResolvers, QueryResolvers


class Resolvers:
    """The resolvers of each type that needs some."""

    query = QueryResolvers()
    person = PersonResolvers()

"""Resolvers of the schema's types."""

from names_taken.resolvers.schema import QueryResolvers, classResolvers


class Resolvers:
    """The resolvers of each type that needs some."""

    query = QueryResolvers()
    class_ = classResolvers()

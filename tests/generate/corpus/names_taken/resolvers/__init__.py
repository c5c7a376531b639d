"""Resolvers of the schema's types."""

from names_taken.resolvers.schema import (
    QueryResolvers,
    UserIDResolvers,
    User_IDResolvers,
    classResolvers,
)


class Resolvers:
    """The resolvers of each type that needs some."""

    query = QueryResolvers()
    class_ = classResolvers()
    UserID = UserIDResolvers()
    User_ID = User_IDResolvers()

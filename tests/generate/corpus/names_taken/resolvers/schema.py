"""Resolvers of the schema's types."""

import builtins

from names_taken import graph
from names_taken.graph import types
from names_taken.graph.types import UserID, User_ID


class QueryResolvers(graph.QueryResolvers):
    """Resolvers of `Query`."""

    async def twice(
        self,
        *,
        class__: builtins.int | None = None,
        class_: builtins.int | None = None,
        from__: builtins.int | None = None,
        from_: builtins.int | None = None,
    ) -> builtins.int | None:
        raise NotImplementedError("Query.twice")

    async def from_(self) -> builtins.int | None:
        raise NotImplementedError("Query.from_")

    async def a(self) -> UserID | None:
        raise NotImplementedError("Query.a")

    async def b(self) -> User_ID | None:
        raise NotImplementedError("Query.b")

    async def class_(self) -> types.class_ | None:
        raise NotImplementedError("Query.class")

    async def from__(
        self,
        *,
        import_: builtins.int | None = None,
        self_: builtins.int | None = None,
        def_: builtins.str | None = None,
    ) -> builtins.int | None:
        raise NotImplementedError("Query.from")

    async def differentCase(self) -> builtins.str | None:
        raise NotImplementedError("Query.differentCase")

    async def different_case(self) -> builtins.str | None:
        raise NotImplementedError("Query.different_case")

    async def type(self) -> types.type:
        raise NotImplementedError("Query.type")

    async def list(
        self,
        *,
        list: builtins.list[builtins.int] | None = None,
    ) -> builtins.list[types.list]:
        raise NotImplementedError("Query.list")

    async def str(self) -> builtins.str:
        raise NotImplementedError("Query.str")

    async def next(
        self,
        *,
        str: builtins.str | None = None,
    ) -> builtins.list[builtins.int] | None:
        raise NotImplementedError("Query.next")

    async def _(self) -> bool | None:
        raise NotImplementedError("Query._")

    async def _hidden(self) -> builtins.int | None:
        raise NotImplementedError("Query._hidden")

    async def int(self) -> types.int | None:
        raise NotImplementedError("Query.int")

    async def context(
        self,
        *,
        context: builtins.int | None = None,
    ) -> builtins.int | None:
        raise NotImplementedError("Query.context")

    async def any(self) -> types.Any | None:
        raise NotImplementedError("Query.Any")

    async def resolvers(self) -> types.Resolvers | None:
        raise NotImplementedError("Query.resolvers")

    async def guarded(self) -> builtins.int | None:
        raise NotImplementedError("Query.guarded")


class classResolvers(graph.classResolvers):
    """Resolvers of `class`."""

    async def lambda_(
        self,
        class_: types.class_,
        *,
        while_: int | None = None,
    ) -> int | None:
        raise NotImplementedError("class.lambda")


class UserIDResolvers(graph.UserIDResolvers):
    """Resolvers of `UserID`."""

    async def x(self, user_id: UserID, *, a: int | None = None) -> int | None:
        raise NotImplementedError("UserID.x")


class User_IDResolvers(graph.User_IDResolvers):
    """Resolvers of `User_ID`."""

    async def x(self, user_id: User_ID, *, a: int | None = None) -> int | None:
        raise NotImplementedError("User_ID.x")

from collections.abc import Awaitable, Callable
from typing import Any

from graphql import GraphQLError

from directives import graph
from directives.graph.types import Book, Role
from directives.models import Context


class Directives(graph.Directives):
    def auth(
        self,
        proceed: Callable[[], Any],
        *,
        role: Role,
        as_: str | None = None,
        context: Context,
    ) -> Any:
        if context.role != role.value:
            raise GraphQLError(f"For a {role.value}.")
        return proceed()

    def owner(
        self, proceed: Callable[[], Any], *, parent: Any, context: Context
    ) -> Any:
        return proceed() if parent.title == "Mine" else None

    def length(self, value: Any, *, min: int | None, max: int) -> Any:
        if len(value) > max:
            raise GraphQLError(f"At most {max}.")
        return value

    async def upper(
        self, proceed: Callable[[], Awaitable[Any]], *, context: Context
    ) -> Any:
        return (await proceed()).upper()

    async def timed(
        self, proceed: Callable[[], Awaitable[Any]], *, as_: str, context: Context
    ) -> Any:
        return await proceed()

    def classified(self, proceed: Callable[[], Any], *, context: Context) -> Any:
        return proceed()


class Query(graph.QueryResolvers):
    def shelf(self, *, name: str, context: Context) -> str:
        return f"{name} is empty"

    def book(self, *, context: Context) -> Book:
        return Book(title="Mine", price=3)

    def secret(self, *, context: Context) -> str | None:
        return "under the mat"


class Resolvers:
    query = Query()


schema = graph.make_executable_schema(Resolvers(), directives=Directives())

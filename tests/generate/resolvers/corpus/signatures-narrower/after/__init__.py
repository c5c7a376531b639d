from collections.abc import AsyncGenerator, Sequence
from typing import Optional

from todo import graph
from todo.models import Todo, User


class QueryResolvers(graph.QueryResolvers):
    async def member(self) -> Todo | None:
        return Todo()

    async def optional(self) -> Optional[Todo]:
        return Todo()

    async def items(self) -> list[Todo | None] | None:
        return []

    async def sequence(self) -> Sequence[Todo]:
        return []

    async def tuples(self) -> tuple[Todo, ...]:
        return ()

    async def quoted(self) -> Todo | None:
        return Todo()

    async def other(self) -> User | None:
        return Todo()

    async def others(self) -> Sequence[Todo]:
        return []

    async def wider(self) -> Todo:
        return Todo()

    async def deeper(self) -> Sequence[Todo | None]:
        return []

    async def events(self) -> AsyncGenerator[Todo, None]:
        yield Todo()


class Resolvers:
    query = QueryResolvers()

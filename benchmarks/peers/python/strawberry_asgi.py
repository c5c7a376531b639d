# mypy: ignore-errors
"""The todos as Strawberry serves them, with the caches that it brings.

It is installed into the benchmarks' own environment: mypy does not see it.
"""

import strawberry
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache

from benchmarks.peers.python.todos import find_todo, first_todos


@strawberry.type
class User:
    """Who writes and owns todos."""

    id: strawberry.ID
    name: str


@strawberry.type
class Todo:
    """Something to remember."""

    id: strawberry.ID
    title: str
    text: str
    done: bool
    priority: int

    @strawberry.field
    async def author(self) -> User:
        """Resolve a user by itself."""
        return self.user

    @strawberry.field
    async def owner(self) -> User:
        """Resolve a user by itself."""
        return self.user


@strawberry.type
class Query:
    """Resolvers of ``Query``."""

    @strawberry.field
    def todos(self, first: int) -> list[Todo]:
        """Resolve ``Query.todos``."""
        return first_todos(first)

    @strawberry.field
    def todo(self, id: strawberry.ID) -> Todo | None:  # noqa: A002  # the argument's name
        """Resolve ``Query.todo``."""
        return find_todo(id)


schema = strawberry.Schema(
    Query, extensions=[lambda: ParserCache(maxsize=1_000), lambda: ValidationCache(maxsize=1_000)]
)
app = GraphQL(schema)

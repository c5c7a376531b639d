"""The schema and data that the benchmarks share: todos in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from trunkline.schema.bindings import Schema
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema

__all__ = ["LIST", "ONE", "SDL", "Todo", "executable", "todos"]

SDL = """
type Query { todos: [Todo!]!  todo(todoID: ID!): Todo  slowTodos: [Todo!]! }
type Todo { todoID: ID!  title: String!  text: String!  author: Author! }
type Author { name: String! }
"""

LIST = "{ todos { todoID title } }"
ONE = "query ($id: ID!) { todo(todoID: $id) { todoID title } }"


@dataclass
class Author:
    """Who wrote it."""

    name: str


@dataclass
class Todo:
    """Something to remember."""

    todo_id: str
    title: str
    text: str


def todos(count: int) -> list[Todo]:
    return [Todo(str(UUID(int=number)), f"Todo {number}", "A text") for number in range(count)]


def executable(items: list[Todo], author: Callable[..., Any] | None = None) -> Schema:
    """Make a schema whose list is ``items``; ``author`` resolves ``Todo.author``."""

    class Query:
        def todos(self) -> list[Todo]:
            return items

        def todo(self, todo_id: str) -> Todo | None:  # noqa: ARG002  # the cost is what counts
            return items[0]

        async def slow_todos(self) -> list[Todo]:
            return items

    class TodoResolvers:
        async def author(self, todo: Todo) -> Author:
            return Author(todo.title)

    class Resolvers:
        query = Query()
        todo = TodoResolvers()

    if author is not None:
        Resolvers.todo.author = author  # type: ignore[method-assign]
    return make_executable_schema(parse_schema(SDL), Resolvers(), {"Todo": Todo, "Author": Author})

#!/usr/bin/env python
"""The resolvers of the API."""

import logging

from todo import graph
from todo.database import Database  # where it all is
from todo.models import Todo
from todo.models import User

log = logging.getLogger(__name__)


class QueryResolvers(graph.QueryResolvers):
    """What can be asked."""

    page_size = 50  # as the apps have it

    def __init__(self, database: Database) -> None:
        self._database = database

    # slow, but used by nobody
    async def todos(self) -> list[Todo]:
        """Return all."""
        return [todo for todo in await self._database.all() if not todo.hidden]
        # hidden ones are for administrators

    async def zero(self) -> int:
        raise NotImplementedError("Query.zero")

    async def todo(self, *, todo_id: str) -> Todo | None:
        raise NotImplementedError("Query.todo")

    async def count(self) -> int:
        raise NotImplementedError("Query.count")

    # More is to come.


def helper() -> int:
    return 1


class TodoResolvers(graph.TodoResolvers):
    """Resolvers of `Todo`."""

    async def author(self, todo: Todo) -> User:
        raise NotImplementedError("Todo.author")


class Resolvers:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.query = QueryResolvers(database)
        self.todo = TodoResolvers()
        log.info("ready")

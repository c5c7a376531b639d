#!/usr/bin/env python
"""The resolvers of the API."""

import logging

from todo import graph
from todo.database import Database  # where it all is
from todo.models import Todo

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

    # More is to come.


def helper() -> int:
    return 1


class Resolvers:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.query = QueryResolvers(database)
        log.info("ready")

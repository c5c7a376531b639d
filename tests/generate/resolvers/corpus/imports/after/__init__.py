# Everything about todos.
from __future__ import annotations

import builtins
import typing as t
import uuid
from datetime import date, datetime
from decimal import Decimal as D

from other.place import Place
from somewhere import Todo  # another one
from todo import graph
from todo import models
from todo.resolvers.quoted import TodoResolvers

if t.TYPE_CHECKING:
    from todo.models import User


class QueryResolvers(graph.QueryResolvers):
    async def todos(self) -> builtins.list[models.Todo]:
        raise NotImplementedError("Query.todos")

    async def user(self, *, by: User) -> User:
        raise NotImplementedError("Query.user")

    async def list(self, *, at: datetime) -> date:
        raise NotImplementedError("Query.list")

    async def price(self) -> D:
        raise NotImplementedError("Query.price")

    async def id(self) -> uuid.UUID:
        raise NotImplementedError("Query.id")

    async def place(self) -> Place:
        raise NotImplementedError("Query.place")


class UUID:
    """Not that one."""


class Resolvers:
    query = QueryResolvers()
    todo = TodoResolvers()

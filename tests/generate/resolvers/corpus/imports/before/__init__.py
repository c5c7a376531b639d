# Everything about todos.
from __future__ import annotations

import typing as t
from decimal import Decimal as D

from somewhere import Todo  # another one
from todo import graph

if t.TYPE_CHECKING:
    from todo.models import User


class QueryResolvers(graph.QueryResolvers): ...


class UUID:
    """Not that one."""


class Resolvers:
    query = QueryResolvers()

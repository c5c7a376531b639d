from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator
from datetime import date as Date
from typing import Protocol

from trunkline.server import ListOf, Resolved, Streamed, batch

from todo.models import Todo, User

class QueryResolvers(Protocol):  # __init__.py
    def todos(self, *, first: int = 1) -> Resolved[ListOf[User]]: ...
    def new(self) -> Resolved[Todo]: ...


class Resolvers(Protocol):
    @property
    def query(self) -> QueryResolvers: ...


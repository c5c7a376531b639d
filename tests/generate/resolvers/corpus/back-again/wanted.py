from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator
from datetime import date as Date
from typing import Protocol

from trunkline.server import ListOf, Resolved, Streamed, batch

from todo.models import Todo, User


class QueryResolvers(Protocol):  # __init__.py
    def todos(self) -> Resolved[ListOf[Todo]]: ...
    def todo(self, *, id: str) -> Resolved[Todo]: ...
    def name(self) -> Resolved[str]: ...

class TodoResolvers(Protocol):  # __init__.py
    def author(self, todo: Todo, /) -> Resolved[User]: ...


class Resolvers(Protocol):
    @property
    def query(self) -> QueryResolvers: ...

    @property
    def todo(self) -> TodoResolvers: ...

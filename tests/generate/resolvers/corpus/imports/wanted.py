from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator
from datetime import date as Date
from typing import Protocol

from trunkline.server import ListOf, Resolved, Streamed, batch

from todo.models import Todo, User

from datetime import datetime as DateTime
from decimal import Decimal
from uuid import UUID
from other.place import Place


class QueryResolvers(Protocol):  # __init__.py
    def todos(self) -> Resolved[ListOf[Todo]]: ...
    def user(self, *, by: User) -> Resolved[User]: ...
    def list(self, *, at: DateTime) -> Resolved[Date]: ...
    def price(self) -> Resolved[Decimal]: ...
    def id(self) -> Resolved[UUID]: ...
    def place(self) -> Resolved[Place]: ...

class TodoResolvers(Protocol):  # quoted.py
    def author(self, todo: Todo, /) -> Resolved[User]: ...


class Resolvers(Protocol):
    @property
    def query(self) -> QueryResolvers: ...

    @property
    def todo(self) -> TodoResolvers: ...


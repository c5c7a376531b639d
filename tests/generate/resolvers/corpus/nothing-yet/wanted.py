from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator
from datetime import date as Date
from typing import Protocol

from trunkline.server import ListOf, Resolved, Streamed, batch

from todo.models import Todo, User

class QueryResolvers(Protocol):  # todos.py
    def todos(self, *, first: int | None = None, due: Date | None = None) -> Resolved[ListOf[Todo]]:
        """All that is to be done."""
    def a_name_of_some_length(self, *, first_argument: int | None = None, second_argument: str) -> Resolved[Todo | None]: ...


class TodoResolvers(Protocol):  # todos.py
    @batch
    def author(self, todos: list[Todo], /) -> Resolved[ListOf[User | Exception]]: ...


class SubscriptionResolvers(Protocol):  # events/changes.py
    def changes(self, *, to: int) -> AsyncIterator[Todo]: ...


class Resolvers(Protocol):
    @property
    def query(self) -> QueryResolvers: ...

    @property
    def todo(self) -> TodoResolvers: ...

    @property
    def subscription(self) -> SubscriptionResolvers: ...

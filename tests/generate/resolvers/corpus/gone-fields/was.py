from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator
from datetime import date as Date
from typing import Protocol

from trunkline.server import ListOf, Resolved, Streamed, batch

from todo.models import Todo, User

class QueryResolvers(Protocol):
    def todos(self) -> Resolved[ListOf[Todo]]: ...
    def first(self) -> Resolved[Todo]: ...
    def last(self) -> Resolved[Todo]: ...
    def either(self) -> Resolved[Todo]: ...
    def assigned(self) -> Resolved[Todo]: ...

class TodoResolvers(Protocol):
    def author(self, todo: Todo, /) -> Resolved[User]: ...


class Resolvers(Protocol):
    @property
    def query(self) -> QueryResolvers: ...

    @property
    def todo(self) -> TodoResolvers: ...


from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator
from datetime import date as Date
from typing import Protocol

from trunkline.server import ListOf, Resolved, Streamed, batch

from todo.models import Todo, User

class QueryResolvers(Protocol):  # query.py
    def todos(self) -> Resolved[ListOf[Todo]]: ...
    def count(self) -> Resolved[int]: ...

class TodoResolvers(Protocol):  # todo.py
    def author(self, todo: Todo, /) -> Resolved[User]: ...
    def title(self, todo: Todo, /) -> Resolved[str]: ...


class Resolvers(Protocol):
    @property
    def query(self) -> QueryResolvers: ...

    @property
    def todo(self) -> TodoResolvers: ...


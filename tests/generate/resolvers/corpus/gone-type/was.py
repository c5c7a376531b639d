from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator
from datetime import date as Date
from typing import Protocol

from trunkline.server import ListOf, Resolved, Streamed, batch

from todo.models import Todo, User

class QueryResolvers(Protocol):
    def todos(self) -> Resolved[ListOf[Todo]]: ...

class TodoResolvers(Protocol):
    def author(self, todo: Todo, /) -> Resolved[User]: ...

class UserResolvers(Protocol):
    def name(self, user: User, /) -> Resolved[str]: ...

class ListResolvers(Protocol):
    def name(self, user: User, /) -> Resolved[str]: ...


class Resolvers(Protocol):
    @property
    def query(self) -> QueryResolvers: ...

    @property
    def todo(self) -> TodoResolvers: ...


    @property
    def user(self) -> UserResolvers: ...

    @property
    def list(self) -> ListResolvers: ...

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator
from datetime import date as Date
from typing import Protocol

from trunkline.server import ListOf, Resolved, Streamed, batch

from todo.models import Todo, User

class QueryResolvers(Protocol):  # __init__.py
    def todos(self) -> Resolved[ListOf[Todo]]: ...

class TodoResolvers(Protocol):  # todo.py
    def author(self, todo: Todo, /) -> Resolved[User]: ...

class UserResolvers(Protocol):  # user.py
    def name(self, user: User, /) -> Resolved[str]: ...

class ListResolvers(Protocol):  # comment.py
    def name(self, user: User, /) -> Resolved[str]: ...

class LastResolvers(Protocol):  # last.py
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

    @property
    def last(self) -> LastResolvers: ...

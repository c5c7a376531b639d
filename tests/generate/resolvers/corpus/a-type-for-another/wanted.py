from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator
from datetime import date as Date
from typing import Protocol

from trunkline.server import ListOf, Resolved, Streamed, batch

from todo.models import Todo, User


class UserResolvers(Protocol):  # users.py
    def todos(self, user: User, /) -> Resolved[ListOf[Todo]]: ...
    def resolve_type(self, value: object, /) -> str: ...


class Resolvers(Protocol):
    @property
    def user(self) -> UserResolvers: ...

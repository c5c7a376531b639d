from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator
from datetime import date as Date
from typing import Protocol

from trunkline.server import ListOf, Resolved, Streamed, batch

from todo.models import Todo, User


class QueryResolvers(Protocol):  # todos.py
    def todo(self) -> Resolved[Todo]: ...
    def user(self) -> Resolved[User]: ...  # users.py
    def name(self) -> Resolved[str]: ...  # users.py


class Resolvers(Protocol):
    @property
    def query(self) -> QueryResolvers: ...

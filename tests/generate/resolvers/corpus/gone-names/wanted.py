from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator
from datetime import date as Date
from typing import Protocol

from trunkline.server import ListOf, Resolved, Streamed, batch

from todo.models import Todo, User

# types: Kept

class QueryResolvers(Protocol):  # __init__.py
    def kept(self, *, first: int | None = None) -> Resolved[int]: ...
    def renamed(self) -> Resolved[Todo]: ...
    def used(self) -> Resolved[int]: ...


class Resolvers(Protocol):
    @property
    def query(self) -> QueryResolvers: ...

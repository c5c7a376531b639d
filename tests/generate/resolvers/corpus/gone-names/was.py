from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator
from datetime import date as Date
from typing import Protocol

from trunkline.server import ListOf, Resolved, Streamed, batch

from todo.models import Todo, User

from todo.graph.types import Old, Thing, Used

class QueryResolvers(Protocol):  # __init__.py
    def kept(self, *, first: int | None = None, context: User, since: Date | None = None) -> Resolved[int]: ...
    def renamed(self) -> Resolved[Thing]: ...
    def used(self) -> Resolved[int]: ...
    def gone(self) -> Resolved[Old]: ...


class Resolvers(Protocol):
    @property
    def query(self) -> QueryResolvers: ...

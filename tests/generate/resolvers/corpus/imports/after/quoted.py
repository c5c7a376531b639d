from typing import TYPE_CHECKING

from todo.graph import TodoResolvers as Base
from todo.models import User

if TYPE_CHECKING:
    from todo.models import Todo


class TodoResolvers(Base):
    """Nothing yet."""

    async def author(self, todo: "Todo") -> User:
        raise NotImplementedError("Todo.author")

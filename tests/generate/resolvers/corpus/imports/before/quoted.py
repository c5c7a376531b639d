from typing import TYPE_CHECKING

from todo.graph import TodoResolvers as Base

if TYPE_CHECKING:
    from todo.models import Todo


class TodoResolvers(Base):
    """Nothing yet."""

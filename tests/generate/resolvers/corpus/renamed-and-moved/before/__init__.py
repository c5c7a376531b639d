from .reading import Reading
from .reading import deep

__all__ = ["Resolvers"]


class Resolvers:
    query = Reading()
    todo = deep.OfTodo()

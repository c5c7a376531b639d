"""Far down."""

from todo import models as m
from todo.graph import resolvers

if True:

    class OfTodo(resolvers.TodoResolvers):
        def author(self, todo: m.Todo) -> m.User:
            return todo.author

        async def title(self, todo: m.Todo) -> str:
            raise NotImplementedError("Todo.title")

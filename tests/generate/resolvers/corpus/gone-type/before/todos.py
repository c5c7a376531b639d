"""Resolvers of todos."""

from todo import graph
from todo.models import Todo, User


# what a todo has
class TodoResolvers(graph.TodoResolvers):
    async def author(self, todo: Todo) -> User:
        return helper(todo)


def helper(todo: Todo) -> User:
    return todo.author

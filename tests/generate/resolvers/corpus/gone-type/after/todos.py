"""Resolvers of todos."""

from todo import graph
from todo.models import Todo, User


def helper(todo: Todo) -> User:
    return todo.author


# What the schema no longer has, kept by `trunkline generate`: move it, or delete it.
#
# class TodoResolvers:
# # what a todo has
# class TodoResolvers(graph.TodoResolvers):
#     async def author(self, todo: Todo) -> User:
#         return helper(todo)

from todo import graph
from todo.models import Todo, User
class TodoResolvers(graph.TodoResolvers):
    async def author(self, todo: Todo) -> User:
        raise NotImplementedError("Todo.author")

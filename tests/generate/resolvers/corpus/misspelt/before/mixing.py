from todo.models import Todo, User


class Authors:
    async def authr(self, todo: Todo) -> User:
        return todo.author

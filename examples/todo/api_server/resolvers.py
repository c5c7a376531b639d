"""GraphQL's resolvers: the schema's fields, resolved by the business logic."""

from graphql import GraphQLError

from todo.api_server import graph
from todo.api_server.models import NewTodo, Todo
from todo.api_server.todos import TodoRejectedError, Todos


class QueryResolvers(graph.QueryResolvers):
    """Resolvers of `Query`."""

    def __init__(self, todos: Todos) -> None:
        self._todos = todos

    async def todos(self) -> list[Todo]:
        """Resolve `Query.todos`."""
        return await self._todos.all()

    async def todo(self, *, todo_id: str) -> Todo | None:
        """Resolve `Query.todo`."""
        return await self._todos.find(todo_id)


class MutationResolvers(graph.MutationResolvers):
    """Resolvers of `Mutation`."""

    def __init__(self, todos: Todos) -> None:
        self._todos = todos

    async def create_todo(self, *, todo: NewTodo) -> Todo:
        """Resolve `Mutation.createTodo`."""
        try:
            return await self._todos.create(todo)
        except TodoRejectedError as error:
            raise GraphQLError(str(error), extensions={"code": "TODO_REJECTED"}) from error


class Resolvers:
    """The resolvers of each type that needs some."""

    def __init__(self, todos: Todos) -> None:
        self.query = QueryResolvers(todos)
        self.mutation = MutationResolvers(todos)

"""GraphQL's resolvers: the schema's fields, resolved by the business logic."""

from graphql import GraphQLError

from todo.api_server import graph
from todo.api_server.models import NewTodo, Todo
from todo.api_server.todos import LONGEST_TITLE, TodoRejectedError, Todos
from trunkline.auth import Caller


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

    def longest_title(self) -> int:
        """Resolve `Query.longestTitle`."""
        return LONGEST_TITLE

    def scopes(self, *, caller: Caller | None) -> list[str]:
        """Resolve `Query.scopes`."""
        return sorted(caller.scopes) if caller else []

    def client_id(self, *, caller: Caller | None) -> str | None:
        """Resolve `Query.clientID`."""
        return caller.client_id if caller else None


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

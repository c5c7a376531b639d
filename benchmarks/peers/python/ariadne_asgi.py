# mypy: ignore-errors
"""The todos as Ariadne serves them, with the caches that its hooks allow.

It is installed into the benchmarks' own environment: mypy does not see it.
"""

from functools import lru_cache
from typing import Any

from ariadne import ObjectType, QueryType, make_executable_schema
from ariadne.asgi import GraphQL
from graphql import DocumentNode, GraphQLError, GraphQLSchema, parse, validate

from benchmarks.peers.python.todos import SDL, Todo, User, find_todo, first_todos

query = QueryType()
todo = ObjectType("Todo")


@query.field("todos")
def resolve_todos(*_: object, first: int) -> list[Todo]:
    return first_todos(first)


@query.field("todo")
def resolve_todo(*_: object, id: str) -> Todo | None:  # noqa: A002  # the argument's name
    return find_todo(id)


@todo.field("author")
@todo.field("owner")
async def resolve_user(parent: Todo, _info: object) -> User:
    return parent.user


@lru_cache(1_000)
def parsed(text: str) -> DocumentNode:
    return parse(text)


_valid: dict[int, DocumentNode] = {}  # by identity; they are kept, so that none is given twice


def validated(schema: GraphQLSchema, document: DocumentNode, **options: Any) -> list[GraphQLError]:
    """Validate a document once."""
    if id(document) in _valid:
        return []
    errors = validate(schema, document, **options)
    if not errors:
        _valid[id(document)] = document
    return errors


app = GraphQL(
    make_executable_schema(SDL, query, todo),
    query_parser=lambda _context, data: parsed(data["query"]),
    query_validator=validated,
)

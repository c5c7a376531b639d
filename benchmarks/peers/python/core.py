"""The todos as graphql-core executes them: its default resolver reads attributes."""

from __future__ import annotations

from typing import Any

from graphql import DocumentNode, GraphQLSchema, build_schema, parse, validate

from benchmarks.peers.python.todos import SDL, Todo, User, find_todo, first_todos

__all__ = ["SCHEMA", "document"]

_documents: dict[str, DocumentNode] = {}


def document(text: str) -> DocumentNode:
    """Return the parsed document of a text, validated when it is met first."""
    if text not in _documents:
        parsed = parse(text)
        if errors := validate(SCHEMA, parsed):
            raise errors[0]
        _documents[text] = parsed
    return _documents[text]


def _build() -> GraphQLSchema:
    schema = build_schema(SDL)
    query: Any = schema.type_map["Query"]
    query.fields["todos"].resolve = _todos
    query.fields["todo"].resolve = _todo
    todo: Any = schema.type_map["Todo"]
    todo.fields["author"].resolve = _user
    todo.fields["owner"].resolve = _user
    return schema


def _todos(_source: object, _info: object, first: int) -> list[Todo]:
    return first_todos(first)


def _todo(_source: object, _info: object, id: str) -> Todo | None:  # noqa: A002  # the argument's
    return find_todo(id)


async def _user(todo: Todo, _info: object) -> User:
    return todo.user


SCHEMA = _build()

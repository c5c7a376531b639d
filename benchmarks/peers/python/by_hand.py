"""What a person writes where there is no GraphQL: functions that build each answer.

They trust their data, as such functions do: nothing checks that a title is a string.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.peers.python.todos import Todo, User, find_todo, first_todos

__all__ = ["ANSWERS", "list_with_authors", "list_with_owners"]

JSON = dict[str, Any]


def list_of_two(variables: JSON) -> JSON:
    return {
        "data": {
            "todos": [
                {"id": todo.id, "title": todo.title} for todo in first_todos(variables["first"])
            ]
        }
    }


def list_of_five(variables: JSON) -> JSON:
    return {
        "data": {
            "todos": [
                {
                    "id": todo.id,
                    "title": todo.title,
                    "text": todo.text,
                    "done": todo.done,
                    "priority": todo.priority,
                }
                for todo in first_todos(variables["first"])
            ]
        }
    }


def one_of_two(variables: JSON) -> JSON:
    todo = find_todo(variables["id"])
    if todo is None:
        return {"data": {"todo": None}}
    return {"data": {"todo": {"id": todo.id, "title": todo.title}}}


def one_of_five(variables: JSON) -> JSON:
    todo = find_todo(variables["id"])
    if todo is None:
        return {"data": {"todo": None}}
    return {
        "data": {
            "todo": {
                "id": todo.id,
                "title": todo.title,
                "text": todo.text,
                "done": todo.done,
                "priority": todo.priority,
            }
        }
    }


ANSWERS: dict[str, Callable[[JSON], JSON]] = {
    "/list/2": list_of_two,
    "/list/5": list_of_five,
    "/one/2": one_of_two,
    "/one/5": one_of_five,
}


async def author_of(todo: Todo) -> User:
    return todo.user


async def owners_of(todos: list[Todo]) -> list[User]:
    return [todo.user for todo in todos]


async def list_with_authors(variables: JSON) -> JSON:
    entries: list[JSON] = []
    for todo in first_todos(variables["first"]):
        author = await author_of(todo)
        entries.append({"id": todo.id, "title": todo.title, "author": {"name": author.name}})
    return {"data": {"todos": entries}}


async def list_with_owners(variables: JSON) -> JSON:
    todos = first_todos(variables["first"])
    owners = await owners_of(todos)
    return {
        "data": {
            "todos": [
                {"id": todo.id, "title": todo.title, "owner": {"name": owner.name}}
                for todo, owner in zip(todos, owners, strict=True)
            ]
        }
    }

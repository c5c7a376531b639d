"""The data that every peer serves, and finding it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["SDL", "TODOS", "Todo", "User", "find_todo", "first_todos"]

SDL = Path(__file__).parent.with_name("schema.graphql").read_text(encoding="utf-8")


@dataclass
class User:
    """Who writes and owns todos."""

    id: str
    name: str


@dataclass
class Todo:
    """Something to remember; its author and owner are resolved."""

    id: str
    title: str
    text: str
    done: bool
    priority: int
    user: User


USERS = [User(str(number), f"User {number}") for number in range(10)]
TODOS = [
    Todo(
        str(number),
        f"Todo {number}",
        f"What is to be done, number {number}",
        number % 2 == 0,
        number % 5,
        USERS[number % 10],
    )
    for number in range(1_000)
]
BY_ID = {todo.id: todo for todo in TODOS}


def first_todos(first: int) -> list[Todo]:
    return TODOS[:first]


def find_todo(todo_id: str) -> Todo | None:
    return BY_ID.get(todo_id)

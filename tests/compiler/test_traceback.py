"""A resolver that raises: its traceback shows the emitted line and says where in the document."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from tests.faults.both import Both

from trunkline.engine import run, run_sync
from trunkline.schema.bindings import batch

SDL = "type Query { todos: [Todo!] n: Int } type Todo { title: String late: Int all: Int t: Todo }"
TEXT = """query Todos {
  todos {
    FIELD
  }
}"""


class TodoError(Exception):
    pass


class Todo:
    def __init__(self, number: int) -> None:
        self.number = number

    @property
    def title(self) -> str:
        if self.number == 2:
            raise TodoError("no title")
        return "a title"

    @property
    def t(self) -> object:
        return self


async def late(todo: Todo) -> int:
    await asyncio.sleep(0)
    return len(todo.title)


@batch
def at_once(todos: list[Todo]) -> list[int]:
    return [len(todo.title) for todo in todos]


def shown(text: str) -> str:
    """Execute, and return the first error's traceback as a log would have it."""
    resolvers: dict[str, Callable[..., Any]] = {
        "Query.todos": lambda: [Todo(0), Todo(1), Todo(2)],
        "Query.n": lambda: Todo(2).title,
        "Todo.late": late,
        "Todo.all": at_once,
    }
    operation = Both(SDL, resolvers, {"Todo": Todo}).compile(text)
    operation.inline()
    error, *_ = asyncio.run(run(operation, None)).errors
    assert isinstance(error.original_error, TodoError)
    return "".join(traceback.format_exception(error.original_error))


@pytest.mark.parametrize(
    ("text", "line", "place"),
    [
        (
            TEXT.replace("FIELD", "title"),
            "title = value.title",
            "at todos[2].title, line 3 column 5 of query Todos",
        ),
        (
            TEXT.replace("FIELD", "x: t { y: title }"),
            "title = t.title",
            "at todos[2].x.y, line 3 column 12 of query Todos",
        ),
        ("{ n }", "n = resolve_query_n()", "at n, line 1 column 3 of query"),
    ],
)
def test_a_traceback_has_the_emitted_line_and_the_place_in_the_document(
    text: str, line: str, place: str
) -> None:
    lines = shown(text).splitlines()
    assert f"    {line}" in lines
    assert place in lines


@pytest.mark.parametrize("field", ["late", "all"])
def test_the_traceback_of_a_field_that_came_later_has_the_place_too(field: str) -> None:
    lines = shown(TEXT.replace("FIELD", field)).splitlines()
    index = 2 if field == "late" else 0  # a batch fails for all of its parents at once
    assert f"at todos[{index}].{field}, line 3 column 5 of query Todos" in lines


def test_an_exception_that_is_raised_twice_has_each_place_once() -> None:
    once = TodoError("the same object")

    def fail() -> int:
        raise once

    operation = Both("type Query { n: Int }", {"Query.n": fail}).compile("{ a: n b: n }")
    for _ in range(2):
        run_sync(operation, None)
    assert len(set(once.__notes__)) == len(once.__notes__)

"""When a signature follows the schema, and when it stays; what a class that goes is used for."""

from __future__ import annotations

from textwrap import dedent

import pytest
from tests.generate.resolvers.protocols import previous_of, wanted_of

from trunkline.generate.resolvers import Merged, merge

PROTOCOLS = """
from datetime import date
from typing import Protocol
from trunkline.server import ListOf, Resolved
from todo.models import Todo

class QueryResolvers(Protocol):  # __init__.py
    def todos(self, {}) -> Resolved[ListOf[Todo]]: ...

class Resolvers(Protocol):
    @property
    def query(self) -> QueryResolvers: ...
"""

FILE = """
import datetime as dates

from todo import graph, models
from todo.models import Todo


class QueryResolvers(graph.QueryResolvers):
    {}:
        return []


class Resolvers:
    query = QueryResolvers()
"""


def changed(definition: str, was: str = "*, at: date", now: str = "*, at: date | None") -> Merged:
    file = FILE.format(definition).encode()
    wanted = wanted_of(PROTOCOLS.format(now))
    return merge({"__init__.py": file}, wanted, previous_of(PROTOCOLS.format(was)))


@pytest.mark.parametrize(
    ("was", "now"),
    {
        "async def todos(self, *, at: dates.date) -> list[Todo]": (
            "async def todos(self, *, at: dates.date | None) -> list[Todo]"
        ),
        "def todos(self, *, at: dates.date) -> list[Todo]": (
            "def todos(self, *, at: dates.date | None) -> list[Todo]"
        ),
        "async def todos(\n        self, *, at: dates.date\n    ) -> list[Todo]": (
            "async def todos(self, *, at: dates.date | None) -> list[Todo]"
        ),
        "async def todos(self, *, at: 'dates.date') -> list[models.Todo]": (
            "async def todos(self, *, at: dates.date | None) -> list[Todo]"
        ),
    }.items(),
)
def test_a_signature_follows_if_it_is_what_was_generated(was: str, now: str) -> None:
    done = changed(was)
    assert done.files == {"__init__.py": FILE.format(now).encode()}
    (message,) = done.messages
    expected = "`async def todos(self, *, at: date | None) -> list[Todo]`"
    assert message.text == f"QueryResolvers.todos was updated to {expected}"


@pytest.mark.parametrize(
    "definition",
    [
        "async def todos(self, at: dates.date) -> list[Todo]",
        "async def todos(self, *, at: dates.date)",
        "async def todos(self, *, at) -> list[Todo]",
        "async def todos(self, *, at: dates.date = TODAY) -> list[Todo]",
        "async def todos(self, *, at: dates.date, more: int = 1) -> list[Todo]",
        "async def todos(self, *, at: dates.datetime) -> list[Todo]",
        "async def todos(self, *, at: dates.date) -> tuple[Todo, ...]",
        "async def todos(\n        self, *, at: dates.date  # mine\n    ) -> list[Todo]",
    ],
)
def test_a_signature_that_was_edited_stays_and_the_wanted_one_is_told(definition: str) -> None:
    done = changed(definition)
    assert done.files == {}
    (message,) = done.messages
    assert message.line == 9
    assert message.text.startswith("QueryResolvers.todos: ")
    assert message.text.endswith(
        "; expected: `async def todos(self, *, at: date | None) -> list[Todo]`"
    )


def test_a_signature_that_is_wanted_already_is_not_told() -> None:
    done = changed("async def todos(self, *, at: dates.date | None) -> list[Todo]")
    assert (done.files, done.messages) == ({}, ())


def test_a_parameter_that_the_body_uses_keeps_its_signature() -> None:
    definition = "async def todos(self, *, at: dates.date) -> list[Todo]:\n        print(at)"
    file = FILE.format(definition).replace("print(at):", "print(at)").encode()
    wanted = wanted_of(PROTOCOLS.format("*, on: date"))
    done = merge({"__init__.py": file}, wanted, previous_of(PROTOCOLS.format("*, at: date")))
    assert done.files == {}
    (message,) = done.messages
    assert message.text == (
        "QueryResolvers.todos: the parameter 'on' is missing, 'at' is not an argument of"
        " Query.todos, but the body uses it; expected:"
        " `async def todos(self, *, on: date) -> list[Todo]`"
    )


def test_a_class_whose_attribute_is_used_stays_when_its_type_is_gone() -> None:
    was = PROTOCOLS.format("*, at: date") + dedent("""
        class TodoResolvers(Protocol):  # __init__.py
            def title(self, todo: Todo, /) -> Resolved[str]: ...
    """)
    was = was.replace(
        "    @property\n    def query",
        "    @property\n    def todo(self) -> TodoResolvers: ...\n\n    @property\n    def query",
    )
    definition = "async def todos(self, *, at: dates.date) -> list[Todo]"
    file = FILE.format(definition) + dedent("""

        class TodoResolvers(graph.TodoResolvers):
            LIMIT = 1

            async def title(self, todo: Todo) -> str:
                return ""


        LIMIT = TodoResolvers.LIMIT
    """)
    wanted = wanted_of(PROTOCOLS.format("*, at: date"))
    done = merge({"__init__.py": file.encode()}, wanted, previous_of(was))
    assert done.files == {}
    assert "".join(map(str, done.messages)) == (
        "__init__.py:17: warning: TodoResolvers: Todo has no resolvers any more; remove the class"
        " by hand, because __init__.py:24 uses it"
    )


def test_a_stub_takes_the_place_of_dots_below_a_resolver_that_goes() -> None:
    was = PROTOCOLS.format("*, at: date").replace("def todos", "def gone")
    definition = "async def gone(self) -> int:\n        return 1\n\n    # to be done\n    ..."
    file = FILE.format(definition).replace("...:\n        return []", "...").encode()
    wanted = wanted_of(PROTOCOLS.format("*, at: date"))
    done = merge({"__init__.py": file}, wanted, previous_of(was))
    assert done.files["__init__.py"].decode().partition("graph.QueryResolvers):\n")[2] == dedent(
        """\
        # to be done
        async def todos(self, *, at: dates.date) -> list[Todo]:
            raise NotImplementedError("Query.todos")


    class Resolvers:
        query = QueryResolvers()


    # What the schema no longer has, kept by `trunkline generate`: move it, or delete it.
    #
    # from class QueryResolvers:
    #     async def gone(self) -> int:
    #         return 1
    """
    )

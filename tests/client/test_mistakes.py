"""Mistakes that raise before a request is sent: what they say, and that nothing was sent."""

from __future__ import annotations

from types import ModuleType
from typing import Any
from uuid import uuid4

import graphql
import pytest
from tests.client.calling import Caller, CallWith
from tests.client.serving import QUERY, Todos

from trunkline import (
    DocumentSyntaxError,
    OperationNotFoundError,
    RequestError,
    ValidationError,
    VariablesError,
    gql,
)
from trunkline.client import document

CREATE = "mutation ($todo: TodoInput!) { createTodo(todo: $todo) { title } }"
TWO = "query a { todos { title } } query b { todos { text } }"

MISTAKES = {
    "a field that the schema lacks": (
        ValidationError,
        ("{ todos { titel } }",),
        """\
Cannot query field 'titel' on type 'Todo'. Did you mean 'title'?

GraphQL request:1:11
1 | { todos { titel } }
  |           ^""",
    ),
    "a missing argument": (
        ValidationError,
        ("{ todo { title } }",),
        """\
Argument 'Query.todo(todoID:)' of type 'ID!' is required, but it was not provided.

GraphQL request:1:3
1 | { todo { title } }
  |   ^""",
    ),
    "a wrong type": (
        ValidationError,
        ('mutation {\n  createTodo(todo: {title: 1, text: ""}) { title }\n}',),
        """\
String cannot represent a non string value: 1

GraphQL request:2:28
1 | mutation {
2 |   createTodo(todo: {title: 1, text: ""}) { title }
  |                            ^
3 | }""",
    ),
    "all mistakes at once": (
        ValidationError,
        ("{ todos { titel } tods { title } }",),
        """\
Cannot query field 'titel' on type 'Todo'. Did you mean 'title'?

GraphQL request:1:11
1 | { todos { titel } tods { title } }
  |           ^

Cannot query field 'tods' on type 'Query'. Did you mean 'todo' or 'todos'?

GraphQL request:1:19
1 | { todos { titel } tods { title } }
  |                   ^""",
    ),
    "a variable of a wrong type in the document": (
        ValidationError,
        ("query ($id: String!) { todo(todoID: $id) { title } }", {"id": "1"}),
        """\
Variable '$id' of type 'String!' used in position expecting type 'ID!'.

GraphQL request:1:8
1 | query ($id: String!) { todo(todoID: $id) { title } }
  |        ^

GraphQL request:1:37
1 | query ($id: String!) { todo(todoID: $id) { title } }
  |                                     ^""",
    ),
    "text that is no GraphQL": (
        DocumentSyntaxError,
        ("{ todos { title }",),
        """\
Syntax Error: Expected Name, found <EOF>.

GraphQL request:1:18
1 | { todos { title }
  |                  ^""",
    ),
    "no operation of that name": (
        OperationNotFoundError,
        (TWO, None, "A"),
        "The document has no operation named 'A'. Did you mean 'a' or 'b'?",
    ),
    "several operations and no name": (
        OperationNotFoundError,
        (TWO,),
        "The document has several operations ('a', 'b'): choose one by operation_name.",
    ),
    "a required variable that is missing": (
        VariablesError,
        (CREATE,),
        """\
Variable '$todo' has invalid value: Expected a value of non-null type 'TodoInput!' to be provided.

GraphQL request:1:11
1 | mutation ($todo: TodoInput!) { createTodo(todo: $todo) { title } }
  |           ^""",
    ),
    "a variable that the operation lacks": (
        VariablesError,
        ("query one($id: ID!) { todo(todoID: $id) { title } }", {"id": "1", "idd": "1"}),
        """\
Variable '$idd' is not declared by operation 'one'. Did you mean '$id'?

GraphQL request:1:1
1 | query one($id: ID!) { todo(todoID: $id) { title } }
  | ^""",
    ),
    "a variable with its dollar sign": (
        VariablesError,
        ("query ($id: ID! = 1) { todo(todoID: $id) { title } }", {"$id": "1"}),
        """\
Variable '$$id' is not declared by this operation. Did you mean '$id'?

GraphQL request:1:1
1 | query ($id: ID! = 1) { todo(todoID: $id) { title } }
  | ^""",
    ),
    "a value that does not fit": (
        VariablesError,
        (CREATE, {"todo": {"titel": "a", "title": 1, "text": ""}}),
        """\
Variable '$todo' has invalid value at .title: String cannot represent a non string value: 1

GraphQL request:1:11
1 | mutation ($todo: TodoInput!) { createTodo(todo: $todo) { title } }
  |           ^

Variable '$todo' has invalid value: Expected value of type 'TodoInput' not to include unknown field\
 'titel'. Did you mean 'title'? Found: {'titel': 'a', 'title': 1, 'text': ''}.

GraphQL request:1:11
1 | mutation ($todo: TodoInput!) { createTodo(todo: $todo) { title } }
  |           ^""",
    ),
    "a value without a JSON form": (
        VariablesError,
        (CREATE, {"todo": object()}),
        "Variable '$todo' has no JSON form: Encoding objects of type object is unsupported.",
    ),
    "text that UTF-8 cannot hold": (
        VariablesError,
        ("query ($id: ID!) { todo(todoID: $id) { title } }", {"id": "\ud800"}),
        """\
Variable '$id' has no JSON form: a string has half of a character at 0, the lone surrogate\
 '\\ud800'.""",
    ),
    "a name that is no string": (
        VariablesError,
        ("query ($id: ID!) { todo(todoID: $id) { title } }", {1: "2"}),
        "Variables are named by strings, not by int.",
    ),
}


@pytest.mark.parametrize(("error", "call", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_raises_before_a_request(
    error: Any, call: Any, message: str, fetching: Caller, server: Todos
) -> None:
    fetching.execute(QUERY)
    before = len(server.received)
    with pytest.raises(error) as caught:
        fetching.execute(*call)
    assert str(caught.value) == message
    assert type(caught.value) is error
    assert len(server.received) == before


NOT_PROVIDED = (
    "Variable '$todo' has invalid value: Expected a value of non-null type 'TodoInput!' to be"
    " provided."
)
WITHOUT_SCHEMA = {
    "a variable that is missing": ((CREATE,), NOT_PROVIDED),
    "a variable that is null": ((CREATE, {"todo": None}), NOT_PROVIDED),
    "a variable that is unknown": (
        (QUERY, {"id": 1}),
        "Variable '$id' is not declared by this operation.",
    ),
}


@pytest.mark.parametrize(("call", "message"), WITHOUT_SCHEMA.values(), ids=WITHOUT_SCHEMA)
def test_what_is_found_without_a_schema(
    call: Any, message: str, call_with: CallWith, server: Todos
) -> None:
    with pytest.raises(VariablesError) as caught:
        call_with(server.url).execute(*call)
    assert [error.message for error in caught.value.errors] == [message]
    assert not server.received


def test_a_document_with_half_of_a_character_can_be_told() -> None:
    with pytest.raises(DocumentSyntaxError) as caught:
        gql('{ a(b: "\ud800") }')
    assert (
        str(caught.value)
        .encode()
        .endswith(rb"""1 | { a(b: "\ud800") }
  |         ^""")
    )


def test_enums_and_their_suggestions(call_with: CallWith, server: Todos) -> None:
    caller = call_with(server.url, schema="type Query { a(e: E): Int } enum E { RED GREEN }")
    with pytest.raises(VariablesError, match="Did you mean the enum value 'RED'"):
        caller.execute("query ($e: E) { a(e: $e) }", {"e": "REDD"})
    assert not server.received


def test_a_value_that_contains_itself(call_with: CallWith, server: Todos) -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(VariablesError, match=r"Variable '\$ids' has no JSON form"):
        call_with(server.url).execute("query ($ids: [ID]) { a(ids: $ids) }", {"ids": endless})


def test_a_subscription_is_refused(call_with: CallWith, server: Todos) -> None:
    schema = "type Query { a: Int } type Subscription { ticks: Int }"
    with pytest.raises(RequestError, match="A subscription has many results") as caught:
        call_with(server.url, schema=schema).execute("subscription { ticks }")
    assert caught.value.errors[0].locations
    assert not server.received


def test_a_document_without_an_operation(call_with: CallWith, server: Todos) -> None:
    with pytest.raises(OperationNotFoundError, match="has no operation, only other definitions"):
        call_with(server.url).execute("fragment f on Todo { title }")


def test_gql_itself_finds_what_is_no_graphql() -> None:
    with pytest.raises(DocumentSyntaxError, match=r"GraphQL request:2:3"):
        gql("{\n  !}")


def test_a_right_document_is_validated_once(
    fetching: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = {"validate": 0, "parse": 0}

    def counted(module: ModuleType, name: str) -> None:
        function = getattr(module, name)

        def replaced(*args: Any, **options: Any) -> Any:
            count[name] += 1
            return function(*args, **options)

        monkeypatch.setattr(module, name, replaced)

    counted(graphql, "validate")
    counted(document, "parse")
    text = "query once { todos { title } } query twice { todos { text } } # " + uuid4().hex
    for _ in range(3):
        fetching.execute(text, operation_name="once")
        fetching.execute(gql(text), operation_name="twice")
    assert count == {"validate": 2, "parse": 1}  # the second looks for what is deprecated

"""What is called otherwise in Python; resolvers that must be; what input models take."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from trunkline import engine
from trunkline.engine import compile_operation
from trunkline.errors import SchemaError
from trunkline.schema.bindings import Attribute, Lookup, Resolver, Schema
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema

SDL = """
type Query { todo(todoID: ID!, color: Color = RED): Todo  add(todo: TodoInput!): String }
type Todo { todoID: ID!  title: String! }
enum Color { RED  None  class  mro }
input TodoInput { title: String!  dueDate: String  priority: Int = 1  color: Color }
"""

NAMES = {
    "Query.todo": "find",
    "Query.todo(todoID:)": "key",
    "Todo": "tasks",
    "Todo.todoID": "identity",
    "TodoInput.title": "heading",
    "Color.RED": "CRIMSON",
}


class Color(Enum):
    CRIMSON = 1
    None_ = 2
    class_ = 3
    mro_ = 4


class Todo:
    identity = "7"


@dataclass
class TodoInput:
    heading: str
    due_date: Any = "left out"
    priority: int = 5
    color: Color | None = None


class Query:
    def find(self, key: str, color: Color) -> Todo:
        self.asked = key, color
        return Todo()

    def add(self, todo: TodoInput) -> str:
        return str(todo)


class Tasks:
    def title(self, _todo: Todo) -> str:
        return "from tasks"


MODELS: dict[str, type] = {"Todo": Todo, "TodoInput": TodoInput, "Color": Color}


def schema_of(models: dict[str, type] | None = None, **options: Any) -> Schema:
    resolvers = SimpleNamespace(query=Query(), tasks=Tasks())
    options = {"names": NAMES, **options}
    return make_executable_schema(
        parse_schema(SDL), resolvers, {**MODELS, **(models or {})}, **options
    )


def run(schema: Schema, text: str, variables: dict[str, Any] | None = None) -> Any:
    result = engine.run_sync(compile_operation(schema, text), variables)
    assert result.errors == []
    return result.data


def test_fields_arguments_and_types_have_the_given_names() -> None:
    schema = schema_of()
    assert schema.bindings["Todo.todoID"] == Attribute("identity")
    binding = schema.bindings["Query.todo"]
    assert isinstance(binding, Resolver)
    assert binding.arguments == {"todoID": "key", "color": "color"}
    assert run(schema, "{ todo(todoID: 1, color: class) { todoID title } }") == {
        "todo": {"todoID": "7", "title": "from tasks"}
    }
    query: Any = getattr(binding.function, "__self__", None)
    assert query.asked == ("1", Color.class_)


def test_a_field_without_a_model_is_looked_up_by_its_given_name() -> None:
    schema = make_executable_schema(
        parse_schema("type Query { a: A } type A { b: Int }"),
        SimpleNamespace(query=SimpleNamespace(a=lambda: {"b": 1, "c": 2})),
        names={"A.b": "c"},
    )
    assert schema.bindings["A.b"] == Lookup("A.b", ("c",))
    assert run(schema, "{ a { b } }") == {"a": {"b": 2}}


@pytest.mark.parametrize(
    ("literal", "member"),
    [("RED", "CRIMSON"), ("None", "None_"), ("class", "class_"), ("mro", "mro_")],
)
def test_values_of_enums_are_members_by_the_names_that_python_takes(
    literal: str, member: str
) -> None:
    text = f'{{ add(todo: {{ title: "t", color: {literal} }}) }}'
    assert f"color={Color[member]!r}" in run(schema_of(), text)["add"]


@pytest.mark.parametrize("form", ["in the document", "as a variable"])
def test_what_a_request_leaves_out_is_left_to_the_models_defaults(form: str) -> None:
    if form == "in the document":
        given = run(schema_of(), '{ add(todo: { title: "t" }) }')
    else:
        text = "query ($todo: TodoInput!) { add(todo: $todo) }"
        given = run(schema_of(), text, {"todo": {"title": "t"}})
    expected = TodoInput("t", priority=1)  # the schema's own default is given
    assert given == {"add": str(expected)}


class Struct(msgspec.Struct):
    heading: str
    due_date: str | msgspec.UnsetType | None = msgspec.UNSET
    priority: int = 0
    color: Color | msgspec.UnsetType | None = msgspec.UNSET


@pytest.mark.parametrize(
    ("given", "due_date"),
    [({}, msgspec.UNSET), ({"dueDate": None}, None), ({"dueDate": "now"}, "now")],
)
def test_absent_and_null_are_told_apart(given: dict[str, Any], due_date: object) -> None:
    schema = schema_of({"TodoInput": Struct})
    text = "query ($todo: TodoInput!) { add(todo: $todo) }"
    struct = Struct("t", due_date, 1)  # type: ignore[arg-type]
    assert run(schema, text, {"todo": {"title": "t", **given}}) == {"add": str(struct)}
    text = 'query ($due: String) { add(todo: { title: "t", dueDate: $due }) }'
    variables = {"due": given["dueDate"]} if given else {}
    assert run(schema, text, variables) == {"add": str(struct)}


@pytest.mark.parametrize(
    ("text", "variables", "expected"),
    [
        ("{ a }", {}, "absent"),
        ("{ a(b: null) }", {}, "None"),
        ("query ($b: Int) { a(b: $b) }", {}, "absent"),
        ("query ($b: Int) { a(b: $b) }", {"b": None}, "None"),
        ("query ($b: Int) { a(b: $b) }", {"b": 1}, "1"),
    ],
)
def test_arguments_that_are_left_out_are_left_out(
    text: str, variables: dict[str, Any], expected: str
) -> None:
    def a(b: object = "absent") -> str:
        return str(b)

    schema = make_executable_schema(
        parse_schema("type Query { a(b: Int): String }"),
        SimpleNamespace(query=SimpleNamespace(a=a)),
    )
    assert run(schema, text, variables) == {"a": expected}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({"Todo.titel": "a"}, "names: the schema has no 'Todo.titel'. Did you mean 'Todo.title'"),
        ({"Query.todo(id:)": "a"}, "names: the schema has no 'Query.todo(id:)'."),
        ({"Nope.a": "a"}, "names: the schema has no 'Nope.a'."),
        ({"not a coordinate": "a"}, "names: the schema has no 'not a coordinate'."),
        ({"Todo.title": "class"}, "names: 'Todo.title' must stand for a Python name, not"),
        ({"Todo.title": 1}, "names: 'Todo.title' must stand for a Python name, not 1."),
    ],
)
def test_a_name_for_nothing_is_told_at_start(names: Any, message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        schema_of(names={**NAMES, **names})
    assert message in str(caught.value)


def test_a_resolver_that_must_be_and_is_not_is_told_at_start() -> None:
    assert schema_of(resolved=["Todo.title"])
    with pytest.raises(SchemaError) as caught:
        schema_of(resolved=["Todo.todoID", "Todo.titel"])
    assert str(caught.value).splitlines() == [
        "resolved: the schema has no 'Todo.titel'. Did you mean 'Todo.title' or 'Todo.todoID'?",
        "Todo.todoID: has no resolver. Add 'identity' to SimpleNamespace.tasks.",
    ]


@dataclass
class Lacks:
    heading: str
    due_date: Any = None
    priority: int = 5


@dataclass
class WantsMore(TodoInput):
    owner: str = field(kw_only=True)


@dataclass
class NoDefault:
    heading: str
    due_date: str | None
    priority: int
    color: Any = None


class Positional:
    def __init__(self, heading: str, /, **rest: object) -> None: ...


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Lacks, "lacks the parameter 'color' for the field 'color'."),
        (WantsMore, "has a parameter 'owner' that the input type has no field for."),
        (NoDefault, "needs a default for 'due_date': requests may leave 'dueDate' out."),
        (Positional, "takes 'heading' only by position, but fields come by name."),
    ],
)
def test_an_input_model_that_cannot_be_made_is_told_at_start(model: type, message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        schema_of({"TodoInput": model})
    told = str(caught.value)
    assert told.startswith(f"TodoInput: the model {model.__name__} ({__file__}:")
    assert told.endswith(message)
    assert "\n" not in told


class TakesAny:
    def __init__(self, **fields: Any) -> None:
        self.fields = fields

    def __str__(self) -> str:
        return str(sorted(self.fields))


class Aliased:
    """As a Pydantic model is made whose field has the schema's name as its alias."""

    def __init__(self, *, heading: str, dueDate: str = "none", **rest: object) -> None:  # noqa: N803
        self.taken = [heading, dueDate, *rest]

    def __str__(self) -> str:
        return " ".join(self.taken)


@pytest.mark.parametrize(
    ("model", "expected"),
    [(TakesAny, "['due_date', 'heading', 'priority']"), (Aliased, "t now priority")],
)
def test_a_model_takes_the_fields_its_own_way(model: type, expected: str) -> None:
    schema = schema_of({"TodoInput": model})
    text = '{ add(todo: { title: "t", dueDate: "now" }) }'
    assert run(schema, text) == {"add": expected}

from __future__ import annotations

from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any, TypedDict

import msgspec
import pytest

from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import run, run_sync
from trunkline.errors import SchemaError
from trunkline.schema.bindings import Attribute, Key, Lookup, Resolver
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema
from trunkline.schema.scalars import Scalar

SDL = """
type Query { todo(todoID: ID!, first: Int): Todo }
type Todo { todoID: ID!  title: String! }
input TodoInput { title: String!  dueDate: String }
"""


@dataclass
class Todo:
    todo_id: str
    title: str


class Struct(msgspec.Struct):
    todo_id: str
    title: str


class Typed(TypedDict):
    todo_id: str
    title: str


class Query:
    found: Any = None

    def todo(self, todo_id: str, first: int = 10) -> Any:  # noqa: ARG002
        return self.found


def resolvers(**groups: object) -> SimpleNamespace:
    return SimpleNamespace(**groups)


@pytest.mark.parametrize(
    ("model", "expected"),
    [(Todo, Attribute("todo_id")), (Struct, Attribute("todo_id")), (Typed, Key("todo_id"))],
)
def test_fields_are_bound_to_their_models_members(model: type, expected: object) -> None:
    schema = make_executable_schema(parse_schema(SDL), resolvers(query=Query()), {"Todo": model})
    assert schema.bindings["Todo.todoID"] == expected
    Query.found = model(todo_id="1", title="A")
    operation = compile_operation(schema, "{ todo(todoID: 1) { todoID title } }")
    assert run_sync(operation, None).data == {"todo": {"todoID": "1", "title": "A"}}


def test_without_a_model_fields_are_looked_up() -> None:
    schema = make_executable_schema(parse_schema(SDL), resolvers(query=Query()))
    assert schema.bindings["Todo.todoID"] == Lookup("Todo.todoID", ("todoID", "todo_id"))


def test_a_resolver_takes_its_arguments_by_name() -> None:
    schema = make_executable_schema(parse_schema(SDL), resolvers(query=Query()))
    binding = schema.bindings["Query.todo"]
    assert isinstance(binding, Resolver)
    assert binding.arguments == {"todoID": "todo_id", "first": "first"}
    assert not binding.is_async
    assert not binding.takes_parent
    assert binding.context is None


def test_a_resolver_of_an_object_takes_the_parent_and_may_take_the_context() -> None:
    class TodoResolvers:
        async def title(self, todo: Todo, context: object) -> str:
            return f"{todo.title} {context}"

    groups = resolvers(query=Query(), todo=TodoResolvers())
    schema = make_executable_schema(parse_schema(SDL), groups, {"Todo": Todo})
    binding = schema.bindings["Todo.title"]
    assert isinstance(binding, Resolver)
    assert (binding.is_async, binding.takes_parent, binding.context) == (True, True, "context")


class NoDefault:
    def todo(self, todo_id: str, first: int | None) -> None: ...


class NoParameter:
    def todo(self, todo_id: str) -> None: ...


class OneTooMany:
    def todo(self, todo_id: str, extra: str, first: int = 1) -> None: ...


@dataclass
class Tod:
    todo_id: str
    titel: str


@pytest.mark.parametrize(
    ("groups", "models", "message"),
    [
        ({}, {}, "Query.todo: has no resolver. Add 'todo' to SimpleNamespace.query."),
        (
            {"query": NoDefault()},
            {},
            "needs a default for 'first': requests may leave 'first' out.",
        ),
        ({"query": NoParameter()}, {}, "lacks the parameter 'first' for the argument 'first'."),
        (
            {"query": OneTooMany()},
            {},
            "has a parameter 'extra' that the field has no argument for.",
        ),
        (
            {"query": Query()},
            {"Todo": Tod},
            "Todo.title: Tod has no attribute 'title'. Did you mean 'titel'? Add it, or a resolver",
        ),
        (
            {"query": Query},
            {},
            "Query: SimpleNamespace.query is a class. Give an instance: Query(…).",
        ),
        (
            {"query": Query(), "todo": SimpleNamespace(title=lambda: "")},
            {},
            "lacks a parameter for the parent object.",
        ),
        ({"query": Query()}, {"Todo": "Todo"}, "'Todo' must stand for a class, not 'Todo'."),
        (
            {"query": Query()},
            {"Tood": Todo},
            "models: the schema has no type 'Tood'. Did you mean 'Todo'?",
        ),
    ],
)
def test_what_does_not_fit_is_told_at_start(
    groups: dict[str, Any], models: dict[str, type], message: str
) -> None:
    with pytest.raises(SchemaError) as caught:
        make_executable_schema(parse_schema(SDL), resolvers(**groups), models)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("scalars", "message"),
    [
        ({"Monney": Scalar(str, str)}, "scalars: the schema has no type 'Monney'."),
        ({"Todo": int}, "scalars: 'Todo' must stand for a Scalar, not <class 'int'>."),
    ],
)
def test_a_scalar_that_is_none_is_told_at_start(scalars: Any, message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        make_executable_schema(parse_schema(SDL), resolvers(query=Query()), scalars=scalars)
    assert message in str(caught.value)


def test_a_schema_that_was_not_loaded_is_told() -> None:
    with pytest.raises(SchemaError, match="takes a loaded schema, not str"):
        make_executable_schema("schema.graphql", resolvers(query=Query()))  # type: ignore[arg-type]


def test_the_place_of_a_wrong_resolver_is_told() -> None:
    with pytest.raises(SchemaError, match=r"NoParameter\.todo \(.*test_executable\.py:\d+\)"):
        make_executable_schema(parse_schema(SDL), resolvers(query=NoParameter()))


async def find() -> Todo:
    return Todo("1", "awaited")


class Asynchronous:
    async def todo(self, todo_id: str, first: int = 1) -> Todo:  # noqa: ARG002
        return await find()


class Annotated:
    def todo(self, todo_id: str, first: int = 1) -> Awaitable[Todo]:  # noqa: ARG002
        return find()


class Decorated:
    @cache  # noqa: B019
    def todo(self, todo_id: str, first: int = 1) -> Coroutine[Any, Any, Todo]:  # noqa: ARG002
        return find()


class Secretive:
    def todo(self, todo_id: str, first: int = 1) -> Any:  # noqa: ARG002
        return find()


@pytest.mark.parametrize("query", [Asynchronous(), Annotated(), Decorated()])
async def test_a_resolver_that_is_known_to_return_an_awaitable_is_awaited(query: Any) -> None:
    schema = make_executable_schema(parse_schema(SDL), resolvers(query=query), {"Todo": Todo})
    operation = compile_operation(schema, "{ todo(todoID: 1) { title } }")
    assert operation.is_async
    assert (await run(operation, None)).data == {"todo": {"title": "awaited"}}


async def test_an_awaitable_that_nobody_knew_of_is_an_error_that_says_so() -> None:
    schema = make_executable_schema(parse_schema(SDL), resolvers(query=Secretive()), {"Todo": Todo})
    result = await run(compile_operation(schema, "{ todo(todoID: 1) { title } }"), None)
    assert result.data == {"todo": None}
    assert "returned an awaitable, but its signature does not say so" in result.errors[0].message


PETS = """
type Query { pet: Pet }
interface Pet { name: String }
type Dog implements Pet { name: String }
"""


async def awaited_type(_value: object) -> str:
    return "Dog"


def promised_type(_value: object) -> Awaitable[str]:
    raise NotImplementedError


def of_two(_value: object, _info: object) -> str:
    return "Dog"


def of_none() -> str:
    return "Dog"


@pytest.mark.parametrize(
    ("resolve_type", "message"),
    [
        (awaited_type, "is awaited, but a value's type must be known without waiting."),
        (promised_type, "is awaited, but a value's type must be known without waiting."),
        (of_two, "must take one parameter, the value."),
        (of_none, "must take one parameter, the value."),
    ],
)
def test_a_type_resolver_that_does_not_fit_is_told_at_start(
    resolve_type: Any, message: str
) -> None:
    query = SimpleNamespace(pet=lambda: {"name": "Rex"})
    groups = resolvers(query=query, pet=SimpleNamespace(resolve_type=resolve_type))
    with pytest.raises(SchemaError) as caught:
        make_executable_schema(parse_schema(PETS), groups)
    assert f"Pet: the resolver {resolve_type.__name__} (" in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize("resolve_type", [lambda _: "Dog", {"Rex": "Dog"}.get])
def test_a_type_resolver_may_be_any_function_of_a_value(resolve_type: Any) -> None:
    groups = resolvers(
        query=SimpleNamespace(pet=lambda: "Rex"),
        pet=SimpleNamespace(resolve_type=resolve_type),
        dog=SimpleNamespace(name=lambda dog: dog),
    )
    schema = make_executable_schema(parse_schema(PETS), groups)
    operation = compile_operation(schema, "{ pet { name __typename } }")
    assert run_sync(operation, None).data == {"pet": {"name": "Rex", "__typename": "Dog"}}


def test_a_batch_that_is_not_marked_as_one_is_told() -> None:
    class Forgotten:
        def title(self, todos: list[Todo]) -> list[str]:
            return [todo.title for todo in todos]

    group = resolvers(query=Query(), todo=Forgotten())
    with pytest.raises(SchemaError, match=r"Todo\.title: .*Decorate it with @batch"):
        make_executable_schema(parse_schema(SDL), group, batched=["Todo.title"])

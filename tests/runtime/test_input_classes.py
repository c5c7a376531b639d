"""What the class of an input says of a value that fits its type, in a variable and in a literal."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from graphql import GraphQLError, build_schema
from msgspec import Struct
from pydantic import BaseModel, Field, field_validator

from trunkline.engine import adopt_schema, compile_operation, run_sync
from trunkline.errors import VariablesError
from trunkline.schema.bindings import Schema
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema
from trunkline.schema.scalars import Scalar
from trunkline.server.present import ErrorPresenter

SDL = """
type Query { say(user: User, users: [[User!]], range: Range, taken: Taken, broken: Broken): String }
input User { userName: String! age: Int = 20 range: Range tags: [String!] }
input Range { low: Int! high: Int! }
input Taken { name: String! }
input Broken { times: Int! }
"""
SECRET = "db.internal:5432"


class User(BaseModel):
    user_name: str = Field(min_length=3)
    age: int = Field(ge=18)
    range: Any = None
    tags: list[str] = []

    @field_validator("user_name")
    @classmethod
    def _no_admin(cls, name: str) -> str:
        if name == "admin":
            raise ValueError("the name admin is reserved")
        return name

    @field_validator("tags")
    @classmethod
    def _no_tags(cls, tags: list[str]) -> list[str]:
        if "x" in tags:
            raise GraphQLError("No x.", extensions={"code": "X"})
        return tags


@dataclass
class Range:
    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("low is above high")


class Taken(Struct):
    name: str

    def __post_init__(self) -> None:
        raise GraphQLError("The name is taken.", extensions={"code": "TAKEN"})


@dataclass
class Broken:
    times: int
    made: list[int] = field(default_factory=list[int])

    def __post_init__(self) -> None:
        if self.times == 1:
            raise ConnectionError(SECRET)
        assert self.times != 2, SECRET
        if self.times == 3:
            raise LookupError(SECRET)
        if self.times == 4:
            raise TypeError(SECRET)


MODELS = {"User": User, "Range": Range, "Taken": Taken, "Broken": Broken}
SCHEMA = make_executable_schema(
    parse_schema(SDL), SimpleNamespace(query=SimpleNamespace(say=lambda **_: "said")), MODELS
)
TEXT = """query ($user: User, $users: [[User!]], $range: Range, $taken: Taken, $broken: Broken) {
    say(user: $user, users: $users, range: $range, taken: $taken, broken: $broken) }"""

SHORT = "String should have at least 3 characters"
YOUNG = "Input should be greater than or equal to 18"
CASES = [
    ("user", {"userName": "Bo"}, [f"at .userName: {SHORT}"]),
    ("user", {"userName": "Bo", "age": 1}, [f"at .userName: {SHORT}", f"at .age: {YOUNG}"]),
    ("user", {"userName": "admin"}, ["at .userName: Value error, the name admin is reserved"]),
    ("users", [[], [{"userName": "Ann"}, {"userName": "Ann", "age": 1}]],
     [f"at [1][1].age: {YOUNG}"]),
    ("range", {"low": 2, "high": 1}, ["low is above high"]),
    ("user", {"userName": "Ann", "range": {"low": 2, "high": 1}}, ["at .range: low is above high"]),
    ("users", [[{"userName": "Ann", "range": {"low": 2, "high": 1}}]],
     ["at [0][0].range: low is above high"]),
]  # fmt: skip


def literal(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {literal(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    return str(value) if isinstance(value, int) else f'"{value}"'


def placed(reasons: list[str]) -> Iterator[str]:
    for reason in reasons:
        yield f"has invalid value{' ' if reason.startswith('at ') else ': '}{reason}"


@pytest.mark.parametrize(("name", "value", "reasons"), CASES)
def test_a_variable_is_refused_with_place_and_reason(
    name: str, value: Any, reasons: list[str]
) -> None:
    with pytest.raises(VariablesError) as caught:
        run_sync(compile_operation(SCHEMA, TEXT), {name: value})
    wanted = [f"Variable '${name}' {each}" for each in placed(reasons)]
    assert [error.message for error in caught.value.errors] == wanted
    seen: list[Exception | None] = []

    def present(error: GraphQLError, shown: dict[str, Any]) -> dict[str, Any]:
        seen.append(error.original_error)
        return shown

    shown = ErrorPresenter(present).request_errors(caught.value)
    assert [each["message"] for each in shown] == wanted
    assert {each["extensions"]["code"] for each in shown} == {"BAD_USER_INPUT"}
    assert len(seen) == len(wanted)
    assert all(isinstance(each, ValueError) for each in seen)


@pytest.mark.parametrize(("name", "value", "reasons"), CASES)
@pytest.mark.parametrize("is_inner", [False, True])
def test_a_literal_is_the_fields_error_with_place_and_reason(
    name: str, value: Any, reasons: list[str], *, is_inner: bool
) -> None:
    text, variables = f"{{ say({name}: {literal(value)}) }}", {}
    if is_inner and "age" in str(value):  # a literal with a variable in it
        text = text.replace("age: 1", "age: $age").replace("{ say", "query ($age: Int) { say")
        variables = {"age": 1}
    result = run_sync(compile_operation(SCHEMA, text), variables)
    (error,) = result.errors
    assert error.message == f"Argument '{name}' " + "; it ".join(placed(reasons))
    assert error.path == ["say"]
    assert error.locations
    (shown,) = ErrorPresenter().field_errors(result.errors)
    assert shown["message"] == error.message
    assert shown["extensions"] == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize(
    ("name", "value", "message", "code"),
    [
        ("taken", {"name": "n"}, "The name is taken.", "TAKEN"),
        ("user", {"userName": "Ann", "tags": ["x"]}, "No x.", "X"),
    ],
)
def test_a_sentence_for_the_caller_keeps_its_extensions(
    name: str, value: Any, message: str, code: str
) -> None:
    with pytest.raises(VariablesError) as caught:
        run_sync(compile_operation(SCHEMA, TEXT), {name: value})
    (shown,) = ErrorPresenter().request_errors(caught.value)
    assert shown["message"] == f"Variable '${name}' has invalid value: {message}"
    assert shown["extensions"] == {"code": code}
    result = run_sync(compile_operation(SCHEMA, f"{{ say({name}: {literal(value)}) }}"), None)
    (shown,) = ErrorPresenter().field_errors(result.errors)
    assert (shown["message"], shown["extensions"]) == (message, {"code": code})


@pytest.mark.parametrize("times", [1, 2, 3, 4])
@pytest.mark.parametrize("form", ["variable", "literal"])
def test_what_is_no_fault_of_the_value_is_masked_and_logged(
    times: int, form: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "trunkline.errors"):
        if form == "variable":
            with pytest.raises(VariablesError) as caught:
                run_sync(compile_operation(SCHEMA, TEXT), {"broken": {"times": times}})
            (shown,) = ErrorPresenter().request_errors(caught.value)
        else:
            text = f"{{ say(broken: {{times: {times}}}) }}"
            result = run_sync(compile_operation(SCHEMA, text), None)
            (shown,) = ErrorPresenter().field_errors(result.errors)
    assert SECRET not in str(shown)
    assert shown["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    (record,) = caplog.records
    assert record.exc_info
    assert SECRET in str(record.exc_info[1])
    assert shown["extensions"]["id"] in record.getMessage()


def test_a_class_that_refuses_once_is_told_all_the_same() -> None:
    moods = iter([ValueError(SECRET), None, None])

    class Moody:
        def __init__(self, low: int, high: int) -> None:
            self.size = high - low
            if (mood := next(moods)) is not None:
                raise mood

    query = SimpleNamespace(say=lambda **_: "said")
    schema = make_executable_schema(
        parse_schema(SDL), SimpleNamespace(query=query), {**MODELS, "Range": Moody}
    )
    operation = compile_operation(schema, TEXT)
    with pytest.raises(VariablesError) as caught:
        run_sync(operation, {"range": {"low": 1, "high": 2}})
    (error,) = caught.value.errors
    assert SECRET not in error.message
    assert run_sync(operation, {"range": {"low": 1, "high": 2}}).data == {"say": "said"}


class MoodyScalar:
    """A scalar of a schema in graphql-core's form, whose parser fails now and then."""

    fails = False

    def parse(self, value: Any, *_: object) -> Any:
        if self.fails:
            raise ConnectionError(SECRET)
        return value


MOODY = """
scalar Odd
type Query { say(o: Odd, l: [Odd!], i: In): String, other(o: Odd = 5, l: [Odd] = [5]): String }
input In { o: Odd = 5 }
"""


def moody_schemas(scalar: MoodyScalar) -> Iterator[Schema]:
    """Yield the schema in graphql-core's form, and in ours."""
    schema = build_schema(MOODY)
    odd: Any = schema.type_map["Odd"]
    odd.coerce_input_value = scalar.parse
    odd.parse_literal = lambda node, _variables=None: scalar.parse(node.value)
    query: Any = schema.query_type
    for name in query.fields:
        query.fields[name].resolve = lambda *_, **__: "said"
    yield adopt_schema(schema)
    own = SimpleNamespace(say=lambda **_: "said", other=lambda **_: "said")
    described = {"Odd": Scalar(serialize=lambda value: value, parse=scalar.parse)}
    yield make_executable_schema(parse_schema(MOODY), SimpleNamespace(query=own), scalars=described)


@pytest.mark.parametrize(
    "text",
    ["{ say(o: 3) }", "{ say(l: [3]) }", "{ say(i: {o: 3}) }", "{ say(i: {}) }", "{ say: other }"],
)
def test_what_a_scalar_raises_in_an_execution_is_masked_and_logged(
    text: str, caplog: pytest.LogCaptureFixture
) -> None:
    scalar = MoodyScalar()
    for schema in moody_schemas(scalar):
        operation = compile_operation(schema, text)
        scalar.fails = True
        result = run_sync(operation, None)
        caplog.clear()
        with caplog.at_level(logging.ERROR, "trunkline.errors"):
            (shown,) = ErrorPresenter().field_errors(result.errors)
        assert SECRET not in str(shown)
        assert shown["path"] == ["say"]
        (record,) = caplog.records
        assert record.exc_info is not None
        assert isinstance(record.exc_info[1], ConnectionError)
        scalar.fails = False
        assert run_sync(operation, None).data == {"say": "said"}


@pytest.mark.parametrize("value", [{}, {"o": 3}])
def test_what_a_scalar_raises_for_a_variable_is_masked_and_logged(
    value: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    scalar = MoodyScalar()
    for schema in moody_schemas(scalar):
        operation = compile_operation(schema, "query ($i: In) { say(i: $i) }")
        scalar.fails = True
        with pytest.raises(VariablesError) as caught:
            run_sync(operation, {"i": value})
        caplog.clear()
        with caplog.at_level(logging.ERROR, "trunkline.errors"):
            (shown,) = ErrorPresenter().request_errors(caught.value)
        assert SECRET not in str(shown)
        (record,) = caplog.records
        assert record.exc_info is not None
        assert isinstance(record.exc_info[1], ConnectionError)
        scalar.fails = False
        assert run_sync(operation, {"i": value}).data == {"say": "said"}

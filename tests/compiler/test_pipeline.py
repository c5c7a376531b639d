"""The compiler's list: stages that fit, a plan that is data, and names that do not collide."""

from __future__ import annotations

import symtable
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from graphql import GraphQLField, GraphQLNamedType, Node, Undefined, build_schema
from msgspec import Struct
from tests.compiler.library import library
from tests.faults.both import Both

from trunkline.compiler.authorization import OperationRequirements
from trunkline.compiler.document import SourceText
from trunkline.compiler.limits import Limits
from trunkline.compiler.operation import Operation
from trunkline.compiler.pipeline import CHECKING, STAGES, compile_operation
from trunkline.compiler.plan import AbstractShape
from trunkline.compiler.planner import PlannedOperation, plan_operation
from trunkline.engine import adopt_schema, run_sync
from trunkline.runtime.graphql_core import DocumentInfo
from trunkline.runtime.positions import DocumentFields
from trunkline.runtime.selection import Selection
from trunkline.schema.bindings import Binding, Schema

CASES = sorted(Path(__file__).with_name("corpus").glob("*.graphql"))


def planned(schema: Schema, text: str) -> PlannedOperation:
    value: Any = SourceText(schema, text, None, Limits())
    for stage in CHECKING:
        value = stage(value)
    return plan_operation(value)


def test_each_stage_takes_what_the_one_before_it_returns() -> None:
    given: object = SourceText
    for stage in STAGES:
        hints = get_type_hints(stage)
        returned = hints.pop("return")
        assert list(hints.values()) == [given], stage
        given = returned
    assert given is Operation


# -- the plan -------------------------------------------------------------------------------------

REFERRED = (
    Node,
    DocumentFields,
    GraphQLField,
    GraphQLNamedType,
    DocumentInfo,
    OperationRequirements,
    type,
)
"""What a plan refers to: nodes of the document, parts of the schema, and classes of values."""

PLAIN = (str, int, float, type(None), type(Undefined))


def not_data(value: Any, place: str = "plan") -> Iterator[str]:
    """Name the places in a plan where something stands that is not data."""
    if isinstance(value, (*PLAIN, *REFERRED, *Binding.__args__)):
        return
    value = value.types if isinstance(value, Selection) else value
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from not_data(item, f"{place}[{key!r}]")
    elif isinstance(value, (list, tuple, frozenset)):
        for item in value:
            yield from not_data(item, f"{place}[…]")
    elif isinstance(value, Struct) or is_dataclass(value):
        names = getattr(value, "__struct_fields__", None)
        names = names or [each.name for each in fields(value)]  # type: ignore[arg-type]
        for name in names:
            yield from not_data(getattr(value, name), f"{place}.{name}")
    else:
        yield f"{place}: {value!r}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_plan_is_data(case: Path) -> None:
    assert list(not_data(planned(library(), case.read_text(encoding="utf-8")).plan)) == []


def test_a_plan_in_the_graphql_core_dialect_is_data() -> None:
    sdl = (
        "type Query { a(b: [Int] = [1]): A } interface A { a: Int } type B implements A { a: Int }"
    )
    schema = adopt_schema(build_schema(sdl))
    assert list(not_data(planned(schema, "{ a { a ... on B { b: a } } }").plan)) == []


def test_what_is_planned_on_demand_is_asked_of_the_planner_by_data() -> None:
    sdl = "union U = A | B type A { x: Int } type B { y: Int } type Query { u: U }"
    operation = planned(adopt_schema(build_schema(sdl)), "{ u { ... on A { x } ... on B { y } } }")
    shape = operation.plan.root.fields[0].field.shape
    assert isinstance(shape, AbstractShape)
    for name, key in (("A", "x"), ("B", "y")):
        planned_object = operation.planner.plan_object(shape, name)
        assert [each.field.key for each in planned_object.selection.fields] == [key]


# -- names ----------------------------------------------------------------------------------------

NAMES = [
    *("present", "lookup", "getter", "toList", "reread", "addLeaves", "isAwaitable"),
    *("checkT", "completeQueryT", "complete_t_ts", "resolveT_x"),
    *("refuseNullCondition", "findType", "batchT", "buildArguments", "placeByType", "info"),
    *("complete_ID", "complete_Int_or_null", "finishInt", "MARKS", "OPERATION"),
]


def hidden_globals(operation: Operation) -> list[tuple[str, str]]:
    """Return the locals of emitted functions that have the name of a global."""
    module = symtable.symtable(operation.source, "emitted", "exec")
    known = set(operation.bound) | {symbol.get_name() for symbol in module.get_symbols()}
    return [
        (function.get_name(), symbol.get_name())
        for function in module.get_children()
        for symbol in function.get_symbols()
        if symbol.is_local() and symbol.get_name() in known
    ]


@pytest.mark.parametrize("type_text", ["Int", "Int!", "T", "[T!]!", "ID"])
def test_a_local_never_hides_a_global(type_text: str) -> None:
    fields_ = " ".join(f"{name}(a: Int): {type_text}" for name in NAMES)
    sdl = f"type Query {{ t: T ts: [T!] {fields_} }} type T {{ x: Int id: ID {fields_} }}"
    value: Any = {"Int": 1, "Int!": 1, "ID": "1", "T": {"x": 1}}.get(type_text, [{"x": 1}])
    resolvers = {f"Query.{name}": lambda value=value, **_: value for name in NAMES}
    schema = Both(sdl, {**resolvers, "Query.t": lambda: None}).schema
    inner = " { x id }" if "T" in type_text else ""
    selected = " ".join(f"{name}(a: $a){inner}" for name in NAMES)
    nested = "" if inner else selected
    text = f"query ($a: Int) {{ t {{ x {nested} }} ts {{ x {nested} }} {selected} }}"
    operation = compile_operation(schema, text)
    assert hidden_globals(operation) == []
    assert run_sync(operation, {"a": 1}).errors == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_no_local_of_the_corpus_hides_a_global(case: Path) -> None:
    operation = compile_operation(library(), case.read_text(encoding="utf-8"))
    assert hidden_globals(operation) == []


def test_a_schema_that_is_not_executable_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(TypeError, match=r"not GraphQLSchema: .* adopt_schema\(…\) return one"):
        compile_operation(build_schema("type Query { a: Int }"), "{ a }")  # type: ignore[arg-type]

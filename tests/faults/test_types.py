"""Case 19 with values of our own form: what says of which type a value is."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from tests.faults.both import Both, answer

from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import run_sync
from trunkline.errors import SchemaError
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema

SDL = "type Query { a: Found } union Found = Cat | Dog type Cat { x: Int } type Dog { x: Int }"


class Told:
    """A value whose class says its type; Python calls the attribute ``_Told__typename``."""

    __typename = "Cat"
    x = 1


def test_19_a_class_may_say_the_type_in_its_own_body() -> None:
    got = Both(SDL, {"Query.a": Told}).check("{ a { __typename ... on Cat { x } } }")
    assert got == answer('{"a": {"__typename": "Cat", "x": 1}}')


class _Animal:
    name = "x"


_ANIMALS = """
type Query { pet: Pet  named: Named }
union Pet = Dog | Cat
interface Named { name: String }
interface Unused { name: String }
type Dog implements Named & Unused { name: String }
type Cat implements Named & Unused { name: String }
"""


def test_one_class_for_two_types_needs_resolve_type() -> None:
    query = SimpleNamespace(pet=_Animal, named=_Animal)
    models = {"Dog": _Animal, "Cat": _Animal}
    with pytest.raises(SchemaError) as raised:
        make_executable_schema(parse_schema(_ANIMALS), SimpleNamespace(query=query), models)
    assert str(raised.value).splitlines() == [
        f"{name}: Dog and Cat are both _Animal, so its objects do not tell which of them they are."
        f" Add 'resolve_type' to the resolvers of {name}, or bind a class of its own to each type."
        for name in ("Named", "Pet")
    ]
    group = SimpleNamespace(resolve_type=lambda _value: "Cat")
    resolvers = SimpleNamespace(query=query, pet=group, named=group)
    schema = make_executable_schema(parse_schema(_ANIMALS), resolvers, models)
    operation = compile_operation(schema, "{ pet { __typename } named { __typename } }")
    assert run_sync(operation, None).data == {
        "pet": {"__typename": "Cat"},
        "named": {"__typename": "Cat"},
    }

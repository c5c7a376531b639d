"""Random input types, literals with variables in them, and variables' values.

To widen: `Writer` has a branch per kind of input type, for literals and for JSON.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from types import MappingProxyType
from typing import Any

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    build_schema,
    is_enum_type,
    is_input_object_type,
    is_input_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
    is_scalar_type,
    is_specified_scalar_type,
    parse,
    parse_type,
    type_from_ast,
)
from hypothesis import strategies as st
from tests.property.data import own_types
from tests.property.literals import MARKER
from tests.property.scalars import bind_scalars
from tests.property.schemas import definitions

__all__ = ["Example", "Model", "schemas", "write_example"]


class Model:
    """What a value of an input type with a model becomes."""

    def __init__(self, name: str, values: dict[str, Any]) -> None:
        self.name = name
        self.values = values


@dataclass
class Example:
    """A schema, an operation of one field, and the variables that came with it."""

    definition: GraphQLSchema
    text: str
    provided: dict[str, Any]

    @property
    def operation(self) -> OperationDefinitionNode:
        operation = parse(self.text).definitions[0]
        assert isinstance(operation, OperationDefinitionNode)
        return operation

    @property
    def node(self) -> FieldNode:
        node = self.operation.selection_set.selections[0]
        assert isinstance(node, FieldNode)
        return node

    @property
    def field(self) -> GraphQLField:
        assert self.definition.query_type
        return self.definition.query_type.fields[self.node.name.value]  # type: ignore[no-any-return]


RICH = """
scalar Free
enum Colour { RED GREEN }
input Tree {
  value: Int! = 3, free: Free! = 1, text: String, children: [Tree!], sides: Sides = {left: 1.5}
}
input Sides { left: Float!, right: [Float] = [1], tree: Tree, colours: [Colour!]! = [RED] }
input Either @oneOf { int: Int, tree: Tree, list: [Int!], colour: Colour, free: Free }
input Plain { id: ID!, ok: Boolean = false, free: Free = {a: [1]}, either: Either, int: Int! }
type Query { a: Int }
"""
"""Has what the random schemas have seldom."""


@st.composite
def schemas(draw: st.DrawFn) -> GraphQLSchema:
    """Draw a schema; its field ``probe`` has arguments of all kinds."""
    sdl = draw(st.one_of(st.just(RICH), definitions()))
    chance = Random(draw(st.integers(0, 2**32)))  # noqa: S311
    definition = build_schema(sdl + _probe(chance, build_schema(sdl)))
    scalars: dict[str, str] = {}
    for type_ in own_types(definition):
        if is_scalar_type(type_) and not is_specified_scalar_type(type_):
            scalars[type_.name] = chance.choice(("plain", "printed", "measured", "picky"))
        elif is_enum_type(type_) and chance.random() < 0.5:
            _bind_enum(type_)
        elif is_input_object_type(type_) and chance.random() < 0.5:
            _bind_model(type_)
    bind_scalars(definition, scalars)
    return definition


def _probe(chance: Random, definition: GraphQLSchema) -> str:
    """Write a field with arguments of all kinds."""
    writer = Writer(chance, definition)
    arguments: list[str] = []
    for number in range(3):
        text = writer.any_type()
        default = f" = {writer.literal(writer.type_of(text))}" if chance.random() < 0.4 else ""
        arguments.append(f"a{number}: {text}{default}")
    return f"extend type Query {{ probe({', '.join(arguments)}): Int }}"


def _bind_enum(type_: GraphQLEnumType) -> None:
    members = Enum("members", {name: [name] for name in type_.values})  # type: ignore[misc]
    for name, value in type_.values.items():
        value.value = members[name]


def _bind_model(type_: Any) -> None:
    for name, input_field in type_.fields.items():
        input_field.out_name = f"{name}_out"
    type_.out_type = lambda values: Model(type_.name, values)


def write_example(definition: GraphQLSchema, chance: Random, *, spoiled: float) -> Example:
    """Write an operation and its variables; ``spoiled`` is how often something does not fit."""
    writer = Writer(chance, definition, spoiled=spoiled)
    arguments = writer.arguments()
    head = ", ".join(f"${name}: {how}" for name, how in writer.declared.items())
    text = f"query {f'({head})' if head else ''} {{ probe{arguments} }}"
    return Example(definition, text, writer.provided())


@dataclass
class Writer:
    """Writes values, as literals with variables in them and as what comes over the wire.

    ``spoiled`` is how often it puts something else in a value's place.
    """

    chance: Random
    definition: GraphQLSchema
    spoiled: float = 0
    declared: dict[str, str] = field(default_factory=dict)

    def any_type(self) -> str:
        types = self.definition.type_map.items()
        names = [n for n, type_ in types if is_input_type(type_) and not n.startswith("__")]
        wrapping = self.chance.choice(("{}", "{}!", "[{}]", "[{}!]!", "[[{}]]", "[[{}!]!]"))
        return wrapping.format(self.chance.choice(names))

    def type_of(self, text: str) -> Any:
        return type_from_ast(self.definition, parse_type(text))

    def arguments(self) -> str:
        assert self.definition.query_type
        arguments = [
            f"{name}: {self.literal(argument.type, with_variables=True)}"
            for name, argument in self.definition.query_type.fields["probe"].args.items()
            if self.chance.random() < 0.8
        ]
        return f"({', '.join(arguments)})" if arguments else ""

    def literal(self, type_: Any, depth: int = 0, *, with_variables: bool = False) -> str:
        chance = self.chance
        if with_variables and chance.random() < 0.25:
            return self.variable(type_)
        if chance.random() < self.spoiled:
            return chance.choice(_ODD_LITERALS)
        if chance.random() < (self.spoiled / 4 if is_non_null_type(type_) else 0.1):
            return "null"
        return self.literal_of(_nullable(type_), depth, with_variables=with_variables)

    def literal_of(self, type_: Any, depth: int, *, with_variables: bool) -> str:
        chance = self.chance
        if is_list_type(type_):
            if chance.random() < 0.2 and "[" not in str(type_.of_type):
                return self.literal_of(_nullable(type_.of_type), depth, with_variables=False)
            items = [
                self.literal(type_.of_type, depth + 1, with_variables=with_variables)
                for _ in range(chance.randrange(3) if depth < 3 else 0)
            ]
            return f"[{', '.join(items)}]"
        if is_input_object_type(type_):
            fields = [
                f"{name}: {self.literal(each, depth + 1, with_variables=with_variables)}"
                for name, each in self.fields(type_, depth)
            ]
            return f"{{{', '.join(fields)}}}"
        if is_enum_type(type_):
            return chance.choice(list(type_.values))  # type: ignore[no-any-return]
        free = (*_FREE_LITERALS, self.free(with_variables=with_variables))
        return chance.choice(_LITERALS.get(type_.name, free))

    def free(self, *, with_variables: bool) -> str:
        if not with_variables:
            return "[]"
        return f"[{self.variable(None)}, {{a: {self.variable(None)}}}]"

    def fields(self, type_: GraphQLInputObjectType, depth: int) -> list[tuple[str, Any]]:
        every = list(type_.fields.items())
        if type_.is_one_of:
            name, each = self.chance.choice(every) if depth < 3 else every[0]
            return [(name, GraphQLNonNull(each.type) if not self.spoiled else each.type)]
        return [
            (name, each.type)
            for name, each in every
            if self.chance.random()
            < (1 - self.spoiled / 8 if is_required_input_field(each) else 0.6 / (depth + 1))
        ]

    def variable(self, type_: Any) -> str:
        """Declare a variable for a position; whether it may be null there is for both to find."""
        name = f"v{len(self.declared)}"
        text = str(type_) if type_ else self.any_type()
        if self.chance.random() < 0.6:
            text = text.removesuffix("!")
        default = f" = {self.literal(self.type_of(text))}" if self.chance.random() < 0.2 else ""
        self.declared[name] = text + default
        return f"${name}"

    def provided(self) -> dict[str, Any]:
        return {
            name: self.json(self.type_of(text.partition(" = ")[0]))
            for name, text in self.declared.items()
            if self.chance.random() < 0.8
        }

    def json(self, type_: Any, depth: int = 0) -> Any:
        if self.chance.random() < self.spoiled / 2:
            return self.chance.choice(_JUNK)
        if self.chance.random() < (self.spoiled / 4 if is_non_null_type(type_) else 0.15):
            return None
        return self.json_of(_nullable(type_), depth)

    def json_of(self, type_: Any, depth: int) -> Any:
        chance = self.chance
        if is_list_type(type_):
            if chance.random() < 0.2:
                return self.json(type_.of_type, depth + 1)
            length = chance.randrange(3) if depth < 3 else 0
            return [self.json(type_.of_type, depth + 1) for _ in range(length)]
        if is_input_object_type(type_):
            return {name: self.json(each, depth + 1) for name, each in self.fields(type_, depth)}
        if is_enum_type(type_):
            return chance.choice(list(type_.values))
        return chance.choice(_JSON.get(type_.name, _FREE_JSON))


def _nullable(type_: Any) -> Any:
    return type_.of_type if is_non_null_type(type_) else type_


class _Dict(dict[str, Any]):
    pass


class _Text(str):
    __slots__ = ()


_LITERALS = {
    "Int": ("0", "-7", "2147483647", "-2147483648"),
    "Float": ("0.5", "3", "-1e300", "1e-7"),
    "Boolean": ("true", "false"),
    "ID": ('"x"', "12", '""'),
    "String": ('"x"', '"é"', '"""block"""'),
}
_FREE_LITERALS = ("5", '"x"', "1.5", "true", "[1, [2]]", "{a: {b: null}}", "RED")
_ODD_LITERALS = (*_FREE_LITERALS, "null", "{}", "[]", "[null]", "{unknown: 1}", "2147483648")

_JSON: dict[str, tuple[Any, ...]] = {
    "Int": (0, -7, 2**31 - 1, -(2**31), 3.0),
    "Float": (0.5, 3, -0.0, 1e300),
    "Boolean": (True, False),
    "ID": ("x", 12, ""),
    "String": ("x", "é", ""),
}
_FREE_JSON: tuple[Any, ...] = ("x", 5, 1.5, True, ["x", [1]], {"a": {"b": None}}, {MARKER: 1})
_JUNK: tuple[Any, ...] = (
    *(None, True, 5, -(2**31) - 1, 2**31, 3.0, 1.5, float("nan"), float("inf"), 2**1100),
    *("", "x", "RED", _Text("RED"), [], [None], [[]], [["x"]], {}, {"unknown": 1}, {"int": None}),
    *((), (1, "x"), range(2), _Dict(), _Dict(int=1), OrderedDict(b=1), Undefined, b"bytes"),
    *(MappingProxyType({"a": 1}), [Undefined], {"int": Undefined}, {"unknown": Undefined}),
    *({"int": 1, "list": [1]}, {"int": 1, "unknown": 1}, {"int": 1, "list": Undefined}),
)

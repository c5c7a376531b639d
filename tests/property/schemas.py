"""Random schemas, as SDL.

To widen: an object type is an `_Object`; a kind of type that can be its field's (an interface, a
union) joins `_Schema.outputs`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from graphql import GraphQLSchema, build_schema
from hypothesis import strategies as st
from tests.property.literals import draw_literal
from tests.property.names import ENUM_VALUES, FIELDS, INPUTS, TYPES, distinct

__all__ = ["definitions"]

_BUILT_IN = ("Int", "String", "ID", "Float", "Boolean")


@dataclass
class _Input:
    """An argument or an input type's field; ``default`` is written when the types are known."""

    name: str
    type: str
    default: str | None = None

    def __str__(self) -> str:
        return f"{self.name}: {self.type}" + ("" if self.default is None else f" = {self.default}")


@dataclass
class _Field:
    name: str
    type: str
    arguments: list[_Input]

    def __str__(self) -> str:
        arguments = ", ".join(map(str, self.arguments))
        return self.name + (f"({arguments})" if arguments else "") + f": {self.type}"


@dataclass
class _Object:
    name: str
    fields: list[_Field] = field(default_factory=list)


@dataclass
class _Schema:
    objects: list[_Object]
    enums: dict[str, list[str]]
    scalars: list[str]
    inputs: dict[str, list[_Input]]
    one_of: list[str]

    @property
    def leaves(self) -> list[str]:
        return [*_BUILT_IN, *self.enums, *self.scalars]

    @property
    def outputs(self) -> list[str]:
        """The names of all types that a field can have; leaves twice, so that answers end."""
        return [*self.leaves, *(type_.name for type_ in self.objects), *self.leaves]

    def every_input(self) -> list[tuple[_Input, bool]]:
        """List arguments and input fields; a default must not be where defaults can go round."""
        arguments = [
            (argument, True)
            for type_ in self.objects
            for field_ in type_.fields
            for argument in field_.arguments
        ]
        fields = [
            (field_, field_.type.strip("[]!") not in self.inputs)
            for name, fields in self.inputs.items()
            if name not in self.one_of
            for field_ in fields
        ]
        return [*fields, *arguments]  # an argument's default must fit the fields' defaults

    def sdl(self) -> str:
        parts = [f"scalar {name}" for name in self.scalars]
        parts += [f"enum {name} {{ {' '.join(values)} }}" for name, values in self.enums.items()]
        for name, inputs in self.inputs.items():
            directive = " @oneOf" if name in self.one_of else ""
            parts.append(f"input {name}{directive} {{ {', '.join(map(str, inputs))} }}")
        for type_ in self.objects:
            fields = "\n  ".join(map(str, type_.fields))
            parts.append(f"type {type_.name} {{\n  {fields}\n}}")
        return "\n".join(parts) + "\n"


@st.composite
def definitions(draw: st.DrawFn) -> str:
    """Draw a schema."""
    schema = _draw_types(draw)
    for name in list(schema.inputs):
        _draw_input_fields(draw, schema, name)
    for type_ in schema.objects:
        _draw_fields(draw, schema, type_)
    _draw_defaults(draw, schema)
    return schema.sdl()


def _draw_types(draw: st.DrawFn) -> _Schema:
    names = draw(distinct(TYPES, 1, 8, as_python=True))
    kinds = [draw(st.sampled_from(("object", "enum", "scalar", "input"))) for _ in names]
    roots = ["Query", "Mutation"] if draw(st.booleans()) else ["Query"]

    def of(kind: str) -> list[str]:
        return [name for name, own in zip(names, kinds, strict=True) if own == kind]

    return _Schema(
        objects=[_Object(name) for name in (*roots, *of("object"))],
        enums={name: draw(distinct(ENUM_VALUES, 1, 3)) for name in of("enum")},
        scalars=of("scalar"),
        inputs={name: [] for name in of("input")},
        one_of=[name for name in of("input") if draw(st.integers(0, 3)) == 3],
    )


def _draw_input_fields(draw: st.DrawFn, schema: _Schema, name: str) -> None:
    for number, field_name in enumerate(draw(distinct(INPUTS, 1, 4, as_python=True))):
        inputs = schema.inputs if number else ()  # the first always ends
        named = draw(st.sampled_from([*schema.leaves, *inputs]))
        type_ = _draw_wrapped(draw, named)
        if name in schema.one_of or (named in schema.inputs and "[" not in type_):
            type_ = type_.removesuffix("!")  # no way round that never ends
        schema.inputs[name].append(_Input(field_name, type_))


def _draw_fields(draw: st.DrawFn, schema: _Schema, type_: _Object) -> None:
    is_root = type_.name in {"Query", "Mutation"}
    for name in draw(distinct(FIELDS, 1, 6, as_python=is_root)):
        output = _draw_wrapped(draw, draw(st.sampled_from(schema.outputs)))
        type_.fields.append(_Field(name, output, _draw_arguments(draw, schema)))


def _draw_arguments(draw: st.DrawFn, schema: _Schema) -> list[_Input]:
    if draw(st.booleans()):
        return []
    return [
        _Input(name, _draw_wrapped(draw, draw(st.sampled_from([*schema.leaves, *schema.inputs]))))
        for name in draw(distinct(INPUTS, 1, 3, as_python=True))
    ]


def _draw_wrapped(draw: st.DrawFn, name: str) -> str:
    """Put a type into lists and say at each level whether null is one of its values."""
    text = name + draw(_BANG)
    for _ in range(draw(_LISTS)):
        text = f"[{text}]" + draw(_BANG)
    return text


_BANG = st.sampled_from(("", "!"))
_LISTS = st.sampled_from((0, 0, 0, 1, 1, 2))


def _draw_defaults(draw: st.DrawFn, schema: _Schema) -> None:
    typed: GraphQLSchema = build_schema(schema.sdl())
    for input_, may_have in schema.every_input():
        if may_have and draw(st.integers(0, 2)) == 2:
            type_ = _type_of(typed, input_.type)
            input_.default = draw_literal(draw, type_)


def _type_of(schema: GraphQLSchema, text: str) -> object:
    from graphql import parse_type, type_from_ast  # noqa: PLC0415

    return type_from_ast(schema, parse_type(text))

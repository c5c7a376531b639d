"""Where the directives of a schema stand in it, and in which order they work (GraphQL §3.13).

A directive of a type is around every field of the type, and outside of the field's own. What stands
at an interface, or at a field of one, is around the fields of the types that implement it too, and
outermost. In one place they work from left to right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from graphql import (
    DirectiveLocation,
    DirectiveNode,
    GraphQLObjectType,
    GraphQLSchema,
    is_input_object_type,
    is_interface_type,
    is_object_type,
    print_ast,
)

__all__ = [
    "AROUND_FIELDS",
    "AROUND_OPERATIONS",
    "IN_DOCUMENTS",
    "ON_VALUES",
    "applied_to",
    "around_field",
    "on_argument",
    "runtime_places",
]

_AT = DirectiveLocation
AROUND_FIELDS = frozenset({_AT.FIELD_DEFINITION, _AT.OBJECT, _AT.INTERFACE, _AT.FIELD})
AROUND_OPERATIONS = frozenset({_AT.QUERY, _AT.MUTATION, _AT.SUBSCRIPTION})
ON_VALUES = frozenset({_AT.ARGUMENT_DEFINITION, _AT.INPUT_FIELD_DEFINITION, _AT.INPUT_OBJECT})
IN_DOCUMENTS = AROUND_OPERATIONS | {_AT.FIELD}


def applied_to(element: Any) -> list[DirectiveNode]:
    """Return the directives of a type, a field, an argument or an input field, as they stand."""
    nodes = (element.ast_node, *(getattr(element, "extension_ast_nodes", None) or ()))
    return [directive for node in nodes if node is not None for directive in node.directives or ()]


def around_field(type_: GraphQLObjectType, name: str) -> list[DirectiveNode]:
    """Return the directives around a field of an object type, the outermost first."""
    own = applied_to(type_) + applied_to(type_.fields[name])
    return [*_inherited(own, ([each, each.fields[name]] for each in _having(type_, name))), *own]


def on_argument(type_: GraphQLObjectType, name: str, argument: str) -> list[DirectiveNode]:
    """Return the directives of a field's argument, in the order in which they work."""
    own = applied_to(type_.fields[name].args[argument])
    inherited = (
        [interface.fields[name].args[argument]]
        for interface in _having(type_, name)
        if argument in interface.fields[name].args
    )
    return [*_inherited(own, inherited), *own]


def runtime_places(definition: GraphQLSchema) -> Iterator[tuple[str, bool, DirectiveNode]]:
    """Yield what stands where it may do something when a request comes.

    With its coordinate, and whether it is there for a value that comes in.
    """
    type_: Any
    for type_ in definition.type_map.values():
        is_input = is_input_object_type(type_)
        if not (is_input or is_object_type(type_) or is_interface_type(type_)):
            continue
        yield from ((type_.name, is_input, node) for node in applied_to(type_))
        for name, field in type_.fields.items():
            coordinate = f"{type_.name}.{name}"
            yield from ((coordinate, is_input, node) for node in applied_to(field))
            for argument, definition_ in getattr(field, "args", {}).items():
                place = f"{coordinate}({argument}:)"
                yield from ((place, True, node) for node in applied_to(definition_))


def _having(type_: GraphQLObjectType, name: str) -> Iterator[Any]:
    """Yield the interfaces of a type that have a field."""
    return (interface for interface in type_.interfaces if name in interface.fields)


def _inherited(own: list[DirectiveNode], elements: Iterable[list[Any]]) -> Iterator[DirectiveNode]:
    """Yield the directives of interfaces, without those that are there again, word by word."""
    seen = set(map(print_ast, own))
    for group in elements:
        for directive in (each for element in group for each in applied_to(element)):
            text = print_ast(directive)
            if text not in seen:
                seen.add(text)
                yield directive

"""Entities, and the groups of responses that the schema declares: `@cacheGroups`.

An entity is an object whose type has a key: the field ``id``, or one like ``bookID`` of the type
``Book``, or the only field of the type ``ID!``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import graphql
from graphql.utilities import coerce_input_literal, coerce_input_value
from msgspec import Struct

from trunkline.schema.directives import applied_to, arguments_of, elements_of, is_known

__all__ = [
    "Entities",
    "GroupTemplate",
    "fields_of_objects",
    "given_argument",
    "misplaced_groups",
]

_NAME = "cacheGroups"
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class GroupTemplate(Struct, frozen=True, eq=False):
    """A group that a field declares: ``Book:{id}``, with arguments of the field in braces.

    ``texts`` are its parts between colons, ``arguments`` those of the field.
    """

    texts: tuple[str, ...]
    arguments: Mapping[str, graphql.GraphQLArgument]

    def parts(self, node: graphql.FieldNode, variables: dict[str, Any]) -> list[str]:
        """Return the parts of the name for a field of a document, up to an absent argument."""
        found: list[str] = []
        for text in self.texts:
            given: dict[str, str] = {}
            for name in _arguments_in(text):
                value = given_argument(name, self.arguments[name], node, variables)
                if value is None or value is graphql.Undefined:
                    return found
                given[name] = str(value)
            found.append(_filled(text, given))
        return found


_SCALARS = (
    graphql.IntValueNode,
    graphql.FloatValueNode,
    graphql.StringValueNode,
    graphql.BooleanValueNode,
    graphql.EnumValueNode,
)


def given_argument(
    name: str, argument: graphql.GraphQLArgument, node: graphql.FieldNode, variables: dict[str, Any]
) -> Any:
    """Return an argument as in JSON, or its default; ``Undefined`` if it has none.

    A scalar has one form, however it was sent: of an ``ID`` that is 7 or 7.0, it is "7".
    """
    literals = (each.value for each in node.arguments or () if each.name.value == name)
    literal: graphql.ValueNode | None = next(literals, None)
    value: Any = graphql.Undefined
    if literal is not None:
        value = graphql.value_from_ast_untyped(literal, variables)
    if value is graphql.Undefined and argument.default is not None:
        literal, value = argument.default.literal, argument.default.value
        if literal is not None:
            value = graphql.value_from_ast_untyped(literal)
    type_: Any = graphql.get_nullable_type(argument.type)
    if value is None or value is graphql.Undefined or not graphql.is_leaf_type(type_):
        return value
    if isinstance(literal, _SCALARS):  # as a number, an ID of -0 would be 0
        coerced = coerce_input_literal(literal, type_)
    else:
        coerced = coerce_input_value(value, type_)
    try:
        return value if coerced is graphql.Undefined else type_.coerce_output_value(coerced)
    except Exception:  # noqa: BLE001  # the program's; the resolver gets the value all the same
        return value


class Entities:
    """The entities of a schema, and the groups that its fields declare."""

    def __init__(self, definition: graphql.GraphQLSchema) -> None:
        self._definition = definition
        self._keys: dict[str, str | None] = {}
        self._templates: dict[str, tuple[GroupTemplate, ...]] = {}

    def key_of(self, name: str) -> str | None:
        """Return the field that is the key of an object type; ``None`` if it is no entity."""
        if name not in self._keys:
            type_: Any = self._definition.type_map[name]
            self._keys[name] = _find_key(type_)
        return self._keys[name]

    def templates(self, type_name: str, field: str) -> tuple[GroupTemplate, ...]:
        """Return the groups that a field of an object type declares."""
        coordinate = f"{type_name}.{field}"
        if coordinate not in self._templates:
            type_: Any = self._definition.type_map[type_name]
            self._templates[coordinate] = tuple(_templates(type_.fields.get(field)))
        return self._templates[coordinate]

    def root(self, operation: graphql.OperationType) -> frozenset[str]:
        """Return the name of a root type, if there is one."""
        type_ = self._definition.get_root_type(operation)
        return frozenset([type_.name] if type_ else ())

    def possible_types(self, name: str) -> frozenset[str]:
        """Return the names of the object types that values of a type may have."""
        type_: Any = self._definition.type_map[name]
        if graphql.is_abstract_type(type_):
            return frozenset(each.name for each in self._definition.get_possible_types(type_))
        return frozenset([name])

    def returned(self, type_name: str, field: str) -> tuple[str, bool]:
        """Return the type of a field's values, and whether they stand in a list."""
        parent: Any = self._definition.type_map[type_name]
        type_: Any = parent.fields[field].type
        is_list = graphql.is_list_type(graphql.get_nullable_type(type_))
        return graphql.get_named_type(type_).name, is_list

    def entities_below(self, type_name: str, field: str) -> frozenset[str]:
        """Return the entities that the fields of a field's objects could have."""
        found: set[str] = set()
        for parent in self._objects(self.returned(type_name, field)[0]):
            type_: Any = self._definition.type_map[parent]
            for each in type_.fields:
                found |= self._objects(self.returned(parent, each)[0])
        return frozenset(each for each in found if self.key_of(each) is not None)

    def _objects(self, name: str) -> frozenset[str]:
        type_ = self._definition.type_map[name]
        return self.possible_types(name) if graphql.is_composite_type(type_) else frozenset()

    def is_search(self, type_name: str, node: graphql.FieldNode, sure: Collection[str]) -> bool:
        """Say whether a field of a document returns an entity that nothing names.

        A field of an entity is told by that one; others have an argument of the type ``ID`` that is
        not null. ``sure`` are the variables that are never null. Mutations are no searches: their
        responses are not stored.
        """
        type_: Any = self._definition.type_map[type_name]
        if self.key_of(type_name) is not None or type_ is self._definition.mutation_type:
            return False
        given = {each.name.value: each.value for each in node.arguments or ()}
        for name, argument in type_.fields[node.name.value].args.items():
            if graphql.is_non_null_type(argument.type):
                is_given = True
            elif isinstance(variable := given.get(name), graphql.VariableNode):
                is_given = variable.name.value in sure
            else:
                is_given = given_argument(name, argument, node, {}) not in {None, graphql.Undefined}
            if is_given and graphql.get_nullable_type(argument.type) is graphql.GraphQLID:
                return False
        return True


def _find_key(type_: graphql.GraphQLObjectType) -> str | None:
    ids = {
        name: field.type
        for name, field in type_.fields.items()
        if graphql.get_nullable_type(field.type) is graphql.GraphQLID
    }
    named = [name for name in ids if name.lower() in {"id", f"{type_.name}id".lower()}]
    required = [name for name, each in ids.items() if graphql.is_non_null_type(each)]
    found = named or (required if len(required) == 1 else [])
    return found[0] if found else None


def misplaced_groups(definition: graphql.GraphQLSchema) -> Iterator[graphql.GraphQLError]:
    """Yield an error for each `@cacheGroups` that cannot be, with its place."""
    directive = definition.get_directive(_NAME)
    if directive is not None and not is_known(directive):
        return
    for coordinate, element in elements_of(definition):
        if not isinstance(element, graphql.GraphQLField):
            continue
        nodes = [each for each in applied_to(element) if each.name.value == _NAME]
        places = fields_of_objects(definition, coordinate)
        if nodes and places:
            mistake = f"has no effect on a field of an interface. Write it on {places}."
            yield graphql.GraphQLError(f"{coordinate}: @cacheGroups {mistake}", nodes)
        for template in _templates(element):
            for mistake in _mistakes(template):
                yield graphql.GraphQLError(f"{coordinate}: @cacheGroups {mistake}", nodes)


def fields_of_objects(definition: graphql.GraphQLSchema, coordinate: str) -> str:
    """Name the fields that implement a field of an interface; empty for one of an object."""
    parent, _, name = coordinate.partition(".")
    type_ = definition.type_map[parent]
    if not graphql.is_interface_type(type_):
        return ""
    possible = definition.get_possible_types(type_)
    return ", ".join(f"{each.name}.{name}" for each in possible) or "the fields of its objects"


def _mistakes(template: GroupTemplate) -> Iterator[str]:
    text = ":".join(template.texts)
    if not all(template.texts) or _PLACEHOLDER.search(template.texts[0]):
        yield f"names {text!r}. A group begins with a word, for example 'Book' or 'Book:{{id}}'."
    for name in _arguments_in(text):
        argument = template.arguments.get(name)
        if argument is None:
            known = ", ".join(template.arguments) or "no argument"
            yield f"names {text!r}, but the field has no argument {name!r}; it has {known}."
        elif not graphql.is_leaf_type(graphql.get_nullable_type(argument.type)):
            yield f"names {text!r}, but the argument {name!r} is not one scalar or enum value."


def _templates(field: graphql.GraphQLField | None) -> Iterator[GroupTemplate]:
    if field is None:  # a field of introspection
        return
    for text in (arguments_of(_NAME, field) or {}).get("names", ()):
        yield GroupTemplate(tuple(text.split(":")), field.args)


def _filled(text: str, given: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: given[found[1]], text)


def _arguments_in(text: str) -> list[str]:
    return _PLACEHOLDER.findall(text)

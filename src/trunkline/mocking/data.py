"""The value of every field of a schema: the same for the same seed, object and arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import graphql

from trunkline.bounded import BoundedMapping
from trunkline.mocking.facts import Chance, facts_of
from trunkline.mocking.objects import (
    Inputs,
    MockObject,
    fields_from_inputs,
    foreign_key,
    foreign_keys,
    key_field,
    key_in_arguments,
    keys_in_arguments,
    new_key,
    payload_fields,
    read_inputs,
    type_in_key,
)
from trunkline.mocking.paging import (
    PAGE_SIZE,
    PAGING,
    connection,
    is_paged,
    node_type,
    total_of,
    window,
)
from trunkline.mocking.scalars import KEYS, enum_value, key_value, scalar_value
from trunkline.text.names import snake_case

__all__ = ["MockData"]

_REMEMBERED = 10_000  # objects that requests have said something of
_NULL = 8  # one in so many nullable values is null


@dataclass(frozen=True, slots=True)
class _FieldPosition:
    """A value to find: a field of an object, and the item of the lists that are there."""

    parent: MockObject
    name: str
    field: graphql.GraphQLField
    arguments: Mapping[str, Any]
    index: int = 0
    in_list: bool = False

    def item(self, index: int) -> _FieldPosition:
        """Return the position of an item of the list that is here."""
        return replace(self, index=self.index * 100 + index, in_list=True)

    def with_key(self, key: object) -> _FieldPosition:
        """Return the position of an item that is asked for by its key."""
        return replace(self, arguments={"id": key}, in_list=False)


class MockData:
    """Plausible values for the fields of a schema.

    ``seed`` decides the values. ``choices`` has values to use instead, by coordinate. An
    object is a `MockObject`; a value of an enum or a scalar is what its type makes of the JSON.

    What a request says of an object (``createTodo(title: "…")``) is remembered by its key, as long
    as the ``MockData`` exists. Everything else depends on the request alone.
    """

    def __init__(
        self,
        schema: graphql.GraphQLSchema,
        seed: int = 0,
        choices: Mapping[str, tuple[Any, ...]] | None = None,
    ) -> None:
        self._schema = schema
        self._seed = seed
        self._choices = choices or {}
        self._remembered = BoundedMapping[tuple[str, str], dict[str, Any]](_REMEMBERED)
        self._possible: dict[str, list[graphql.GraphQLObjectType]] = {}
        roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
        self._roots = {root.name for root in roots if root}

    def value(self, parent: MockObject, name: str, arguments: Mapping[str, Any]) -> Any:
        """Return the value of an object's field."""
        if name in parent.known:
            return parent.known[name]
        field = self._type_of(parent).fields[name]
        position = _FieldPosition(parent, name, field, arguments)
        options = self._choices.get(f"{parent.type_name}.{name}")
        if options is not None:
            return self._chance("given", position).pick(options)
        return self._value(field.type, position)

    def _type_of(self, parent: MockObject) -> graphql.GraphQLObjectType:
        type_ = self._schema.type_map[parent.type_name]
        assert isinstance(type_, graphql.GraphQLObjectType)  # noqa: S101  # no other type has objects
        return type_

    def _chance(self, purpose: str, position: _FieldPosition) -> Chance:
        arguments = sorted((k, repr(v)) for k, v in position.arguments.items() if k not in PAGING)
        type_name, key = position.parent.type_name, position.parent.key
        return Chance(self._seed, purpose, type_name, key, position.name, arguments, position.index)

    def _value(self, type_: Any, position: _FieldPosition) -> Any:
        parent = position.parent
        if isinstance(type_, graphql.GraphQLNonNull):
            type_ = type_.of_type
        elif (
            parent.type_name not in self._roots
            and position.name != key_field(self._type_of(parent))
            and self._chance("null", position).one_in(_NULL)
        ):
            return None
        if isinstance(type_, graphql.GraphQLList):
            positions: Iterable[_FieldPosition] = map(position.item, self._indices(position))
            named = graphql.get_named_type(type_)
            if graphql.is_composite_type(named):
                keys = keys_in_arguments(position.arguments, named.name)
                positions = positions if keys is None else map(position.with_key, keys)
            return [self._value(type_.of_type, each) for each in positions]
        if graphql.is_composite_type(type_):
            return self._object(type_, position)
        return self._leaf(type_, position)

    def _indices(self, position: _FieldPosition) -> range:
        """Return which items of a list are wanted."""
        total = total_of(position.field, self._chance("total", position))
        if is_paged(position.field) and not position.in_list:
            return window(position.arguments, total)
        return range(min(total, PAGE_SIZE))

    def _object(self, type_: graphql.GraphQLCompositeType, position: _FieldPosition) -> MockObject:
        chance = self._chance("object", replace(position, index=0))
        number = chance.between(1, KEYS) + position.index
        mutation = self._schema.mutation_type
        is_mutation = mutation is not None and position.parent.type_name == mutation.name
        own = read_inputs(position.field.args, position.arguments, deep=is_mutation)
        inputs = {**position.parent.inputs.get(position.name, {}), **own}
        key = None if position.in_list else self._requested_key(type_, position, inputs)
        found = self._object_type(type_, key, number)
        nodes_type = node_type(found)
        if nodes_type is not None and not position.in_list:
            indices = self._indices(position)
            nodes = {each: self._object(nodes_type, position.item(each)) for each in indices}
            total = total_of(position.field, self._chance("total", position))
            return connection(found, str(number), nodes, total)
        key = key or new_key(found, number)
        known = {**foreign_keys(inputs), **fields_from_inputs(found, inputs, self._make_object)}
        key_name = key_field(found)
        if key_name is None:
            about = payload_fields(found, position.name) if is_mutation else ()
            return MockObject(found.name, key, known, dict.fromkeys(about, inputs))
        known.pop(key_name, None)
        remembered = self._remembered.get((found.name, key)) or {}
        if known:
            remembered = remembered | known
            self._remembered.put((found.name, key), remembered)
        return MockObject(found.name, key, remembered)

    def _requested_key(
        self, type_: graphql.GraphQLCompositeType, position: _FieldPosition, inputs: Inputs
    ) -> str | None:
        """Find the key that an object is asked for by, or that its parent has for it."""
        name = position.name
        values = {each: value for each, (_, value) in inputs.items()} | dict(position.arguments)
        key_name = key_field(type_) if graphql.is_object_type(type_) else None
        return key_in_arguments(name, key_name, type_.name, values) or foreign_key(
            name, position.parent
        )

    def _make_object(self, type_: graphql.GraphQLObjectType, inputs: Inputs) -> MockObject:
        """Make an object from an input object."""
        values = {name: value for name, (_, value) in inputs.items()}
        chance = Chance(self._seed, "made", type_.name, sorted(values.items(), key=repr))
        key = key_in_arguments("", key_field(type_), type_.name, values)
        known = fields_from_inputs(type_, inputs, self._make_object)
        return MockObject(type_.name, key or new_key(type_, chance.between(1, KEYS)), known)

    def _object_type(
        self, type_: graphql.GraphQLCompositeType, key: str | None, number: int
    ) -> graphql.GraphQLObjectType:
        """Choose the object type of a value: the one in its key, else each in turn."""
        if isinstance(type_, graphql.GraphQLObjectType):
            return type_
        possible = self._possible.get(type_.name)
        if possible is None:
            types = self._schema.get_possible_types(type_)
            possible = self._possible[type_.name] = sorted(types, key=lambda each: each.name)
        if not possible:
            raise graphql.GraphQLError(f"The schema has no object type for {type_.name}.")
        if key is None:
            return possible[number % len(possible)]
        named = self._schema.get_type(type_in_key(key) or "")
        if isinstance(named, graphql.GraphQLObjectType) and named in possible:
            return named
        return Chance(self._seed, "type", type_.name, key).pick(possible)

    def _leaf(self, type_: graphql.GraphQLLeafType, position: _FieldPosition) -> Any:
        parent = position.parent
        chance = self._chance("leaf", position)
        if isinstance(type_, graphql.GraphQLEnumType):
            return enum_value(type_, chance)
        if position.name == key_field(self._type_of(parent)) and parent.key:
            key: str | None = parent.key
        else:
            other = self._related(position)
            key = None if other is None else other.key
        value = None if key is None else key_value(type_, key)
        if value is not None:
            return value
        owner = snake_case(parent.type_name)
        facts = facts_of(owner, Chance(self._seed, "facts", parent.type_name, parent.key))
        return scalar_value(type_, position.name, position.field, facts, chance)

    def _related(self, position: _FieldPosition) -> MockObject | None:
        """Find the object that ``authorId`` is the key of, if there is a field ``author``."""
        name = snake_case(position.name)
        if not name.endswith("_id"):
            return None
        for other, field in self._type_of(position.parent).fields.items():
            is_it = f"{snake_case(other)}_id" == name and graphql.is_composite_type(
                graphql.get_nullable_type(field.type)
            )
            if is_it and not any(map(graphql.is_required_argument, field.args.values())):
                found = self.value(position.parent, other, {})
                return found if isinstance(found, MockObject) else None
        return None

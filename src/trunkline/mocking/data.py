"""The value of every field of a schema: the same for the same seed, object and arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from graphql import (
    GraphQLCompositeType,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_object_type,
    is_required_argument,
)

from trunkline.mocking.chance import Chance
from trunkline.mocking.connections import connection, node_type_of
from trunkline.mocking.echoes import Inputs, echo, flattened, keys_of_others
from trunkline.mocking.facts import facts_of
from trunkline.mocking.leaves import KEYS, enum_value, key_value, scalar_value
from trunkline.mocking.lists import MOST, PAGING, is_paged, total_of, window
from trunkline.mocking.things import (
    Thing,
    foreign_key,
    given_key,
    heirs_of,
    identity_of,
    keys_among,
    new_key,
    type_in_key,
)
from trunkline.text.names import snake_case

__all__ = ["Data"]

_REMEMBERED = 10_000  # objects that a request has said something of; the oldest are forgotten
_NULL = 8  # of so many values that may be null, one is


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value is wanted: a field of an object, and which item of the lists there."""

    thing: Thing
    name: str
    field: GraphQLField
    arguments: Mapping[str, Any]
    index: int = 0
    in_list: bool = False

    def item(self, index: int) -> _Place:
        """Return the place of an item of the list that is here."""
        return replace(self, index=self.index * 100 + index, in_list=True)

    def with_id(self, key: object) -> _Place:
        """Return the place of an item that is asked for by its key."""
        return replace(self, arguments={"id": key}, in_list=False)


class Data:
    """Plausible values for the fields of a schema.

    Numbers follow from ``seed``. ``given`` has values to choose from instead, by coordinate. An
    object is a `Thing`, a value of an enum or a scalar is what its type makes of the JSON for it.

    What a request says of an object (``createTodo(title: "…")``) is remembered with its identity,
    for as long as the ``Data`` lives; everything else depends on the request alone.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        seed: int = 0,
        given: Mapping[str, tuple[Any, ...]] | None = None,
    ) -> None:
        self._schema = schema
        self._seed = seed
        self._given = given or {}
        self._remembered: dict[tuple[str, str], dict[str, Any]] = {}
        roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
        self._roots = {root.name for root in roots if root}

    def value(self, thing: Thing, name: str, arguments: Mapping[str, Any]) -> Any:
        """Return the value of an object's field."""
        if name in thing.known:
            return thing.known[name]
        field = self._type_of(thing).fields[name]
        place = _Place(thing, name, field, arguments)
        options = self._given.get(f"{thing.type_name}.{name}")
        if options is not None:
            return self._chance("given", place).pick(options)
        return self._value(field.type, place)

    def _type_of(self, thing: Thing) -> GraphQLObjectType:
        type_ = self._schema.type_map[thing.type_name]
        assert isinstance(type_, GraphQLObjectType)  # noqa: S101  # no `Thing` is of another kind
        return type_

    def _chance(self, purpose: str, place: _Place) -> Chance:
        arguments = sorted((k, repr(v)) for k, v in place.arguments.items() if k not in PAGING)
        thing = place.thing
        return Chance(
            self._seed, purpose, thing.type_name, thing.key, place.name, arguments, place.index
        )

    def _value(self, type_: GraphQLOutputType, place: _Place) -> Any:
        if isinstance(type_, GraphQLNonNull):
            return self._present(type_.of_type, place)
        return None if self._is_null(place) else self._present(type_, place)

    def _present(self, type_: Any, place: _Place) -> Any:
        if isinstance(type_, GraphQLList):
            return self._list(type_, place)
        return self._object(type_, place) if is_composite_type(type_) else self._leaf(type_, place)

    def _is_null(self, place: _Place) -> bool:
        thing = place.thing
        if thing.type_name in self._roots or place.name == identity_of(self._type_of(thing)):
            return False
        return self._chance("null", place).one_in(_NULL)

    def _list(self, type_: GraphQLList[Any], place: _Place) -> list[Any]:
        places: Iterable[_Place] = map(place.item, self._indices(place))
        named = get_named_type(type_)
        if is_composite_type(named):
            keys = keys_among(place.arguments, named.name)
            places = places if keys is None else map(place.with_id, keys)
        return [self._value(type_.of_type, each) for each in places]

    def _indices(self, place: _Place) -> range:
        total = total_of(place.field, self._chance("total", place))
        if is_paged(place.field) and not place.in_list:
            return window(place.arguments, total)
        return range(min(total, MOST))

    def _object(self, type_: GraphQLCompositeType, place: _Place) -> Thing:
        chance = self._chance("object", replace(place, index=0))
        number = chance.between(1, KEYS) + place.index
        inputs = self._inputs(place)
        key = self._asked_key(type_, place, inputs)
        found = self._possible(type_, key, number)
        node_type = node_type_of(found)
        if node_type is not None and not place.in_list:
            return self._connection(found, node_type, place, str(number))
        return self._thing(found, key or new_key(found, number), place, inputs)

    def _thing(self, type_: GraphQLObjectType, key: str, place: _Place, inputs: Inputs) -> Thing:
        identity = identity_of(type_)
        known = {**keys_of_others(inputs), **echo(type_, inputs, self._made)}
        known.pop(identity or "", None)  # the key says it
        if identity is not None:
            return Thing(type_.name, key, self._remember(type_.name, key, known))
        heirs = heirs_of(type_, place.name) if self._is_mutation(place) else ()
        return Thing(type_.name, key, known, dict.fromkeys(heirs, inputs))

    def _made(self, type_: GraphQLObjectType, inputs: Inputs) -> Thing:
        """Make an object of an input object."""
        values = {name: value for name, (_, value) in inputs.items()}
        chance = Chance(self._seed, "made", type_.name, sorted(values.items(), key=repr))
        key = given_key("", identity_of(type_), type_.name, values)
        known = echo(type_, inputs, self._made)
        return Thing(type_.name, key or new_key(type_, chance.between(1, KEYS)), known)

    def _remember(self, type_name: str, key: str, known: dict[str, Any]) -> dict[str, Any]:
        """Return what was ever said of an object, and keep it."""
        before = self._remembered.get((type_name, key), {})
        if known:
            before = self._remembered[type_name, key] = before | known
            if len(self._remembered) > _REMEMBERED:
                del self._remembered[next(iter(self._remembered))]
        return before

    def _inputs(self, place: _Place) -> Inputs:
        own = flattened(place.field, place.arguments, deep=self._is_mutation(place))
        return {**place.thing.inputs.get(place.name, {}), **own}

    def _is_mutation(self, place: _Place) -> bool:
        mutation = self._schema.mutation_type
        return mutation is not None and place.thing.type_name == mutation.name

    def _asked_key(self, type_: GraphQLCompositeType, place: _Place, inputs: Inputs) -> str | None:
        """Find the key by which an object is asked for, or which its parent has for it."""
        if place.in_list:
            return None
        identity = identity_of(type_) if is_object_type(type_) else None
        asked = {name: value for name, (_, value) in inputs.items()} | dict(place.arguments)
        return given_key(place.name, identity, type_.name, asked) or foreign_key(
            place.name, place.thing
        )

    def _possible(
        self, type_: GraphQLCompositeType, key: str | None, number: int
    ) -> GraphQLObjectType:
        """Choose the object type of a value: what its key says, else each in turn."""
        if isinstance(type_, GraphQLObjectType):
            return type_
        possible = {each.name: each for each in self._schema.get_possible_types(type_)}
        names = sorted(possible)
        if not names:
            raise GraphQLError(f"No object type of the schema is a {type_.name}.")
        if key is None:
            return possible[names[number % len(names)]]
        name = type_in_key(key)
        return possible.get(name or "") or possible[Chance(self._seed, *names, key).pick(names)]

    def _connection(
        self, type_: GraphQLObjectType, node_type: GraphQLCompositeType, place: _Place, key: str
    ) -> Thing:
        nodes = {
            index: self._object(node_type, place.item(index)) for index in self._indices(place)
        }
        return connection(type_, key, nodes, total_of(place.field, self._chance("total", place)))

    def _leaf(self, type_: GraphQLLeafType, place: _Place) -> Any:
        thing = place.thing
        chance = self._chance("leaf", place)
        if isinstance(type_, GraphQLEnumType):
            return enum_value(type_, chance)
        key = self._key_at(place)
        value = None if key is None else key_value(type_, key)
        if value is not None:
            return value
        owner = snake_case(thing.type_name)
        facts = facts_of(owner, Chance(self._seed, "facts", thing.type_name, thing.key))
        return scalar_value(type_, place.name, place.field, facts, chance)

    def _key_at(self, place: _Place) -> str | None:
        """Return the key that a field is to show, its own object's or another one's."""
        if place.name == identity_of(self._type_of(place.thing)) and place.thing.key:
            return place.thing.key
        other = self._other(place)
        return None if other is None else other.key

    def _other(self, place: _Place) -> Thing | None:
        """Find the object that ``authorId`` is the key of, where there is a field ``author``."""
        name = snake_case(place.name)
        if not name.endswith("_id"):
            return None
        for other, field in self._type_of(place.thing).fields.items():
            is_it = f"{snake_case(other)}_id" == name and is_composite_type(
                get_nullable_type(field.type)
            )
            if is_it and not any(map(is_required_argument, field.args.values())):
                found = self.value(place.thing, other, {})
                return found if isinstance(found, Thing) else None
        return None

"""Custom scalars and enums as Python values, in variables and in responses.

Responses are read by a decoder of msgspec that is made for one operation, and converts values in
its one pass over the JSON. Its types have a ``TypedDict`` for each object with something to convert
below it, with a key per response key. Type conditions do not matter: where two fields of one
response key may both apply, they have the same leaf type (GraphQL §5.3.2, SameResponseShape), so
one type reads the objects of all possible types.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, Optional, TypeAlias, TypedDict

import graphql
import msgspec

from trunkline.client.responses import Decoder, ReadByHook, read_hook
from trunkline.protocol.response import GraphQLResponse
from trunkline.schema.scalars import Scalar, client_type

__all__ = ["Conversions", "Write", "decoder_of"]

Write: TypeAlias = Callable[[Any], Any]

_OF_JSON = (None, str, int, float, bool, Any)  # what needs no conversion


def _type_read_by(name: str, read: Callable[[Any], Any]) -> type:
    """Make a type whose values msgspec reads by `read_hook`."""
    return ReadByHook(name, (), {"read": staticmethod(read)})


class Conversions:
    """The scalars and enums that are converted, by their names in the schema.

    A scalar is converted by a type that msgspec reads and writes (``datetime``, ``UUID``, a struct,
    …), or by a ``Scalar`` with two functions. Members of an enum are matched by name.
    """

    def __init__(
        self,
        scalars: Mapping[str, type | Scalar] | None,
        enums: Mapping[str, type[Enum]] | None,
        *,
        known: bool,
    ) -> None:
        given = dict(scalars or {})
        self._known = known
        self._readers: dict[str, Any] = {
            name: _type_read_by(name, one.parse) if isinstance(one, Scalar) else one
            for name, one in given.items()
        }
        self._writers: dict[str, Write] = {
            name: one.serialize for name, one in given.items() if isinstance(one, Scalar)
        }
        for name, enum in (enums or {}).items():
            self._readers[name] = _type_read_by(name, _member_reader(enum))
            self._writers[name] = lambda value: value.name if isinstance(value, Enum) else value

    def __bool__(self) -> bool:
        return self._known or bool(self._readers)

    def reader(self, type_: graphql.GraphQLLeafType) -> Any:
        """Return the type that reads a leaf's values, or ``None`` if they are not converted."""
        reader = self._readers.get(type_.name)
        if reader is None and self._known and isinstance(type_, graphql.GraphQLScalarType):
            known = client_type(type_.name, type_.specified_by_url)
            reader = None if known in _OF_JSON else known
        return reader

    def writer(self, type_: graphql.GraphQLInputType) -> Write | None:
        """Return what writes values of an input type, or ``None`` if they are not converted."""
        return self._writer(type_, {})

    def _writer(self, type_: Any, seen: dict[str, Write | None]) -> Write | None:
        if isinstance(type_, graphql.GraphQLNonNull):
            return self._writer(type_.of_type, seen)
        if isinstance(type_, graphql.GraphQLList):
            item = self._writer(type_.of_type, seen)
            return _list_writer(item) if item else None
        if isinstance(type_, graphql.GraphQLInputObjectType):
            return self._object_writer(type_, seen)
        assert isinstance(type_, (graphql.GraphQLScalarType, graphql.GraphQLEnumType))  # noqa: S101  # the rest
        return self._writers.get(type_.name)

    def _object_writer(
        self, type_: graphql.GraphQLInputObjectType, seen: dict[str, Write | None]
    ) -> Write | None:
        if type_.name in seen:  # an input that contains itself
            return lambda value: write(value) if (write := seen[type_.name]) else value
        seen[type_.name] = None
        writers = {name: self._writer(field.type, seen) for name, field in type_.fields.items()}
        needed = {name: write for name, write in writers.items() if write}
        seen[type_.name] = _mapping_writer(needed) if needed else None
        return seen[type_.name]


def _member_reader(enum: type[Enum]) -> Callable[[Any], Any]:
    """Return what reads the name of a member; a name that the enum lacks stays a string."""
    members = dict(enum.__members__)
    return lambda name: members.get(name, name)


def _list_writer(item: Write) -> Write:
    def write(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [None if one is None else item(one) for one in value]
        return item(value)  # one value stands for a list of one (GraphQL §3.11)

    return write


def _mapping_writer(writers: Mapping[str, Write]) -> Write:
    def write(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {
            key: writers[key](one) if key in writers and one is not None else one
            for key, one in value.items()
        }

    return write


def decoder_of(
    schema: graphql.GraphQLSchema,
    fragments: Mapping[str, graphql.FragmentDefinitionNode],
    definition: graphql.OperationDefinitionNode,
    conversions: Conversions,
) -> Decoder | None:
    """Make the decoder of a valid operation, or return ``None`` if it converts nothing."""
    root = schema.get_root_type(definition.operation)
    assert root is not None  # noqa: S101  # the document is valid
    types = _ResponseTypes(schema, fragments, conversions)
    data: Any = types.object([(root, definition.selection_set)])
    if data is None:
        return None
    return msgspec.json.Decoder(GraphQLResponse[data], dec_hook=read_hook)


_Selection: TypeAlias = tuple[graphql.GraphQLCompositeType, graphql.SelectionSetNode]


class _ResponseTypes:
    def __init__(
        self,
        schema: graphql.GraphQLSchema,
        fragments: Mapping[str, graphql.FragmentDefinitionNode],
        conversions: Conversions,
    ) -> None:
        self._schema = schema
        self._conversions = conversions
        self._fragments = fragments

    def object(self, selections: Iterable[_Selection]) -> Any:
        """Make the type of an object with one or more selection sets; ``None`` if it needs none."""
        fields: dict[str, list[tuple[Any, graphql.SelectionSetNode | None]]] = {}
        for parent, selection_set in selections:
            self._collect(parent, selection_set, fields, set())
        keys = {key: self._value(places) for key, places in fields.items()}
        if all(type_ is None for type_ in keys.values()):
            return None
        types = {key: Any if type_ is None else type_ for key, type_ in keys.items()}
        make: Any = TypedDict  # whose keys are known only now
        return make("Object", types, total=False)

    def _collect(
        self,
        parent: graphql.GraphQLCompositeType,
        selection_set: graphql.SelectionSetNode,
        fields: dict[str, list[tuple[Any, graphql.SelectionSetNode | None]]],
        seen: set[str],
    ) -> None:
        for node in selection_set.selections:
            if isinstance(node, graphql.FieldNode):
                field = self._schema.get_field(parent, node.name.value)
                key = (node.alias or node.name).value
                if field:
                    fields.setdefault(key, []).append((field.type, node.selection_set))
                continue
            fragment: Any = node
            if isinstance(node, graphql.FragmentSpreadNode):
                if node.name.value in seen:
                    continue
                seen.add(node.name.value)
                fragment = self._fragments[node.name.value]
            condition = fragment.type_condition
            within: Any = self._schema.get_type(condition.name.value) if condition else parent
            self._collect(within, fragment.selection_set, fields, seen)

    def _value(self, places: list[tuple[Any, graphql.SelectionSetNode | None]]) -> Any:
        """Make the type of a value, nullable everywhere; ``None`` if it needs none.

        The types of the places differ only if the rule that forbids this is left out.
        """
        types = [_nullable(one) for one, _ in places]
        made: Any = None
        if all(map(graphql.is_list_type, types)):
            item: Any = self._value([(_nullable(one).of_type, below) for one, below in places])
            made = None if item is None else list[item]
        elif all(map(graphql.is_composite_type, types)):
            made = self.object([(_nullable(one), below) for one, below in places if below])
        elif len({*types}) == 1:
            made = self._conversions.reader(types[0])
        return None if made is None else Optional[made]  # noqa: UP045  # made here


def _nullable(type_: Any) -> Any:
    return type_.of_type if isinstance(type_, graphql.GraphQLNonNull) else type_

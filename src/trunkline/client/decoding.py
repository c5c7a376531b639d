"""A decoder for one operation, which reads custom scalars and enums in the pass over the JSON.

The types of the answer are made for msgspec: a ``TypedDict`` for each object that has something to
convert below it, with a key per response key. Type conditions do not matter: where two fields of
one response key may both apply, they have the same leaf type (GraphQL §5.3.2, SameResponseShape),
so one type reads the objects of all possible types.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Optional, TypeAlias, TypedDict

import msgspec
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    is_composite_type,
)

from trunkline.client.conversions import Conversions, read_marked
from trunkline.client.document import Document
from trunkline.protocol.response import GraphQLResponse

__all__ = ["decoder_of"]

Decoder: TypeAlias = msgspec.json.Decoder[GraphQLResponse[dict[str, Any]]]


def decoder_of(
    schema: GraphQLSchema,
    document: Document,
    definition: OperationDefinitionNode,
    conversions: Conversions,
) -> Decoder | None:
    """Make the decoder of a valid operation; ``None`` where nothing in it is converted."""
    root = schema.get_root_type(definition.operation)
    assert root is not None  # noqa: S101  # the document is valid
    made: Any = _Types(schema, document, conversions).object([(root, definition.selection_set)])
    if made is None:
        return None
    return msgspec.json.Decoder(GraphQLResponse[made], dec_hook=read_marked)


Selection: TypeAlias = tuple[GraphQLCompositeType, SelectionSetNode]


class _Types:
    def __init__(self, schema: GraphQLSchema, document: Document, conversions: Conversions) -> None:
        self._schema = schema
        self._conversions = conversions
        self._fragments = {
            node.name.value: node
            for node in document.ast.definitions
            if isinstance(node, FragmentDefinitionNode)
        }

    def object(self, selections: Iterable[Selection]) -> Any:
        """Make the type of an object that is selected in several places."""
        fields: dict[str, list[tuple[Any, SelectionSetNode | None]]] = {}
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
        parent: GraphQLCompositeType,
        selection_set: SelectionSetNode,
        fields: dict[str, list[tuple[Any, SelectionSetNode | None]]],
        seen: set[str],
    ) -> None:
        for node in selection_set.selections:
            if isinstance(node, FieldNode):
                field = self._schema.get_field(parent, node.name.value)
                key = (node.alias or node.name).value
                if field:
                    fields.setdefault(key, []).append((field.type, node.selection_set))
                continue
            fragment: Any = node
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in seen:
                    continue
                seen.add(node.name.value)
                fragment = self._fragments[node.name.value]
            condition = fragment.type_condition
            within: Any = self._schema.get_type(condition.name.value) if condition else parent
            self._collect(within, fragment.selection_set, fields, seen)

    def _value(self, places: list[tuple[Any, SelectionSetNode | None]]) -> Any:
        """Make the type of a value; ``None`` where it needs none. Anything may be null in it."""
        type_ = places[0][0]
        if isinstance(type_, GraphQLNonNull):
            return self._value([(_nullable(one), below) for one, below in places])
        if isinstance(type_, GraphQLList):
            item: Any = self._value([(_nullable(one).of_type, below) for one, below in places])
            return None if item is None else Optional[list[item]]  # noqa: UP045  # made here
        if is_composite_type(type_):
            selections = [(_nullable(one), below) for one, below in places if below]
            made = self.object(selections)
        else:
            made = self._conversions.reader(type_)
        return None if made is None else Optional[made]  # noqa: UP045  # made here


def _nullable(type_: Any) -> Any:
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_

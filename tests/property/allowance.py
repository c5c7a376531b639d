"""What may differ between two right answers to a request whose fields are awaited.

The data may not: which positions are null depends on the errors that there are, not on when each
is met. What depends on time is which errors are met at all, for a field may be given up, or its
error left out, where a position above it is null already (GraphQL §6.4.4):

- An error *must* be told if nothing else can make its null, or a null above it.
- Of several errors that make the same null, and are under no other, exactly one must be told.
- An error under a null that another error makes may be told or not.
- Nothing else may be told, and nothing twice.

What there is, `every` error, graphql-core tells when it is asked not to propagate errors: each
then stays where it was met, and nothing is given up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    get_operation_ast,
    is_list_type,
    is_non_null_type,
    is_object_type,
    parse,
)
from tests.property.documents import Request
from tests.property.engines import Error

__all__ = ["Types", "bubbles", "field_types", "objections"]

Path: TypeAlias = tuple[str, ...]
Types: TypeAlias = Mapping[Path, Any]
"""The types of an operation's fields, by path without indices."""


def objections(told: Sequence[Error], every: Iterable[Error], types: Types) -> list[str]:
    """Say what is wrong with the errors that an answer tells."""
    nulls = {error: null_of(error.path, types) for error in every}
    unknown = [f"there is no such error: {error}" for error in told if error not in nulls]
    if unknown:
        return unknown
    places = [nulls[error] for error in told]
    topmost = {
        place
        for place in nulls.values()
        if not any(_is_above(other, place) for other in nulls.values())
    }
    return [
        *(f"told twice: {place}" for place in set(places) if places.count(place) > 1),
        *(f"not told: {place}" for place in topmost if place not in places),
    ]


def bubbles(every: Iterable[Error], types: Types) -> bool:
    """Say whether an error makes anything null but its own position."""
    return any(null_of(error.path, types) != error.path for error in every)


def null_of(path: Path, types: Types) -> Path:
    """Return the position that an error makes null: the nearest one that may be."""
    while path and is_non_null_type(_type_at(path, types)):
        path = path[:-1]
    return path


def _type_at(path: Path, types: Types) -> Any:
    keys = tuple(key for key in path if not key.isdigit())
    type_ = types[keys]
    for _ in range(_indices_at_end(path)):
        type_ = type_.of_type if is_non_null_type(type_) else type_
        assert is_list_type(type_)
        type_ = type_.of_type
    return type_


def _indices_at_end(path: Path) -> int:
    return next((n for n, key in enumerate(reversed(path)) if not key.isdigit()), len(path))


def _is_above(above: Path, path: Path) -> bool:
    return len(above) < len(path) and path[: len(above)] == above


def field_types(definition: GraphQLSchema, request: Request) -> Types:
    """Find the types of all fields of a request's operation, whether they are included or not."""
    document = parse(request.text)
    operation = get_operation_ast(document, request.operation_name)
    assert operation is not None
    walk = _Walk(definition, document)
    walk.operation(operation)
    return walk.types


class _Walk:
    def __init__(self, definition: GraphQLSchema, document: DocumentNode) -> None:
        self._definition = definition
        self._fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        self.types: dict[Path, Any] = {}

    def operation(self, node: OperationDefinitionNode) -> None:
        root = self._definition.get_root_type(node.operation)
        assert root is not None
        self._selections(root, node.selection_set, ())

    def _selections(self, type_: GraphQLObjectType, node: SelectionSetNode, above: Path) -> None:
        for selection in node.selections:
            if isinstance(selection, FieldNode):
                self._field(type_, selection, above)
            elif isinstance(selection, InlineFragmentNode):
                self._selections(type_, selection.selection_set, above)
            elif isinstance(selection, FragmentSpreadNode):
                fragment = self._fragments[selection.name.value]
                self._selections(type_, fragment.selection_set, above)

    def _field(self, type_: GraphQLObjectType, node: FieldNode, above: Path) -> None:
        definition = self._definition.get_field(type_, node.name.value)
        assert definition is not None
        path = (*above, (node.alias or node.name).value)
        self.types[path] = definition.type
        named = get_named_type(definition.type)
        if node.selection_set and is_object_type(named):
            self._selections(named, node.selection_set, path)

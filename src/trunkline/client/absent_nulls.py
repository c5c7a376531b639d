"""Nulls that a server leaves out of its responses, put back by what was selected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias, cast

import graphql

__all__ = ["AbsentNulls"]

_Selection: TypeAlias = tuple[graphql.GraphQLCompositeType, graphql.SelectionSetNode]
_Field: TypeAlias = tuple[graphql.GraphQLOutputType, graphql.SelectionSetNode | None]


class AbsentNulls:
    """Puts the nulls of one valid operation back into its data.

    A field is put back if it was selected on all types that the object may be of: ``__typename``
    tells the type, if it was selected. Fields that must not be null stay absent.
    """

    def __init__(
        self,
        schema: graphql.GraphQLSchema,
        fragments: Mapping[str, graphql.FragmentDefinitionNode],
        operation: graphql.OperationDefinitionNode,
    ) -> None:
        self._schema = schema
        self._operation = operation
        self._fragments = fragments

    def put_back(self, data: dict[str, Any], variables: Mapping[str, object] | None) -> None:
        """Change the data of a response to these variables."""
        root = self._schema.get_root_type(self._operation.operation)
        assert root is not None  # noqa: S101  # the operation is valid
        given = dict(variables or {})
        for definition in self._operation.variable_definitions or ():
            if definition.default_value and definition.variable.name.value not in given:
                given[definition.variable.name.value] = graphql.value_from_ast_untyped(
                    definition.default_value
                )
        self._put_back(data, [(root, self._operation.selection_set)], given)

    def _put_back(
        self, value: Any, selections: Iterable[_Selection], variables: Mapping[str, object]
    ) -> None:
        if isinstance(value, list):
            for item in value:
                self._put_back(item, selections, variables)
        if not isinstance(value, dict):
            return
        named = self._schema.get_type(str(value.get("__typename")))
        fields: dict[str, list[_Field]] = {}
        for parent, selection_set in selections:
            type_ = named if isinstance(named, graphql.GraphQLObjectType) else parent
            for key, field in self._fields(type_, parent, selection_set, variables):
                fields.setdefault(key, []).append(field)
        for key, places in fields.items():
            if key in value:
                below = [
                    (cast("graphql.GraphQLCompositeType", graphql.get_named_type(of)), within)
                    for of, within in places
                    if within
                ]
                self._put_back(value[key], below, variables)
            elif not graphql.is_non_null_type(places[0][0]):
                value[key] = None

    def _fields(
        self,
        type_: graphql.GraphQLCompositeType,
        parent: graphql.GraphQLCompositeType,
        selection_set: graphql.SelectionSetNode,
        variables: Mapping[str, object],
    ) -> Iterator[tuple[str, _Field]]:
        """Yield the fields of a selection set on ``parent`` that an object of ``type_`` has."""
        for node in selection_set.selections:
            if not _is_included(node, variables):
                continue
            if isinstance(node, graphql.FieldNode):
                field = self._schema.get_field(parent, node.name.value)
                if field:
                    yield (node.alias or node.name).value, (field.type, node.selection_set)
                continue
            fragment: Any = node
            if isinstance(node, graphql.FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
            condition = fragment.type_condition
            within: Any = self._schema.get_type(condition.name.value) if condition else parent
            if within is type_ or (
                graphql.is_abstract_type(within) and self._schema.is_sub_type(within, type_)
            ):
                yield from self._fields(type_, within, fragment.selection_set, variables)


def _is_included(node: graphql.SelectionNode, variables: Mapping[str, object]) -> bool:
    """Say whether `@skip` and `@include` let a selection take part (GraphQL §3.13.1, §3.13.2)."""
    for directive in node.directives or ():
        if directive.name.value not in {"skip", "include"}:
            continue
        for argument in directive.arguments or ():
            wanted = graphql.value_from_ast_untyped(argument.value, dict(variables))
            if wanted is not (directive.name.value == "include"):
                return False
    return True

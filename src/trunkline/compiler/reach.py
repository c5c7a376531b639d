"""What an operation can reach: the coordinates of every field that it may use.

Which fields an operation plans depends on the object types that its values turn out to have. What
must be known before any value comes (what it uses, whether anything is awaited) is found by this
walk, which takes all types that are possible at a place at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    NamedTypeNode,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_object_type,
)

from trunkline.compiler.collect import Collector

__all__ = ["Visit", "reached_coordinates"]

Types = frozenset[str]

Visit: TypeAlias = Callable[[str, GraphQLField, FieldNode], None]
"""Is told of a field's coordinate and definition, and where in the document it is asked for."""


def reached_coordinates(  # noqa: PLR0913, PLR0917  # a document in its parts
    definition: GraphQLSchema,
    root: GraphQLObjectType,
    selection_set: SelectionSetNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    collector: Collector,
    visit: Visit | None = None,
) -> frozenset[str]:
    """Return the coordinates (``Todo.title``) of the fields that may be asked for.

    Fields that ``@skip`` or ``@include`` exclude whatever the variables are do not count.
    """
    walk = _Walk(definition, fragments, collector, visit)
    walk.selections(selection_set, frozenset([root.name]))
    return frozenset(walk.coordinates)


class _Walk:
    def __init__(
        self,
        definition: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        collector: Collector,
        visit: Visit | None,
    ) -> None:
        self._visit = visit
        self._definition = definition
        self._fragments = fragments
        self._collector = collector
        self._seen: set[tuple[int, Types]] = set()
        self._possible: dict[str, Types] = {}
        self.coordinates: set[str] = set()

    def selections(self, selection_set: SelectionSetNode, types: Types) -> None:
        key = (id(selection_set), types)
        if not types or key in self._seen:
            return
        self._seen.add(key)
        for node in selection_set.selections:
            if self._collector.condition(node) is not None:
                self._selection(node, types)

    def _selection(self, node: SelectionNode, types: Types) -> None:
        fragment: SelectionNode | FragmentDefinitionNode | None = node
        if isinstance(node, FieldNode):
            self._field(node, types)
            return
        if isinstance(node, FragmentSpreadNode):
            fragment = self._fragments.get(node.name.value)
        if isinstance(fragment, (InlineFragmentNode, FragmentDefinitionNode)):
            self.selections(fragment.selection_set, types & self._of(fragment, types))

    def _field(self, node: FieldNode, types: Types) -> None:
        name = node.name.value
        if name == "__typename":
            return
        below: set[str] = set()
        for type_name in types:
            type_: Any = self._definition.type_map[type_name]
            field = type_.fields.get(name) or self._definition.get_field(type_, name)
            if field is not None:
                self.coordinates.add(f"{type_name}.{name}")
                below.add(get_named_type(field.type).name)
                if self._visit is not None:
                    self._visit(f"{type_name}.{name}", field, node)
        if node.selection_set is not None:
            self.selections(node.selection_set, self._all_possible(below))

    def _of(self, node: InlineFragmentNode | FragmentDefinitionNode, types: Types) -> Types:
        """Return the object types that a fragment can take part in."""
        condition: NamedTypeNode | None = node.type_condition
        return types if condition is None else self._possible_types(condition.name.value)

    def _all_possible(self, names: Iterable[str]) -> Types:
        return frozenset[str]().union(*map(self._possible_types, names))

    def _possible_types(self, name: str) -> Types:
        if name not in self._possible:
            type_ = self._definition.get_type(name)
            possible: Types = frozenset()
            if is_abstract_type(type_):
                possible = frozenset(
                    each.name for each in self._definition.get_possible_types(type_)
                )
            elif is_object_type(type_):
                possible = frozenset([name])
            self._possible[name] = possible
        return self._possible[name]

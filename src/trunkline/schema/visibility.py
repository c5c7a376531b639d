"""What introspection shows of a schema to a caller who may not have all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import graphql

from trunkline.schema.requirements import NOTHING, Requirements, RequirementSet

__all__ = ["VisibleSchema"]

_Resolve = Callable[..., Any]


class VisibleSchema:
    """The part of a schema that is visible to a caller who does not meet ``unmet``.

    Left out is what requires something unmet, and what cannot be used without it: types with
    nothing left, fields of such types, and what can no longer be reached. The rest is a valid
    schema.
    """

    def __init__(
        self, definition: graphql.GraphQLSchema, requirements: Requirements, unmet: RequirementSet
    ) -> None:
        self._definition = definition
        self._requirements = requirements
        self._unmet = unmet
        self._empty: set[str] = set()
        names = definition.type_map
        while found := {each for each in names if each not in self._empty and self._is_empty(each)}:
            self._empty |= found
        self.types = frozenset(self._reachable_types())
        hidden_arguments = {
            id(argument)
            for type_ in definition.type_map.values()
            if graphql.is_object_type(type_) or graphql.is_interface_type(type_)
            for field_name, field in type_.fields.items()
            for name, argument in field.args.items()
            if not self._has_argument(f"{type_.name}.{field_name}", name, argument)
        }
        self._filters: dict[str, Callable[[Any, Any], bool]] = {
            "__Schema.types": lambda _, type_: type_.name in self.types,
            "__Type.interfaces": lambda _, type_: type_.name in self.types,
            "__Type.possibleTypes": lambda _, type_: type_.name in self.types,
            "__Type.fields": lambda type_, field: self._has_field(type_, field[0]),
            "__Type.inputFields": lambda type_, field: self._has_input(type_, field[0]),
            "__Field.args": lambda _, argument: id(argument[1]) not in hidden_arguments,
        }

    def wrap(self, coordinate: str, resolve: _Resolve) -> _Resolve:
        """Return a resolver of introspection that shows only what is visible."""
        is_visible = self._filters.get(coordinate)

        def resolve_list(source: Any, info: Any, **arguments: Any) -> Any:
            found = resolve(source, info, **arguments)
            return found and [each for each in found if is_visible and is_visible(source, each)]

        def resolve_type(source: Any, info: Any, **arguments: Any) -> Any:
            found = resolve(source, info, **arguments)
            return found if found is not None and found.name in self.types else None

        if is_visible:
            return resolve_list
        is_type = coordinate in {"__Schema.mutationType", "__Schema.subscriptionType"}
        return resolve_type if is_type or coordinate.endswith(".__type") else resolve

    def _is_empty(self, name: str) -> bool:
        """Say whether nothing usable is left of a type."""
        type_: Any = self._definition.type_map[name]
        if name.startswith("__"):
            return False
        if not self._unmet.isdisjoint(self._requirements.types.get(name, NOTHING)):
            return True
        if graphql.is_union_type(type_):
            return all(each.name in self._empty for each in type_.types)
        if graphql.is_input_object_type(type_):
            hidden = [each for each in type_.fields if not self._has_input(type_, each)]
            is_broken = any(graphql.is_required_input_field(type_.fields[each]) for each in hidden)
            return is_broken or len(hidden) == len(type_.fields)
        if graphql.is_object_type(type_) or graphql.is_interface_type(type_):
            return not any(self._has_field(type_, each) for each in type_.fields)
        return False

    def _has_field(self, type_: Any, name: str) -> bool:
        """Say whether a field of an object or interface is visible.

        A field that an interface shows is shown in its objects too, because they would not
        implement the interface without it.
        """
        field = type_.fields[name]
        if any(
            name in each.fields and each.name not in self._empty and self._has_field(each, name)
            for each in type_.interfaces
        ):
            return True
        coordinate = f"{type_.name}.{name}"
        return self._is_usable(self._requirements.fields.get(coordinate), field) and not any(
            graphql.is_required_argument(argument)
            and not self._has_argument(coordinate, each, argument)
            for each, argument in field.args.items()
        )

    def _has_argument(self, coordinate: str, name: str, argument: Any) -> bool:
        required = self._requirements.arguments.get(f"{coordinate}({name}:)")
        return self._is_usable(required, argument)

    def _has_input(self, type_: Any, name: str) -> bool:
        required = self._requirements.inputs.get(f"{type_.name}.{name}")
        return self._is_usable(required, type_.fields[name])

    def _is_usable(self, required: RequirementSet | None, element: Any) -> bool:
        """Say whether an element requires nothing unmet, and something is left of its type."""
        is_met = self._unmet.isdisjoint(required or NOTHING)
        return is_met and graphql.get_named_type(element.type).name not in self._empty

    def _reachable_types(self) -> set[str]:
        definition = self._definition
        roots = (definition.query_type, definition.mutation_type, definition.subscription_type)
        open_ = [root.name for root in roots if root is not None]
        open_ += [name for name in definition.type_map if name.startswith("__")]
        for directive in definition.directives:
            open_ += [graphql.get_named_type(each.type).name for each in directive.args.values()]
        reached: set[str] = set()
        while open_:
            name = open_.pop()
            if name not in reached and name not in self._empty:
                reached.add(name)
                open_ += self._mentioned_types(definition.type_map[name])
        return reached

    def _mentioned_types(self, type_: Any) -> Iterator[str]:
        """Yield the types that the visible part of a type mentions."""
        if graphql.is_union_type(type_) or graphql.is_interface_type(type_):
            yield from (each.name for each in self._definition.get_possible_types(type_))
        if graphql.is_object_type(type_) or graphql.is_interface_type(type_):
            yield from (each.name for each in type_.interfaces)
            for name, field in type_.fields.items():
                if self._has_field(type_, name):
                    yield graphql.get_named_type(field.type).name
                    for each, argument in field.args.items():
                        if self._has_argument(f"{type_.name}.{name}", each, argument):
                            yield graphql.get_named_type(argument.type).name
        elif graphql.is_input_object_type(type_):
            for name, field in type_.fields.items():
                if self._has_input(type_, name):
                    yield graphql.get_named_type(field.type).name

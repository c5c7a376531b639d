"""What introspection shows of a schema to a caller who may not have all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from graphql import (
    GraphQLSchema,
    get_named_type,
    is_input_object_type,
    is_interface_type,
    is_object_type,
    is_required_argument,
    is_required_input_field,
    is_union_type,
)

from trunkline.schema.requirements import NOTHING, Requirement, Requirements

__all__ = ["Visible"]

Resolve = Callable[..., Any]


class Visible:
    """The part of a schema whose demands are met.

    What is refused is left out, and with it what could not be used without it: types that have
    nothing left, fields of such types, and whatever can no longer be reached. What is left is a
    schema of its own.
    """

    def __init__(
        self, definition: GraphQLSchema, requirements: Requirements, unmet: Requirement
    ) -> None:
        self._definition = definition
        self._requirements = requirements
        self._unmet = unmet
        self._empty: set[str] = set()
        while found := {name for name in self._left() if self._is_empty(name)}:
            self._empty |= found
        self.types = frozenset(self._reached())
        self._hidden_arguments = {
            id(argument)
            for type_ in definition.type_map.values()
            if is_object_type(type_) or is_interface_type(type_)
            for field_name, field in type_.fields.items()
            for name, argument in field.args.items()
            if not self._has_argument(f"{type_.name}.{field_name}", name, argument)
        }
        self._shown: dict[str, Callable[..., Any]] = {
            "__type": self._show_one,
            "__Schema.types": self._show_some,
            "__Schema.mutationType": self._show_one,
            "__Schema.subscriptionType": self._show_one,
            "__Type.interfaces": self._show_some,
            "__Type.possibleTypes": self._show_some,
            "__Type.fields": self._show_fields,
            "__Type.inputFields": self._show_inputs,
            "__Field.args": self._show_arguments,
        }

    def wrap(self, coordinate: str, resolve: Resolve) -> Resolve:
        """Return a resolver of introspection that tells of what is visible only."""
        name = "__type" if coordinate.endswith(".__type") else coordinate
        show = self._shown.get(name)
        return resolve if show is None else partial(show, resolve)

    # -- what is there ------------------------------------------------------------------------

    def _left(self) -> Iterator[str]:
        return (name for name in self._definition.type_map if name not in self._empty)

    def _is_empty(self, name: str) -> bool:
        """Say whether nothing is left of a type that could be used."""
        type_: Any = self._definition.type_map[name]
        if name.startswith("__"):
            return False
        if self._is_unmet(self._requirements.types.get(name)):
            return True
        if is_union_type(type_):
            return all(each.name in self._empty for each in type_.types)
        if is_input_object_type(type_):
            fields = type_.fields
            hidden = [each for each in fields if not self.has_input(name, each)]
            is_broken = any(is_required_input_field(fields[each]) for each in hidden)
            return is_broken or len(hidden) == len(fields)
        if is_object_type(type_) or is_interface_type(type_):
            return not any(self.has_field(type_, each) for each in type_.fields)
        return False

    def has_field(self, type_: Any, name: str) -> bool:
        """Say whether a field of an object or interface is visible.

        One that an interface shows is so in its objects too: they would not fit it without.
        """
        field = type_.fields[name]
        if any(
            name in each.fields and each.name not in self._empty and self.has_field(each, name)
            for each in type_.interfaces
        ):
            return True
        coordinate = f"{type_.name}.{name}"
        if self._is_unmet(self._requirements.fields.get(coordinate)):
            return False
        if get_named_type(field.type).name in self._empty:
            return False
        return not any(
            is_required_argument(argument) and not self._has_argument(coordinate, each, argument)
            for each, argument in field.args.items()
        )

    def _has_argument(self, coordinate: str, name: str, argument: Any) -> bool:
        demands = self._requirements.arguments.get(f"{coordinate}({name}:)")
        return not self._is_unmet(demands) and get_named_type(argument.type).name not in self._empty

    def has_input(self, type_name: str, name: str) -> bool:
        """Say whether a field of an input is visible."""
        type_: Any = self._definition.type_map[type_name]
        if self._is_unmet(self._requirements.inputs.get(f"{type_name}.{name}")):
            return False
        return get_named_type(type_.fields[name].type).name not in self._empty

    def _is_unmet(self, demands: Requirement | None) -> bool:
        return not self._unmet.isdisjoint(demands or NOTHING)

    # -- what can be reached ------------------------------------------------------------------

    def _reached(self) -> set[str]:
        definition = self._definition
        roots = (definition.query_type, definition.mutation_type, definition.subscription_type)
        open_ = [root.name for root in roots if root is not None]
        open_ += [name for name in definition.type_map if name.startswith("__")]
        for directive in definition.directives:
            open_ += [get_named_type(each.type).name for each in directive.args.values()]
        reached: set[str] = set()
        while open_:
            name = open_.pop()
            if name not in reached and name not in self._empty:
                reached.add(name)
                open_ += self._next_to(definition.type_map[name])
        return reached

    def _next_to(self, type_: Any) -> Iterator[str]:
        """Yield the types that are named in what is visible of a type."""
        if is_union_type(type_) or is_interface_type(type_):
            yield from (each.name for each in self._definition.get_possible_types(type_))
        if is_object_type(type_) or is_interface_type(type_):
            yield from (each.name for each in type_.interfaces)
            for name, field in type_.fields.items():
                if type_.name.startswith("__") or self.has_field(type_, name):
                    yield get_named_type(field.type).name
                    yield from self._arguments(f"{type_.name}.{name}", field)
        elif is_input_object_type(type_):
            for name, field in type_.fields.items():
                if self.has_input(type_.name, name):
                    yield get_named_type(field.type).name

    def _arguments(self, coordinate: str, field: Any) -> Iterator[str]:
        for name, argument in field.args.items():
            if self._has_argument(coordinate, name, argument):
                yield get_named_type(argument.type).name

    # -- introspection's resolvers --------------------------------------------------------------

    def _show_one(self, resolve: Resolve, source: Any, info: Any, **arguments: Any) -> Any:
        found = resolve(source, info, **arguments)
        return found if found is not None and found.name in self.types else None

    def _show_some(self, resolve: Resolve, source: Any, info: Any) -> list[Any] | None:
        found = resolve(source, info)
        return None if found is None else [each for each in found if each.name in self.types]

    def _show_fields(self, resolve: Resolve, type_: Any, info: Any, **arguments: Any) -> Any:
        found = resolve(type_, info, **arguments)
        if found is None or type_.name.startswith("__"):
            return found
        return [each for each in found if self.has_field(type_, each[0])]

    def _show_inputs(self, resolve: Resolve, type_: Any, info: Any, **arguments: Any) -> Any:
        found = resolve(type_, info, **arguments)
        return found and [each for each in found if self.has_input(type_.name, each[0])]

    def _show_arguments(self, resolve: Resolve, field: Any, info: Any, **arguments: Any) -> Any:
        found = resolve(field, info, **arguments)
        return [each for each in found if id(each[1]) not in self._hidden_arguments]

"""Where directives stand in a schema → what is around its fields, and what values go through."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from graphql import (
    DirectiveNode,
    GraphQLDirective,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    get_argument_values,
    is_input_object_type,
    is_introspection_type,
    is_object_type,
)

from trunkline.schema.bindings import Binding, Directed, DirectiveFunction, Use
from trunkline.schema.directive_functions import proceeds
from trunkline.schema.directives import applied_to, around_field, on_argument
from trunkline.schema.inputs import check_input

__all__ = ["place_directives"]

Check = Callable[[Any], Any]


def place_directives(
    definition: GraphQLSchema,
    functions: Mapping[str, DirectiveFunction],
    bindings: Mapping[str, Binding],
    mistakes: list[str],
) -> dict[str, Directed]:
    """Let values go through the directives of input types; return what is around which field.

    That is by coordinate, for the fields that have something around them.
    """
    if not functions:
        return {}
    placer = _Placer(definition, functions, mistakes)
    placer.bind_inputs()
    return dict(placer.fields(bindings))


class _Placer:
    """Puts the functions of directives where these stand, and adds to the ``mistakes``."""

    def __init__(
        self,
        definition: GraphQLSchema,
        functions: Mapping[str, DirectiveFunction],
        mistakes: list[str],
    ) -> None:
        self._definition = definition
        self._functions = functions
        self._mistakes = mistakes
        self._arguments: dict[int, Mapping[str, Any] | None] = {}

    def fields(self, bindings: Mapping[str, Binding]) -> Iterator[tuple[str, Directed]]:
        """Yield the fields that have directives, by coordinate, with what these do."""
        for type_ in self._definition.type_map.values():
            if not is_object_type(type_) or is_introspection_type(type_):
                continue
            for name in type_.fields:
                coordinate = f"{type_.name}.{name}"
                binding = bindings.get(coordinate)  # none where there was a mistake
                directed = binding and self._field(type_, name, binding)
                if directed:
                    yield coordinate, directed

    def _field(self, type_: GraphQLObjectType, name: str, binding: Binding) -> Directed | None:
        place = f"{type_.name}.{name}"
        uses = [
            Use(function, arguments)
            for function, arguments in self._uses(around_field(type_, name), place)
        ]
        checks: dict[str, Check] = {}
        for argument, definition in type_.fields[name].args.items():
            nodes = on_argument(type_, name, argument)
            check = self._check(nodes, f"{place}({argument}:)")
            if check is not None:
                checks[definition.out_name or argument] = check
        return Directed(binding, uses, checks) if uses or checks else None

    def bind_inputs(self) -> None:
        """Let the values of input types go through the directives of these and of their fields."""
        for type_ in self._definition.type_map.values():
            if is_input_object_type(type_):
                self._bind_input(type_)

    def _bind_input(self, type_: GraphQLInputObjectType) -> None:
        found = {
            name: self._check(applied_to(field), f"{type_.name}.{name}")
            for name, field in type_.fields.items()
        }
        fields = {name: check for name, check in found.items() if check is not None}
        whole = self._check(applied_to(type_), type_.name)
        if fields or whole:
            check_input(type_, fields, whole)

    def _uses(
        self, nodes: list[DirectiveNode], place: str
    ) -> Iterator[tuple[DirectiveFunction, Mapping[str, Any]]]:
        """Yield the functions of directives in their order, with their arguments."""
        for node in nodes:
            function = self._functions.get(node.name.value)
            if function is None:
                continue
            arguments = self._arguments_of(function.directive, node, place)
            if arguments is not None:
                yield function, arguments

    def _arguments_of(
        self, directive: GraphQLDirective, node: DirectiveNode, place: str
    ) -> Mapping[str, Any] | None:
        """Return the arguments that stand in the schema, coerced once for all their places."""
        if id(node) not in self._arguments:
            arguments: Mapping[str, Any] | None = None
            try:
                arguments = get_argument_values(directive, node)
            except GraphQLError as error:
                self._mistakes.append(f"{place}: @{directive.name}: {error.message}")
            except Exception as error:  # noqa: BLE001  # an input model's
                self._mistakes.append(f"{place}: @{directive.name}: {error}")
            self._arguments[id(node)] = arguments
        return self._arguments[id(node)]

    def _check(self, nodes: list[DirectiveNode], place: str) -> Check | None:
        """Return what a value goes through, from left to right, if there is anything."""
        checks = [
            _value_check(function, arguments) for function, arguments in self._uses(nodes, place)
        ]
        return partial(_through, checks) if checks else None


def _value_check(function: DirectiveFunction, arguments: Mapping[str, Any]) -> Check:
    call = function.function
    if proceeds(function.directive):
        return lambda value: call(lambda: value, **arguments)
    return partial(_call, call, arguments)


def _call(function: Callable[..., Any], arguments: Mapping[str, Any], value: Any) -> Any:
    return function(value, **arguments)


def _through(checks: list[Check], value: Any) -> Any:
    for check in checks:
        value = check(value)
    return value

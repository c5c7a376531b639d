"""The part of a schema that a caller sees who may not have all of it, as a schema of its own.

A document is validated, compiled and introspected with that schema. So what is hidden is not told
apart from what does not exist: not by messages, suggestions, coercion or time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import graphql
from graphql.utilities import coerce_input_literal, coerce_input_value

from trunkline.schema.bindings import Resolver, Schema
from trunkline.schema.load import TYPE_ORDER
from trunkline.schema.requirements import (
    NOTHING,
    Requirements,
    RequirementSet,
    directives_of_requirements,
)

__all__ = ["visible_definition", "visible_schema", "whole_of"]

_WHOLE = "trunkline.whole"
T = TypeVar("T")


def visible_schema(schema: Schema, unmet: RequirementSet) -> Schema:
    """Return the schema for callers who do not meet ``unmet``.

    Resolvers get the defaults of the arguments that are hidden, as if they were left out.
    """
    part = _Part(schema.definition, schema.requirements, unmet)
    bindings = dict(schema.bindings)
    for coordinate, binding in schema.bindings.items():
        hidden = part.hidden_defaults(*coordinate.split(".")) if "." in coordinate else {}
        if hidden and isinstance(binding, Resolver):
            named = {binding.arguments.get(name, name): each for name, each in hidden.items()}
            function = _with_defaults(binding.callable(), named)
            bindings[coordinate] = replace(binding, function=function, method=None)
    return replace(schema, definition=part.build(), bindings=bindings, whole=schema.definition)


def whole_of(element: T) -> T:
    """Return an argument or an input field of the whole schema, for one of a part of it."""
    extensions: Mapping[str, Any] = getattr(element, "extensions", None) or {}
    whole: T = extensions.get(_WHOLE, element)
    return whole


def visible_definition(
    definition: graphql.GraphQLSchema, requirements: Requirements, unmet: RequirementSet
) -> graphql.GraphQLSchema:
    """Return a schema without what requires something unmet.

    What cannot be used without it is left out too: types with nothing left, fields of such types,
    and what can no longer be reached. A field of an interface is left out if it is in one of the
    types that implement the interface. The query type stays, even if nothing is left of it. The
    rest is a valid schema.
    """
    return _Part(definition, requirements, unmet).build()


class _Part:
    def __init__(
        self, definition: graphql.GraphQLSchema, requirements: Requirements, unmet: RequirementSet
    ) -> None:
        self._definition = definition
        self._requirements = requirements
        self._unmet = unmet
        self._empty: set[str] = set()
        # first what is empty by itself, so that no interface loses a field because of it
        for self._asks_implementations in (False, True):
            while found := set(filter(self._is_empty, definition.type_map.keys() - self._empty)):
                self._empty |= found
        self._types: dict[str, Any] = {}

    # -- what is visible --

    def _is_empty(self, name: str) -> bool:
        """Say whether nothing usable is left of a type."""
        type_: Any = self._definition.type_map[name]
        if name.startswith("__") or type_ is self._definition.query_type:
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

    def _implementations(self, type_: Any) -> Iterator[Any]:
        """Yield what is left of the types that implement an interface."""
        if self._asks_implementations and graphql.is_interface_type(type_):
            found = self._definition.get_implementations(type_)
            for each in (*found.objects, *found.interfaces):
                if each.name not in self._empty:
                    yield each

    def _has_field(self, type_: Any, name: str) -> bool:
        field = type_.fields[name]
        required = self._requirements.fields.get(f"{type_.name}.{name}")
        return (
            self._is_usable(required, field)
            and all(
                self._has_argument(type_, name, each)
                for each, argument in field.args.items()
                if graphql.is_required_argument(argument)
            )
            and all(self._has_field(each, name) for each in self._implementations(type_))
        )

    def _has_argument(self, type_: Any, field: str, name: str) -> bool:
        required = self._requirements.arguments.get(f"{type_.name}.{field}({name}:)")
        return self._is_usable(required, type_.fields[field].args[name]) and all(
            self._has_argument(each, field, name) for each in self._implementations(type_)
        )

    def hidden_defaults(self, type_name: str, field: str) -> dict[str, Any]:
        """Return the hidden arguments of a field that have a default."""
        type_: Any = self._definition.type_map[type_name]
        return {
            name: argument
            for name, argument in type_.fields[field].args.items()
            if _has_default(argument) and not self._has_argument(type_, field, name)
        }

    def _has_input(self, type_: Any, name: str) -> bool:
        required = self._requirements.inputs.get(f"{type_.name}.{name}")
        return self._is_usable(required, type_.fields[name])

    def _is_usable(self, required: RequirementSet | None, element: Any) -> bool:
        """Say whether an element requires nothing unmet, and something is left of its type."""
        is_met = self._unmet.isdisjoint(required or NOTHING)
        return is_met and graphql.get_named_type(element.type).name not in self._empty

    # -- the schema that is made of it --

    def build(self) -> graphql.GraphQLSchema:
        whole = self._definition
        reached = self._reached()
        # another order would tell what refers to a type
        written = [name for name in whole.extensions.get(TYPE_ORDER, ()) if name in reached]
        names = [*written, *sorted(reached.difference(written))]
        self._types = {name: self._copy(whole.type_map[name]) for name in names}
        roots = {each.value: whole.get_root_type(each) for each in graphql.OperationType}
        given: dict[str, Any] = {
            **whole.to_kwargs(),
            **{kind: type_ and self._types.get(type_.name) for kind, type_ in roots.items()},
            "types": [
                each
                for each in self._types.values()
                if not graphql.is_specified_scalar_type(each)
                and not graphql.is_introspection_type(each)
            ],
            "directives": [
                self._copy_directive(each)
                for each in whole.directives
                if each.name not in directives_of_requirements(whole)
            ],
            "assume_valid": True,
        }
        return graphql.GraphQLSchema(**given)

    def _reached(self) -> set[str]:
        """Return the names of the types that a document can still mention, and their types."""
        whole = self._definition
        open_ = [root.name for each in graphql.OperationType if (root := whole.get_root_type(each))]
        open_ += [name for name in whole.type_map if name.startswith("__")]
        for directive in whole.directives:
            open_ += [graphql.get_named_type(each.type).name for each in directive.args.values()]
        reached: set[str] = set()
        while open_:
            name = open_.pop()
            if name not in reached and name not in self._empty:
                reached.add(name)
                open_ += self._mentioned(whole.type_map[name])
        return reached

    def _mentioned(self, type_: Any) -> Iterator[str]:
        """Yield the types that the visible part of a type mentions."""
        if graphql.is_abstract_type(type_):
            yield from (each.name for each in self._definition.get_possible_types(type_))
        yield from (each.name for each in self._implementations(type_))
        yield from (each.name for each in getattr(type_, "interfaces", ()))
        for name, field in self._fields(type_).items():
            yield graphql.get_named_type(field.type).name
            for argument in self._arguments(type_, name).values():
                yield graphql.get_named_type(argument.type).name

    def _fields(self, type_: Any) -> dict[str, Any]:
        """Return the visible fields of a type; scalars, enums and unions have none."""
        if type_.name.startswith("__"):
            return type_.fields if hasattr(type_, "fields") else {}
        has = self._has_input if graphql.is_input_object_type(type_) else self._has_field
        fields: dict[str, Any] = getattr(type_, "fields", {})
        return {name: field for name, field in fields.items() if has(type_, name)}

    def _arguments(self, type_: Any, field: str) -> dict[str, Any]:
        arguments: dict[str, Any] = getattr(type_.fields[field], "args", {})
        return {
            name: argument
            for name, argument in arguments.items()
            if self._has_argument(type_, field, name)
        }

    def _copy(self, type_: Any) -> Any:
        """Copy a type with what is visible of it; scalars and enums stay the same objects."""
        if type_.name.startswith("__") or graphql.is_leaf_type(type_):
            return type_
        parts: dict[str, Any] = {}
        if graphql.is_union_type(type_):
            parts["types"] = lambda: self._left(type_.types)
        elif graphql.is_input_object_type(type_):
            fields = self._fields(type_)
            parts["fields"] = lambda: {name: self._retyped(field) for name, field in fields.items()}
            hidden = {
                each.out_name or name: each
                for name, each in type_.fields.items()
                if name not in fields and _has_default(each)
            }
            if hidden:
                parts["out_type"] = _input_with_defaults(type_.out_type, hidden)
        else:
            parts["interfaces"] = lambda: self._left(type_.interfaces)
            parts["fields"] = lambda: {
                name: self._copy_field(type_, name, field)
                for name, field in self._fields(type_).items()
            }
        make: Any = type(type_)
        return make(**{**type_.to_kwargs(), **parts})

    def _copy_field(self, type_: Any, name: str, field: graphql.GraphQLField) -> Any:
        copied = self._retyped(field, self._arguments(type_, name))
        hidden = self.hidden_defaults(type_.name, name)
        if hidden and field.resolve:  # a function in graphql-core's form
            named = {each.out_name or name: each for name, each in hidden.items()}
            copied.resolve = _with_defaults(field.resolve, named)
        return copied

    def _left(self, types: Iterable[Any]) -> list[Any]:
        return [self._types[each.name] for each in types if each.name in self._types]

    def _retyped(self, element: Any, arguments: Mapping[str, Any] | None = None) -> Any:
        """Copy a field, an argument or an input field, with the copy of its type."""
        given: dict[str, Any] = {**element.to_kwargs(), "type_": self._wrapped(element.type)}
        if arguments is None and _has_default(element):
            given["extensions"] = {**(element.extensions or {}), _WHOLE: element}
            given["default"] = element.default and self._default(element)
        if arguments is not None:
            given["args"] = {name: self._retyped(each) for name, each in arguments.items()}
        make: Any = type(element)
        return make(**given)

    def _default(self, element: Any) -> graphql.GraphQLDefaultInput:
        """Return a default as introspection shows it, without hidden input fields."""
        default = element.default
        return graphql.GraphQLDefaultInput(
            self._shown(default.value, element.type), self._shown(default.literal, element.type)
        )

    def _shown(self, value: Any, type_: Any) -> Any:
        """Return a value, or a literal, without hidden input fields."""
        named: Any = graphql.get_named_type(type_)
        shown = self._fields(named) if graphql.is_input_object_type(named) else {}
        match value:
            case list():
                return [self._shown(each, named) for each in value]
            case dict() if graphql.is_input_object_type(named):
                return {
                    name: self._shown(each, shown[name].type)
                    for name, each in value.items()
                    if name in shown
                }
            case graphql.ListValueNode():
                return replace(
                    value, values=tuple(self._shown(each, named) for each in value.values)
                )
            case graphql.ObjectValueNode() if graphql.is_input_object_type(named):
                fields = (
                    replace(each, value=self._shown(each.value, shown[each.name.value].type))
                    for each in value.fields
                    if each.name.value in shown
                )
                return replace(value, fields=tuple(fields))
            case _:
                return value

    def _wrapped(self, type_: Any) -> Any:
        if graphql.is_wrapping_type(type_):
            return type(type_)(self._wrapped(type_.of_type))
        return self._types[type_.name]

    def _copy_directive(self, directive: graphql.GraphQLDirective) -> graphql.GraphQLDirective:
        """Copy a directive without the arguments whose types are hidden."""
        if graphql.is_specified_directive(directive):
            return directive
        given: dict[str, Any] = {**directive.to_kwargs()}
        given["args"] = {
            name: self._retyped(each)
            for name, each in directive.args.items()
            if graphql.get_named_type(each.type).name in self._types
        }
        return graphql.GraphQLDirective(**given)


def _has_default(element: Any) -> bool:
    return element.default is not None or element.default_value is not graphql.Undefined


def _default_of(element: Any) -> Any:
    """Return the coerced default of an argument or an input field."""
    if element.default is None:
        return element.default_value
    literal = element.default.literal
    if literal is None:
        return coerce_input_value(element.default.value, element.type)
    return coerce_input_literal(literal, element.type)


def _filled(value: Mapping[str, Any], hidden: Mapping[str, Any]) -> dict[str, Any]:
    return {**value, **{name: _default_of(each) for name, each in hidden.items()}}


def _input_with_defaults(
    make: Callable[[dict[str, Any]], Any], hidden: Mapping[str, Any]
) -> Callable[[dict[str, Any]], Any]:
    """Let an input be made with the defaults of fields that its caller does not see."""

    def make_filled(value: dict[str, Any]) -> Any:
        return make(_filled(value, hidden))

    return make_filled


def _with_defaults(function: Callable[..., Any], hidden: Mapping[str, Any]) -> Callable[..., Any]:
    """Let a resolver be called with the defaults of arguments that its caller does not see."""

    def call(*parents: Any, **arguments: Any) -> Any:
        return function(*parents, **_filled(arguments, hidden))

    return call

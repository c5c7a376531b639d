"""Literals of documents and schemas: coerced once, with places for variables (GraphQL §6.4.1).

Values that cannot be changed are coerced when an operation is compiled. Lists and input objects are
built for each call, because a resolver may change its arguments; variables are put in then. Custom
scalars read their literals then too, because a literal like "tomorrow" does not stay the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

import graphql
from graphql import Undefined
from graphql.execution.get_variable_signature import GraphQLVariableSignature
from graphql.execution.values import VariableValues
from graphql.utilities import validate_input_literal, validate_input_value
from graphql.utilities.coerce_input_value import coerce_input_literal, coerce_input_value

from trunkline.schema.refusals import InputRefusedError
from trunkline.schema.scalars import unreadable
from trunkline.schema.visibility import whole_of

__all__ = [
    "Build",
    "Fixed",
    "Literals",
    "MisfitError",
    "default_builder",
    "finisher",
    "size_of_default",
    "values_within",
    "variables_in",
]


class MisfitError(Exception):
    """A value does not fit its type.

    The cause is set if a default could not be read, for a reason that is not the value's.
    """


Build: TypeAlias = Callable[[Sequence[Any]], Any]
"""Builds a value from the variables' values; raises ``MisfitError`` if it does not fit."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same value for every call, because it cannot be changed."""

    value: Any

    def __call__(self, _values: Sequence[Any]) -> Any:  # noqa: D102  # see the class
        return self.value


class _Hole(NamedTuple):
    """A field of an input object whose value depends on variables."""

    name: str
    out_name: str
    build: Build
    default: Build | None


class Literals:
    """Makes the functions that build literals.

    ``indices`` has the places of an operation's variables; ``sources`` makes the function that
    gives some of them to graphql-core, which puts them into the literals of custom scalars.
    """

    def __init__(
        self,
        indices: Mapping[str, int],
        sources: Callable[[set[str]], Callable[[Sequence[Any]], VariableValues]],
    ) -> None:
        self._indices = indices
        self._sources = sources
        # An argument of an interface's field is built for each object type, by the same function.
        self._made: dict[tuple[int, str], tuple[graphql.ValueNode, Build]] = {}
        self._defaults: dict[str, Build | None] = {}

    def build(self, node: graphql.ValueNode, type_: Any, *, has_default: bool = False) -> Build:
        """Make the function that builds a literal's value.

        If the literal is a variable without a value, the function returns ``Undefined``, unless the
        type is not null and there is no default (``has_default``).
        """
        if isinstance(node, graphql.VariableNode):
            return self._variable(
                node, required=graphql.is_non_null_type(type_), has_default=has_default
            )
        if graphql.is_non_null_type(type_):
            return (
                _misfit
                if isinstance(node, graphql.NullValueNode)
                else self.build(node, type_.of_type)
            )
        if isinstance(node, graphql.NullValueNode):
            return Fixed(None)
        if not isinstance(node, (graphql.ListValueNode, graphql.ObjectValueNode)):
            return self._make(node, type_)
        key = (id(node), str(type_))
        if key not in self._made:  # the node is kept, or its id would become another's
            self._made[key] = (node, self._make(node, type_))
        return self._made[key][1]

    def _make(self, node: graphql.ValueNode, type_: Any) -> Build:
        if graphql.is_list_type(type_):
            return self._list(node, type_.of_type)
        if graphql.is_input_object_type(type_):
            return self._object(node, type_)
        return self._leaf(node, type_)

    def _variable(self, node: graphql.VariableNode, *, required: bool, has_default: bool) -> Build:
        index = self._indices.get(node.name.value)
        if index is None:  # only if the document was not validated
            return _misfit if required and not has_default else _absent
        if not required:
            return itemgetter(index)

        def build(values: Sequence[Any]) -> Any:
            value = values[index]
            if value is None or (value is Undefined and not has_default):
                raise MisfitError
            return value

        return build

    def _list(self, node: graphql.ValueNode, item_type: Any) -> Build:
        if not isinstance(node, graphql.ListValueNode):
            item = self.build(node, item_type)
            return lambda values: [item(values)]
        items = [self.build(each, item_type) for each in node.values]
        template = [_fixed(item) for item in items]
        holes = [(index, item) for index, item in enumerate(items) if not isinstance(item, Fixed)]

        def build(values: Sequence[Any]) -> list[Any]:
            built = template.copy()
            index = 0
            try:
                for index, build_item in holes:
                    value = build_item(values)
                    built[index] = None if value is Undefined else value
            except InputRefusedError as refused:
                refused.within.insert(0, index)
                raise
            return built

        return build

    def _object(self, node: graphql.ValueNode, type_: graphql.GraphQLInputObjectType) -> Build:
        if not isinstance(node, graphql.ObjectValueNode):
            return _misfit
        nodes = {field.name.value: field.value for field in node.fields}
        if not nodes.keys() <= type_.fields.keys() or (type_.is_one_of and len(nodes) != 1):
            return _misfit
        template: dict[str, Any] = {}
        holes: list[_Hole] = []
        for name, field in type_.fields.items():
            place = f"{type_.name}.{name}"
            if place not in self._defaults:
                self._defaults[place] = default_builder(field)
            default = self._defaults[place]
            out_name = field.out_name or name
            if name in nodes:
                build = self.build(nodes[name], field.type, has_default=default is not None)
            elif graphql.is_required_input_field(field):
                return _misfit
            elif default is not None:
                build = default
            else:
                continue
            template[out_name] = _fixed(build)
            if not isinstance(build, Fixed):
                holes.append(_Hole(name, out_name, build, default))
        return _object_builder(template, holes, finisher(type_))

    def _leaf(self, node: graphql.ValueNode, type_: Any) -> Build:
        names = set(variables_in(node))
        if names:
            sources = self._sources(names & self._indices.keys())
            return lambda values: _fitting(coerce_input_literal(node, type_, sources(values)))
        if graphql.is_enum_type(type_) or graphql.is_specified_scalar_type(type_):
            value = coerce_input_literal(node, type_)
            return _misfit if value is Undefined else Fixed(value)
        return lambda _values: _fitting(coerce_input_literal(node, type_))


def _object_builder(
    template: dict[str, Any], holes: list[_Hole], finish: Callable[[dict[str, Any]], Any] | None
) -> Build:
    """Make the function that fills the holes of an input object, each in its place."""

    def build(values: Sequence[Any]) -> Any:
        built = template.copy()
        name = ""
        try:
            for name, out_name, build_value, default in holes:  # noqa: B007  # the error uses it
                value = build_value(values)
                if value is Undefined and default is not None:
                    value = default(values)
                if value is Undefined:
                    del built[out_name]
                else:
                    built[out_name] = value
        except InputRefusedError as refused:
            refused.within.insert(0, name)
            raise
        return finish(built) if finish else built

    return build


def finisher(type_: graphql.GraphQLInputObjectType) -> Callable[[dict[str, Any]], Any] | None:
    """Return the function for the coerced fields of an input object, if there is something to do.

    A ``@oneOf`` must have one field that is not null; a model is made of the fields.
    """
    out_type = None if type_.out_type is graphql.GraphQLInputObjectType.out_type else type_.out_type
    if not type_.is_one_of:
        return out_type

    def finish(coerced: dict[str, Any]) -> Any:
        if len(coerced) != 1 or next(iter(coerced.values())) is None:
            raise MisfitError
        return out_type(coerced) if out_type else coerced

    return finish


def default_builder(
    input_value: graphql.GraphQLArgument | graphql.GraphQLInputField | GraphQLVariableSignature,
) -> Build | None:
    """Make the function that gives the default of an argument, a field or a variable.

    ``None`` if there is no default. A default is never the same list or object twice. It is that of
    the whole schema, also for callers who see a part of it.
    """
    input_value = whole_of(input_value)
    default, type_ = input_value.default, input_value.type
    if default is None:  # graphql-core's older kind of default, which is the value itself
        given = input_value.default_value
        return None if given is Undefined else Fixed(given)
    if default.literal is None:
        build: Build = partial(_coerce_default, default.value, type_)
    else:
        build = Literals({}, _no_sources).build(default.literal, type_)
    return build if isinstance(build, Fixed) else partial(_default, build, default, type_)


def _default(
    build: Build, default: graphql.GraphQLDefaultInput, type_: Any, values: Sequence[Any]
) -> Any:
    try:
        return build(values)
    except MisfitError:
        raise MisfitError from _unreadable_default(default, type_)


def _unreadable_default(default: graphql.GraphQLDefaultInput, type_: Any) -> Exception | None:
    """Return what a scalar's function raised for a default if that is not about the value."""
    mistakes: list[graphql.GraphQLError] = []

    def on_error(error: graphql.GraphQLError, _path: object) -> None:
        mistakes.append(error)

    if default.literal is None:
        validate_input_value(default.value, type_, on_error)
    else:
        validate_input_literal(default.literal, type_, on_error)
    return next(filter(None, map(unreadable, mistakes)), None)


def _coerce_default(value: Any, type_: Any, _values: Sequence[Any]) -> Any:
    try:
        return _fitting(coerce_input_value(value, type_))
    except TypeError:  # a default inside it does not fit
        raise MisfitError from None


def _no_sources(_names: set[str]) -> Callable[[Sequence[Any]], VariableValues]:
    return lambda _values: VariableValues({}, {})


def _fixed(build: Build) -> Any:
    """Return what stands in a template at the place of a value."""
    return build.value if isinstance(build, Fixed) else None


def _misfit(_values: Sequence[Any]) -> Any:
    raise MisfitError


def _absent(_values: Sequence[Any]) -> Any:
    return Undefined


def _fitting(value: Any) -> Any:
    if value is Undefined:
        raise MisfitError
    return value


def size_of_default(input_value: graphql.GraphQLArgument | graphql.GraphQLInputField) -> int:
    """Count the values of a default, with those within it; 1 if there is none."""
    default = whole_of(input_value).default
    if default is None or default.literal is None:
        return 1
    return 1 + sum(1 for _ in values_within(default.literal))


def values_within(node: graphql.ValueNode) -> Iterator[graphql.ValueNode]:
    """Yield the items of lists and the fields of objects within a literal."""
    open_ = [node]
    while open_:
        each = open_.pop()
        inner: list[graphql.ValueNode] = []
        if isinstance(each, graphql.ListValueNode):
            inner = list(each.values)
        elif isinstance(each, graphql.ObjectValueNode):
            inner = [field.value for field in each.fields]
        yield from inner
        open_ += inner


def variables_in(node: graphql.ValueNode) -> Iterator[str]:
    """Yield the names of a literal's variables, as often as they stand there; it may be one."""
    for each in chain([node], values_within(node)):
        if isinstance(each, graphql.VariableNode):
            yield each.name.value

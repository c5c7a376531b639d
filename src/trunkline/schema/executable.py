"""Schema + resolvers + models → a schema that can be executed, checked once at start."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Iterator, Mapping
from typing import Any, cast, get_origin, is_typeddict

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    is_abstract_type,
    is_enum_type,
    is_input_object_type,
    is_non_null_type,
    is_object_type,
    is_scalar_type,
)
from graphql.pyutils import did_you_mean, suggestion_list

from trunkline.errors import SchemaError
from trunkline.schema.bindings import (
    Attribute,
    Binding,
    Key,
    Lookup,
    Resolver,
    Schema,
    TypeResolver,
    is_batch,
)
from trunkline.schema.scalars import BUILT_IN, Scalar, bind_scalar
from trunkline.text.names import python_name, snake_case

__all__ = ["make_executable_schema"]

_AWAITABLE = re.compile(r"([\w.]+\.)?(Awaitable|Coroutine|Future|Task)\b")
"""An annotation of an awaitable that was left as text (PEP 563)."""


def make_executable_schema(
    definition: GraphQLSchema,
    resolvers: object,
    models: Mapping[str, type] | None = None,
    scalars: Mapping[str, Scalar] | None = None,
) -> Schema:
    """Bind every field of a schema to what gives its value.

    ``resolvers`` has an attribute per object type that needs resolvers, named as the type in
    snake case (``query``, ``mutation``, ``todo``); its methods are named as the fields
    (``createTodo`` → ``create_todo``, ``from`` → ``from_``) and take the parent object first, save
    those of the root types, then the field's arguments by name, and the request's context if they
    have a parameter ``context``. They may be ``async``.

    ``models`` says which class stands for a type: an object type's fields are then read from its
    attributes (from its keys, for a ``TypedDict`` or ``dict``), an input type's values arrive as
    its instances instead of as dicts, an enum's as members of a Python enum that has the same
    names. ``scalars`` says how custom scalars are written and read; those that `scalars.py` has a
    name for need nothing. What neither a resolver nor a model gives is looked up in the
    parent by name. Values of interfaces and unions are told apart by class, by ``__typename``, or
    by ``resolve_type`` among the resolvers of the interface or union: it takes a value and returns
    the name of its type.

    The schema is taken over: parameter names and input classes are written into ``definition``.
    Raises ``SchemaError``, with all mistakes at once, where something does not fit.
    """
    binder = _Binder(definition, resolvers, dict(models or {}))
    binder.check_names()
    bindings = dict(binder.bindings())
    given = {**BUILT_IN, **(scalars or {})}
    for type_ in _own_types(definition):
        model = binder.models.get(type_.name)
        if is_input_object_type(type_):
            _bind_input(type_, model)
        elif is_enum_type(type_) and model is not None:
            binder.bind_enum(type_, model)
        elif is_scalar_type(type_) and type_.name in given:
            bind_scalar(type_, given[type_.name])
    if binder.mistakes:
        raise SchemaError("\n".join(binder.mistakes))
    classes = {name: _class_of(model) for name, model in binder.models.items()}
    return Schema(definition, bindings, classes, dict(binder.type_resolvers()))


def _own_types(definition: GraphQLSchema) -> Iterator[Any]:
    return (type_ for name, type_ in definition.type_map.items() if not name.startswith("__"))


def _bind_input(type_: GraphQLInputObjectType, model: type | None) -> None:
    """Let values of an input type arrive with Python's names, as instances of the model."""
    for name, field in type_.fields.items():
        field.out_name = name if model is None else python_name(name)
    if model is not None and not issubclass(model, dict):

        def construct(value: dict[str, Any]) -> Any:
            return model(**value)

        type_.out_type = construct  # type: ignore[method-assign]  # graphql-core's own hook


class _Binder:
    """Finds each field's binding and collects what does not fit."""

    def __init__(
        self, definition: GraphQLSchema, resolvers: object, models: dict[str, type]
    ) -> None:
        self.definition = definition
        self.resolvers = resolvers
        self.models = models
        self.mistakes: list[str] = []
        roots = (definition.query_type, definition.mutation_type, definition.subscription_type)
        self._roots = {root.name for root in roots if root}

    def check_names(self) -> None:
        """Refuse models of types that the schema lacks, and what cannot be executed yet."""
        known = [type_.name for type_ in _own_types(self.definition)]
        for name in self.models:
            if name not in known:
                hint = did_you_mean(suggestion_list(name, known))
                self.mistakes.append(f"models: the schema has no type {name!r}.{hint}")
        if self.definition.subscription_type:
            name = self.definition.subscription_type.name
            self.mistakes.append(f"{name}: subscriptions cannot be executed yet.")

    def bindings(self) -> Iterator[tuple[str, Binding]]:
        """Yield each object type's fields as coordinate and binding."""
        for type_ in _own_types(self.definition):
            if is_object_type(type_):
                group = getattr(self.resolvers, python_name(type_.name), None)
                for name, field in type_.fields.items():
                    yield f"{type_.name}.{name}", self._binding(type_, name, field, group)

    def bind_enum(self, type_: GraphQLEnumType, model: type) -> None:
        """Let an enum's values be the members of a Python enum, by name."""
        members: Mapping[str, object] = getattr(model, "__members__", {})
        for name, value in type_.values.items():
            if name not in members:
                hint = did_you_mean(suggestion_list(name, list(members)))
                self.mistakes.append(
                    f"{type_.name}.{name}: {model.__qualname__} has no member {name!r}.{hint}"
                )
            value.value = members.get(name, name)

    def type_resolvers(self) -> Iterator[tuple[str, TypeResolver]]:
        """Yield what says of which object type an interface's or a union's value is."""
        for type_ in _own_types(self.definition):
            group = getattr(self.resolvers, python_name(type_.name), None)
            resolve_type = getattr(group, "resolve_type", None)
            if is_abstract_type(type_) and callable(resolve_type):
                yield type_.name, cast("TypeResolver", resolve_type)

    def _binding(
        self, type_: GraphQLObjectType, name: str, field: GraphQLField, group: object
    ) -> Binding:
        method = next(filter(None, (getattr(group, each, None) for each in _names(name))), None)
        if callable(method):
            return self._resolver(type_, name, field, method)
        if type_.name in self._roots:
            place = f"{type(self.resolvers).__name__}.{python_name(type_.name)}"
            self.mistakes.append(
                f"{type_.name}.{name}: has no resolver. Add {python_name(name)!r} to {place}."
            )
        model = self.models.get(type_.name)
        if model is None:
            return Lookup(_names(name)[::-1])
        return self._member(f"{type_.name}.{name}", name, model)

    def _member(self, coordinate: str, name: str, model: type) -> Binding:
        """Bind a field to the member of its model that has its name, in Python's or its own way."""
        members = _members(model)
        found = next((member for member in _names(name) if member in members), None)
        if found is None and model is not dict:
            hint = did_you_mean(suggestion_list(python_name(name), sorted(members)))
            self.mistakes.append(
                f"{coordinate}: {model.__qualname__} has no attribute {python_name(name)!r}.{hint}"
                " Add it, or a resolver for the field."
            )
        if is_typeddict(model) or issubclass(model, dict):
            return Key(found or name)
        return Attribute(found or name)

    def _resolver(
        self, type_: GraphQLObjectType, name: str, field: GraphQLField, method: Any
    ) -> Resolver:
        coordinate = f"{type_.name}.{name}"
        parameters = dict(inspect.signature(method).parameters)
        takes_parent = type_.name not in self._roots
        if takes_parent and parameters:
            parameters.pop(next(iter(parameters)))
        arguments = {argument: python_name(argument) for argument in field.args}
        context = "context" if _takes_context(parameters, arguments) else None
        for mistake in _misfits(parameters, field, arguments, context):
            self.mistakes.append(f"{coordinate}: {_place(method)} {mistake}")
        for argument, parameter in arguments.items():
            field.args[argument].out_name = parameter
        if is_batch(method) and not takes_parent:
            self.mistakes.append(f"{coordinate}: a field of a root type has no parents to batch.")
        return Resolver(
            method, _is_async(method), takes_parent, is_batch(method), context, arguments
        )


def _takes_context(
    parameters: Mapping[str, inspect.Parameter], arguments: Mapping[str, str]
) -> bool:
    return "context" in parameters and "context" not in arguments.values()


def _misfits(
    parameters: Mapping[str, inspect.Parameter],
    field: GraphQLField,
    arguments: Mapping[str, str],
    context: str | None,
) -> Iterator[str]:
    """Say what keeps a resolver from being called with the field's arguments."""
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    for argument, parameter in arguments.items():
        taken = parameters.get(parameter)
        if taken is None and not takes_any:
            yield f"lacks the parameter {parameter!r} for the argument {argument!r}."
        elif taken and taken.default is taken.empty and _may_be_absent(field.args[argument]):
            yield f"needs a default for {parameter!r}: requests may leave {argument!r} out."
    for name, wanted in parameters.items():
        known = name == context or name in arguments.values()
        variadic = wanted.kind in (wanted.VAR_KEYWORD, wanted.VAR_POSITIONAL)
        if not known and not variadic and wanted.default is wanted.empty:
            yield f"wants a parameter {name!r} that the field has no argument for."


def _names(name: str) -> tuple[str, ...]:
    """Return the names that a field may have in Python, the likeliest first."""
    return tuple(dict.fromkeys((python_name(name), snake_case(name), name)))


def _is_async(method: Any) -> bool:
    """Say whether what a resolver returns is awaited: decided here, once, not for every value.

    It is if the resolver is an ``async def``, or is annotated to return an awaitable.
    """
    if inspect.iscoroutinefunction(inspect.unwrap(method)):
        return True
    annotation = inspect.signature(method).return_annotation
    if isinstance(annotation, str):
        return bool(_AWAITABLE.match(annotation))
    origin = get_origin(annotation) or annotation
    return isinstance(origin, type) and issubclass(origin, Awaitable)


def _class_of(model: type) -> type:
    """Return the class that a model's values have: those of a ``TypedDict`` are plain dicts."""
    return dict if is_typeddict(model) else model


def _may_be_absent(argument: GraphQLArgument) -> bool:
    return argument.default is None and not is_non_null_type(argument.type)


def _members(model: type) -> set[str]:
    """Name what instances of a class have: attributes, properties, declared fields."""
    declared = {name for base in model.__mro__ for name in inspect.get_annotations(base)}
    return declared | set(dir(model))


def _place(method: Any) -> str:
    """Name a function with its file and line."""
    code = getattr(inspect.unwrap(method), "__code__", None)
    where = f" ({code.co_filename}:{code.co_firstlineno})" if code else ""
    return f"the resolver {getattr(method, '__qualname__', method)}{where}"

"""Schema + resolvers + models → a schema that can be executed, checked once at start."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any, cast, is_typeddict

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    is_abstract_type,
    is_enum_type,
    is_input_object_type,
    is_object_type,
    is_scalar_type,
    is_specified_scalar_type,
    specified_scalar_types,
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
from trunkline.schema.scalars import BUILT_IN, Scalar, bind_scalar, guard_scalar
from trunkline.schema.signatures import (
    describe,
    misfits,
    parameters_of,
    returns_awaitable,
    takes_context,
)
from trunkline.text.names import python_name, snake_case

__all__ = ["make_executable_schema"]


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

    A field of the subscription type has a resolver that is an asynchronous generator, or returns
    an asynchronous iterable: each thing it gives is the value of the field in one event.

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
    _check_kinds(definition, models or {}, scalars or {})
    binder = _Binder(definition, resolvers, dict(models or {}))
    binder.check_names(scalars or {})
    bindings = dict(binder.bindings())
    given = {**BUILT_IN, **(scalars or {})}
    for type_ in _own_types(definition):
        model = binder.models.get(type_.name)
        if is_input_object_type(type_):
            binder.bind_input(type_, model)
        elif is_enum_type(type_) and model is not None:
            binder.bind_enum(type_, model)
        elif is_scalar_type(type_) and type_.name in given:
            bind_scalar(type_, given[type_.name])
        elif is_scalar_type(type_) and not is_specified_scalar_type(type_):
            guard_scalar(type_)
    if binder.mistakes:
        raise SchemaError("\n".join(binder.mistakes))
    classes = {name: _class_of(model) for name, model in binder.models.items()}
    return Schema(definition, bindings, classes, dict(binder.type_resolvers()))


def _check_kinds(
    definition: object, models: Mapping[str, object], scalars: Mapping[str, object]
) -> None:
    """Refuse what is not even of the right kind, which Python would only find somewhere within."""
    if not isinstance(definition, GraphQLSchema):
        raise SchemaError(
            f"make_executable_schema takes a loaded schema, not {type(definition).__name__}:"
            " load_schema(…) or parse_schema(…) gives one."
        )
    for what, given in (("models", models), ("scalars", scalars)):
        if not isinstance(given, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise SchemaError(f"{what}: must be a mapping by the type's name.")
    for name, model in models.items():
        if not (isinstance(model, type) or is_typeddict(model)):
            raise SchemaError(f"models: {name!r} must stand for a class, not {model!r}.")
    for name, scalar in scalars.items():
        if not isinstance(scalar, Scalar):
            raise SchemaError(f"scalars: {name!r} must stand for a Scalar, not {scalar!r}.")


def _own_types(definition: GraphQLSchema) -> Iterator[Any]:
    return (type_ for name, type_ in definition.type_map.items() if not name.startswith("__"))


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

    def check_names(self, scalars: Mapping[str, Scalar]) -> None:
        """Refuse types that the schema lacks, and scalars that are GraphQL's own."""
        known = [type_.name for type_ in _own_types(self.definition)]
        for what, names in (("models", self.models), ("scalars", scalars)):
            for name in names:
                if name not in known:
                    hint = did_you_mean(suggestion_list(name, known))
                    self.mistakes.append(f"{what}: the schema has no type {name!r}.{hint}")
        for name in scalars:
            if name in specified_scalar_types:
                self.mistakes.append(f"scalars: {name!r} is GraphQL's own, and stays as it is.")

    def bindings(self) -> Iterator[tuple[str, Binding]]:
        """Yield each object type's fields as coordinate and binding."""
        groups: dict[str, str] = {}
        for type_ in _own_types(self.definition):
            if not is_object_type(type_):
                continue
            attribute = python_name(type_.name)
            group = getattr(self.resolvers, attribute, None)
            if isinstance(group, type):
                self.mistakes.append(
                    f"{type_.name}: {type(self.resolvers).__name__}.{attribute} is a class;"
                    f" give an instance: {group.__name__}(…)."
                )
                continue
            if group is not None:
                groups[type_.name] = attribute
            methods: dict[str, str] = {}
            for name, field in type_.fields.items():
                method = next((each for each in _names(name) if hasattr(group, each)), None)
                if method is not None:
                    methods[name] = method
                resolver = getattr(group, method or "", None)
                yield f"{type_.name}.{name}", self._binding(type_, name, field, resolver)
            self._refuse_same(f"{type_.name}: the fields", methods, "method")
        self._refuse_same("resolvers: the types", groups, "attribute")

    def bind_input(self, type_: GraphQLInputObjectType, model: type | None) -> None:
        """Let values of an input type arrive with Python's names, as instances of the model."""
        if model is None:
            return
        names = {name: python_name(name) for name in type_.fields}
        self._refuse_same(f"{type_.name}: the fields", names, "parameter")
        for name, field in type_.fields.items():
            field.out_name = names[name]
        if _is_mapping(model):
            return

        def construct(value: dict[str, Any]) -> Any:
            return model(**value)

        type_.out_type = construct  # type: ignore[method-assign]  # graphql-core's own hook

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
        self, type_: GraphQLObjectType, name: str, field: GraphQLField, resolver: object
    ) -> Binding:
        if callable(resolver):
            return self._resolver(type_, name, field, resolver)
        if type_.name in self._roots:
            place = f"{type(self.resolvers).__name__}.{python_name(type_.name)}"
            self.mistakes.append(
                f"{type_.name}.{name}: has no resolver. Add {python_name(name)!r} to {place}."
            )
        model = self.models.get(type_.name)
        if model is None:
            return Lookup(_names(name))
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
        if _is_mapping(model):
            return Key(found or name)
        return Attribute(found or name)

    def _resolver(
        self, type_: GraphQLObjectType, name: str, field: GraphQLField, method: Any
    ) -> Resolver:
        coordinate = f"{type_.name}.{name}"
        parameters = parameters_of(method)
        takes_parent = type_.name not in self._roots
        arguments = {argument: python_name(argument) for argument in field.args}
        self._refuse_same(f"{coordinate}: the arguments", arguments, "parameter")
        context = None
        if parameters is not None:
            if takes_parent and not parameters:
                self.mistakes.append(
                    f"{coordinate}: {describe(method)} lacks a parameter for the parent object."
                )
            if takes_parent and parameters:
                parameters.pop(next(iter(parameters)))
            context = "context" if takes_context(parameters, arguments) else None
            for mistake in misfits(parameters, field, arguments, context):
                self.mistakes.append(f"{coordinate}: {describe(method)} {mistake}")
        for argument, parameter in arguments.items():
            field.args[argument].out_name = parameter
        if is_batch(method) and not takes_parent:
            self.mistakes.append(f"{coordinate}: a field of a root type has no parents to batch.")
        is_async = returns_awaitable(method)
        return Resolver(method, is_async, takes_parent, is_batch(method), context, arguments)

    def _refuse_same(self, what: str, names: Mapping[str, str], become: str) -> None:
        """Refuse names of the schema that are one name in Python: one of them would be lost."""
        first: dict[str, str] = {}
        for name, wanted in names.items():
            if first.setdefault(wanted, name) != name:
                self.mistakes.append(
                    f"{what} {first[wanted]!r} and {name!r} would be one {become}, {wanted!r}."
                )


def _names(name: str) -> tuple[str, ...]:
    """Return the names that a field may have in Python: its own, and what people make of it."""
    return tuple(dict.fromkeys((name, python_name(name), snake_case(name))))


def _members(model: type) -> set[str]:
    """Name what instances of a class have: attributes, properties, declared fields or keys."""
    declared = {name for base in model.__mro__ for name in inspect.get_annotations(base)}
    return declared if _is_mapping(model) else declared | set(dir(model))


def _is_mapping(model: type) -> bool:
    return is_typeddict(model) or issubclass(model, dict)


def _class_of(model: type) -> type:
    """Return the class that a model's values have: those of a ``TypedDict`` are plain dicts."""
    return dict if is_typeddict(model) else model

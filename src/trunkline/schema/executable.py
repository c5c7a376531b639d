"""Schema + resolvers + models → a schema that can be executed, checked once at start.

A schema that was written for graphql-core's executor is adopted as it is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, cast, is_typeddict

import graphql
from graphql.pyutils import did_you_mean, inspect, is_async_iterable, is_awaitable, suggestion_list

from trunkline.errors import SchemaError
from trunkline.schema.around import put_around
from trunkline.schema.bindings import (
    Attribute,
    Binding,
    CoreConventions,
    ResolverMiddleware,
    Schema,
    TypeResolver,
)
from trunkline.schema.costs import CostFunction, declared_costs
from trunkline.schema.directive_functions import find_functions, place_directives
from trunkline.schema.fields import FieldBinder
from trunkline.schema.mapped import lazy_reason
from trunkline.schema.models import bare_class, bind_enum, bind_input, class_of, is_mapping
from trunkline.schema.names import PythonNames, unknown_coordinates
from trunkline.schema.scalars import BUILT_IN, Scalar, bind_scalar, guard_scalar, is_writable
from trunkline.schema.signatures import describe, parameters_of, returns_awaitable, takes_one
from trunkline.schema.threads import is_development, tell_if_blocking

logger = logging.getLogger("trunkline.schema")

__all__ = ["CoreMiddleware", "adopt_schema", "make_executable_schema"]

CoreMiddleware = graphql.MiddlewareManager | list[Any] | tuple[Any, ...] | None
"""Middleware around resolvers, in graphql-core's form."""


def make_executable_schema(  # noqa: PLR0913  # all but the first three by name
    definition: graphql.GraphQLSchema,
    resolvers: object,
    models: Mapping[str, type] | None = None,
    scalars: Mapping[str, Scalar] | None = None,
    middlewares: Sequence[ResolverMiddleware] = (),
    *,
    names: Mapping[str, str] | None = None,
    resolved: Collection[str] = (),
    batched: Collection[str] = (),
    directives: object = None,
    metadata: Collection[str] = (),
    costs: Mapping[str, int | CostFunction] | None = None,
) -> Schema:
    """Bind every field of a schema to what gives its value.

    - ``definition``: The schema. Names of parameters and input classes are written into it, so it
      belongs to the result from now on.
    - ``resolvers``: Has an attribute for each object type that needs resolvers, with the type's
      name in snake case (``query``, ``mutation``, ``todo``). Its methods have the fields' names
      (``createTodo`` → ``create_todo``, ``from`` → ``from_``). They take the parent object first,
      except those of root types, then the field's arguments by name. They also take the request's
      ``context``, the `Selection` below the field as ``selection`` and the ``caller``, if they have
      parameters of these names. They may be ``async``. The resolver of a subscription's field is an
      asynchronous generator, or returns an asynchronous iterable; each item is the field's value in
      one event. An interface or a union may have ``resolve_type``, which takes a value and returns
      the name of its object type. Without it, values are told apart by class or by ``__typename``;
      then no class may stand for two of its types. An input type may have methods, too: the value
      of a field goes through the method of its name, which returns the value to use.
    - ``models``: Which class stands for a type; a generic one may have arguments. The fields of an
      object type are read from its attributes (from its keys, for a ``TypedDict`` or ``dict``), or
      are its methods, which take what resolvers take. Values of an input type arrive as its
      instances instead of dicts, and values of an enum as members of a Python enum with the same
      names. What neither a resolver nor a model gives is looked up in the parent by name.
    - ``scalars``: How custom scalars are written and read. Those of `scalars.py` need no entry.
    - ``middlewares``: Each is called once for every resolver and method, with the field's
      coordinate and the resolver. It returns that, or a function that calls it. The first is
      outermost.
    - ``names``: The Python names that differ from the usual ones, by coordinate: of a field
      (``Todo.todoID``: the attribute, method or resolver), an argument (``Query.todo(todoID:)``),
      an input field, an enum's value (the member), or a type (``Todo``: the attribute of
      ``resolvers``).
    - ``resolved``: Coordinates of fields that must have a resolver, even if a model has the value.
    - ``batched``: Coordinates of fields whose resolver must be marked as ``batch``.
    - ``directives``: Has a method for each directive of the schema's own, in snake case. Around
      fields and operations it takes a function ``proceed``, which returns the value within, and the
      directive's arguments by name. For arguments, input fields and input types it takes the value,
      and returns the value to use.
    - ``metadata``: Coordinates of directives that do nothing at run time (``@owner``).
    - ``costs``: What fields cost that do not cost 1, by coordinate: a number, or a function. They
      count for the limit `Limits.cost`, as the schema's ``@cost`` and ``@listSize`` do.

    Raises ``SchemaError``, with all mistakes at once, if something does not fit.
    """
    models, scalars = models or {}, scalars or {}
    _check_kinds(definition, models, scalars, names or {})
    models = {name: bare_class(model) for name, model in models.items()}
    python_names = PythonNames(definition, names or {})
    if misnamed := list(python_names.mistakes()):
        raise SchemaError("\n".join(misnamed))
    mistakes = [
        *unknown_coordinates("resolved", definition, resolved),
        *unknown_coordinates("batched", definition, batched),
        *unknown_coordinates("metadata", definition, metadata),
        *_unknown_types(definition, models, scalars),
    ]
    fields = FieldBinder(
        definition=definition,
        resolvers=resolvers,
        models=models,
        middlewares=(tell_if_blocking, *middlewares) if is_development() else middlewares,
        names=python_names,
        resolved=frozenset(resolved),
        batched=frozenset(batched),
        mistakes=mistakes,
    )
    bindings = dict(fields.bindings())
    type_resolvers = dict(_type_resolvers(definition, resolvers, python_names, mistakes))
    mistakes += _ambiguous_models(definition, models, type_resolvers)
    mistakes += _bind_values(definition, models, scalars, python_names)
    functions = find_functions(
        definition, directives, metadata, names=python_names, mistakes=mistakes
    )
    inputs = dict(_input_resolvers(definition, resolvers, python_names, mistakes))
    directed = place_directives(definition, functions, bindings, inputs, mistakes)
    if mistakes:
        raise SchemaError("\n".join(mistakes))
    for warning in _lazy_attributes(bindings, models):
        logger.warning(warning)
    bindings |= {coordinate: put_around(each) for coordinate, each in directed.items()}
    classes = {name: class_of(model) for name, model in models.items()}
    declared = declared_costs(definition, costs)
    return Schema(
        definition, bindings, classes, type_resolvers, functions, directed, costs=declared
    )


def _check_kinds(
    definition: object,
    models: Mapping[str, object],
    scalars: Mapping[str, object],
    names: Mapping[str, object],
) -> None:
    """Raise ``SchemaError`` for what is not even of the right kind. Python would find it late."""
    if not isinstance(definition, graphql.GraphQLSchema):
        raise SchemaError(
            f"make_executable_schema takes a loaded schema, not {type(definition).__name__}."
            " Load it by load_schema(…) or parse_schema(…)."
        )
    for what, given in (("models", models), ("scalars", scalars), ("names", names)):
        if not isinstance(given, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
            key = "coordinate" if what == "names" else "the type's name"
            raise SchemaError(f"{what}: must be a mapping by {key}.")
    for name, model in models.items():
        if not (isinstance(bare_class(model), type) or is_typeddict(model)):
            raise SchemaError(f"models: {name!r} must stand for a class, not {model!r}.")
    for name, scalar in scalars.items():
        if not isinstance(scalar, Scalar):
            raise SchemaError(f"scalars: {name!r} must stand for a Scalar, not {scalar!r}.")


def _unknown_types(
    definition: graphql.GraphQLSchema, models: Mapping[str, object], scalars: Mapping[str, object]
) -> Iterator[str]:
    """Yield a message for each type that the schema lacks, and each scalar of GraphQL itself."""
    known = [name for name in definition.type_map if not name.startswith("__")]
    for what, names in (("models", models), ("scalars", scalars)):
        for name in names:
            if name not in known:
                hint = did_you_mean(suggestion_list(name, known))
                yield f"{what}: the schema has no type {name!r}.{hint}"
    for name in scalars:
        if name in graphql.specified_scalar_types:
            yield f"scalars: {name!r} is a scalar of GraphQL itself and cannot be changed."


def _bind_values(
    definition: graphql.GraphQLSchema,
    models: Mapping[str, type],
    scalars: Mapping[str, Scalar],
    names: PythonNames,
) -> list[str]:
    """Bind inputs, enums and scalars to what reads and writes them; return the mistakes."""
    mistakes: list[str] = []
    for type_ in definition.type_map.values():
        model = models.get(type_.name)
        if graphql.is_input_object_type(type_) and model is not None:
            mistakes += bind_input(type_, model, names)
        elif graphql.is_enum_type(type_) and model is not None:
            mistakes += bind_enum(type_, model, names)
        elif graphql.is_scalar_type(type_) and not graphql.is_specified_scalar_type(type_):
            scalar = scalars.get(type_.name) or BUILT_IN.get(type_.name)
            bind_scalar(type_, scalar) if scalar else guard_scalar(type_)
    return mistakes


def _type_resolvers(
    definition: graphql.GraphQLSchema, resolvers: object, names: PythonNames, mistakes: list[str]
) -> Iterator[tuple[str, TypeResolver]]:
    """Yield the functions that name the object type of an interface's or a union's value."""
    for type_ in definition.type_map.values():
        group: Any = getattr(resolvers, names.of(type_.name, type_.name), None)
        resolve_type = getattr(group, "resolve_type", None)
        if not graphql.is_abstract_type(type_) or not callable(resolve_type):
            continue
        place = f"{type_.name}: {describe(resolve_type)}"
        if returns_awaitable(resolve_type):
            mistakes.append(
                f"{place} is awaited, but a value's type must be known without waiting. Make it a"
                " plain function, or give values a '__typename'."
            )
        parameters = parameters_of(resolve_type)
        if parameters is not None and not takes_one(parameters):
            mistakes.append(f"{place} must take one parameter, the value.")
        yield type_.name, cast("TypeResolver", resolve_type)


def _input_resolvers(
    definition: graphql.GraphQLSchema, resolvers: object, names: PythonNames, mistakes: list[str]
) -> Iterator[tuple[str, Callable[[Any], Any]]]:
    """Yield the functions that values of input fields go through, by coordinate."""
    for type_ in definition.type_map.values():
        group: Any = getattr(resolvers, names.of(type_.name, type_.name), None)
        if not graphql.is_input_object_type(type_) or group is None:
            continue
        if isinstance(group, type):
            name = group.__name__
            mistakes.append(f"{type_.name}: {name} is a class. Give an instance: {name}(…).")
            continue
        for name in type_.fields:
            coordinate = f"{type_.name}.{name}"
            function: Any = getattr(group, names.of(coordinate, name), None)
            if not callable(function):
                continue
            place = f"{coordinate}: {describe(function)}"
            if returns_awaitable(function):
                mistakes.append(
                    f"{place} is awaited, but values that come in are not. Make it a 'def'."
                )
            parameters = parameters_of(function)
            if parameters is not None and not takes_one(parameters):
                mistakes.append(f"{place} must take one parameter, the value.")
            yield coordinate, function


def _lazy_attributes(bindings: Mapping[str, Binding], models: Mapping[str, type]) -> Iterator[str]:
    """Yield a message for each field that is read from what its model does not have at once."""
    for coordinate, binding in bindings.items():
        model = models.get(coordinate.partition(".")[0])
        if isinstance(binding, Attribute) and model is not None:
            reason = lazy_reason(model, binding.name, "Add the resolver")
            if reason is not None:
                yield f"{coordinate}: {reason}"


def _ambiguous_models(
    definition: graphql.GraphQLSchema, models: Mapping[str, type], resolved: Collection[str]
) -> Iterator[str]:
    """Yield a message for each class whose objects may be of several types, with nothing to tell.

    Only the interfaces and unions that a field returns have values. ``resolved`` are those that
    have a ``resolve_type``. Mappings have a ``__typename``.
    """
    returned = {
        graphql.get_named_type(field.type).name
        for type_ in definition.type_map.values()
        if graphql.is_object_type(type_)
        for field in type_.fields.values()
    }
    for name in sorted(returned - {*resolved}):
        type_ = definition.type_map[name]
        if not graphql.is_abstract_type(type_):
            continue
        by_class: dict[type, list[str]] = {}
        for each in definition.get_possible_types(type_):
            model = models.get(each.name)
            if model is not None and not is_mapping(model):
                by_class.setdefault(model, []).append(each.name)
        for model, names in by_class.items():
            if len(names) > 1:
                yield (
                    f"{name}: {' and '.join(names)} are both {model.__qualname__}, so its objects"
                    f" do not tell which of them they are. Add 'resolve_type' to the resolvers of"
                    f" {name}, or bind a class of its own to each type."
                )


def adopt_schema(  # noqa: PLR0913  # the same as graphql-core's `execute` takes
    definition: graphql.GraphQLSchema,
    *,
    field_resolver: Callable[..., Any] | None = None,
    type_resolver: Callable[..., Any] | None = None,
    subscribe_field_resolver: Callable[..., Any] | None = None,
    middleware: CoreMiddleware = None,
    is_awaitable: Callable[[Any], bool] = is_awaitable,
    is_async_iterable: Callable[[Any], bool] = is_async_iterable,
    is_leaf: Callable[[Any], bool] = is_writable,
) -> Schema:
    """Make a schema executable whose resolvers have graphql-core's form.

    Resolvers are called with the parent object, an ``info`` and the field's arguments by name. Each
    call may return an awaitable or a value. So the schemas of Strawberry, Ariadne, Graphene and
    graphql-core itself run as they are.

    ``field_resolver``, ``type_resolver`` and ``subscribe_field_resolver`` are used where the schema
    has none; graphql-core's are the default. ``middleware`` is put around every resolver.
    ``is_awaitable`` and ``is_async_iterable`` tell which values are awaited, and which lists.
    ``is_leaf`` tells what a custom scalar may give; anything else is the field's error. The default
    is what a server can write as JSON.
    Raises ``TypeError`` if the schema is not valid.
    """
    graphql.assert_valid_schema(definition)
    if isinstance(middleware, (list, tuple)):
        middleware = graphql.MiddlewareManager(*middleware)
    if not (middleware is None or isinstance(middleware, graphql.MiddlewareManager)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(
            "Middleware must be passed as a list or tuple of functions or objects, or as a single"
            f" MiddlewareManager object. Got {inspect(middleware)} instead."
        )
    core = CoreConventions(
        field_resolver=field_resolver or graphql.default_field_resolver,
        type_resolver=type_resolver or graphql.default_type_resolver,
        subscribe_resolver=subscribe_field_resolver or graphql.default_field_resolver,
        wrap=middleware.get_field_resolver if middleware is not None else lambda resolver: resolver,
        is_awaitable=is_awaitable,
        is_async_iterable=is_async_iterable,
        is_leaf=is_leaf,
    )
    return Schema(definition, {}, {}, core=core, costs=declared_costs(definition))

"""Schema + resolvers + models → a schema that can be executed, checked once at start."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, cast, is_typeddict

from graphql import (
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
from trunkline.schema.around import put_around
from trunkline.schema.bindings import Binding, Schema, TypeResolver
from trunkline.schema.directed import place_directives
from trunkline.schema.directive_functions import find_functions
from trunkline.schema.fields import FieldBinder
from trunkline.schema.inputs import bind_enum, bind_input
from trunkline.schema.members import class_of
from trunkline.schema.middleware import ResolverMiddleware
from trunkline.schema.names import PythonNames, unknown_coordinates
from trunkline.schema.scalars import BUILT_IN, Scalar, bind_scalar, guard_scalar
from trunkline.schema.signatures import (
    describe,
    parameters_of,
    returns_awaitable,
    same_names,
    takes_one,
)

__all__ = ["make_executable_schema"]


def make_executable_schema(  # noqa: PLR0913  # all but the first three by name
    definition: GraphQLSchema,
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
) -> Schema:
    """Bind every field of a schema to what gives its value.

    ``resolvers`` has an attribute per object type that needs resolvers, named as the type in
    snake case (``query``, ``mutation``, ``todo``); its methods are named as the fields
    (``createTodo`` → ``create_todo``, ``from`` → ``from_``) and take the parent object first, save
    those of the root types, then the field's arguments by name, the request's context if they
    have a parameter ``context``, and the `Selection` below the field if they have one called
    ``selection``. They may be ``async``.

    A field of the subscription type has a resolver that is an asynchronous generator, or returns
    an asynchronous iterable: each thing it gives is the value of the field in one event.

    ``models`` says which class stands for a type: an object type's fields are then read from its
    attributes (from its keys, for a ``TypedDict`` or ``dict``) or got from its methods, which take
    what resolvers take; an input type's values arrive as its instances instead of as dicts, an
    enum's as members of a Python enum that has the same names. ``scalars`` says how custom scalars
    are written and read; those that `scalars.py` has a name for need nothing. What neither a
    resolver nor a model gives is looked up in the parent by name. Values of interfaces and unions
    are told apart by class, by ``__typename``, or by ``resolve_type`` among the resolvers of the
    interface or union: it takes a value and returns the name of its type.

    ``middlewares`` are asked once for every resolver and method: each takes the field's coordinate
    and what gives its value, and returns that, or a function that is called in its place. The first
    is outermost.

    ``names`` says, by coordinate, what is called otherwise in Python: a field (``Todo.todoID``: the
    attribute, method or resolver), an argument (``Query.todo(todoID:)``), an input field, an enum's
    value (the member), or a type (``Todo``: the attribute of ``resolvers``). ``resolved`` are the
    coordinates of fields that must have a resolver though a model could answer, ``batched`` of
    those whose resolver must be marked as ``batch``.

    ``directives`` has a method per directive of the schema's own, named in snake case. Around
    fields and operations it takes a function ``proceed``, which gives the value that is within, and
    the directive's arguments by name; for arguments, input fields and input types it takes the
    value, and returns the one to use. ``metadata`` names those that do nothing when a request comes
    (``@cost``).

    The schema is taken over: parameter names and input classes are written into ``definition``.
    Raises ``SchemaError``, with all mistakes at once, where something does not fit.
    """
    _check_kinds(definition, models or {}, scalars or {}, names or {})
    python_names = PythonNames(definition, names or {})
    if misnamed := list(python_names.mistakes()):
        raise SchemaError("\n".join(misnamed))
    mistakes = [
        *unknown_coordinates("resolved", definition, resolved),
        *unknown_coordinates("batched", definition, batched),
        *unknown_coordinates("metadata", definition, metadata),
    ]
    fields = FieldBinder(
        definition,
        models or {},
        middlewares,
        names=python_names,
        resolved=resolved,
        batched=batched,
        mistakes=mistakes,
    )
    binder = _Binder(definition, resolvers, dict(models or {}), fields)
    binder.check_names(scalars or {})
    bindings = dict(binder.bindings())
    type_resolvers = dict(binder.type_resolvers())
    _bind_values(definition, binder, {**BUILT_IN, **(scalars or {})})
    functions = find_functions(
        definition, directives, metadata, names=python_names, mistakes=mistakes
    )
    directed = place_directives(definition, functions, bindings, mistakes)
    if mistakes:
        raise SchemaError("\n".join(mistakes))
    bindings |= {coordinate: put_around(each) for coordinate, each in directed.items()}
    classes = {name: class_of(model) for name, model in binder.models.items()}
    return Schema(definition, bindings, classes, type_resolvers, functions, directed)


def _bind_values(definition: GraphQLSchema, binder: _Binder, scalars: Mapping[str, Scalar]) -> None:
    """Bind the types of values that come in, and of leaves."""
    for type_ in _own_types(definition):
        model = binder.models.get(type_.name)
        if is_input_object_type(type_) and model is not None:
            binder.mistakes += bind_input(type_, model, binder.names)
        elif is_enum_type(type_) and model is not None:
            binder.mistakes += bind_enum(type_, model, binder.names)
        elif is_scalar_type(type_) and type_.name in scalars:
            bind_scalar(type_, scalars[type_.name])
        elif is_scalar_type(type_) and not is_specified_scalar_type(type_):
            guard_scalar(type_)


def _check_kinds(
    definition: object,
    models: Mapping[str, object],
    scalars: Mapping[str, object],
    names: Mapping[str, object],
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
    if not isinstance(names, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise SchemaError("names: must be a mapping by coordinate.")
    for name, model in models.items():
        if not (isinstance(model, type) or is_typeddict(model)):
            raise SchemaError(f"models: {name!r} must stand for a class, not {model!r}.")
    for name, scalar in scalars.items():
        if not isinstance(scalar, Scalar):
            raise SchemaError(f"scalars: {name!r} must stand for a Scalar, not {scalar!r}.")


def _own_types(definition: GraphQLSchema) -> Iterator[Any]:
    return (type_ for name, type_ in definition.type_map.items() if not name.startswith("__"))


class _Binder:
    """Binds types to what stands for them, and collects what does not fit."""

    def __init__(
        self,
        definition: GraphQLSchema,
        resolvers: object,
        models: dict[str, type],
        fields: FieldBinder,
    ) -> None:
        self.definition = definition
        self.resolvers = resolvers
        self.models = models
        self.mistakes = fields.mistakes
        self.names = fields.names
        self._fields = fields

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
            attribute = self.names.of(type_.name, type_.name)
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
                candidates = self.names.any_of(f"{type_.name}.{name}", name)
                method = next((each for each in candidates if hasattr(group, each)), None)
                if method is not None:
                    methods[name] = method
                resolver = getattr(group, method or "", None)
                place = f"{type(self.resolvers).__name__}.{attribute}"
                binding = self._fields.bind(type_, name, field, resolver, place)
                yield f"{type_.name}.{name}", binding
            self.mistakes += same_names(f"{type_.name}: the fields", methods, "method")
        self.mistakes += same_names("resolvers: the types", groups, "attribute")

    def type_resolvers(self) -> Iterator[tuple[str, TypeResolver]]:
        """Yield what says of which object type an interface's or a union's value is."""
        for type_ in _own_types(self.definition):
            group = getattr(self.resolvers, self.names.of(type_.name, type_.name), None)
            resolve_type = getattr(group, "resolve_type", None)
            if is_abstract_type(type_) and callable(resolve_type):
                self._check_type_resolver(type_.name, resolve_type)
                yield type_.name, cast("TypeResolver", resolve_type)

    def _check_type_resolver(self, type_name: str, resolve_type: object) -> None:
        """Refuse what could not be called with a value and answer at once."""
        place = f"{type_name}: {describe(resolve_type)}"
        if returns_awaitable(resolve_type):
            self.mistakes.append(
                f"{place} is awaited, and a value's type must be known without waiting. Make it a"
                " plain function, or give values a '__typename'."
            )
        parameters = parameters_of(resolve_type)
        if parameters is not None and not takes_one(parameters):
            self.mistakes.append(f"{place} must take one parameter, the value.")

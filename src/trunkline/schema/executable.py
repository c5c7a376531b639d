"""Schema + resolvers + models → a schema that can be executed, checked once at start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from trunkline.schema.members import (
    class_of,
    is_mapping,
    members_of,
    method_of,
    names_of,
    takes_self,
    whose,
)
from trunkline.schema.middleware import ResolverMiddleware, wrap_resolver
from trunkline.schema.scalars import BUILT_IN, Scalar, bind_scalar, guard_scalar
from trunkline.schema.signatures import (
    Parameters,
    describe,
    given_to,
    is_stream,
    misfits,
    no_stream,
    parameters_of,
    returns_awaitable,
    takes_one,
)
from trunkline.text.names import python_name

__all__ = ["make_executable_schema"]


def make_executable_schema(
    definition: GraphQLSchema,
    resolvers: object,
    models: Mapping[str, type] | None = None,
    scalars: Mapping[str, Scalar] | None = None,
    middlewares: Sequence[ResolverMiddleware] = (),
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
    resolver nor a model gives is looked up in the parent by name. Values of interfaces and unions are told apart by class, by ``__typename``, or
    by ``resolve_type`` among the resolvers of the interface or union: it takes a value and returns
    the name of its type.

    ``middlewares`` are asked once for every resolver and method: each takes the field's coordinate
    and what gives its value, and returns that, or a function that is called in its place. The first
    is outermost.

    The schema is taken over: parameter names and input classes are written into ``definition``.
    Raises ``SchemaError``, with all mistakes at once, where something does not fit.
    """
    _check_kinds(definition, models or {}, scalars or {})
    binder = _Binder(definition, resolvers, dict(models or {}), middlewares)
    binder.check_names(scalars or {})
    bindings = dict(binder.bindings())
    type_resolvers = dict(binder.type_resolvers())
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
    classes = {name: class_of(model) for name, model in binder.models.items()}
    return Schema(definition, bindings, classes, type_resolvers)


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
        self,
        definition: GraphQLSchema,
        resolvers: object,
        models: dict[str, type],
        middlewares: Sequence[ResolverMiddleware],
    ) -> None:
        self.definition = definition
        self.resolvers = resolvers
        self.models = models
        self.middlewares = middlewares
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
                method = next((each for each in names_of(name) if hasattr(group, each)), None)
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
        if is_mapping(model):
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
        coordinate = f"{type_.name}.{name}"
        if model is None:
            self._refuse_arguments(
                coordinate, field, "no resolver, and its type no model, that does"
            )
            return Lookup(names_of(name))
        return self._member(coordinate, name, field, model)

    def _member(self, coordinate: str, name: str, field: GraphQLField, model: type) -> Binding:
        """Bind a field to the member of its model that has its name, in Python's or its own way."""
        members = members_of(model)
        found = next((member for member in names_of(name) if member in members), None)
        if found is None and model is not dict:
            hint = did_you_mean(suggestion_list(python_name(name), sorted(members)))
            self.mistakes.append(
                f"{coordinate}: {model.__qualname__} has no attribute {python_name(name)!r}.{hint}"
                " Add it, or a resolver for the field."
            )
        if is_mapping(model):
            self._refuse_arguments(coordinate, field, f"a key of {model.__qualname__} does not")
            return Key(found or name)
        if found is None:
            return Attribute(name)
        return self._own_member(coordinate, found, field, model)

    def _own_member(self, coordinate: str, name: str, field: GraphQLField, model: type) -> Binding:
        """Bind a field to an attribute or a method of a class, if it is the class's own."""
        library = whose(model, name)
        if library is not None:
            self.mistakes.append(
                f"{coordinate}: {model.__qualname__} has {name!r} from {library.__module__}."
                f"{library.__qualname__}, where it means something else. Define it in a class of"
                " your own, or add a resolver for the field."
            )
        method = method_of(model, name)
        if method is not None:
            return self._method(coordinate, name, field, model, method)
        self._refuse_arguments(coordinate, field, f"{model.__qualname__}.{name} is no method")
        return Attribute(name)

    def _refuse_arguments(self, coordinate: str, field: GraphQLField, who: str) -> None:
        """Refuse arguments that would be ignored."""
        if field.args:
            self.mistakes.append(
                f"{coordinate}: nothing takes its arguments ({', '.join(field.args)}): {who}."
                f" Add a resolver for the field, or a method to its model."
            )

    def _method(
        self, coordinate: str, name: str, field: GraphQLField, model: type, method: Any
    ) -> Resolver:
        """Bind a field to a method of its model."""
        parameters = parameters_of(method)
        if parameters is not None and takes_self(model, name):
            parameters.pop(next(iter(parameters), ""), None)
        if is_batch(method):
            self.mistakes.append(
                f"{coordinate}: {describe(method)} is a method of one object, which cannot take all"
                " of a level. Make it a batch resolver of the type."
            )
        return self._called(coordinate, field, method, parameters, method=name)

    def _resolver(
        self, type_: GraphQLObjectType, name: str, field: GraphQLField, method: Any
    ) -> Resolver:
        """Bind a field to a resolver."""
        coordinate = f"{type_.name}.{name}"
        parameters = parameters_of(method)
        takes_parent = type_.name not in self._roots
        if takes_parent and parameters is not None:
            if not parameters:
                self.mistakes.append(
                    f"{coordinate}: {describe(method)} lacks a parameter for the parent object."
                )
            parameters.pop(next(iter(parameters), ""), None)
        if is_batch(method) and not takes_parent:
            self.mistakes.append(f"{coordinate}: a field of a root type has no parents to batch.")
        self._check_stream(type_, coordinate, method)
        return self._called(coordinate, field, method, parameters, takes_parent=takes_parent)

    def _check_stream(self, type_: GraphQLObjectType, coordinate: str, method: Any) -> None:
        """Refuse a subscription's resolver that gives no events, and events anywhere else."""
        if type_ is self.definition.subscription_type:
            reason = no_stream(method)
            if reason:
                self.mistakes.append(
                    f"{coordinate}: {describe(method)} {reason}; a subscription's resolver is an"
                    " asynchronous generator, or returns an asynchronous iterable."
                )
        elif is_stream(method):
            self.mistakes.append(
                f"{coordinate}: {describe(method)} is an asynchronous generator, which only a field"
                " of the subscription type can have. Return a list."
            )

    def _called(  # noqa: PLR0913  # what there is to know of a function that is called
        self,
        coordinate: str,
        field: GraphQLField,
        function: Any,
        parameters: Parameters | None,
        *,
        takes_parent: bool = True,
        method: str | None = None,
    ) -> Resolver:
        """Bind a field to a function, whose ``parameters`` are those besides the parent."""
        arguments = {argument: python_name(argument) for argument in field.args}
        self._refuse_same(f"{coordinate}: the arguments", arguments, "parameter")
        context = given_to(parameters, arguments, "context")
        selection = given_to(parameters, arguments, "selection")
        for mistake in misfits(parameters or {}, field, arguments, {context, selection}):
            if parameters is not None:
                self.mistakes.append(f"{coordinate}: {describe(function)} {mistake}")
        for argument, parameter in arguments.items():
            field.args[argument].out_name = parameter
        resolver = Resolver(
            function,
            is_async=returns_awaitable(function),
            takes_parent=takes_parent,
            is_batch=is_batch(function),
            context=context,
            selection=selection,
            method=method,
            arguments=arguments,
        )
        try:
            return wrap_resolver(coordinate, resolver, self.middlewares)
        except SchemaError as mistake:
            self.mistakes.append(str(mistake))
            return resolver

    def _refuse_same(self, what: str, names: Mapping[str, str], become: str) -> None:
        """Refuse names of the schema that are one name in Python: one of them would be lost."""
        first: dict[str, str] = {}
        for name, wanted in names.items():
            if first.setdefault(wanted, name) != name:
                self.mistakes.append(
                    f"{what} {first[wanted]!r} and {name!r} would be one {become}, {wanted!r}."
                )

"""Each field of an object type → its binding, and a message for whatever does not fit."""

from __future__ import annotations

from collections.abc import Collection, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLID,
    GraphQLObjectType,
    GraphQLSchema,
    get_nullable_type,
    is_object_type,
)
from graphql.pyutils import did_you_mean, suggestion_list

from trunkline.schema.attributes import access_to
from trunkline.schema.bindings import (
    Attribute,
    Binding,
    Key,
    Lookup,
    Resolver,
    ResolverMiddleware,
    is_batch,
)
from trunkline.schema.models import (
    id_class,
    is_looked_up,
    is_mapping,
    members_of,
    method_of,
    takes_self,
    whose,
)
from trunkline.schema.names import PythonNames
from trunkline.schema.signatures import (
    Parameters,
    describe,
    given_to,
    misfits,
    parameters_of,
    returns_awaitable,
    same_names,
    stream_mistakes,
)

__all__ = ["FieldBinder"]


@dataclass(slots=True, kw_only=True)
class FieldBinder:
    """Binds the fields of object types, and adds what does not fit to ``mistakes``.

    The other attributes are those of `make_executable_schema`.
    """

    definition: GraphQLSchema
    resolvers: object
    models: Mapping[str, type]
    middlewares: Sequence[ResolverMiddleware]
    names: PythonNames
    resolved: Collection[str]
    batched: Collection[str]
    mistakes: list[str]

    def bindings(self) -> Iterator[tuple[str, Binding]]:
        """Yield the coordinate and the binding of each field of an object type."""
        groups: dict[str, str] = {}
        for type_ in self.definition.type_map.values():
            if not is_object_type(type_) or type_.name.startswith("__"):
                continue
            attribute = self.names.of(type_.name, type_.name)
            group = getattr(self.resolvers, attribute, None)
            place = f"{type(self.resolvers).__name__}.{attribute}"
            if isinstance(group, type):
                self.mistakes.append(
                    f"{type_.name}: {place} is a class. Give an instance: {group.__name__}(…)."
                )
                continue
            if group is not None:
                groups[type_.name] = attribute
            methods: dict[str, str] = {}
            for name, field in type_.fields.items():
                coordinate = f"{type_.name}.{name}"
                candidates = self.names.any_of(coordinate, name)
                method = next((each for each in candidates if hasattr(group, each)), None)
                if method is not None:
                    methods[name] = method
                resolver = getattr(group, method or "", None)
                if callable(resolver):
                    yield coordinate, self._bind_resolver(type_, coordinate, field, resolver)
                else:
                    yield coordinate, self._bind_member(type_, name, field, place)
            self.mistakes += same_names(f"{type_.name}: the fields", methods, "method")
        self.mistakes += same_names("resolvers: the types", groups, "attribute")

    def _is_root(self, type_: GraphQLObjectType) -> bool:
        schema = self.definition
        return type_ in (schema.query_type, schema.mutation_type, schema.subscription_type)

    def _bind_member(
        self, type_: GraphQLObjectType, name: str, field: GraphQLField, place: str
    ) -> Binding:
        """Bind a field without a resolver to the member of its model that has the field's name.

        The member may have the schema's name or Python's. ``place`` is where a resolver would be.
        """
        coordinate = f"{type_.name}.{name}"
        names = self.names.any_of(coordinate, name)
        wanted = self.names.of(coordinate, name)
        if self._is_root(type_) or coordinate in self.resolved:
            self.mistakes.append(f"{coordinate}: has no resolver. Add {wanted!r} to {place}.")
            return Lookup(coordinate, names)
        model = self.models.get(type_.name)
        if model is None:
            return Lookup(coordinate, names)
        members = members_of(model)
        found = next((member for member in names if member in members), None)
        is_key = is_looked_up(model, found)
        if found is None and not is_key:
            hint = did_you_mean(suggestion_list(wanted, sorted(members)))
            self.mistakes.append(
                f"{coordinate}: {model.__qualname__} has no attribute {wanted!r}.{hint}"
                " Add it, or a resolver for the field."
            )
        binding: Binding
        if is_key:
            binding = (
                Key(wanted) if model is dict and len(names) == 1 else Lookup(coordinate, names)
            )
            reason = f"{model.__qualname__} is read by key"
        elif is_mapping(model):
            binding, reason = Key(found or wanted), f"{model.__qualname__} has only keys"
        elif found is None:
            return Attribute(name)
        elif (library := whose(model, found)) is not None:
            self.mistakes.append(
                f"{coordinate}: {model.__qualname__} has {found!r} from {library.__module__}."
                f"{library.__qualname__}, where it means something else. Define it in a class of"
                " your own, or add a resolver for the field."
            )
            return Attribute(found)
        elif (method := method_of(model, found)) is not None:
            return self._bind_method(coordinate, found, field, model, method)
        else:
            is_id = get_nullable_type(field.type) is GraphQLID
            declared = id_class(model, found) if is_id else None
            binding = Attribute(found, declared, access_to(model, found) == "code")
            reason = f"{model.__qualname__}.{found} is not a method"
        if field.args:
            self.mistakes.append(
                f"{coordinate}: nothing takes its arguments ({', '.join(field.args)}), because"
                f" {reason}. Add a resolver for the field, or a method to the class of its model."
            )
        return binding

    def _bind_method(
        self, coordinate: str, name: str, field: GraphQLField, model: type, method: Any
    ) -> Resolver:
        parameters = parameters_of(method)
        if parameters is not None and takes_self(model, name):
            parameters.pop(next(iter(parameters), ""), None)
        if is_batch(method):
            self.mistakes.append(
                f"{coordinate}: {describe(method)} is a method of one object, so it cannot take"
                " all objects of a level. Make it a batch resolver of the type."
            )
        return self._bind_function(coordinate, field, method, parameters, method=name)

    def _bind_resolver(
        self, type_: GraphQLObjectType, coordinate: str, field: GraphQLField, resolver: Any
    ) -> Resolver:
        parameters = parameters_of(resolver)
        takes_parent = not self._is_root(type_)
        wrong: list[str] = []
        if takes_parent and parameters is not None:
            if not parameters:
                wrong.append("lacks a parameter for the parent object.")
            parameters.pop(next(iter(parameters), ""), None)
        if coordinate in self.batched and not is_batch(resolver):
            wrong.append(
                "is called with one parent at a time, but must be a batch resolver."
                " Decorate it with @batch of trunkline.server."
            )
        if is_batch(resolver) and not takes_parent:
            wrong.append("is a batch resolver, but a field of a root type has no parents.")
        is_subscription = type_ is self.definition.subscription_type
        wrong += stream_mistakes(resolver, is_subscription=is_subscription)
        self.mistakes += (f"{coordinate}: {describe(resolver)} {each}" for each in wrong)
        return self._bind_function(
            coordinate, field, resolver, parameters, takes_parent=takes_parent
        )

    def _bind_function(  # noqa: PLR0913  # what there is to know of a function that is called
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
        arguments = {name: self.names.of(f"{coordinate}({name}:)", name) for name in field.args}
        self.mistakes += same_names(f"{coordinate}: the arguments", arguments, "parameter")
        given = {
            each: given_to(parameters, arguments, each)
            for each in ("context", "selection", "caller")
        }
        if parameters is not None:
            wrong = misfits(parameters, field.args, arguments, given.values())
            self.mistakes += (f"{coordinate}: {describe(function)} {each}" for each in wrong)
        for argument, parameter in arguments.items():
            field.args[argument].out_name = parameter
        resolver = Resolver(
            function,
            is_async=returns_awaitable(function),
            takes_parent=takes_parent,
            is_batch=is_batch(function),
            method=method,
            arguments=arguments,
            **given,
        )
        return self._with_middlewares(coordinate, resolver)

    def _with_middlewares(self, coordinate: str, resolver: Resolver) -> Resolver:
        """Put middlewares around a resolver, the first one outermost.

        A middleware that returns the resolver itself leaves no trace.
        """
        original = wrapped = resolver.callable() if self.middlewares else resolver.function
        for middleware in reversed(self.middlewares):
            returned: object = middleware(coordinate, wrapped)
            if not callable(returned):
                if isinstance(returned, Coroutine):
                    returned.close()  # else Python warns that it is never awaited
                self.mistakes.append(
                    f"{coordinate}: {describe(middleware, 'the middleware')} returned"
                    f" {returned!r}, which cannot be called. It must return the resolver that it"
                    " was given, or a function that calls it."
                )
                return resolver
            wrapped = returned
        if wrapped is original:
            return resolver
        is_async = resolver.is_async or returns_awaitable(wrapped)
        return replace(resolver, function=wrapped, is_async=is_async, method=None)

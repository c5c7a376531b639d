"""What each field of an object type is bound to, and what does not fit."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema
from graphql.pyutils import did_you_mean, suggestion_list

from trunkline.errors import SchemaError
from trunkline.schema.bindings import Attribute, Binding, Key, Lookup, Resolver, is_batch
from trunkline.schema.members import is_mapping, members_of, method_of, takes_self, whose
from trunkline.schema.middleware import ResolverMiddleware, wrap_resolver
from trunkline.schema.names import PythonNames
from trunkline.schema.signatures import (
    Parameters,
    describe,
    given_to,
    is_stream,
    misfits,
    no_stream,
    parameters_of,
    returns_awaitable,
    same_names,
)

__all__ = ["FieldBinder"]


class FieldBinder:
    """Binds one field after the other, and adds what does not fit to the ``mistakes``.

    ``resolved`` are the coordinates of fields that have a resolver though a model could answer.
    """

    def __init__(  # noqa: PLR0913  # what `make_executable_schema` was given
        self,
        definition: GraphQLSchema,
        models: Mapping[str, type],
        middlewares: Sequence[ResolverMiddleware],
        *,
        names: PythonNames,
        resolved: Collection[str],
        mistakes: list[str],
    ) -> None:
        self._definition = definition
        self._models = models
        self._middlewares = middlewares
        self.names = names
        self._resolved = frozenset(resolved)
        self.mistakes = mistakes
        roots = (definition.query_type, definition.mutation_type, definition.subscription_type)
        self._roots = {root.name for root in roots if root}

    def bind(
        self,
        type_: GraphQLObjectType,
        name: str,
        field: GraphQLField,
        resolver: object,
        place: str,
    ) -> Binding:
        """Bind a field to its resolver, if there is one, or to what its parent has.

        ``place`` is where a resolver is looked for.
        """
        if callable(resolver):
            return self._resolver(type_, name, field, resolver)
        coordinate = f"{type_.name}.{name}"
        names = self.names.any_of(coordinate, name)
        if type_.name in self._roots or coordinate in self._resolved:
            wanted = self.names.of(coordinate, name)
            self.mistakes.append(f"{coordinate}: has no resolver. Add {wanted!r} to {place}.")
            return Lookup(names)
        model = self._models.get(type_.name)
        return Lookup(names) if model is None else self._member(coordinate, name, field, model)

    def _member(self, coordinate: str, name: str, field: GraphQLField, model: type) -> Binding:
        """Bind a field to the member of its model that has its name, in Python's or its own way."""
        members = members_of(model)
        names = self.names.any_of(coordinate, name)
        found = next((member for member in names if member in members), None)
        if found is None and model is not dict:
            wanted = self.names.of(coordinate, name)
            hint = did_you_mean(suggestion_list(wanted, sorted(members)))
            self.mistakes.append(
                f"{coordinate}: {model.__qualname__} has no attribute {wanted!r}.{hint}"
                " Add it, or a resolver for the field."
            )
        if is_mapping(model):
            self._refuse_arguments(coordinate, field, f"{model.__qualname__} has keys only")
            return Key(found or names[0])
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
            return Attribute(name)
        method = method_of(model, name)
        if method is not None:
            return self._method(coordinate, name, field, model, method)
        self._refuse_arguments(coordinate, field, f"{model.__qualname__}.{name} is no method")
        return Attribute(name)

    def _refuse_arguments(self, coordinate: str, field: GraphQLField, why: str) -> None:
        """Refuse arguments that would be ignored."""
        if field.args:
            self.mistakes.append(
                f"{coordinate}: nothing takes its arguments ({', '.join(field.args)}): {why}."
                " Add a resolver for the field, or a method to its model's class."
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
        if type_ is self._definition.subscription_type:
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
        arguments = {name: self.names.of(f"{coordinate}({name}:)", name) for name in field.args}
        self.mistakes += same_names(f"{coordinate}: the arguments", arguments, "parameter")
        context = given_to(parameters, arguments, "context")
        selection = given_to(parameters, arguments, "selection")
        caller = given_to(parameters, arguments, "caller")
        given = (context, selection, caller)
        for mistake in misfits(parameters or {}, field.args, arguments, given):
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
            caller=caller,
            method=method,
            arguments=arguments,
        )
        try:
            return wrap_resolver(coordinate, resolver, self._middlewares)
        except SchemaError as mistake:
            self.mistakes.append(str(mistake))
            return resolver
